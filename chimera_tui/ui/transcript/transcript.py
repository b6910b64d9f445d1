"""The transcript: what was said, as it is being said, and what can be done with it.

One widget for all messages: only what is seen is drawn (and kept, as lines), the
rest is an estimate of its height. Ten thousand messages cost what a hundred do.
"""

import os
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from chimera_tui.ui.kit.glyphs import UNICODE, Glyphs, wants_plain_emoji
from chimera_tui.ui.transcript.entries import (
    Chip,
    Entry,
    FailureEntry,
    Item,
    MessageEntry,
    NoticeEntry,
    source,
)
from chimera_tui.ui.transcript.entry_list import EntryList
from chimera_tui.ui.transcript.reading_place import ReadingPlace
from chimera_tui.ui.transcript.transcript_drawing import Actions, Drawing
from chimera_tui.ui.transcript.transcript_stream import LOCAL, REMOTE, Flusher


class Transcript(ScrollView, can_focus=True, inherit_bindings=False):
    """The messages of a conversation as a reader sees them, one below the other.

    It follows the end while the reader is there, and keeps the reader's line still elsewhere.
    Keys move a focus from message to message; the focused one shows its actions.
    Streamed text is painted at most 30 times a second.
    """

    DEFAULT_CSS: ClassVar[str] = """
    Transcript {
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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "focus_message(1)", "next message", show=False, id="transcript.next"),
        Binding("k,up", "focus_message(-1)", "previous", show=False, id="transcript.previous"),
        Binding("g,home", "first_message", "first message", show=False, id="transcript.first"),
        Binding("G,end", "last_message", "last message", show=False, id="transcript.last"),
        Binding("ctrl+d", "scroll_pages(0.5)", "half a page down", show=False),
        Binding("ctrl+u", "scroll_pages(-0.5)", "half a page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "page down", show=False),
        Binding("pageup", "scroll_pages(-1)", "page up", show=False),
    ]

    @dataclass
    class Focused(Message):
        """Another entry has the focus, or none."""

        key: Hashable | None

    @dataclass
    class NewCount(Message):
        """The number of entries below, added while the reader was elsewhere, has changed."""

        count: int

    @dataclass
    class RemedyChosen(Message):
        """A remedy of a failure was clicked."""

        key: Hashable
        number: int
        """From 1."""

    @dataclass
    class ActionChosen(Message):
        """An action below an entry, or a mark in its head, was clicked."""

        key: Hashable
        action: str
        """Its name, as the actions gave it."""

    def __init__(
        self,
        actions: Actions = lambda _entry: (),
        *,
        heads: bool = True,
        glyphs: Glyphs = UNICODE,
        has_plain_emoji: bool | None = None,
        environ: Mapping[str, str] = os.environ,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        """Make an empty transcript.

        Args:
            actions: Gives the actions that are written below an entry with the focus.
            heads: Whether messages have a head (who, model, time) and a gutter line.
            glyphs: The marks to draw with.
            has_plain_emoji: Whether to draw emoji in their plainest form; None: as `environ` needs.
            environ: Tells ssh and terminal multiplexers.
            id: As for every widget.
        """
        super().__init__(id=id)
        is_plain = wants_plain_emoji(environ) if has_plain_emoji is None else has_plain_emoji
        self._entries = EntryList()
        self._layout = self._entries.layout
        self._drawing = Drawing(self, actions, heads=heads, glyphs=glyphs, has_plain_emoji=is_plain)
        self._reader = ReadingPlace(
            self,
            self._entries,
            self._drawing,
            lambda count: self.post_message(self.NewCount(count)),
        )
        interval = REMOTE if environ.get("SSH_CONNECTION") else LOCAL
        self._flusher = Flusher(self, self._deliver, interval=interval)

    @property
    def hues(self) -> Mapping[str, int]:
        """The hue of each name that is coloured where it is mentioned with an `@`."""
        return self._drawing.hues

    @hues.setter
    def hues(self, hues: Mapping[str, int]) -> None:
        self._drawing.hues = dict(hues)
        self._restyle()

    @property
    def new_count(self) -> int:
        """Entries that were added below while the reader was elsewhere."""
        return self._reader.new_count

    @property
    def keys(self) -> list[Hashable]:
        """The keys of all entries, from the first to the last."""
        return self._entries.keys

    @property
    def is_streaming(self) -> bool:
        """Whether streamed text has arrived that is not shown yet."""
        return self._flusher.is_waiting

    def source_of(self, key: Hashable) -> str:
        """Return the text of an entry as it was said, all of it that has arrived.

        Raises:
            KeyError: If there is no such entry.
        """
        return source(self._entries[self._entries.index(key)]) + self._flusher.peek(key)

    # The entries.

    def load(self, entries: Iterable[Item]) -> None:
        """Show these entries instead of all others, from their end."""
        self._flusher.clear()
        self.focused_key = None
        self._reader.follow(is_wanted=True)
        with self._reader.steady():
            self._entries.load(entries, self._drawing.text_width)
            self._drawing.forget_all()

    def add(self, entry: Item, *, before: Hashable = None) -> None:
        """Add an entry at the end, or in front of the entry `before` if there is one."""
        with self._reader.steady():
            self._entries.add(entry, before, self._drawing.text_width)
        self._reader.count_one()

    def replace(self, key: Hashable, entry: Entry) -> None:
        """Put `entry` in the place of another; streamed text that still waited for that is dropped.

        Raises:
            KeyError: If there is no entry `key`.
        """
        index = self._entries.index(key)
        self._flusher.drop(key)
        self._drawing.forget(key)
        self._entries.put(index, entry)
        if self.focused_key == key:
            self.focused_key = entry.key
        self._update(index, entry)

    def discard(self, key: Hashable) -> None:
        """Take an entry out.

        Raises:
            KeyError: If there is no entry `key`.
        """
        index = self._entries.index(key)
        self._flusher.drop(key)
        self._drawing.forget(key)
        if self.focused_key == key:
            self.focused_key = None
        with self._reader.steady():
            self._entries.remove(index)

    def stream(self, key: Hashable, text: str) -> None:
        """Append text to a live message.

        Raises:
            KeyError: If there is no entry `key`.
        """
        self._entries.index(key)  # what is not there waits for nothing
        self._flusher.put(key, text)

    def set_chips(self, key: Hashable, chips: tuple[Chip, ...]) -> None:
        """Give a message other chips; streamed text that still waits is not disturbed.

        Raises:
            KeyError: If there is no entry `key`.
        """
        entry = self._entries[index := self._entries.index(key)]
        if isinstance(entry, MessageEntry):
            self._update(index, replace(entry, chips=chips))

    def _deliver(self, key: Hashable, text: str) -> None:
        entry = self._entries[index := self._entries.index(key)]
        if isinstance(entry, MessageEntry):
            self._update(index, replace(entry, text=entry.text + text))

    def _update(self, index: int, entry: Entry) -> None:
        """Show another state of an entry, with as little painting as it needs."""
        self._entries.put(index, entry)
        if (page := self._drawing.page) is None:
            return
        old, new = self._drawing.redrawn(entry, page)
        if len(new) + 1 != self._layout.height(index):
            with self._reader.steady():
                self._layout.change([(index, len(new) + 1)])
            return
        changed = [line for line, strip in enumerate(new) if line >= len(old) or strip != old[line]]
        if changed:
            first = self._layout.top(index) + changed[0]
            self.refresh_lines(first, changed[-1] - changed[0] + 1)

    @on(events.Mount)
    def _follow_the_theme(self) -> None:
        self.app.theme_changed_signal.subscribe(self, lambda _theme: self._restyle())

    def _restyle(self) -> None:
        if self._drawing.page is not None:
            self._drawing.lay_out(self.virtual_size.width)
        self.refresh()

    @on(events.Resize)
    def _lay_out(self) -> None:
        """Lay out for the new width; at the same width only see what came into view."""
        width = self.scrollable_content_region.width
        if self._drawing.page is None or width != self.virtual_size.width:
            self._drawing.lay_out(width)
            with self._reader.steady():
                self._entries.estimate(self._drawing.text_width)
        else:
            self._reader.settle()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """See what came into view; follow the end if the reader went there."""
        super().watch_scroll_y(old_value, new_value)
        if self._reader.is_moving or not self._entries:
            return
        self._reader.follow(is_wanted=new_value >= self.max_scroll_y)
        is_step = abs(new_value - old_value) < self.size.height
        # What was seen before the step must not move; after a leap nothing was.
        self._reader.settle(
            self._layout.at(int(max(old_value, new_value) if is_step else new_value))
        )

    def jump_to_end(self) -> None:
        """Go to the end and follow it."""
        self._reader.follow(is_wanted=True)
        self._reader.move(self.max_scroll_y)
        self._reader.settle()
        self.refresh()

    # The focus.

    @property
    def focused_key(self) -> Hashable | None:
        """The key of the entry with the focus."""
        return self._drawing.focused

    @focused_key.setter
    def focused_key(self, key: Hashable | None) -> None:
        old, self._drawing.focused = self._drawing.focused, key
        if key == old:
            return
        for one in (old, key):
            self._drawing.forget(one)
            if (index := self._entries.find(one)) >= 0:
                self.refresh_lines(self._layout.top(index) - 1, self._layout.height(index) + 1)
        self.post_message(self.Focused(key))

    def focus_entry(self, key: Hashable) -> None:
        """Give an entry the focus and bring it into view, its head first; the last keeps the end.

        Raises:
            KeyError: If there is no such entry.
        """
        index = self._entries.index(key)
        self.focused_key = key
        self._reader.follow(is_wanted=False)
        self._reader.settle(index)
        top, bottom = self._layout.top(index) - 1, self._layout.top(index + 1)
        y = min(max(self.scroll_y, bottom - self.size.height), top)
        self._reader.move(y)
        self._reader.settle(index)
        self._reader.follow(is_wanted=index == len(self._entries) - 1 and y >= self.max_scroll_y)
        self.refresh()

    def _first_message(self, indexes: range) -> int | None:
        """The first of these entries that can have the focus."""
        return next((i for i in indexes if not isinstance(self._entries[i], NoticeEntry)), None)

    def _action_focus_message(self, step: int) -> None:
        """Focus the message `step` after the focused one; without one in view, one in view."""
        top = int(self.scroll_y)
        seen = self._layout.between(top, top + self.size.height - 1)
        focus = self._entries.find(self.focused_key)
        nearest = seen.start if step > 0 else seen.stop - 1
        start = focus + step if focus in seen else nearest
        stop = len(self._entries) if step > 0 else -1
        if (index := self._first_message(range(start, stop, step))) is not None:
            self.focus_entry(self._entries[index].key)

    def _action_first_message(self) -> None:
        """Focus the first message, and show the very beginning."""
        if (index := self._first_message(range(len(self._entries)))) is not None:
            self.focused_key = self._entries[index].key
        self.scroll_to(y=0, animate=False)

    def _action_last_message(self) -> None:
        """Focus the last message, and follow the end from there."""
        if (index := self._first_message(range(len(self._entries) - 1, -1, -1))) is not None:
            self.focused_key = self._entries[index].key
        self.jump_to_end()

    def _action_scroll_pages(self, pages: float) -> None:
        """Scroll by so many pages, down or (less than 0) up; one line stays in view."""
        self.scroll_relative(y=int(pages * (self.size.height - 1)), animate=False)

    @on(events.Click)
    def _choose_clicked(self, event: events.Click) -> None:
        """Choose the remedy or action that was clicked, or focus the message."""
        if self.text_selection or not self._entries:
            return
        meta = event.style.meta
        index = self._layout.at(event.y + self.scroll_offset.y)
        entry = self._entries[index]
        if "action" in meta:
            self.post_message(self.ActionChosen(entry.key, meta["action"]))
        elif "remedy" in meta:
            self.post_message(self.RemedyChosen(entry.key, meta["remedy"]))
        elif not isinstance(entry, NoticeEntry):
            self.focus_entry(entry.key)

    def render_line(self, y: int) -> Strip:
        """Return line `y` of the view."""
        row = y + self.scroll_offset.y
        strip = self._line(row)
        if (selection := self.text_selection) and (span := selection.get_span(row)):
            strip = self._drawing.selected(strip, *span)
        return strip.apply_offsets(0, row)

    def _line(self, row: int) -> Strip:
        page, index = self._drawing.page, self._layout.at(row)
        if page is None or index < 0 or row >= self._layout.rows:
            return self._drawing.blank()
        lines = self._drawing.lines(self._entries[index], page)
        line = row - self._layout.top(index)
        if 0 <= line < len(lines):
            return lines[line]
        focus = self._entries.find(self.focused_key)
        is_above = row == self._layout.top(focus) - 1
        is_beside = focus >= 0 and (index == focus or is_above)
        if not is_beside or isinstance(self._entries[focus], FailureEntry):
            return self._drawing.blank()
        return self._drawing.beside_focus(page, None if is_above else self._entries[focus])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text as it is drawn, without gutter lines and margins."""
        if (page := self._drawing.page) is None:
            return None
        first = selection.start.y if selection.start else 0
        last = selection.end.y if selection.end else self._layout.rows - 1
        lines = []
        for row in range(first, last + 1):
            start, end = selection.get_span(row) or (0, 0)
            lines.append(page.text_of(self._line(row), start, end))
        return "\n".join(lines), "\n"
