"""The branches of a conversation: a small tree, to go from one to another."""

from collections.abc import Mapping, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, Part, fit, keys, line, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.room.branch_rows import BranchRow
from chimera_tui.ui.transcript.entries import Speaker

COUNT = 12
"""Cells for how many messages there are in a row."""
NOBODY = Speaker(name="?", hue=12)


class BranchRows(Rows):
    """One row a stretch of the tree; the path is marked."""

    edge = 2

    def __init__(self, branches: Sequence[BranchRow], speakers: Mapping[str, Speaker]) -> None:
        super().__init__(id="branches")
        self.branches = branches
        self._speakers = speakers
        self.cursor = next((i for i, branch in enumerate(branches) if branch.is_here), 0)

    @on(events.Mount)
    def _show_where_one_is(self) -> None:
        """Bring what is on the screen into sight."""
        self.call_after_refresh(self._watch_cursor, self.cursor)

    def row_count(self) -> int:
        """One row a stretch."""
        return len(self.branches)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Lines of the tree, who begins with which words, and how much there is."""
        branch = self.branches[index]
        on_path = branch.is_on_path
        mark = (f"{UNICODE.up if on_path else UNICODE.off} ", "$primary" if on_path else "$muted")
        parts: list[Part] = [(branch.lines, "$muted"), mark]
        note: list[Part] = [("here  ", "bold $primary")] if branch.is_here else []
        if branch.first is None:
            parts.append(("nothing has been said from here yet", "italic $muted"))
            count = ""
        else:
            speaker = self._speakers.get(branch.first.turn.speaker, NOBODY)
            colour = f"$persona-{speaker.hue}" if speaker.hue else "$primary"
            words = one_line(branch.first.text, 200) or "(deleted)"
            parts += [(speaker.name, colour), "  ", (words, "" if on_path else "$muted")]
            count = f"{branch.count} message{'s' if branch.count != 1 else ''}"
        note.append((fit(count, COUNT, right=True), "$muted"))
        return [split(line(*parts), line(*note), width)]


class Branches(Dialog[int]):
    """Shows the tree; gives the message back that the path is to go through."""

    def __init__(self, branches: Sequence[BranchRow], speakers: Mapping[str, Speaker]) -> None:
        super().__init__()
        self._branches, self._speakers = branches, speakers

    def compose(self) -> ComposeResult:
        """Head, tree, where the row under the cursor ends, keys."""
        with Vertical(classes="dialog -tree"):
            yield Lines(self._head)
            yield BranchRows(self._branches, self._speakers)
            yield Lines(self._foot, id="branch-end")

    def _head(self, width: int) -> list[Content]:
        ends = sum(branch.count > 0 for branch in self._branches)
        note = "one row from fork to fork" if ends > 1 else "no forks yet: b at a message makes one"
        return [split(line(("Branches", "bold")), line((note, "$muted")), width), Content("")]

    def _foot(self, width: int) -> list[Content]:
        index = self.query_one(BranchRows).cursor if self.is_mounted else 0
        branch = self._branches[index] if self._branches else None
        end: Content = Content("")
        if branch and branch.last:
            name = self._speakers.get(branch.last.turn.speaker, NOBODY).name
            words = one_line(branch.last.text, 300)
            end = line(("up to  ", "$muted"), f"{name}: ", (words, "$muted"))
        return [
            Content(""),
            end.truncate(width, ellipsis=True),
            Content(""),
            split(keys([("⏎", "go there"), ("↑↓", "look")]), keys([("esc", "stay")]), width),
        ]

    def on_rows_moved(self) -> None:
        """Say where the row under the cursor ends."""
        self.query_one("#branch-end", Lines).refresh()

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Give the end of the row back; where one is already, nothing changes."""
        branch = self._branches[event.index]
        self.give(None if branch.is_here or branch.last is None else branch.last.id)
