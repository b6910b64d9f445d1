"""The page of a transcript: draws what is seen, and keeps the reader's line still.

One widget for all messages: only what is seen is drawn (and kept, as lines), the
rest is an estimate of its height. Ten thousand messages cost what a hundred do.
"""

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from chimera_tui.ui.kit.glyphs import UNICODE, Glyphs, wants_plain_emoji
from chimera_tui.ui.transcript.entries import (
    Entry,
    FailureEntry,
    Item,
    MessageEntry,
    NoticeEntry,
    Unseen,
)
from chimera_tui.ui.transcript.growing_text import text_rows
from chimera_tui.ui.transcript.message_strips import (
    Page,
    actions_strip,
    body_strips,
    failure_strips,
    head_strips,
    notice_strips,
    thought_strips,
)
from chimera_tui.ui.transcript.transcript_layout import Layout, estimated_height
from chimera_tui.ui.transcript.transcript_look import Look, Mentions

_KEPT = 120
"""Entries whose lines are kept."""


class TranscriptView(ScrollView, can_focus=True, inherit_bindings=False):
    """Entries one below the other; follows the end while the reader is there."""

    DEFAULT_CSS: ClassVar[str] = """
    TranscriptView {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        background: $surface;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-color: $rule;
        scrollbar-background: $surface;
        scrollbar-background-hover: $surface;
        scrollbar-background-active: $surface;
    }
    """
    new_count: reactive[int] = reactive(0, repaint=False, init=False)
    """Entries that were added below while the reader was elsewhere."""
    focused_key: reactive[Hashable | None] = reactive(None, repaint=False, init=False)
    """The key of the focused entry."""

    def __init__(
        self,
        *,
        heads: bool = True,
        glyphs: Glyphs = UNICODE,
        has_plain_emoji: bool | None = None,
        environ: Mapping[str, str] = os.environ,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self._heads = heads
        self._glyphs = glyphs
        self._has_plain_emoji = (
            wants_plain_emoji(environ) if has_plain_emoji is None else has_plain_emoji
        )
        self._hues: Mapping[str, int] = {}
        self._entries: list[Item] = []
        self._index: dict[Hashable, int] = {}
        self._layout = Layout()
        self._strips: dict[Hashable, list[Strip]] = {}
        self._page: Page | None = None
        self._is_following = True
        self._is_placing = False

    # What is drawn.

    @property
    def hues(self) -> Mapping[str, int]:
        """The hue of each name that is coloured where it is mentioned with an `@`."""
        return self._hues

    @hues.setter
    def hues(self, hues: Mapping[str, int]) -> None:
        self._hues = dict(hues)
        self._restyle()

    def on_mount(self) -> None:
        """Draw anew when the theme changes."""
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._restyle())

    def on_resize(self) -> None:
        """Lay out for the new width; at the same width only see what came into view."""
        width = self.scrollable_content_region.width
        if self._page is None or width != self.virtual_size.width:
            self._page = self._new_page(width)
            with self._steady():
                self._strips.clear()
                self._estimate()
        self._settle()

    def _restyle(self) -> None:
        self._strips.clear()
        if self._page is not None:
            self._page = self._new_page(self.virtual_size.width)
        self.refresh()

    def _new_page(self, width: int) -> Page:
        look = Look.of(
            self.app.theme_variables,
            is_ansi=self.app.native_ansi_color,
            glyphs=self._glyphs,
            has_plain_emoji=self._has_plain_emoji,
        )
        mentions = Mentions.of(self._hues, look)
        return Page.of(width, heads=self._heads, look=look, mentions=mentions)

    def _estimate(self) -> None:
        width = self._page.text if self._page else 80
        self._layout.replace([estimated_height(entry, width) for entry in self._entries])

    def _entry(self, index: int) -> Entry:
        """The entry at `index`, made now if it was not seen before."""
        entry = self._entries[index]
        if isinstance(entry, Unseen):
            entry = self._entries[index] = entry.made()
        return entry

    def _draw(self, index: int, page: Page) -> list[Strip]:
        """Return the lines of an entry as they are painted, from those kept if they are."""
        entry = self._entry(index)
        strips = self._strips.get(entry.key)
        if strips is None:
            strips = self._strips[entry.key] = self._drawn(entry, page)
            if len(self._strips) > _KEPT:
                del self._strips[next(iter(self._strips))]
        return strips

    def _finished(self, strips: Iterable[Strip], entry: Entry, page: Page) -> list[Strip]:
        """Lay lines of an entry on their ground: the page, the focus or that of a failure."""
        if entry.key == self.focused_key:
            strips = (page.painted(strip, page.look.primary) for strip in strips)
        elif isinstance(entry, FailureEntry):
            strips = (page.painted(strip, page.look.error) for strip in strips)
        return self._on_page(strips)

    def _on_page(self, strips: Iterable[Strip]) -> list[Strip]:
        width, ground = self.virtual_size.width, self.rich_style  # asks all that is around it
        return [strip.adjust_cell_length(width).apply_style(ground) for strip in strips]

    def _drawn(
        self,
        entry: Entry,
        page: Page,
        old: Sequence[Strip] = (),  # noqa: ARG002 - for those who draw what grows
    ) -> list[Strip]:
        """Draw an entry; `old` are its lines as they were before some text was added."""
        match entry:
            case MessageEntry():
                rows = text_rows(entry.text, page.text, page.look, page.mentions)
                head = head_strips(entry, page) + thought_strips(entry, page)
                strips = head + body_strips(entry, rows, page)
                return self._finished(strips, entry, page)
            case NoticeEntry():
                return self._finished(notice_strips(entry, page), entry, page)
            case FailureEntry():
                return self._finished(failure_strips(entry, page), entry, page)

    # Where it stands.

    @contextmanager
    def _steady(self, anchor: int | None = None) -> Iterator[None]:
        """Change entries or heights inside; the reader's line, or the end, stays where it is.

        Args:
            anchor: The entry that must not move on the screen; by default the
                one at the top of the view.
        """
        if anchor is None:
            anchor = self._layout.at(int(self.scroll_y))
        key = self._entries[anchor].key if anchor >= 0 else None
        offset = self.scroll_y - self._layout.top(anchor) if anchor >= 0 else 0
        marked = self._selected_entry()
        yield
        self._resize_content()
        if marked and marked != self._selected_entry():
            self.screen.clear_selection()  # its rows hold another text now
        if self._is_following:
            self._place(self.max_scroll_y)
        elif (index := self._index.get(key)) is not None:
            self._place(self._layout.top(index) + offset)
        self.refresh()

    def _selected_entry(self) -> tuple[int, int] | None:
        """The last entry with selected text, and its first row."""
        selection = self.text_selection if self.is_attached else None
        if selection is None or selection.end is None or not self._entries:
            return None
        index = self._layout.at(selection.end.y)
        return index, self._layout.top(index)

    def _resize_content(self) -> None:
        """Tell the scrollbar how many rows there are, without a new layout of the whole screen.

        The place of this widget never depends on what is in it.
        """
        size = Size(self.scrollable_content_region.width, self._layout.rows)
        self.set_reactive(TranscriptView.virtual_size, size)
        self._is_placing = True
        self._scroll_update(size)
        self._is_placing = False

    def _place(self, y: float) -> None:
        self._is_placing = True
        self.scroll_target_y = y
        self.scroll_y = y
        self._is_placing = False

    def _settle(self, anchor: int | None = None) -> None:
        """Make the heights of what is seen exact, without moving what the reader looks at."""
        page = self._page
        while page is not None and self._entries:
            top = int(self.scroll_y)
            seen = self._layout.between(top, top + self.size.height)
            heights = [(index, len(self._draw(index, page)) + 1) for index in seen]
            wrong = [(i, height) for i, height in heights if height != self._layout.height(i)]
            if not wrong:
                break
            with self._steady(anchor):
                self._layout.change(wrong)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """See what came into view; follow the end if the reader went there."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_placing or not self._entries:
            return
        self._follow(is_wanted=new_value >= self.max_scroll_y)
        is_step = abs(new_value - old_value) < self.size.height
        # What was seen before the step must not move; after a leap nothing was.
        self._settle(self._layout.at(int(max(old_value, new_value) if is_step else new_value)))

    def _follow(self, *, is_wanted: bool) -> None:
        self._is_following = is_wanted
        if is_wanted:
            self.new_count = 0

    def jump_to_end(self) -> None:
        """Go to the end and follow it."""
        self._follow(is_wanted=True)
        self._place(self.max_scroll_y)
        self._settle()
        self.refresh()

    # Painting and selecting.

    def actions_of(self, entry: Entry) -> Sequence[tuple[str, str, str]]:
        """Return the keys, with a word each, that act on `entry` when it has the focus."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Return line `y` of the view."""
        row = y + self.scroll_offset.y
        strip = self._line(row)
        if (selection := self.text_selection) and (span := selection.get_span(row)):
            strip = self._selected(strip, *span)
        return strip.apply_offsets(0, row)

    def _line(self, row: int) -> Strip:
        page, index = self._page, self._layout.at(row)
        if page is None or index < 0 or row >= self._layout.rows:
            return self._on_page([Strip([])])[0]
        strips = self._draw(index, page)
        line = row - self._layout.top(index)
        return strips[line] if 0 <= line < len(strips) else self._blank_line(row, index, page)

    def _blank_line(self, row: int, index: int, page: Page) -> Strip:
        """Return the line between two entries, with the actions of a focused one above it."""
        strip = Strip([])
        focus = self._index.get(self.focused_key, -1)
        is_above = row == self._layout.top(focus) - 1
        if focus >= 0 and not isinstance(self._entries[focus], FailureEntry):
            if index == focus and not is_above:
                entry = self._entry(index)
                notes = entry.costs if isinstance(entry, MessageEntry) else ()
                strip = actions_strip(self.actions_of(entry), notes, page)
            if index == focus or is_above:
                strip = page.painted(strip, page.look.primary)
        return self._on_page([strip])[0]

    def _selected(self, strip: Strip, start: int, end: int) -> Strip:
        length = strip.cell_count
        start, end = min(start, length), length if end < 0 else min(end, length)
        first, last = strip.index_to_cell_position(start), strip.index_to_cell_position(end)
        style = self.screen.get_component_rich_style("screen--selection")
        if not self.app.native_ansi_color:
            style = Style(bgcolor=style.bgcolor)
        marked = Segment.apply_style(list(strip.crop(first, last)), post_style=style)
        return Strip([*strip.crop(0, first), *marked, *strip.crop(last)], strip.cell_length)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it is drawn, without gutter lines and margins."""
        if self._page is None:
            return None
        margin = self._page.left + self._page.indent
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else self._layout.rows - 1
        lines = []
        for row in range(first, last + 1):
            span = selection.get_span(row) or (0, 0)
            strip = self._line(row)
            start = max(span[0], len(strip.crop(0, margin).text))
            end = len(strip.text) if span[1] < 0 else span[1]
            lines.append(strip.text[start:end].rstrip().replace("\u00a0", " "))
        return "\n".join(lines), "\n"
