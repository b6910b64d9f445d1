"""Saying that the database was not in its place any more, and where it goes on."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from chimera_tui.domain.saved import Rescue
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, keys, line, split
from chimera_tui.ui.kit.dialog import ChoiceRows, Dialog
from chimera_tui.ui.kit.rows import Rows

GO_ON, QUIT = 0, 1


class Rescued(Dialog[int]):
    """Asks whether to go on in the new database; Esc leaves the rooms paused, in the new one."""

    def __init__(self, rescue: Rescue) -> None:
        super().__init__()
        self._rescue = rescue

    def compose(self) -> ComposeResult:
        """What happened, where it all is, what can be done."""
        choices = [
            ("go on", f"in {one_line(self._rescue.path.name, 60)}"),
            ("quit", "the rescued file stays"),
        ]
        with Vertical(classes="dialog"):
            yield Lines(self._head)
            yield ChoiceRows(choices, GO_ON)
            yield Lines(lambda width: [Content(""), self._foot(width)])

    def _head(self, width: int) -> list[Content]:
        said = (
            (one_line(self._rescue.problem, 400), "bold"),
            (one_line(self._rescue.kept, 400), ""),
            ("Nothing was written to what lies in the old place now. All rooms wait for you.", ""),
        )
        return [row for part in said for row in [*line(part).wrap(max(8, width)), Content("")]]

    def _foot(self, width: int) -> Content:
        return split(keys([("⏎", "use")]), keys([("esc", "stay paused")]), width)

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Show the row under the cursor in bold."""
        event.rows.rebuild()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Give the number back."""
        self.give(event.index)
