"""Dialogs for what the human changes with their own hands: words, the topic, the pace."""

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, TextArea

from chimera_tui.domain.arguments import SLOWEST
from chimera_tui.domain.text import clean, one_line
from chimera_tui.ui.kit.blocks import Lines, Part, keys, line, split
from chimera_tui.ui.kit.dialog import ChoiceRows, Dialog
from chimera_tui.ui.kit.field import LineField, TextField
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.kit.slider import Numbers, Slider

PROPOSED = 5
"""Topics that are proposed at once."""
LONGEST_PASTE = 256 * 1024
"""Characters of a paste into a message."""
STEP = 0.25
"""How far a key moves the slider, in human pauses."""
PACE_WORDS = ((0.0, "instant"), (0.5, "quick"), (1.0, "human"), (2.0, "slow"), (3.0, "very slow"))
"""What a pace is called from which value on."""


class EditText(Dialog[str]):
    """Asks for other words of a message; gives nothing back if nothing changes.

    Args:
        name: Who said it.
        text: What was said.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", id="edit.save", priority=True),
    ]

    def __init__(self, name: str, text: str) -> None:
        super().__init__()
        self._name, self._text = name, clean(text)
        self._is_warned = False

    def compose(self) -> ComposeResult:
        """Who, the words, the keys."""
        with Vertical(classes="dialog -edit"):
            yield Lines(self._head)
            yield TextField(self._text, longest_paste=LONGEST_PASTE, id="edit")
            yield Lines(self._foot, id="edit-foot")

    def on_mount(self) -> None:
        """Begin at the end."""
        area = self.query_one(TextArea)
        area.move_cursor(area.document.end)

    def _head(self, width: int) -> list[Content]:
        note = line(("the former words are kept", "$muted"))
        return [split(line((f"What {self._name} said", "bold")), note, width), Content("")]

    def _foot(self, width: int) -> list[Content]:
        note: Part = ("The models are told the new words from the next turn on.", "$muted")
        if self._is_warned:
            note = (f"{UNICODE.down} Not saved. Esc again throws the changes away.", "$error")
        actions = keys([("ctrl+s", "save"), ("⏎", "new line")])
        return [
            Content(""),
            line(note).truncate(width, ellipsis=True),
            Content(""),
            split(actions, keys([("esc", "keep")]), width),
        ]

    def action_save(self) -> None:
        """Give the words back."""
        text = self.query_one(TextArea).text.strip()
        self.give(text if text and text != self._text.strip() else None)

    def action_keep(self) -> None:
        """Change nothing; if something was written, only when asked twice."""
        if self._is_warned or self.query_one(TextArea).text == self._text:
            self.give(None)
            return
        self._is_warned = True
        self.query_one("#edit-foot", Lines).refresh()

    @on(TextArea.Changed)
    def go_on_writing(self) -> None:
        """Who goes on writing did not want to leave."""
        if self._is_warned:
            self._is_warned = False
            self.query_one("#edit-foot", Lines).refresh()


class AskTopic(Dialog[str]):
    """Asks what they are to talk about now: something written, or a starter of the deck.

    Args:
        topic: What they talk about.
        draw: Makes a proposal; each time another.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "proposals", show=False),
        Binding("f3", "draw", "others", id="topic.draw"),
    ]

    def __init__(self, topic: str, draw: Callable[[], str]) -> None:
        super().__init__()
        self._topic, self._draw = topic, draw
        self._proposed = self._drawn()

    def _drawn(self) -> list[str]:
        return list(dict.fromkeys(one_line(self._draw()) for _ in range(PROPOSED)))

    def compose(self) -> ComposeResult:
        """The topic, the line, the proposals, the keys."""
        with Vertical(classes="dialog -room"):
            yield Lines(self._head)
            yield LineField(placeholder="Another topic", compact=True)
            yield Lines(lambda _width: [Content(""), line(("Or one of these", "$muted"))])
            yield ChoiceRows([(topic, "") for topic in self._proposed], 0)
            yield Lines(self._foot)

    def _head(self, width: int) -> list[Content]:
        now = line(("now  ", "$muted"), one_line(self._topic)).truncate(width, ellipsis=True)
        return [line(("What shall they talk about?", "bold")), now, Content("")]

    def _foot(self, width: int) -> list[Content]:
        actions = keys([("⏎", "move on to it"), ("↓", "proposals"), ("f3", "others")])
        return [Content(""), split(actions, keys([("esc", "keep")]), width)]

    async def action_draw(self) -> None:
        """Propose others."""
        self._proposed = self._drawn()
        old = self.query_one(ChoiceRows)
        new = ChoiceRows([(topic, "") for topic in self._proposed], 0)
        had_focus = old.has_focus
        await self.query_one(".dialog").mount(new, after=old)
        await old.remove()
        if had_focus:
            new.focus()

    def action_proposals(self) -> None:
        """Go to the proposals."""
        self.query_one(ChoiceRows).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give what was written back."""
        self.give(event.value.strip() or None)

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Give the proposal back."""
        self.give(self._proposed[event.index])


