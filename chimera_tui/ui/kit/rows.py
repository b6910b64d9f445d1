"""A list of rows with a cursor: rooms, the cast, models, personas."""

from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from chimera_tui.ui.kit.blocks import drawn
from chimera_tui.ui.kit.glyphs import UNICODE

BAR = 2
"""Columns at the left edge of a row: the bar of the cursor, and one space."""


class Rows(ScrollView, can_focus=True):
    """Rows of one or more lines each; the one under the cursor has a bar and the panel colour.

    Say what a row looks like in `row_lines`, and call `rebuild` when something changed.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor", "rows--bar"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "move(-8)", "page up", show=False),
        Binding("pagedown", "move(8)", "page down", show=False),
        Binding("home,g", "move(-100000)", "first", show=False),
        Binding("end,G", "move(100000)", "last", show=False),
        Binding("enter", "choose", "choose", show=False),
    ]
    DEFAULT_CSS = """
    Rows {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap;
        & > .rows--cursor { background: $panel; }
        & > .rows--bar { color: $primary; background: $panel; }
    }
    """

    is_long = False
    """Whether there may be thousands of rows, of one line each: only those in sight are drawn."""
    gap = 0
    """Blank lines after each row, where they are not many."""
    edge = 0
    """Columns left free at the right."""
    _bar_needs_focus = False
    """Whether the cursor is seen only while the list is used."""
    cursor: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """A row was chosen, by Enter or by a click."""

        rows: "Rows"
        index: int

        @property
        def control(self) -> "Rows":
            """The list it was chosen in."""
            return self.rows

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        rows: "Rows"
        index: int

        @property
        def control(self) -> "Rows":
            """The list it moved in."""
            return self.rows

    @dataclass
    class Entered(Message):
        """The list has the focus now."""

        rows: "Rows"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._flat: list[tuple[int, Content]] = []
        self._tops: list[int] = []

    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def row_lines(self, index: int, width: int) -> list[Content]:
        """The lines of a row, each at most `width` cells; one line, where there are many rows."""
        raise NotImplementedError

    def marks(self, index: int) -> bool:
        """Whether a row has the bar; the one under the cursor, unless a list says otherwise."""
        return index == self.cursor and (self.has_focus or not self._bar_needs_focus)

    @property
    def row_width(self) -> int:
        """Cells of the lines of a row."""
        return max(1, self.scrollable_content_region.width - BAR - self.edge)

    def rebuild(self) -> None:
        """Draw all rows anew, or what is in sight of many."""
        width = self.row_width
        self._flat, self._tops = [], []
        for index in range(0 if self.is_long else self.row_count()):
            self._tops.append(len(self._flat))
            self._flat += [(index, content) for content in self.row_lines(index, width)]
            self._flat += [(-1, Content(""))] * self.gap
        self.virtual_size = Size(width + BAR, self._height)
        self.cursor = max(0, min(self.cursor, self.row_count() - 1))
        self.refresh()

    @property
    def _height(self) -> int:
        return self.row_count() if self.is_long else len(self._flat)

    @on(events.Resize)
    def _draw_to_the_new_width(self) -> None:
        self.rebuild()

    def get_content_height(self, _container: Size, _viewport: Size, _width: int) -> int:
        """As many rows as there are lines."""
        return max(1, self._height)

    def _place(self, index: int) -> tuple[int, int] | None:
        """The first line of a row, and the first behind it; None if it is not drawn."""
        if not 0 <= index < (self._height if self.is_long else len(self._tops)):
            return None
        if self.is_long:
            return index, index + 1
        return self._tops[index], [*self._tops[index + 1 : index + 2], len(self._flat)][0]

    def _at(self, y: int) -> tuple[int, Content] | None:
        """The row that has line `y`, or -1 between two rows, and what stands there."""
        if not 0 <= y < self._height:
            return None
        return (y, self.row_lines(y, self.row_width)[0]) if self.is_long else self._flat[y]

    def _watch_cursor(self, cursor: int) -> None:
        """Keep the cursor in sight and say where it is."""
        self.refresh()
        if place := self._place(cursor):
            rows = Region(0, place[0], 1, place[1] - place[0])
            self.scroll_to_region(rows, animate=False)
            self.post_message(self.Moved(self, cursor))

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self.cursor = max(0, min(self.row_count() - 1, self.cursor + by))

    def _action_choose(self) -> None:
        """Choose the row under the cursor."""
        if self.row_count():
            self.post_message(self.Chosen(self, self.cursor))

    @on(events.Click)
    def _choose_clicked(self, event: events.Click) -> None:
        y = event.y + int(self.scroll_offset.y)
        if (found := self._at(y)) and found[0] >= 0:
            self.cursor = found[0]
            self._action_choose()

    @on(events.Focus)
    def _show_the_cursor(self) -> None:
        self.refresh()
        self.post_message(self.Entered(self))

    @on(events.Blur)
    def _show_where_the_cursor_was(self) -> None:
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the list."""
        width = self.scrollable_content_region.width
        y += int(self.scroll_offset.y)
        style = self.visual_style
        if (found := self._at(y)) is None:
            return Strip.blank(width, style.rich_style)
        index, content = found
        is_marked = index >= 0 and self.marks(index)
        if is_marked:
            style = self.get_visual_style("rows--cursor")
        body = Visual.to_strips(
            self, drawn(content, self), max(1, width - BAR), 1, style, pad=True
        )[:1]
        bar = drawn(Content(UNICODE.bar + " " if is_marked else "  "), self)
        bar_style = self.get_visual_style("rows--bar") if is_marked else style
        head = Visual.to_strips(self, bar, BAR, 1, bar_style, pad=True)[:1]
        return Strip.join([*head, *body]).adjust_cell_length(width, style.rich_style)
