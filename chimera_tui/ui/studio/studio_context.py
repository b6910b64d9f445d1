"""What the commands of the studio act on: the persona in the form, the screen, the app."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chimera_tui.ui.kit.undo import UndoStack

if TYPE_CHECKING:
    from chimera_tui.core.studio import Studio
    from chimera_tui.ui.studio.studio_session import ShowsStudio, StudioServices, StudioSession
    from chimera_tui.ui.studio.studio_state import StudioState


class StudioView(Protocol):
    """What commands ask of the screen: where a person is, and what they write beside the form."""

    @property
    def line(self) -> str:
        """What is written to be answered; empty for what was said last."""

    def go_to_form(self, key: str) -> None:
        """Put the cursor into a field."""

    def go_to_try(self) -> None:
        """Bring into sight what is answered."""

    def go_to_search(self) -> None:
        """Put the cursor into the search."""

    def clear_search(self) -> None:
        """Show everybody."""

    def step_back(self) -> bool:
        """Go back to the form, to the list, out of the search; False if that is done."""

    def fill(self, key: str, text: str) -> None:
        """Put a value into a field, as if a person had."""

    def close(self) -> None:
        """Show the room again."""


@dataclass(slots=True)
class StudioContext:
    """What the commands of the studio act on."""

    app: "StudioServices"
    view: StudioView
    panes: "ShowsStudio"
    session: "StudioSession"
    undo: UndoStack = field(default_factory=UndoStack)

    @property
    def state(self) -> "StudioState":
        """Who is in the form, and what is edited."""
        return self.session.state

    @property
    def studio(self) -> "Studio":
        """What saves, removes, reads and writes personas."""
        return self.session.chimera.studio

    def goes_to_problem(self) -> bool:
        """Put the cursor where something is wrong in the form; False if nothing is."""
        key = next(iter(self.state.problems), "")
        if key:
            self.view.go_to_form(key)
        return bool(key)
