"""Opening a room: what about, who, how. Everything has a default: Enter talks."""

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.engine.turn_taking import DEFAULT_MODE, MODES
from chimera_tui.ui.adapter import emoji_of
from chimera_tui.ui.blocks import Lines, Part, fit, keys, line, split, state
from chimera_tui.ui.screens.dialog import Dialog
from chimera_tui.ui.themes import assign_hues
from chimera_tui.ui.widgets.rows import Rows

FEWEST = 1
"""Personas a room needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """What a new room is to be."""

    topic: str
    cast: tuple[str, ...]
    mode: str
    is_demo: bool


class PersonaRows(Rows):
    """All personas; those in the room have a mark."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "cast", "in or out", show=False)]

    def __init__(
        self, personas: list[Persona], chosen: tuple[str, ...], *, has_plain_emoji: bool
    ) -> None:
        super().__init__(id="personas")
        self._has_plain_emoji = has_plain_emoji
        self.personas = personas
        self.chosen = [slug for slug in chosen if slug in {p.slug for p in personas}]
        self._hues = assign_hues([persona.colour for persona in personas])

    def row_count(self) -> int:
        """One row a persona."""
        return len(self.personas)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """A mark, the name in its hue, one line about it."""
        persona = self.personas[index]
        is_in = persona.slug in self.chosen
        mark: Part = ("◉ ", "$primary") if is_in else ("○ ", "$faint")
        name = (
            fit(one_line(persona.short_name), 18),
            f"$persona-{self._hues[index]}" if is_in else "",
        )
        about = (one_line(persona.one_line), "$muted")
        emoji = fit(emoji_of(persona, is_plain=self._has_plain_emoji), 3)
        return [line(mark, emoji, name, " ", about).truncate(width, ellipsis=True)]

    def action_cast(self) -> None:
        """Take the persona in, or out."""
        self.toggle(self.cursor)

    def toggle(self, index: int) -> None:
        """Take a persona in, or out; the order is that of being taken in."""
        slug = self.personas[index].slug
        if slug in self.chosen:
            self.chosen.remove(slug)
        else:
            self.chosen.append(slug)
        self.rebuild()


class NewRoom(Dialog[RoomPlan]):
    """Asks what a new room is to be.

    Args:
        personas: The library.
        topic: Proposed where nothing is written.
        cast: Who is in at first.
        live: Whether anything but the demo can speak.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "mode", show=False),
        Binding("f4", "demo", show=False),
    ]

    def __init__(
        self, personas: list[Persona], *, topic: str, cast: tuple[str, ...], live: bool
    ) -> None:
        super().__init__()
        self._personas, self._topic, self._cast = personas, topic, cast
        self._is_live = live
        self._is_demo = not live
        self._mode = DEFAULT_MODE

    def compose(self) -> ComposeResult:
        """Topic, people, mode, keys."""
        with Vertical(classes="dialog -room"):
            yield Lines(lambda _width: [line(("A new room", "bold")), Content("")])
            yield Lines(lambda _width: [line(("What about?", "$muted"))])
            yield Input(placeholder=one_line(self._topic), compact=True)
            yield Lines(self._who, id="who")
            yield PersonaRows(self._personas, self._cast, has_plain_emoji=self.app.has_plain_emoji)
            yield Lines(self._how, id="how")

    @property
    def rows(self) -> PersonaRows:
        """The personas."""
        return self.query_one(PersonaRows)

    def _who(self, width: int) -> list[Content]:
        count = len(self.rows.chosen) if self.is_mounted else len(self._cast)
        note = f"{count} chosen" if count else "✕ nobody is chosen"
        style = "$muted" if count else "$error"
        return [Content(""), split(line(("Who?", "$muted")), line((note, style)), width)]

    def _how(self, width: int) -> list[Content]:
        speaker = line(
            ("Turns  ", "$muted"), self._mode.replace("_", " "), "   ", keys([("f3", "change")])
        )
        word: Part = state("demo") if self._is_demo else state("live")
        why = "" if self._is_live else "no provider answers"
        source = line(
            ("Voices  ", "$muted"),
            word,
            "   ",
            keys([("f4", "change")]) if self._is_live else (why, "$muted"),
        )
        return [
            Content(""),
            speaker,
            source,
            Content(""),
            split(
                keys([("⏎", "talk"), ("⇥", "people"), ("space", "in or out")]),
                keys([("esc", "keep")]),
                width,
            ),
        ]

    @on(Input.Submitted)
    def begin(self) -> None:
        """Give the plan back."""
        if len(self.rows.chosen) < FEWEST:
            self.rows.focus()
            return
        topic = self.query_one(Input).value.strip() or self._topic
        plan = RoomPlan(
            topic=topic, cast=tuple(self.rows.chosen), mode=self._mode, is_demo=self._is_demo
        )
        self.give(plan)

    @on(Rows.Chosen)
    def begin_from_rows(self) -> None:
        """Enter over a persona talks too."""
        self.begin()

    def action_mode(self) -> None:
        """Take turns by the next rule."""
        names = list(MODES)
        self._mode = names[(names.index(self._mode) + 1) % len(names)]
        self.query_one("#how", Lines).refresh()

    def action_demo(self) -> None:
        """Live voices, or the demo's."""
        if self._is_live:
            self._is_demo = not self._is_demo
            self.query_one("#how", Lines).refresh()
