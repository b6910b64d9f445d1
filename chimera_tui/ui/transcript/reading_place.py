"""Where the reader of a transcript is: the line that is read stands still, whatever changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from textual.geometry import Size
from textual.scroll_view import ScrollView

from chimera_tui.ui.transcript.entry_list import EntryList
from chimera_tui.ui.transcript.transcript_drawing import Drawing


class ReadingPlace:
    """Scrolls a transcript; follows the end as long as the reader is there.

    Args:
        widget: Is scrolled.
        entries: What stands in it.
        drawing: Knows how high an entry is once it is drawn.
        tell_new: Is told how many entries below are new, when that changes.
    """

    def __init__(
        self,
        widget: ScrollView,
        entries: EntryList,
        drawing: Drawing,
        tell_new: Callable[[int], object],
    ) -> None:
        self._widget, self._entries, self._drawing = widget, entries, drawing
        self._layout = entries.layout
        self._tell_new = tell_new
        self.new_count = 0
        """Entries that were added below while the reader was elsewhere."""
        self.is_following = True
        self.is_moving = False
        """Whether this, and not the reader, scrolls just now."""

    def follow(self, *, is_wanted: bool) -> None:
        """Keep the end in view from now on, or not."""
        self.is_following = is_wanted
        if is_wanted:
            self._count(0)

    def count_one(self) -> None:
        """Count an entry that was added: it is new if the reader is elsewhere."""
        if not self.is_following:
            self._count(self.new_count + 1)

    def _count(self, count: int) -> None:
        if count != self.new_count:
            self.new_count = count
            self._tell_new(count)

    def move(self, y: float) -> None:
        """Put row `y` at the top of the view."""
        self.is_moving = True
        self._widget.scroll_target_y = y
        self._widget.scroll_y = y
        self.is_moving = False

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Change entries or heights inside; the reader's line, or the end, stays where it is."""
        with self._steady():
            yield
        self.settle()

    @contextmanager
    def _steady(self, anchor: int | None = None) -> Iterator[None]:
        widget = self._widget
        if anchor is None:
            anchor = self._layout.at(int(widget.scroll_y))
        key = self._entries[anchor].key if anchor >= 0 else None
        offset = widget.scroll_y - self._layout.top(anchor) if anchor >= 0 else 0
        marked = self._selected_entry()
        yield
        self._resize_content()
        if marked and marked != self._selected_entry():
            widget.screen.clear_selection()  # its rows hold another text now
        if self.is_following:
            self.move(widget.max_scroll_y)
        elif (index := self._entries.find(key)) >= 0:
            self.move(self._layout.top(index) + offset)
        widget.refresh()

    def _selected_entry(self) -> tuple[int, int] | None:
        """The last entry with selected text, and its first row."""
        selection = self._widget.text_selection if self._widget.is_attached else None
        if selection is None or selection.end is None or not self._entries:
            return None
        index = self._layout.at(selection.end.y)
        return index, self._layout.top(index)

    def _resize_content(self) -> None:
        """Tell the scrollbar how many rows there are, without a new layout of the whole screen.

        The place of a transcript never depends on what is in it.
        """
        size = Size(self._widget.scrollable_content_region.width, self._layout.rows)
        self._widget.set_reactive(ScrollView.virtual_size, size)
        self.is_moving = True
        self._widget._scroll_update(size)  # noqa: SLF001 - as a change of `virtual_size` does
        self.is_moving = False

    def settle(self, anchor: int | None = None) -> None:
        """Make the heights of what is seen exact, without moving what the reader looks at.

        Args:
            anchor: The entry that must not move on the screen; by default the
                one at the top of the view.
        """
        page, draw = self._drawing.page, self._drawing.lines
        while page is not None and self._entries:
            top = int(self._widget.scroll_y)
            seen = self._layout.between(top, top + self._widget.size.height)
            heights = [(i, len(draw(self._entries[i], page)) + 1) for i in seen]
            wrong = [(i, height) for i, height in heights if height != self._layout.height(i)]
            if not wrong:
                break
            with self._steady(anchor):
                self._layout.change(wrong)
