"""What stands in a transcript, from the first to the last, and in which rows."""

from collections.abc import Hashable, Iterable

from chimera_tui.ui.transcript.entries import Entry, Item, Unseen
from chimera_tui.ui.transcript.transcript_layout import Layout, estimated_height


class EntryList:
    """Entries by their place and by their key; the layout always has a height for each."""

    def __init__(self) -> None:
        self.layout = Layout()
        self._items: list[Item] = []
        self._index: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Entry:
        """The entry at `index`, made now if it was not seen before."""
        entry = self._items[index]
        if isinstance(entry, Unseen):
            entry = self._items[index] = entry.made()
        return entry

    @property
    def keys(self) -> list[Hashable]:
        """The keys of all entries, from the first to the last."""
        return [entry.key for entry in self._items]

    def index(self, key: Hashable) -> int:
        """The place of an entry.

        Raises:
            KeyError: If there is no entry `key`.
        """
        return self._index[key]

    def find(self, key: Hashable) -> int:
        """The place of an entry; -1 if there is no entry `key`."""
        return self._index.get(key, -1)

    def load(self, entries: Iterable[Item], width: int) -> None:
        """Hold these instead of all others."""
        self._items = list(entries)
        self._count()
        self.estimate(width)

    def estimate(self, width: int) -> None:
        """Guess all heights, at `width` columns of text."""
        self.layout.replace([estimated_height(entry, width) for entry in self._items])

    def add(self, entry: Item, before: Hashable, width: int) -> None:
        """Add an entry at the end, or in front of the entry `before` if there is one."""
        index = self._index.get(before, len(self))
        height = estimated_height(entry, width)
        self._items.insert(index, entry)
        if index == len(self.layout):
            self._index[entry.key] = index
            self.layout.append(height)
        else:
            self._count()
            self.layout.insert(index, height)

    def put(self, index: int, entry: Entry) -> None:
        """Hold another entry, or another state of the same, at `index`; its height stays."""
        self._index.pop(self._items[index].key, None)
        self._index[entry.key] = index
        self._items[index] = entry

    def remove(self, index: int) -> None:
        """Take an entry out."""
        del self._items[index]
        self._count()
        self.layout.remove(index)

    def _count(self) -> None:
        self._index = {entry.key: index for index, entry in enumerate(self._items)}
