"""The lists of the screen that opens a room: ready-made rooms, the cast, how it is to go."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from chimera_tui.ui.kit.blocks import Part, crop, fit, line, split
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.room.room_header import DEMO_CHIP
from chimera_tui.ui.room.room_state import CastRow

ROOMY = 30
"""Rows of the terminal from which on a seat takes two lines."""
FEW = 6
"""So many seats may take two lines."""
WITH_WORDS = 40
"""Cells of a row from which on it says what a room is like."""
LABEL = 8
"""Cells of the names of what can be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomChoice:
    """A row of the list of rooms. All texts are safe to show."""

    slug: str
    """Empty: people of one's own choice."""
    title: str
    emoji: tuple[str, ...]
    about: str = ""
    is_own: bool = False


class TemplateRows(Rows):
    """People of one's own choice, then the rooms of the person, then those that are built in."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "take it", id="rooms.take"),
        Binding("delete,x", "screen.delete_room", "delete", key_display="del", id="rooms.delete"),
        Binding("u", "screen.undo_delete", "undo", id="rooms.undo"),
    ]
    edge = 2

    def __init__(self) -> None:
        super().__init__(id="templates")
        self.rooms: list[RoomChoice] = []

    def show(self, rooms: list[RoomChoice]) -> None:
        """Draw these."""
        self.rooms = rooms
        self.rebuild()

    def row_count(self) -> int:
        """One row a room."""
        return len(self.rooms)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Its title, then who is in it."""
        room = self.rooms[index]
        note = ("yours", "$muted") if room.is_own else ""
        title = line((room.title, "bold" if index == self.cursor else ""))
        people = line(*(fit(emoji, 2) for emoji in room.emoji[: width // 2]))
        if width >= WITH_WORDS:
            people = line(people, (f"  {room.about}", "$muted"))
        return [split(title, line(note), width), crop(people, width)]


class SeatRows(Rows):
    """The cast in its order, and what plays each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,m", "choose", "model", id="seats.model"),
        Binding("shift+up,K", "screen.seat(-1)", "earlier", key_display="⇧↑", id="seats.earlier"),
        Binding("shift+down,J", "screen.seat(1)", "later", key_display="⇧↓", id="seats.later"),
        Binding("plus", "screen.twin", "one more", key_display="+", id="seats.twin"),
        Binding("delete,x,minus", "screen.unseat", "out", key_display="del", id="seats.out"),
    ]

    edge = 2
    _bar_needs_focus = True

    def __init__(self) -> None:
        super().__init__(id="seats")
        self.cast: list[CastRow] = []

    def show(self, cast: list[CastRow]) -> None:
        """Draw these."""
        if cast != self.cast:
            self.cast = cast
            self.rebuild()
            self.refresh(layout=True)

    def row_count(self) -> int:
        """One row a seat."""
        return len(self.cast)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Its place, emoji and name; what plays it, where there is room in a line of its own."""
        row = self.cast[index]
        head = line((f"{index + 1:>2} ", "$muted"), fit(row.speaker.emoji, 3))
        model: Part = DEMO_CHIP if row.is_demo else (row.model, "$muted")
        name = (row.speaker.name, f"$persona-{row.speaker.hue}")
        if len(self.cast) <= FEW and self.app.size.height >= ROOMY:
            return [crop(line(head, name), width), crop(line(" " * 6, model), width)]
        return [split(line(head, name), crop(line(model), width // 3), width)]


class HowRows(Rows):
    """Mode, pace, budget and voices, one a row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "change", id="how.change"),
        Binding("left", "screen.step(-1)", "one back", show=False),
        Binding("right", "screen.step(1)", "choose", key_display="← →", id="how.next"),
    ]

    _bar_needs_focus = True

    def __init__(self) -> None:
        super().__init__(id="how")
        self.facts: list[tuple[str, Content, str]] = []

    def show(self, facts: list[tuple[str, Content, str]]) -> None:
        """Draw these: what can be chosen, what is chosen, what that means."""
        self.facts = facts
        self.rebuild()
        self.refresh(layout=True)

    def row_count(self) -> int:
        """One row a fact."""
        return len(self.facts)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """What is chosen; what it means below, where there is room."""
        name, value, meaning = self.facts[index]
        lines = [crop(line((fit(name, LABEL), "$muted"), value), width)]
        if meaning and self.app.size.height >= ROOMY:
            wrapped = Content(meaning).wrap(max(1, width - LABEL))
            lines += [line(" " * LABEL, (one.plain, "$muted")) for one in wrapped]
        return lines
