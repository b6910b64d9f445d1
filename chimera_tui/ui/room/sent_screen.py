"""What the next speaker will be sent, word for word, with about how many tokens it takes."""

import asyncio
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.text import clean, one_line
from chimera_tui.engine.request import RenderedRequest
from chimera_tui.ui.host import sentences
from chimera_tui.ui.kit.blocks import Lines, fit, heading, line, meter, split
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.costs import rounded
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.kit.rows import LongRows
from chimera_tui.ui.room.room_state import CastRow
from chimera_tui.ui.transcript.wrapping import wrap

if TYPE_CHECKING:
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.host import Host

PART_WORDS = {
    "persona": "who it is, the rules",
    "opening": "how it begins",
    "summaries": "what was, in short",
    "history": "what was said",
    "notes": "notes for this turn",
    "nudge": "whose turn it is",
}
"""What the parts of a request are, in the order in which they are sent."""


def as_text(told: RenderedRequest) -> str:
    """The request as plain text: for a clipboard."""
    said = (f"[{message.role}]\n{message.text}" for message in told.request.messages)
    return "\n\n".join((f"[system]\n{told.request.system}", *said))


def page_lines(told: RenderedRequest, width: int) -> list[Content]:
    """The request line by line: the role of each message, then its words, unchanged."""
    lines: list[Content] = []
    system = ("system", told.request.system)
    for role, text in (system, *((m.role, m.text) for m in told.request.messages)):
        count = f"{len(text):,} characters"
        lines.append(split(line((role, "bold $primary")), line((count, "$muted")), width))
        rows = wrap([Segment(clean(text).expandtabs(4))], max(2, width))
        lines += [Content("".join(segment.text for segment in row)) for row in rows]
        lines.append(Content(""))
    return lines[:-1]


class SentPage(LongRows):
    """The words; keys scroll."""

    edge = 2

    def __init__(self) -> None:
        super().__init__(id="sent-page")
        self._lines: list[Content] = []

    def show(self, lines: list[Content]) -> None:
        """Draw these, from the beginning."""
        self._lines = lines
        self.rebuild()
        self.scroll_to(y=0, animate=False)

    def row_count(self) -> int:
        """One row a line."""
        return len(self._lines)

    def row_line(self, index: int, width: int) -> Content:
        """The line."""
        return self._lines[index].truncate(width, ellipsis=False)

    def marks(self, index: int) -> bool:  # noqa: ARG002 - a page has no cursor
        """No line is marked."""
        return False

    def action_move(self, by: int) -> None:
        """Scroll by so many lines."""
        self.scroll_relative(y=by * (1 if abs(by) == 1 else self.size.height // 8), animate=False)

    def action_choose(self) -> None:
        """There is nothing to choose."""


class SentScreen(Screen[None]):
    """The request for the next speaker: its parts at the left, its words at the right.

    Args:
        room: Writes it, and sends it to nobody.
        cast: Whom it can be looked at for.
        slug: Who is looked at first; empty for whoever would speak next.
    """

    app: "Host"
    CSS_PATH = "sent.tcss"
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left",
            "other(-1)",
            "somebody else",
            key_display="←→",
            priority=True,
            id="sent.before",
        ),
        Binding("right", "other(1)", "the next one", show=False, priority=True, id="sent.after"),
        Binding("y", "copy", "copy", id="sent.copy"),
        Binding("escape,q,f9", "back", "back", key_display="esc", id="back"),
        Binding("question_mark,f1", "help", "help", show=False, id="help"),
    ]

    def __init__(self, room: "Room", cast: list[CastRow], slug: str = "") -> None:
        super().__init__()
        self._room, self._cast = room, cast
        self._next = room.cast.suggestion() or cast[0].slug
        self._slug = slug or self._next
        self._told: RenderedRequest | None = None
        self._problem = ""

    def compose(self) -> ComposeResult:
        """Head, parts, words, keys."""
        yield Lines(self._head, id="head")
        with Horizontal(id="sent"):
            with Vertical(id="sent-side"):
                yield Lines(self._parts)
            yield SentPage()
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    def on_mount(self) -> None:
        """Write the request."""
        self.query_one(SentPage).focus()

    def on_resize(self) -> None:
        """Wrap it to the new width."""
        self.call_after_refresh(self._look)

    @work(exclusive=True, exit_on_error=False)
    async def _look(self) -> None:
        """Write the request for whoever is looked at; long ones are wrapped beside the loop."""
        page = self.query_one(SentPage)
        try:
            self._told = await self._room.preview(self._slug)
            self._problem = "" if self._told else "Nobody may speak now."
        except ChimeraError as error:
            self._told, self._problem = None, sentences(error)
        if self._told:
            lines = await asyncio.to_thread(page_lines, self._told, page.row_width)
        else:
            rows = wrap([Segment(self._problem)], max(2, page.row_width))
            lines = [line(("".join(s.text for s in row), "$error")) for row in rows]
        page.show(lines)
        for block in self.query(Lines):
            block.refresh(layout=True)

    @property
    def _row(self) -> CastRow:
        return next((row for row in self._cast if row.slug == self._slug), self._cast[0])

    def _head(self, width: int) -> list[Content]:
        speaker = self._row.speaker
        name = line(speaker.emoji, " ", (speaker.name, f"bold $persona-{speaker.hue}"))
        when = "speaks next" if self._slug == self._next else "if it were to speak now"
        title = line(("◆ ", "$primary"), ("What ", "bold"), name, (" will be sent", "bold"))
        return [split(title, line((when, "$muted")), width)]

    def _parts(self, width: int) -> list[Content]:
        lines = heading("Parts", "tokens", width)
        if self._told is None:
            return lines
        total = sum(part.tokens for part in self._told.parts)
        for part in self._told.parts:
            count = line((f"~{rounded(part.tokens)}", ""))
            lines.append(split(line(PART_WORDS.get(part.name, part.name)), count, width))
            lines.append(meter(part.tokens / max(1, total), width))
        request = self._told.request
        free = max(0, request.context - request.max_tokens)
        temperature = "–" if request.temperature is None else f"{request.temperature:g}"
        facts = (
            ("in all", f"~{rounded(total)}"),
            ("of its window", rounded(request.context)),
            ("kept for the reply", rounded(request.max_tokens)),
            ("messages", str(len(request.messages))),
            ("temperature", temperature),
        )
        lines += [Content(""), meter(total / max(1, free), width, "$primary")]
        lines += [split(line((word, "$muted")), line(value), width) for word, value in facts]
        model = one_line(request.model, 60)
        lines += [Content(""), line((fit(model, width), "$muted"))]
        if request.stop:
            stops = " ".join(repr(stop) for stop in request.stop)
            lines.append(line((fit(f"stops at {stops}", width), "$muted")))
        return [*lines, Content(""), line((f"{UNICODE.bullet} ~ is an estimate", "$muted"))]

    def action_other(self, by: int) -> None:
        """Look at what somebody else would be sent."""
        slugs = [row.slug for row in self._cast]
        at = slugs.index(self._slug) if self._slug in slugs else 0
        self._slug = slugs[(at + by) % len(slugs)]
        self._look()

    def action_copy(self) -> None:
        """Copy all of it."""
        if self._told:
            self.app.copy(as_text(self._told), "the request")

    def action_back(self) -> None:
        """Back to the room."""
        close(self)

    async def action_help(self) -> None:
        """Show the keys."""
        await self.app.show_help()
