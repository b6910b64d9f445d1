"""Choosing the emoji of a persona from a grid, by its name."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.ui.kit.blocks import Lines, Part, crop, keys, line, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.emoji import Emoji, all_emoji, found
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.kit.rows import BAR, Rows

CELL = 4
"""Cells of one emoji in the grid, with the space around it."""


class EmojiGrid(Rows):
    """As many emoji a row as there is room for; the chosen one stands on a ground of its own."""

    can_focus = False
    is_long = True

    def __init__(self) -> None:
        super().__init__(id="emoji")
        self.emoji: list[Emoji] = []
        self._chosen_at = 0

    def show(self, emoji: list[Emoji], character: str = "") -> None:
        """Draw these; `character` is chosen, or the first."""
        self.emoji = emoji
        places = (n for n, one in enumerate(emoji) if one.character == character)
        self._chosen_at = next(places, 0)
        self.rebuild()
        self.cursor = self._chosen_at // self.across

    @property
    def across(self) -> int:
        """Emoji in a row."""
        return max(1, self.row_width // CELL)

    @property
    def chosen(self) -> Emoji | None:
        """The one under the cursor."""
        return self.emoji[self._chosen_at] if self._chosen_at < len(self.emoji) else None

    def row_count(self) -> int:
        """As many as are needed."""
        return -(-len(self.emoji) // self.across)

    def marks(self, _index: int) -> bool:
        """No row as a whole."""
        return False

    def row_lines(self, index: int, width: int) -> list[Content]:
        """One row of the grid."""
        first = index * self.across
        parts: list[Part] = []
        for place, one in enumerate(self.emoji[first : first + self.across], first):
            style = "on $primary" if place == self._chosen_at else ""
            parts.append((f" {one.character} ", style))
        return [crop(line(*parts), width)]

    def move(self, by: int) -> None:
        """Choose the one so many places further."""
        if self.emoji:
            self._chosen_at = max(0, min(len(self.emoji) - 1, self._chosen_at + by))
            self.cursor = self._chosen_at // self.across
            self.refresh()

    @on(events.Click)
    def _choose_one(self, event: events.Click) -> None:
        """Choose the one that was clicked, not its row."""
        event.prevent_default()
        row, column = event.y + int(self.scroll_offset.y), (event.x - BAR) // CELL
        place = row * self.across + column
        if 0 <= column < self.across and place < len(self.emoji):
            self._chosen_at = place
            self.post_message(Rows.Chosen(self, row))


class EmojiPicker(Dialog[str]):
    """Asks for an emoji.

    Args:
        name: Whose.
        character: The one it has.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False, priority=True),
        Binding("right", "move(1)", show=False, priority=True),
        Binding("up", "row(-1)", show=False, priority=True),
        Binding("down", "row(1)", show=False, priority=True),
        Binding("pageup", "row(-6)", show=False, priority=True),
        Binding("pagedown", "row(6)", show=False, priority=True),
    ]

    def __init__(self, name: str, character: str) -> None:
        super().__init__()
        self._name, self._character = name, character

    def compose(self) -> ComposeResult:
        """For whom, the search, the grid, what is chosen."""
        with Vertical(classes="dialog -emoji"):
            yield Lines(self._head)
            yield LineField(placeholder="owl, music, face, book …", compact=True)
            yield Lines(lambda _width: [Content("")])
            yield EmojiGrid()
            yield Lines(self._foot, id="emoji-foot")

    def on_mount(self) -> None:
        """Show all, when there is a width."""
        self.call_after_refresh(self._show, list(all_emoji()), self._character)

    @property
    def _grid(self) -> EmojiGrid:
        return self.query_one(EmojiGrid)

    def _head(self, width: int) -> list[Content]:
        count = f"{len(self._grid.emoji)} emoji" if self._grid.emoji else ""
        title = line((f"A face for {self._name}", "bold"))
        return [split(title, line((count, "$muted")), width), Content("")]

    def _foot(self, width: int) -> list[Content]:
        if chosen := self._grid.chosen:
            said = line(f"{chosen.character}  ", (chosen.words, "$muted"))
        else:
            said = line(("Nothing fits: try another word.", "$warning"))
        foot = split(keys([("⏎", "use"), ("←↑→↓", "move")]), keys([("esc", "keep")]), width)
        return [Content(""), crop(said, width), Content(""), foot]

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show those that fit."""
        self._show(found(event.value))

    def _show(self, emoji: list[Emoji], character: str = "") -> None:
        self._grid.show(emoji, character)
        for block in self.query(Lines):
            block.refresh()

    @on(Input.Submitted)
    @on(Rows.Chosen)
    def use(self) -> None:
        """Give it back."""
        if chosen := self._grid.chosen:
            self.give(chosen.character)

    def action_move(self, by: int) -> None:
        """Choose another."""
        self._grid.move(by)
        self.query_one("#emoji-foot", Lines).refresh()

    def action_row(self, by: int) -> None:
        """Choose one in another row."""
        self.action_move(by * self._grid.across)
