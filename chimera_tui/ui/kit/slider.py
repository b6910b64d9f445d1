"""Choosing a number or a hue by keys or mouse, on one line."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from chimera_tui.ui.kit.blocks import Block, Part, fit, line
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.kit.themes import HUES

STEP = 0.05
"""Between two places of a slider."""
NUMBER = 6
"""Cells for a number."""


class Scale(Protocol):
    """Values in their order: how one is drawn, which comes next, which is under the mouse."""

    def lines(self, value: float, width: int, *, has_focus: bool) -> list[Content]:
        """A value among the others, in `width` cells."""

    def further(self, value: float, by: int) -> float:
        """The value so many places further."""

    def at(self, x: int, width: int) -> float:
        """The value that is drawn in column `x` of so many."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers between two others: a track with a knob, and the number behind it."""

    least: float
    most: float
    step: float = STEP
    """How far a key moves the knob."""
    number: int = NUMBER
    """Cells for the number; 0 for none."""

    def lines(self, value: float, width: int, *, has_focus: bool) -> list[Content]:
        """The track, the number."""
        track = self.track(width)
        place = round(self.share(value) * (track - 1))
        bar = line(
            (UNICODE.meter * place, "$primary" if has_focus else "$muted"),
            (UNICODE.up, "$primary"),
            (UNICODE.rule * (track - 1 - place), "$faint"),
        )
        return [line(bar, fit(f"{value:.2f}", self.number, right=True))]

    def track(self, width: int) -> int:
        """Cells of the track, of so many there are."""
        return max(4, width - self.number)

    def share(self, value: float) -> float:
        """Which part of the track lies before a value: 0 to 1."""
        return max(0.0, min(1.0, (value - self.least) / (self.most - self.least)))

    def further(self, value: float, by: int) -> float:
        """So many steps further, onto a whole step."""
        return round(max(self.least, min(self.most, round(value / self.step + by) * self.step)), 2)

    def at(self, x: int, width: int) -> float:
        """The whole step that is nearest."""
        share = max(0.0, min(1.0, x / max(1, self.track(width) - 1)))
        return self.further(self.least + share * (self.most - self.least), 0)


class Hues:
    """The hues, two cells each; the chosen one is a ring."""

    def lines(self, value: float, _width: int, *, has_focus: bool) -> list[Content]:  # noqa: ARG002 - they look alike with it
        """One mark a hue."""
        parts: list[Part] = []
        for hue in HUES:
            mark = UNICODE.chosen if hue == round(value) else UNICODE.ended
            parts += [(mark, f"$persona-{hue}"), " "]
        return [line(*parts)]

    def further(self, value: float, by: int) -> float:
        """Another hue; behind the last comes the first, but for the ends."""
        last = len(HUES)
        is_end = abs(by) > last
        return max(1, min(last, value + by)) if is_end else (value + by - 1) % last + 1

    def at(self, x: int, _width: int) -> float:
        """The hue that is nearest."""
        return max(1, min(len(HUES), x // 2 + 1))


class Slider(Block, can_focus=True):
    """One value of a scale, chosen by keys or mouse.

    Args:
        scale: The values.
        value: The first one.
        id: As for every widget.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "less", show=False),
        Binding("right", "step(1)", "more", show=False),
        Binding("pageup,shift+left", "step(-4)", "much less", show=False),
        Binding("pagedown,shift+right", "step(4)", "much more", show=False),
        Binding("home", "step(-1000)", "least", show=False),
        Binding("end", "step(1000)", "most", show=False),
    ]
    value: reactive[float] = reactive(0.0)

    @dataclass
    class Changed(Message):
        """Another value was chosen by a person."""

        slider: "Slider"
        text: str

        @property
        def control(self) -> "Slider":
            """Where."""
            return self.slider

    def __init__(
        self,
        scale: Scale,
        value: float = 0.0,
        *,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self._scale = scale
        self.set_reactive(Slider.value, value)

    def lines(self, width: int) -> list[Content]:
        """The value among the others."""
        return self._scale.lines(self.value, width, has_focus=self.has_focus)

    def action_step(self, by: int) -> None:
        """Choose the value so many places further."""
        self.take(self._scale.further(self.value, by))

    def take(self, value: float) -> None:
        """Choose a value, as a person does."""
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, f"{value:g}"))

    def _point(self, x: int) -> None:
        self.take(self._scale.at(x - self.gutter.left, self.content_size.width))

    @on(events.MouseDown)
    def _take_hold(self, event: events.MouseDown) -> None:
        self.capture_mouse()
        self._point(event.x)

    @on(events.MouseMove)
    def _follow_the_mouse(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._point(event.x)

    @on(events.MouseUp)
    def _let_go(self) -> None:
        self.release_mouse()


class Chooser(Block, can_focus=True):
    """A value that is chosen in a dialog: Enter or a click opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "open", "choose", show=False)]

    class Opened(Message):
        """Somebody wants to choose."""

        def __init__(self, chooser: "Chooser") -> None:
            super().__init__()
            self.chooser = chooser

        @property
        def control(self) -> "Chooser":
            """Where."""
            return self.chooser

    shown: reactive[Content] = reactive(Content(""))

    def lines(self, width: int) -> list[Content]:
        """The value."""
        return [self.shown.truncate(max(1, width), ellipsis=True)]

    def action_open(self) -> None:
        """Ask."""
        self.post_message(self.Opened(self))

    def on_click(self) -> None:
        """Ask."""
        self.action_open()
