"""The lines of a transcript, drawn for one page and kept as long as they are right."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from chimera_tui.ui.kit.glyphs import Glyphs
from chimera_tui.ui.transcript.entries import Entry, FailureEntry, MessageEntry, NoticeEntry
from chimera_tui.ui.transcript.growing_text import GrowingText, text_rows
from chimera_tui.ui.transcript.message_strips import (
    Page,
    actions_strip,
    body_strips,
    failure_strips,
    head_strips,
    notice_strips,
    thought_strips,
)
from chimera_tui.ui.transcript.transcript_look import Look, Mentions

_KEPT = 120
"""Entries whose lines are kept."""
Actions = Callable[[Entry], Sequence[tuple[str, str, str]]]
"""Gives the actions that are written below an entry: the name, the key and the word of each."""


class Drawing:
    """Entries as lines of exact width, on the ground of the page, the focus or a failure.

    Args:
        widget: Shows the lines; has the width, the theme and the ground.
        actions: Gives what is written below the entry with the focus.
        heads: Whether messages have a head and a gutter line.
        glyphs: The marks to draw with.
        has_plain_emoji: Whether to draw emoji in their plainest form.
    """

    def __init__(
        self,
        widget: Widget,
        actions: Actions,
        *,
        heads: bool,
        glyphs: Glyphs,
        has_plain_emoji: bool,
    ) -> None:
        self._widget = widget
        self._actions = actions
        self._heads, self._glyphs, self._has_plain_emoji = heads, glyphs, has_plain_emoji
        self._strips: dict[Hashable, list[Strip]] = {}
        self._growing: dict[Hashable, GrowingText] = {}
        self.page: Page | None = None
        """None until the width is known: nothing can be drawn before."""
        self.hues: Mapping[str, int] = {}
        """Of each name that is coloured where it is mentioned."""
        self.focused: Hashable | None = None
        """The key of the entry with the focus."""

    @property
    def text_width(self) -> int:
        """Columns of text; a guess until the width is known."""
        return self.page.text if self.page else 80

    def lay_out(self, width: int) -> None:
        """Draw for `width` columns, and under the theme and with the hues of now."""
        self.forget_all()
        app = self._widget.app
        look = Look.of(
            app.theme_variables,
            is_ansi=app.native_ansi_color,
            glyphs=self._glyphs,
            has_plain_emoji=self._has_plain_emoji,
        )
        mentions = Mentions.of(self.hues, look)
        self.page = Page.of(width, heads=self._heads, look=look, mentions=mentions)

    def forget(self, key: Hashable) -> None:
        """Draw an entry anew when it is seen again."""
        self._strips.pop(key, None)
        self._growing.pop(key, None)

    def forget_all(self) -> None:
        """Draw all entries anew when they are seen again."""
        self._strips.clear()
        self._growing.clear()

    def lines(self, entry: Entry, page: Page) -> list[Strip]:
        """The lines of an entry as they are painted, from those kept if they are."""
        strips = self._strips.get(entry.key)
        if strips is None:
            strips = self._strips[entry.key] = self._drawn(entry, page)
            if len(self._strips) > _KEPT:
                del self._strips[next(iter(self._strips))]
        return strips

    def redrawn(self, entry: Entry, page: Page) -> tuple[list[Strip], list[Strip]]:
        """The lines of an entry as they were painted, and as they are in its new state."""
        old = self._strips.pop(entry.key, [])
        new = self._strips[entry.key] = self._drawn(entry, page, old)
        return old, new

    def blank(self) -> Strip:
        """A line without anything on it."""
        return self._on_page([Strip([])])[0]

    def beside_focus(self, page: Page, below: Entry | None = None) -> Strip:
        """The line above the entry with the focus; or `below` it, with what can be done."""
        strip = Strip([])
        if below is not None:
            notes = below.costs if isinstance(below, MessageEntry) else ()
            strip = actions_strip(self._actions(below), notes, page)
        return self._on_page([page.painted(strip, page.look.primary)])[0]

    def selected(self, strip: Strip, start: int, end: int) -> Strip:
        """A line with what is between two columns selected; to its end if `end` is less than 0."""
        length = strip.cell_count
        start, end = min(start, length), length if end < 0 else min(end, length)
        first, last = strip.index_to_cell_position(start), strip.index_to_cell_position(end)
        style = self._widget.screen.get_component_rich_style("screen--selection")
        if not self._widget.app.native_ansi_color:
            style = Style(bgcolor=style.bgcolor)
        marked = Segment.apply_style(list(strip.crop(first, last)), post_style=style)
        return Strip([*strip.crop(0, first), *marked, *strip.crop(last)], strip.cell_length)

    def _drawn(self, entry: Entry, page: Page, old: Sequence[Strip] = ()) -> list[Strip]:
        """Draw an entry; `old` are its lines as they were before some text was added."""
        match entry:
            case MessageEntry(is_live=True):
                return self._grown(entry, page, old)
            case MessageEntry():
                rows = text_rows(entry.text, page.text, page.look, page.mentions)
                head = head_strips(entry, page) + thought_strips(entry, page)
                return self._finished(head + body_strips(entry, rows, page), entry, page)
            case NoticeEntry():
                return self._finished(notice_strips(entry, page), entry, page)
            case FailureEntry():
                return self._finished(failure_strips(entry, page), entry, page)

    def _grown(self, entry: MessageEntry, page: Page, old: Sequence[Strip]) -> list[Strip]:
        if not old:
            self._growing[entry.key] = GrowingText(page.text, page.look, page.mentions)
        growing = self._growing[entry.key]
        rows = growing.rows(entry.text)
        head = head_strips(entry, page)
        same = old[len(head) : len(head) + growing.unchanged]
        tail = body_strips(entry, rows[growing.unchanged :], page)
        return [*self._finished(head, entry, page), *same, *self._finished(tail, entry, page)]

    def _finished(self, strips: Iterable[Strip], entry: Entry, page: Page) -> list[Strip]:
        """Lay lines of an entry on their ground: the page, the focus or that of a failure."""
        if entry.key == self.focused:
            strips = (page.painted(strip, page.look.primary) for strip in strips)
        elif isinstance(entry, FailureEntry):
            strips = (page.painted(strip, page.look.error) for strip in strips)
        return self._on_page(strips)

    def _on_page(self, strips: Iterable[Strip]) -> list[Strip]:
        width = self._widget.virtual_size.width
        ground = self._widget.rich_style  # asks all that is around it
        return [strip.adjust_cell_length(width).apply_style(ground) for strip in strips]
