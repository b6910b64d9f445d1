"""Small dialogs: asking for a line of text, choosing one of a few."""

from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Self, TypeVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, fit, keys, line, split
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.kit.rows import Rows

if TYPE_CHECKING:
    from chimera_tui.ui.app import ChimeraApp

Result = TypeVar("Result")
HOLD = 1.5
"""Seconds in which a dialog that nobody asked for takes no key that types or chooses."""


class Dialog(ModalScreen[Result]):
    """What all dialogs share: Esc keeps everything as it is."""

    app: "ChimeraApp"
    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "keep", "keep", show=False)]

    held_until = 0.0
    """Until when no key that types or chooses is taken, on the monotonic clock."""

    def hold(self) -> Self:
        """Take no such key for a moment: nobody asked for this, and somebody may be writing."""
        self.held_until = monotonic() + HOLD
        return self

    def give(self, result: Result | None) -> None:
        """Close, and give `result` back to who asked; None changes nothing."""
        close(self, result)

    def action_keep(self) -> None:
        """Change nothing."""
        self.give(None)


class AskText(Dialog[str]):
    """Asks for one line: a title, a file name. Gives nothing back if nothing changes."""

    def __init__(self, question: str, text: str, *, note: str, done: str) -> None:
        super().__init__()
        self._question, self._text = question, text
        self._note, self._done = note, done

    def compose(self) -> ComposeResult:
        """The question, the line, what it does, the keys."""
        with Vertical(classes="dialog -small"):
            yield Lines(lambda _width: [line((self._question, "bold")), Content("")])
            yield LineField(one_line(self._text), compact=True, select_on_focus=True)
            yield Lines(self._foot)

    def _foot(self, width: int) -> list[Content]:
        note = line((self._note, "$muted"))
        return [note, Content(""), split(keys([("⏎", self._done)]), keys([("esc", "keep")]), width)]

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line back."""
        self.give(event.value.strip() or None)


class ChoiceRows(Rows):
    """One row for each thing to choose."""

    def __init__(self, choices: list[tuple[str, str]], current: int) -> None:
        super().__init__()
        self._choices = choices
        self.cursor = current

    def row_count(self) -> int:
        """One row a choice."""
        return len(self._choices)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Its name, and what it means."""
        name, meaning = self._choices[index]
        bold = "bold" if index == self.cursor else ""
        widest = min(width // 2, max(cell_len(name) for name, _ in self._choices) + 2)
        parts = line((fit(name, widest), bold), " ", (meaning, "$muted"))
        return [parts.truncate(width, ellipsis=True)]


class Choose(Dialog[int]):
    """Asks for one of a few things; gives its number back."""

    def __init__(self, question: str, choices: list[tuple[str, str]], current: int) -> None:
        super().__init__()
        self._question = question
        self._choices, self._current = choices, current

    def compose(self) -> ComposeResult:
        """The question, the choices, the keys."""
        with Vertical(classes="dialog -small"):
            yield Lines(lambda _width: [line((self._question, "bold")), Content("")])
            yield ChoiceRows(self._choices, self._current)
            yield Lines(self._foot)

    def _foot(self, width: int) -> list[Content]:
        return [Content(""), split(keys([("⏎", "use")]), keys([("esc", "keep")]), width)]

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the row under the cursor in bold."""
        event.rows.rebuild()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Give the number back."""
        self.give(event.index)
