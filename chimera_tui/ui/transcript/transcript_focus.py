"""The focus that goes from message to message in a transcript: by keys, and by the mouse."""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from chimera_tui.ui.transcript.entries import Entry, NoticeEntry
from chimera_tui.ui.transcript.transcript_view import TranscriptView

Actions = Callable[[Entry], Sequence[tuple[str, str, str]]]
"""Gives the keys that act on an entry, each with its word."""


class TranscriptFocus(TranscriptView):
    """A page on which one entry can have the focus; it then shows what can be done with it."""

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

    class Focused(Message, namespace="transcript"):
        """Another entry has the focus, or none."""

        def __init__(self, key: Hashable | None) -> None:
            super().__init__()
            self.key = key

    class RemedyChosen(Message, namespace="transcript"):
        """A remedy of a failure was clicked."""

        def __init__(self, key: Hashable, number: int) -> None:
            super().__init__()
            self.key = key
            self.number = number
            """From 1."""

    class ActionChosen(Message, namespace="transcript"):
        """An action below an entry, or a mark in its head, was clicked."""

        def __init__(self, key: Hashable, action: str) -> None:
            super().__init__()
            self.key = key
            self.action = action
            """Its name, as the actions gave it."""

    def watch_focused_key(self, old: Hashable | None, new: Hashable | None) -> None:
        """Paint the focus, and say where it is."""
        for key in (old, new):
            self._strips.pop(key, None)
            if (index := self._index.get(key)) is not None:
                self.refresh_lines(self._layout.top(index) - 1, self._layout.height(index) + 1)
        self.post_message(self.Focused(new))

    def action_focus_message(self, step: int) -> None:
        """Focus the message `step` after the focused one; without one in view, one in view."""
        top = int(self.scroll_y)
        seen = self._layout.between(top, top + self.size.height - 1)
        focus = self._index.get(self.focused_key, -1)
        nearest = seen.start if step > 0 else seen.stop - 1
        start = focus + step if focus in seen else nearest
        stop = len(self._entries) if step > 0 else -1
        for index in range(start, stop, step):
            if not isinstance(self._entries[index], NoticeEntry):
                self._focus_entry(index)
                break

    def action_first_message(self) -> None:
        """Focus the first message, and show the very beginning."""
        self._focus_first(range(len(self._entries)))
        self.scroll_to(y=0, animate=False)

    def action_last_message(self) -> None:
        """Focus the last message, and follow the end from there."""
        self._focus_first(range(len(self._entries) - 1, -1, -1))
        self.jump_to_end()

    def action_scroll_pages(self, pages: float) -> None:
        """Scroll by so many pages, down or (less than 0) up; one line stays in view."""
        self.scroll_relative(y=int(pages * (self.size.height - 1)), animate=False)

    def _focus_first(self, indexes: range) -> None:
        for index in indexes:
            if not isinstance(self._entries[index], NoticeEntry):
                self.focused_key = self._entries[index].key
                break

    def focus_entry(self, key: Hashable) -> None:
        """Give an entry the focus and bring it into view, its head first.

        Raises:
            KeyError: If there is no such entry.
        """
        self._focus_entry(self._index[key])

    def _focus_entry(self, index: int) -> None:
        """Give an entry the focus and bring it into view; the last keeps the end in view."""
        self.focused_key = self._entries[index].key
        self._follow(is_wanted=False)
        self._settle(index)
        top, bottom = self._layout.top(index) - 1, self._layout.top(index + 1)
        y = min(max(self.scroll_y, bottom - self.size.height), top)
        self._place(y)
        self._settle(index)
        self._follow(is_wanted=index == len(self._entries) - 1 and y >= self.max_scroll_y)
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose the remedy or action that was clicked, or focus the message."""
        if self.text_selection or not self._entries:
            return
        row = event.y + self.scroll_offset.y
        meta = event.style.meta
        index = self._layout.at(row)
        if "action" in meta:
            self.post_message(self.ActionChosen(self._entries[index].key, meta["action"]))
        elif "remedy" in meta:
            self.post_message(self.RemedyChosen(self._entries[index].key, meta["remedy"]))
        elif not isinstance(self._entries[index], NoticeEntry):
            self._focus_entry(index)
