"""The columns view: the same room, one column a persona, side by side."""

from collections.abc import Callable, Hashable, Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from chimera_tui.domain.conversation import HUMAN, Message
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Block, Part, fit, line, split, state
from chimera_tui.ui.kit.costs import cost_of
from chimera_tui.ui.providers.provider_rows import duration
from chimera_tui.ui.room.room_header import DEMO_CHIP
from chimera_tui.ui.room.room_state import CastRow, RoomState
from chimera_tui.ui.transcript.conversation_entries import clock
from chimera_tui.ui.transcript.entries import Speaker
from chimera_tui.ui.transcript.growing_text import text_rows
from chimera_tui.ui.transcript.transcript import Transcript
from chimera_tui.ui.transcript.transcript_look import Look

NARROWEST = 34
"""Cells a column needs at least."""
MOST_LINES = 3
"""Lines of the human's last words that stay in sight."""


class LastWords(Block):
    """The last words of the human, over all columns."""

    message: Message | None = None
    _name = _how = ""

    def show(self, message: Message | None, speakers: Mapping[str, Speaker]) -> None:
        """Draw them, who said them, and to whom if not to all."""
        self.message, self._name, self._how = message, speakers[HUMAN].name, ""
        if message and message.is_narration:
            self._how = "  narration"
        elif message and message.to in speakers:
            self._how = f"  to {speakers[message.to].name} alone"
        self.display = message is not None
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """A head, then the words, without their marks of Markdown."""
        if self.message is None:
            return []
        head = line(("▌  ", "$primary"), (self._name, "bold $primary"), (self._how, "$muted"))
        look = Look.of(self.app.theme_variables, is_ansi=self.app.native_ansi_color)
        rows = text_rows(self.message.text, max(1, width - 3), look, None)
        words = [Content("".join(segment.text for segment in row)) for row in rows]
        if len(words) > MOST_LINES:
            words = [*words[: MOST_LINES - 1], words[MOST_LINES - 1].rstrip().append(" …")]
        time = line((clock(self.message.created_at), "$muted"))
        return [split(head, time, width), *(line("   ", one) for one in words)]


class ColumnHead(Block):
    """Who it is, what it does, and what plays it."""

    row: CastRow | None = None

    def show(self, row: CastRow) -> None:
        """Draw `row`."""
        if row != self.row:
            self.row = row
            self.refresh()

    def lines(self, width: int) -> list[Content]:
        """Two lines and a gap."""
        if (row := self.row) is None:
            return [Content("")] * 3
        name = (row.speaker.name, f"bold $persona-{row.speaker.hue}")
        model: Part = DEMO_CHIP if row.is_demo else (row.model, "$muted")
        return [
            split(line(fit(row.speaker.emoji, 2), " ", name), line(state(row.state)), width),
            split(line("   ", model), line((f"{row.share} %", "$muted")), width),
            Content(""),
        ]


class ColumnFacts(Block):
    """What the last answer of a persona took."""

    last: Message | None = None

    def show(self, last: Message | None) -> None:
        """Draw the facts of `last`."""
        if last != self.last:
            self.last = last
            self.refresh()

    def lines(self, _width: int) -> list[Content]:
        """Time to the first word, tokens, cost, words."""
        if self.last is None or (told := self.last.provenance) is None:
            return [Content("")] * 4
        tokens = f"{'~' if told.usage.is_estimate else ''}{told.usage.output}"
        facts = (
            (duration(told.first_text) or "–", "to first word"),
            (tokens, "tokens"),
            (cost_of(told).partition(" ")[0], "cost"),
            (str(len(self.last.text.split())), "words"),
        )
        return [
            line(fit(value, 8, right=True), (f"  {one_line(label)}", "$muted"))
            for value, label in facts
        ]


class Column(Vertical):
    """One persona: head, what it said, what that took."""

    def __init__(self, slug: str, transcript: Transcript) -> None:
        super().__init__(classes="column")
        self.slug = slug
        self.transcript = transcript

    def accepts(self, key: Hashable) -> bool:
        """Whether an entry belongs to this persona."""
        return isinstance(key, tuple) and key[-1] == self.slug

    def compose(self) -> ComposeResult:
        """Head, transcript and facts."""
        yield ColumnHead(classes="column-head")
        yield self.transcript
        yield ColumnFacts(classes="column-facts")


class Columns(Vertical):
    """All columns, as many in sight as fit; the rest by the arrow keys."""

    def __init__(self, slugs: list[str], new_transcript: Callable[[], Transcript]) -> None:
        super().__init__(id="columns")
        self.columns = [Column(slug, new_transcript()) for slug in slugs]
        self._first = 0

    def compose(self) -> ComposeResult:
        """The human's words, then the columns."""
        yield LastWords(id="ask")
        with Horizontal(id="columns-row"):
            yield from self.columns

    def on_mount(self) -> None:
        """Show as many as fit, once the width is known: not always is it told as a new size."""
        self.call_after_refresh(self._lay_out)

    def on_resize(self) -> None:
        """Show as many as fit now."""
        self._lay_out()

    def move(self, by: int) -> None:
        """Show the columns further on, or back."""
        self._first += by
        self._lay_out()

    @property
    def fitting(self) -> int:
        """How many columns fit."""
        return max(1, self.size.width // NARROWEST)

    def _lay_out(self) -> None:
        self._first = max(0, min(self._first, len(self.columns) - self.fitting))
        for number, column in enumerate(self.columns):
            column.display = self._first <= number < self._first + self.fitting

    def show(self, scene: RoomState) -> None:
        """Draw how `scene` is now."""
        last: dict[str, Message] = {m.turn.speaker: m for m in scene.tree.path}
        self.query_one(LastWords).show(last.get(HUMAN), scene.speakers)
        rows = {row.slug: row for row in scene.cast_rows()}
        for column in self.columns:
            if column.slug in rows:
                column.query_one(ColumnHead).show(rows[column.slug])
                column.query_one(ColumnFacts).show(last.get(column.slug))
