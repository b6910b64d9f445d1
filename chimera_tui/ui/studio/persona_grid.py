"""Personas side by side, as many in a line as there is room for; thousands of them do not lag."""

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

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Part, drawn, fit, line
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.transcript.conversation_entries import emoji_of

NARROWEST = 22
"""Cells of a persona at least."""
BAR, PLACE, EMOJI = 1, 3, 3
"""Cells for the bar of the cursor, for the place in the cast, and for the emoji."""
A_PAGE = 6
"""Lines that PageUp and PageDown move by."""


class PersonaGrid(ScrollView, can_focus=True):
    """One cell a persona: its place in the cast if it has one, emoji, name."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"grid--cursor", "grid--bar"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.talk", "talk", id="grid.talk"),
        Binding("space", "cast", "in or out", id="grid.toggle"),
        Binding("plus", "add", "one more", key_display="+", id="grid.add"),
        Binding("minus", "drop", "one less", show=False, id="grid.drop"),
        Binding("left_square_bracket", "screen.category(-1)", show=False),
        Binding(
            "right_square_bracket",
            "screen.category(1)",
            "category",
            key_display="[ ]",
            id="grid.category",
        ),
        Binding("slash", "screen.search", "search", key_display="/", id="grid.search"),
        Binding("up", "move(0, -1)", "up", show=False),
        Binding("down", "move(0, 1)", "down", show=False),
        Binding("left", "move(-1, 0)", "left", show=False),
        Binding("right", "move(1, 0)", "right", show=False),
        Binding("pageup", f"move(0, {-A_PAGE})", "page up", show=False),
        Binding("pagedown", f"move(0, {A_PAGE})", "page down", show=False),
        Binding("home", "end(0)", "first", show=False),
        Binding("end", "end(1)", "last", show=False),
    ]
    DEFAULT_CSS = """
    PersonaGrid {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap;
        & > .grid--cursor { background: $panel; }
        & > .grid--bar { color: $primary; background: $panel; }
    }
    """
    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another persona."""

    @dataclass
    class Wanted(Message):
        """A persona is to come in or go: `by` 0 toggles, 1 adds one, -1 lets the last one go."""

        slug: str
        by: int

    @dataclass
    class Typed(Message):
        """Something was typed that is no key of the grid: it goes on with the search."""

        text: str

    def __init__(self, *, has_plain_emoji: bool) -> None:
        super().__init__(id="grid")
        self._has_plain_emoji = has_plain_emoji
        self.personas: list[Persona] = []
        self.places: dict[str, list[int]] = {}
        """Where each of the cast sits, from 1, by slug of the library."""
        self.hues: dict[str, int] = {}
        """Of each of the cast."""

    def show(self, personas: list[Persona]) -> None:
        """Draw these, the cursor on the same persona if it is still among them."""
        current = self.current
        self.personas = personas
        self.cursor = personas.index(current) if current in personas else 0
        self._measure()

    def show_cast(self, places: dict[str, list[int]], hues: dict[str, int]) -> None:
        """Draw who is in."""
        self.places, self.hues = places, hues
        self.refresh()

    @property
    def current(self) -> Persona | None:
        """Who is under the cursor."""
        return self.personas[self.cursor] if self.cursor < len(self.personas) else None

    @property
    def columns(self) -> int:
        """How many stand in a line."""
        return max(1, self.scrollable_content_region.width // NARROWEST)

    def _measure(self) -> None:
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, -(-len(self.personas) // self.columns))
        self._come_in_sight()
        self.refresh()

    @on(events.Resize)
    def _draw_to_the_new_width(self) -> None:
        self._measure()

    def _watch_cursor(self) -> None:
        """Keep the cursor in sight and say where it is."""
        self._come_in_sight()
        self.refresh()
        self.post_message(self.Moved())

    def _come_in_sight(self) -> None:
        row = Region(0, self.cursor // self.columns, 1, 1)
        self.scroll_to_region(row, animate=False)

    @on(events.Focus)
    @on(events.Blur)
    def _show_or_hide_the_cursor(self) -> None:
        self.refresh()

    # Keys

    def _action_move(self, across: int, down: int) -> None:
        """Move the cursor; above the first line is the search."""
        to = self.cursor + across + down * self.columns
        if to < 0 and down == -1:
            self.app.call_later(self.screen.run_action, "search")
        self.cursor = max(0, min(len(self.personas) - 1, to))

    def _action_end(self, end: int) -> None:
        """Go to the first, or to the last."""
        self.cursor = end * max(0, len(self.personas) - 1)

    def action_cast(self) -> None:
        """Take the persona in, or let it go."""
        self._want(0)

    def _action_add(self) -> None:
        """Take one more of it in."""
        self._want(1)

    def _action_drop(self) -> None:
        """Let the last of it go."""
        self._want(-1)

    def _want(self, by: int) -> None:
        if current := self.current:
            self.post_message(self.Wanted(current.slug, by))

    @on(events.Key)
    def _go_on_with_the_search(self, event: events.Key) -> None:
        """What is typed goes on with the search."""
        is_key = event.key in self.screen.active_bindings
        if event.character and event.is_printable and not is_key:
            self.post_message(self.Typed(event.character))
            event.stop()

    @on(events.Click)
    def _take_the_clicked(self, event: events.Click) -> None:
        """Take in or let go who was clicked."""
        row, column = event.y + int(self.scroll_offset.y), event.x // self._cell
        place = row * self.columns + column
        if column < self.columns and place < len(self.personas):
            self.cursor = place
            self._want(0)

    # Drawing

    @property
    def _cell(self) -> int:
        return max(1, self.scrollable_content_region.width // self.columns)

    def render_line(self, y: int) -> Strip:
        """Draw one line of the grid."""
        width, style = self.scrollable_content_region.width, self.visual_style
        first = (y + int(self.scroll_offset.y)) * self.columns
        cells = [
            self._draw(place, self._cell)
            for place in range(first, min(first + self.columns, len(self.personas)))
        ]
        return Strip.join(cells).adjust_cell_length(width, style.rich_style)

    def _draw(self, place: int, width: int) -> Strip:
        style, bar_style, bar = self.visual_style, self.visual_style, " "
        if place == self.cursor and self.has_focus:
            style = self.get_visual_style("grid--cursor")
            bar_style, bar = self.get_visual_style("grid--bar"), UNICODE.bar
        content = drawn(self._content(self.personas[place], width - BAR), self)
        body = Visual.to_strips(self, content, width - BAR, 1, style, pad=True)[:1]
        head = Visual.to_strips(self, drawn(Content(bar), self), BAR, 1, bar_style, pad=True)[:1]
        return Strip.join([*head, *body])

    def _content(self, persona: Persona, width: int) -> Content:
        places = self.places.get(persona.slug, [])
        mark: Part = (fit(UNICODE.off, PLACE), "$faint")
        colour = ""
        if places:
            more = "+" if len(places) > 1 else " "
            mark = (f"{places[0]:>{PLACE - 1}}{more}"[:PLACE], "bold $primary")
            colour = f"$persona-{self.hues[persona.slug]}"
        emoji = fit(emoji_of(persona, is_plain=self._has_plain_emoji), EMOJI)
        name = fit(one_line(persona.short_name), max(1, width - PLACE - EMOJI - 1))
        return line(mark, emoji, (name, colour), " ")
