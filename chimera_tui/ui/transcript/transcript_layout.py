"""Where each entry of a transcript stands: the arithmetic of rows, without drawing.

Heights of entries that were never seen are estimates; every entry is followed
by one blank row, and one stands before the first.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from chimera_tui.ui.transcript.entries import FailureEntry, Item, MessageEntry, Unseen

_LEAD = 1


class Layout:
    """Heights and tops, in rows from the beginning of the transcript."""

    def __init__(self) -> None:
        self._heights: list[int] = []
        self._tops = [_LEAD]

    def __len__(self) -> int:
        return len(self._heights)

    @property
    def rows(self) -> int:
        """All rows together."""
        return self._tops[-1]

    def top(self, index: int) -> int:
        """The first row of an entry; of the entry behind the last, where it would begin."""
        return self._tops[index]

    def height(self, index: int) -> int:
        """The rows of an entry, with the blank one below it."""
        return self._heights[index]

    def at(self, row: int) -> int:
        """The entry to which `row` belongs, or the nearest one; -1 if there are no entries."""
        return max(0, min(bisect_right(self._tops, row), len(self)) - 1) if self else -1

    def between(self, first: int, last: int) -> range:
        """The entries that have any of the rows from `first` to `last`."""
        return range(self.at(first), self.at(last) + 1) if self else range(0)

    def replace(self, heights: Iterable[int]) -> None:
        """Take other heights for all entries."""
        self._heights = list(heights)
        self._sum(0)

    def change(self, heights: Sequence[tuple[int, int]]) -> None:
        """Take other heights for some entries, given as pairs of index and height."""
        for index, height in heights:
            self._heights[index] = height
        self._sum(min(index for index, _ in heights))

    def append(self, height: int) -> None:
        """Add an entry at the end."""
        self._heights.append(height)
        self._tops.append(self._tops[-1] + height)

    def insert(self, index: int, height: int) -> None:
        """Put an entry in front of another."""
        self._heights.insert(index, height)
        self._sum(index)

    def remove(self, index: int) -> None:
        """Take an entry out."""
        del self._heights[index]
        self._sum(index)

    def _sum(self, index: int) -> None:
        """Compute the tops anew from an entry on."""
        top = self._tops[index] if index else _LEAD
        self._tops[index:] = accumulate(self._heights[index:], initial=top)


def estimated_height(entry: Item, width: int) -> int:
    """Guess the rows of an entry at `width` columns of text, with the blank row below it."""
    match entry:
        case MessageEntry(text=text) | Unseen(text=text):
            return 3 + text.count("\n") + len(text) // width
        case FailureEntry(lines=lines, remedies=remedies):
            return 5 + len(lines) + len(remedies)
        case _:
            return 2
