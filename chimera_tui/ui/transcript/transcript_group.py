"""What is shown of a conversation, on one transcript or on several."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from chimera_tui.ui.transcript.entries import Chip, Entry, Item, MessageEntry, Unseen

Accepts = Callable[[Hashable], bool]
"""Whether a transcript shows the entry of this key."""


MANY = 50
"""Entries from which on showing all anew is cheaper than taking them out one by one."""


class Shows(Protocol):
    """What the stage needs of a transcript."""

    def load(self, entries: Iterable[Item]) -> None:
        """Show these, nothing else."""

    def add(self, entry: Entry, *, before: Hashable = None) -> None:
        """Show one more, at the end or in front of another."""

    def replace(self, key: Hashable, entry: Entry) -> None:
        """Show `entry` in the place of another."""

    def discard(self, key: Hashable) -> None:
        """Show it no more."""

    def stream(self, key: Hashable, text: str) -> None:
        """Write more of a live one."""

    def set_chips(self, key: Hashable, chips: tuple[Chip, ...]) -> None:
        """Give a message other chips."""

    def source_of(self, key: Hashable) -> str:
        """The text of an entry, as it was written."""


class Stage:
    """Keeps the transcripts of a room alike: one shows all, columns show one persona each."""

    def __init__(self, main: Shows) -> None:
        self._main = main
        self._columns: list[tuple[Shows, Accepts]] = []
        self.shown: dict[Hashable, Item] = {}

    def load(self, entries: Sequence[Item]) -> None:
        """Show these, nothing else."""
        self.shown = {entry.key: entry for entry in entries}
        self._main.load(entries)
        for transcript, accepts in self._columns:
            transcript.load([entry for entry in entries if accepts(entry.key)])

    def join(self, transcript: Shows, accepts: Accepts) -> None:
        """Show on this transcript too what it accepts, from now on."""
        self._columns.append((transcript, accepts))
        transcript.load([self._now(entry) for key, entry in self.shown.items() if accepts(key)])

    def leave(self) -> None:
        """Show on the first transcript alone."""
        self._columns.clear()

    def put(self, entry: Entry, *, before: Hashable = None) -> None:
        """Show `entry`: in its place if it has one, else in front of `before`, else at the end."""
        is_new = entry.key not in self.shown
        self.shown[entry.key] = entry
        for transcript in self._for(entry.key):
            if is_new:
                transcript.add(entry, before=before)
            else:
                transcript.replace(entry.key, entry)

    def stream(self, key: Hashable, text: str) -> None:
        """Write more of a live entry."""
        for transcript in self._for(key):
            transcript.stream(key, text)

    def set_chips(self, key: Hashable, chips: tuple[Chip, ...]) -> None:
        """Give a live message the chips of the moment; when it stands it has its own."""
        for transcript in self._for(key):
            transcript.set_chips(key, chips)

    def drop(self, key: Hashable) -> None:
        """Show it no more; nothing happens if it was not shown."""
        if self.shown.pop(key, None):
            for transcript in self._for(key):
                transcript.discard(key)

    def sync(self, entries: Sequence[Item]) -> None:
        """Show these, and touch only what differs.

        What stays keeps its place: words of the human that came while somebody spoke stand
        below that reply, though they were complete before it.
        """
        stays = set()
        for entry in entries:
            if entry.key not in self.shown:
                break
            stays.add(entry.key)
        goes = [key for key in self.shown if key not in stays]
        if len(goes) > MANY:
            self.load(entries)
            return
        for key in goes:
            self.drop(key)
        for item in entries:
            if not _is_shown(item, self.shown.get(item.key)):
                self.put(item.made() if isinstance(item, Unseen) else item)

    def source_of(self, key: Hashable) -> str:
        """The text of an entry, as it was written so far."""
        return self._main.source_of(key)

    def _for(self, key: Hashable) -> list[Shows]:
        return [self._main, *(one for one, accepts in self._columns if accepts(key))]

    def _now(self, entry: Item) -> Item:
        if isinstance(entry, MessageEntry) and entry.is_live:
            return replace(entry, text=self._main.source_of(entry.key))
        return entry


def _is_shown(item: Item, shown: Item | None) -> bool:
    """Whether what is shown is still right. What was never drawn has only a text."""
    if isinstance(shown, Unseen):
        return shown.text == item.text if isinstance(item, Unseen) else False
    return shown == (item.made() if isinstance(item, Unseen) else item)