class Paces:
    """From instant to very slow, with words under the track."""

    def __init__(self) -> None:
        self._numbers = Numbers(0.0, SLOWEST, STEP, number=0)

    def lines(self, value: float, width: int, *, has_focus: bool) -> list[Content]:
        """The line with its mark, the words under it, and what it means."""
        last = self._numbers.track(width) - 1
        scale = [" "] * (last + 1)
        for at, word in ((0.0, "instant"), (1.0, "human"), (2.0, "slow"), (3.0, "very slow")):
            start = min(round(at / SLOWEST * last), last + 1 - len(word))
            scale[start : start + len(word)] = word
        word = next(word for at, word in reversed(PACE_WORDS) if value >= at)
        means = "no pauses at all" if not value else f"{value:g} of a human's pauses"
        said = line((word, "bold"), (f"  {means}", "$muted"))
        bar = self._numbers.lines(value, width, has_focus=has_focus)
        return [*bar, line(("".join(scale), "$muted")), Content(""), said]

    def further(self, value: float, by: int) -> float:
        """So many steps slower."""
        return self._numbers.further(value, by)

    def at(self, x: int, width: int) -> float:
        """The step that is nearest."""
        return self._numbers.at(x, width)


class AskPace(Dialog[float]):
    """Asks how fast they are to speak."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("minus,h,down", "step(-1)", "faster", show=False),
        Binding("plus,equals_sign,l,up", "step(1)", "slower", show=False),
        *(Binding(str(pace), f"to({pace})", show=False) for pace in range(int(SLOWEST) + 1)),
        Binding("enter", "use", "use", show=False),
    ]

    def __init__(self, pace: float) -> None:
        super().__init__()
        self._slider = Slider(Paces(), min(SLOWEST, pace))

    def compose(self) -> ComposeResult:
        """The question, the slider, the keys."""
        with Vertical(classes="dialog -small"):
            yield Lines(lambda _width: [line(("How fast?", "bold")), Content("")])
            yield self._slider
            yield Lines(self._foot)

    def _foot(self, width: int) -> list[Content]:
        actions = keys([("⏎", "use"), ("- +", "faster, slower")])
        return [Content(""), split(actions, keys([("esc", "keep")]), width)]

    def action_use(self) -> None:
        """Give the pace back."""
        self.give(self._slider.value)

    def action_to(self, pace: int) -> None:
        """Speak at this pace."""
        self._slider.take(pace)

    def action_step(self, by: int) -> None:
        """Speak so much slower."""
        self._slider.action_step(by)

    @on(events.MouseScrollUp)
    @on(events.MouseScrollDown)
    def _turn_the_wheel(self, event: events.MouseScrollUp | events.MouseScrollDown) -> None:
        self.action_step(1 if isinstance(event, events.MouseScrollUp) else -1)
