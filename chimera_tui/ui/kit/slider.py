"""Choosing a number or a hue by keys or mouse, on one line."""

from typing import ClassVar

from textual import events
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


class Picks(Block, can_focus=True):
    """Something on one line of which one value is chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "less", show=False),
        Binding("right", "step(1)", "more", show=False),
        Binding("pageup,shift+left", "step(-4)", "much less", show=False),
        Binding("pagedown,shift+right", "step(4)", "much more", show=False),
        Binding("home", "step(-1000)", "least", show=False),
        Binding("end", "step(1000)", "most", show=False),
    ]

    class Changed(Message):
        """Another value was chosen by a person."""

        def __init__(self, picks: "Picks", text: str) -> None:
            super().__init__()
            self.picks = picks
            self.text = text

        @property
        def control(self) -> "Picks":
            """Where."""
            return self.picks

    def action_step(self, by: int) -> None:
        """Choose the value so many places further."""
        raise NotImplementedError

    def point(self, x: int) -> None:
        """Choose the value that is drawn in column `x`."""
        raise NotImplementedError

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of it."""
        self.capture_mouse()
        self.point(event.x - self.gutter.left)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse while it is held."""
        if self.app.mouse_captured is self:
            self.point(event.x - self.gutter.left)

    def on_mouse_up(self) -> None:
        """Let it go."""
        self.release_mouse()


class Slider(Picks):
    """A number between two others.

    Args:
        least: The smallest number.
        most: The largest.
        step: How far a key moves it.
        id: As for every widget.
    """

    value: reactive[float] = reactive(0.0)

    def __init__(
        self,
        least: float,
        most: float,
        *,
        step: float = STEP,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(id=id)
        self._least, self._most, self._step = least, most, step

    def lines(self, width: int) -> list[Content]:
        """The track, the number."""
        return [line(self.bar(width), fit(f"{self.value:.2f}", NUMBER, right=True))]

    def bar(self, width: int) -> Content:
        """The track with its knob."""
        track = self.track(width)
        place = round(self._share(self.value) * (track - 1))
        colour = "$primary" if self.has_focus else "$muted"
        return line(
            (UNICODE.meter * place, colour),
            (UNICODE.up, "$primary"),
            (UNICODE.rule * (track - 1 - place), "$faint"),
        )

    def track(self, width: int) -> int:
        """Cells of the track, of so many there are."""
        return max(4, width - NUMBER)

    def _share(self, value: float) -> float:
        return max(0.0, min(1.0, (value - self._least) / (self._most - self._least)))

    def action_step(self, by: int) -> None:
        """Move by so many steps, onto a whole step."""
        self.take(round(self.value / self._step + by) * self._step)

    def point(self, x: int) -> None:
        """Move the knob under the mouse."""
        share = max(0.0, min(1.0, x / max(1, self.track(self.content_size.width) - 1)))
        number = self._least + share * (self._most - self._least)
        self.take(round(number / self._step) * self._step)

    def take(self, value: float) -> None:
        """Move it to this number, or as near as it goes."""
        value = round(max(self._least, min(self._most, value)), 2)
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, f"{value:g}"))


class Swatches(Picks):
    """The hues; the chosen one is a ring."""

    value: reactive[int] = reactive(1)

    def lines(self, _width: int) -> list[Content]:
        """One mark a hue, two cells each."""
        parts: list[Part] = []
        for hue in HUES:
            mark = UNICODE.chosen if hue == self.value else UNICODE.ended
            parts += [(mark, f"$persona-{hue}"), " "]
        return [line(*parts)]

    def action_step(self, by: int) -> None:
        """Take another hue; behind the last comes the first, but for the ends."""
        last = len(HUES)
        is_end = abs(by) > last
        self._take(
            max(1, min(last, self.value + by)) if is_end else (self.value + by - 1) % last + 1
        )

    def point(self, x: int) -> None:
        """Take the hue under the mouse."""
        self._take(max(1, min(len(HUES), x // 2 + 1)))

    def _take(self, value: int) -> None:
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, str(value)))


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
