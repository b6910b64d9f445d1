"""All answers of one turn side by side, to choose from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen

from chimera_tui.ui.kit.blocks import Lines, Part, fit, line, split
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.room.room_header import DEMO_CHIP
from chimera_tui.ui.transcript.entries import MessageEntry
from chimera_tui.ui.transcript.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.ui.app import ChimeraApp

NARROWEST = 36
"""Cells a column needs at least."""


class Answer(Vertical):
    """One answer: which it is, what spoke it, its words, what they took."""

    def __init__(self, entry: MessageEntry, place: int, *, is_chosen: bool) -> None:
        super().__init__(classes="answer")
        self._entry, self._place, self._is_chosen = entry, place, is_chosen

    app: "ChimeraApp"

    def compose(self) -> ComposeResult:
        """Head, words, facts."""
        yield Lines(self._head)
        self.transcript = Transcript(
            heads=False, glyphs=self.app.glyphs, has_plain_emoji=self.app.has_plain_emoji
        )
        yield self.transcript
        yield Lines(self._facts)

    def on_mount(self) -> None:
        """Show the words from their beginning."""
        self.transcript.load([replace(self._entry, chips=())])
        self.call_after_refresh(self.transcript.scroll_to, y=0, animate=False)

    def _head(self, width: int) -> list[Content]:
        chosen: Part = (f"{UNICODE.chosen} chosen", "$primary") if self._is_chosen else ""
        is_demo = any(chip.kind == "demo" for chip in self._entry.chips)
        model: Part = DEMO_CHIP if is_demo else (self._entry.model, "$muted")
        time = line((self._entry.time, "$muted"))
        return [
            split(line((f"{self._place}", "bold $primary"), "  ", chosen), time, width),
            line(model).truncate(width, ellipsis=True),
        ]

    def _facts(self, width: int) -> list[Content]:
        words = f"{len(self._entry.text.split())} words"
        costs = next((one for one in self._entry.costs if len(one) + len(words) + 3 <= width), "")
        chips = [chip.label for chip in self._entry.chips if chip.kind == "error"]
        facts = " · ".join(part for part in (words, *chips, costs) if part)
        return [Content(""), line((fit(facts, width), "$muted"))]


class Answers(Screen[int]):
    """Shows all answers; gives the place of the chosen one back, or None.

    Args:
        entries: The answers, oldest first.
        current: The place of the one that is chosen now.
        asked: What was said before, a line.
    """

    app: "ChimeraApp"
    CSS_PATH = "answers.tcss"
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="answers.choose"),
        Binding("left,h", "move(-1)", "look", key_display="←→", id="answers.left"),
        Binding("right,l", "move(1)", "the next answer", show=False, id="answers.right"),
        *(Binding(str(n), f"take({n})", f"choose answer {n}", show=False) for n in range(1, 10)),
        Binding("escape,q,a", "back", "keep", key_display="esc", id="back"),
        Binding("question_mark,f1", "help", "help", show=False, id="help"),
    ]

    def __init__(self, entries: Sequence[MessageEntry], current: int, asked: Content) -> None:
        super().__init__()
        self._entries, self._asked = entries, asked
        self._at = current
        self._current = current
        self._first = 0

    def compose(self) -> ComposeResult:
        """Head, what was said before, the answers, keys."""
        yield Lines(self._head, id="head")
        yield Lines(lambda width: [self._asked.truncate(width, ellipsis=True)], id="asked")
        with Horizontal(id="answers"):
            for place, entry in enumerate(self._entries):
                yield Answer(entry, place + 1, is_chosen=place == self._current)
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    def _head(self, width: int) -> list[Content]:
        speaker = self._entries[0].speaker
        name = line(speaker.emoji, " ", (speaker.name, f"bold $persona-{speaker.hue}"))
        title = line(("◆ ", "$primary"), (f"{len(self._entries)} answers of ", "bold"), name)
        note = line((f"1–{min(9, len(self._entries))}", "bold"), (" choose at once", "$muted"))
        return [split(title, note, width)]

    @property
    def _answers(self) -> list[Answer]:
        return list(self.query(Answer))

    def on_mount(self) -> None:
        """Begin at the one that is chosen."""
        self.call_after_refresh(self.action_move, 0)

    def on_resize(self) -> None:
        """Show as many as fit now."""
        self.call_after_refresh(self.action_move, 0)

    def action_move(self, by: int) -> None:
        """Look at another; the columns further on come into sight."""
        answers = self._answers
        self._at = max(0, min(len(answers) - 1, self._at + by))
        fitting = max(1, self.size.width // NARROWEST)
        self._first = min(self._first, self._at, max(0, len(answers) - fitting))
        self._first = max(self._first, self._at - fitting + 1)
        for place, answer in enumerate(answers):
            answer.display = self._first <= place < self._first + fitting
        answers[self._at].transcript.focus()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click, too, says which one is looked at."""
        for place, answer in enumerate(self._answers):
            if event.widget in answer.query("*"):
                self._at = place

    def action_choose(self) -> None:
        """Choose the one that is looked at."""
        self.action_take(self._at + 1)

    def action_take(self, number: int) -> None:
        """Choose an answer by its number."""
        if number <= len(self._entries):
            close(self, number - 1)

    def action_back(self) -> None:
        """Leave everything as it was."""
        close(self)

    async def action_help(self) -> None:
        """Show the keys."""
        await self.app.open.help()
