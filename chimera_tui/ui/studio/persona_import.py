"""Taking the persona in a file into the library, and saying what became of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.dialog import Choose

if TYPE_CHECKING:
    from textual.screen import Screen

    from chimera_tui.core.studio import Studio
    from chimera_tui.library.persona_formats import ImportedPersona
    from chimera_tui.ui.kit.telling import Severity

T = TypeVar("T")


class Asks(Protocol):
    """What asks and tells: the app."""

    def tell(self, text: str, *, severity: "Severity" = "information") -> None:
        """Show a short message over the screen."""

    async def ask(self, dialog: "Screen[T]") -> T | None:
        """Show a dialog, and return what it gives back."""


MOST_NOTES = 4
"""Sentences about what was dropped that are shown at once."""


async def take_in(app: Asks, studio: "Studio", found: "ImportedPersona") -> Persona | None:
    """Save a persona that was read, and say so; None if the person would rather not.

    Asks what to do about one of its name: to be called from a worker.

    Raises:
        ChimeraError: If it cannot be saved.
    """
    replacing = False
    if found.persona.slug in studio.library.personas:
        there = studio.library.get(found.persona.slug).name
        choices = [
            ("keep both", "the new one gets a name of its own for its file"),
            ("take its place", "what was there stays among its versions"),
        ]
        question = f"There is {one_line(there, 40)} already."
        index = await app.ask(Choose(question, choices, 0))
        if index is None:
            return None
        replacing = index == 1
    saved = await studio.import_persona(found, replacing=replacing)
    tell_notes(app, f"{saved.name} is in the library now.", found.notes)
    return saved


def tell_notes(app: Asks, what: str, notes: Sequence[str]) -> None:
    """Say what came in, and what was dropped of it."""
    said = [what, *notes[:MOST_NOTES]]
    if (more := len(notes) - MOST_NOTES) > 0:
        said.append(f"And {more} more.")
    app.tell("\n".join(said), severity="warning" if notes else "information")
