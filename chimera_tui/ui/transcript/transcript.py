"""The transcript: what was said, as it is being said, and what can be done with it."""

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

from textual.message import Message
from textual.strip import Strip

from chimera_tui.ui.kit.glyphs import UNICODE, Glyphs
from chimera_tui.ui.transcript.entries import (
    Chip,
    Entry,
    FailureEntry,
    Item,
    MessageEntry,
    NoticeEntry,
)
from chimera_tui.ui.transcript.growing_text import GrowingText
from chimera_tui.ui.transcript.message_strips import Page, body_strips, head_strips
from chimera_tui.ui.transcript.transcript_focus import Actions, TranscriptFocus
from chimera_tui.ui.transcript.transcript_layout import estimated_height
from chimera_tui.ui.transcript.transcript_stream import LOCAL, REMOTE, Flusher


class Transcript(TranscriptFocus):
    """The messages of a conversation as a reader sees them.

    Keys move a focus from message to message; the focused one shows its actions.
    Streamed text is painted at most 30 times a second.
    """

    class NewCount(Message):
        """The number of entries below, added while the reader was elsewhere, has changed."""

        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

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
        super().__init__(
            heads=heads, glyphs=glyphs, has_plain_emoji=has_plain_emoji, environ=environ, id=id
        )
        self._actions = actions
        self._growing: dict[Hashable, GrowingText] = {}
        interval = REMOTE if environ.get("SSH_CONNECTION") else LOCAL
        self._flusher = Flusher(self, self._deliver, interval=interval)

    def actions_of(self, entry: Entry) -> Sequence[tuple[str, str, str]]:
        """Return what the constructor was told."""
        return self._actions(entry)

    def watch_new_count(self, count: int) -> None:
        """Say how many are new."""
        self.post_message(self.NewCount(count))

    # The entries.

    @property
    def keys(self) -> list[Hashable]:
        """The keys of all entries, from the first to the last."""
        return [entry.key for entry in self._entries]

    @property
    def is_streaming(self) -> bool:
        """Whether streamed text has arrived that is not shown yet."""
        return self._flusher.is_waiting

    def source_of(self, key: Hashable) -> str:
        """Return the text of an entry as it was said, all of it that has arrived.

        Raises:
            KeyError: If there is no such entry.
        """
        match self._entry(self._index[key]):
            case MessageEntry(text=text):
                return text + self._flusher.peek(key)
            case NoticeEntry(text=text):
                return text
            case FailureEntry() as failure:
                return "\n".join((f"{failure.title} {failure.title_rest}".strip(), *failure.lines))

    def load(self, entries: Iterable[Item]) -> None:
        """Show these entries instead of all others, from their end."""
        self._flusher.clear()
        self.focused_key = None
        self._follow(is_wanted=True)
        with self._steady():
            self._entries = list(entries)
            self._index = {entry.key: index for index, entry in enumerate(self._entries)}
            self._strips.clear()
            self._growing.clear()
            self._estimate()
        self._settle()

    def add(self, entry: Item, *, before: Hashable = None) -> None:
        """Add an entry at the end, or in front of the entry `before` if there is one."""
        index = self._index.get(before, len(self._entries))
        height = estimated_height(entry, self._page.text if self._page else 80)
        with self._steady():
            self._entries.insert(index, entry)
            if index == len(self._layout):
                self._index[entry.key] = index
                self._layout.append(height)
            else:
                self._index = {item.key: number for number, item in enumerate(self._entries)}
                self._layout.insert(index, height)
        self._settle()
        if not self._is_following:
            self.new_count += 1

    def replace(self, key: Hashable, entry: Entry) -> None:
        """Put `entry` in the place of another; streamed text that still waited for that is dropped.

        Raises:
            KeyError: If there is no entry `key`.
        """
        index = self._index.pop(key)
        self._flusher.drop(key)
        self._forget(key)
        self._index[entry.key] = index
        if self.focused_key == key:
            self.focused_key = entry.key
        self._update(index, entry)

    def discard(self, key: Hashable) -> None:
        """Take an entry out.

        Raises:
            KeyError: If there is no entry `key`.
        """
        index = self._index[key]
        self._flusher.drop(key)
        self._forget(key)
        if self.focused_key == key:
            self.focused_key = None
        with self._steady():
            del self._entries[index]
            self._index = {entry.key: index for index, entry in enumerate(self._entries)}
            self._layout.remove(index)
        self._settle()

    def stream(self, key: Hashable, text: str) -> None:
        """Append text to a live message.

        Raises:
            KeyError: If there is no entry `key`.
        """
        self._flusher.put(self._entries[self._index[key]].key, text)

    def set_chips(self, key: Hashable, chips: tuple[Chip, ...]) -> None:
        """Give a message other chips; streamed text that still waits is not disturbed.

        Raises:
            KeyError: If there is no entry `key`.
        """
        entry = self._entry(index := self._index[key])
        if isinstance(entry, MessageEntry):
            self._update(index, replace(entry, chips=chips))

    def _deliver(self, key: Hashable, text: str) -> None:
        index = self._index[key]
        entry = self._entry(index)
        if isinstance(entry, MessageEntry):
            self._update(index, replace(entry, text=entry.text + text))

    def _update(self, index: int, entry: Entry) -> None:
        """Show another state of an entry, with as little painting as it needs."""
        self._entries[index] = entry
        if (page := self._page) is None:
            return
        old = self._strips.pop(entry.key, [])
        new = self._strips[entry.key] = self._drawn(entry, page, old)
        if len(new) + 1 != self._layout.height(index):
            with self._steady():
                self._layout.change([(index, len(new) + 1)])
            self._settle()
            return
        changed = [line for line, strip in enumerate(new) if line >= len(old) or strip != old[line]]
        if changed:
            first = self._layout.top(index) + changed[0]
            self.refresh_lines(first, changed[-1] - changed[0] + 1)

    def _drawn(self, entry: Entry, page: Page, old: Sequence[Strip] = ()) -> list[Strip]:
        if not (isinstance(entry, MessageEntry) and entry.is_live):
            return super()._drawn(entry, page, old)
        if not old:
            self._growing[entry.key] = GrowingText(page.text, page.look, page.mentions)
        growing = self._growing[entry.key]
        rows = growing.rows(entry.text)
        head = head_strips(entry, page)
        same = old[len(head) : len(head) + growing.unchanged]
        tail = body_strips(entry, rows[growing.unchanged :], page)
        return [*self._finished(head, entry, page), *same, *self._finished(tail, entry, page)]

    def _forget(self, key: Hashable) -> None:
        self._strips.pop(key, None)
        self._growing.pop(key, None)
