"""The file formats in which personas come and go. A further one is one line in `FORMATS`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.formats.cards.books import with_lore
from chimera_tui.formats.cards.card import LONGEST_ARCHIVE, LONGEST_FILE, Card
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_files import read_bytes
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.library.persona_file import read_persona, write_persona
from chimera_tui.library.slugs import slug_of
from chimera_tui.system.files import write_file

CARD_ENDINGS = (".png", ".json")
"""How the files end in which cards are kept, see `keep_card`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPersona:
    """What was in a file."""

    persona: Persona
    notes: tuple[str, ...] = ()
    """What was dropped, cut or changed, one sentence each."""
    card: Card | None = None
    """The card it came in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaFormat:
    """A kind of file that holds a persona."""

    suffixes: tuple[str, ...]
    """How its files end, in lower case; the first format that names an ending reads it."""
    read: Callable[[Path], ImportedPersona]
    """May raise `FileNotFoundError` and `InvalidFileError`; bounds what it reads."""
    write: Callable[[Persona, Card | None], bytes]
    """Given the card that the persona came in, that is the ground; the rest of it stays."""
    is_text: bool = True


def _read_toml(path: Path) -> ImportedPersona:
    return ImportedPersona(persona=replace(read_persona(path), slug=slug_of(path.stem)))


def _read_card(path: Path) -> ImportedPersona:
    found = import_card(read_bytes(path, LONGEST_ARCHIVE), path)
    return ImportedPersona(persona=found.persona, notes=found.notes, card=found.card)


def _write_card(kind: CardKind, persona: Persona, card: Card | None) -> bytes:
    return export_card(persona, kind, card)


FORMATS = {
    "toml": PersonaFormat(
        suffixes=(".toml",),
        read=_read_toml,
        write=lambda persona, _: write_persona(persona).encode(),
    )
} | {
    kind.value: PersonaFormat(
        suffixes=(kind.ending,),
        read=_read_card,
        write=partial(_write_card, kind),
        is_text=kind.ending == ".json",
    )
    for kind in CardKind
}


def import_persona(path: Path) -> ImportedPersona:
    """Read a persona from a file of any format; its ending tells which.

    Raises:
        InvalidFileError: If there is no such file, or no persona in it.
    """
    where = f"`{one_line(str(path))}`"
    for persona_format in FORMATS.values():
        if path.suffix.lower() in persona_format.suffixes:
            try:
                return persona_format.read(path)
            except FileNotFoundError:
                raise InvalidFileError(f"There is no file {where}.") from None
    known = ", ".join(dict.fromkeys(suffix for f in FORMATS.values() for suffix in f.suffixes))
    raise InvalidFileError(f"{where} is no file of a persona.", hint=f"Known endings: {known}.")


def add_lore(persona_file: Path, persona: Persona, path: Path) -> tuple[str, ...]:
    """Put the lorebook in the file `path` into the card that is kept of a persona.

    Returns:
        What was dropped or changed, one sentence each.

    Raises:
        InvalidFileError: If there is no such file, or no lorebook in it.
        ChimeraError: If the card cannot be written.
    """
    data = read_bytes(path, LONGEST_FILE)
    card, notes = with_lore(persona, kept_card(persona_file), data, path)
    keep_card(persona_file, card)
    return notes


def keep_card(persona_file: Path, card: Card) -> None:
    """Keep the card that a persona came in beside its file: what we do not know survives there.

    Raises:
        ChimeraError: If it cannot be written.
    """
    write_file(_card_file(persona_file, card.ending), card.original)


def kept_card(persona_file: Path) -> Card | None:
    """Return the card that a persona came in, if it is kept beside its file and still sound."""
    for path in card_files(persona_file):
        if path.is_file():
            try:
                return _read_card(path).card
            except InvalidFileError:
                return None
    return None


def card_files(persona_file: Path) -> tuple[Path, ...]:
    """Where the card of a persona may lie."""
    return tuple(_card_file(persona_file, ending) for ending in CARD_ENDINGS)


def _card_file(persona_file: Path, ending: str) -> Path:
    return persona_file.with_name(f"{persona_file.stem}.card{ending}")
