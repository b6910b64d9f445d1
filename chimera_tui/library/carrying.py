"""What personas take along from their cards: read when one speaks, again when it has changed."""

from pathlib import Path

from chimera_tui.domain.persona import Persona
from chimera_tui.formats.cards.card_carried import carried_by
from chimera_tui.formats.cards.json_reading import Notes
from chimera_tui.library.library import Library
from chimera_tui.library.persona_formats import card_files, kept_card
from chimera_tui.lore.carried import Carried

Stamp = tuple[int, int]
"""Time of change (ns) and size: a card that keeps them was not touched."""


class CarriedCards:
    """The cards kept beside the personas of a library, as far as they are told while one speaks."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[Path, tuple[list[Stamp], Carried | None]] = {}

    def of(self, persona: Persona) -> Carried | None:
        """Return what `persona` takes along; None if it came in no card. Reads files.

        A twin has the card of whom it copies. One that has left the library has none.
        """
        if persona.original not in self._library.personas:
            return None
        file = self._library.file(persona.original)
        stamps = [stamp for path in card_files(file) if (stamp := _stamp(path))]
        known = self._known.get(file)
        if known and known[0] == stamps:
            return known[1]
        card = kept_card(file) if stamps else None
        carried = carried_by(card.fields, Notes()) if card else None
        self._known[file] = stamps, carried
        return carried


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
