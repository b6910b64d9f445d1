"""A small app around a transcript, and the conversation that the pictures show."""

from collections.abc import Callable, Iterable
from typing import Any

from textual import on
from textual.app import App, ComposeResult
from textual.message import Message

from chimera_tui.ui.kit.themes import THEMES, variables_of
from chimera_tui.ui.transcript.entries import (
    Chip,
    Entry,
    FailureEntry,
    MessageEntry,
    NoticeEntry,
    Speaker,
)
from chimera_tui.ui.transcript.transcript import Transcript

YOU = Speaker(name="You")
PHILOSOPHER = Speaker(name="Philosopher", emoji="🦉", hue=1)
COMEDIAN = Speaker(name="Comedian", emoji="🎭", hue=2)
SCIENTIST = Speaker(name="Scientist", emoji="🔬", hue=3)
GRANDMOTHER = Speaker(name="Grandmother", emoji="👵", hue=5)
HUES = {"Philosopher": 1, "Comedian": 2, "Scientist": 3, "Grandmother": 5}
ACTIONS = (("again", "r", "again"), ("answers", "‹›", "answers"), ("copy", "y", "copy"))


class TranscriptApp(App[None]):
    """A transcript that fills the screen, and what it said."""

    def __init__(
        self,
        entries: Iterable[Entry] = (),
        *,
        theme: str = "chimera-dark",
        transcript: Transcript | None = None,
        run: Callable[[Transcript], Any] = lambda _transcript: None,
    ) -> None:
        super().__init__()
        for ours in THEMES:
            self.register_theme(ours)
        self.theme = theme
        self.entries = entries
        self.transcript = transcript or Transcript(lambda _entry: ACTIONS, environ={})
        self.run_on_mount = run
        self.said: list[Message] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme)

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_mount(self) -> None:
        self.transcript.hues = HUES
        self.transcript.load(self.entries)
        self.transcript.focus()
        self.run_on_mount(self.transcript)

    @on(Transcript.Focused)
    @on(Transcript.NewCount)
    @on(Transcript.RemedyChosen)
    @on(Transcript.ActionChosen)
    def note(self, message: Message) -> None:
        self.said.append(message)

    def screen_text(self) -> list[str]:
        """The lines on the screen, without the scrollbar and what is blank at their ends."""
        strips = self.screen._compositor.render_strips(self.size)
        return [strip.crop(0, self.size.width - 1).text.rstrip() for strip in strips]


def a_message(key: int, text: str = "", speaker: Speaker = COMEDIAN) -> MessageEntry:
    return MessageEntry(key=key, speaker=speaker, model="llama3.2", time="12:00", text=text)


def a_talk(count: int, *, first: int = 0) -> list[Entry]:
    """`count` messages whose heights differ, and are not what they are first guessed to be."""
    return [
        a_message(
            number,
            f"Message {number}.\n\n" + "- a point made at some length, twice over\n" * (number % 7),
        )
        for number in range(first, first + count)
    ]


def the_joke() -> list[Entry]:
    """The conversation of the pictures."""
    return [
        MessageEntry(
            key=1,
            speaker=GRANDMOTHER,
            model="gemini-2.5-flash",
            time="12:00",
            text="My neighbour told the same joke at three funerals. "
            "By the third it was the truest thing anyone said.",
        ),
        MessageEntry(
            key=2,
            speaker=COMEDIAN,
            model="llama3.2",
            time="12:01",
            text="I know a joke the way I know my landlord: we have never been introduced, "
            "and one of us always turns up at the wrong moment.",
        ),
        MessageEntry(
            key=3,
            speaker=PHILOSOPHER,
            model="claude-sonnet-4.5",
            time="12:02",
            chips=(Chip(label="★ 4", kind="accent"), Chip(label="‹ 2/3 ›")),
            text="Suppose you laugh before you can say why. Something in you has understood, "
            "and did not wait for permission. But to *know* a joke may mean three things:\n\n"
            "- that it is funny: hearsay will do\n- how to tell it: closer to riding a bicycle\n"
            "- why it works: and there it usually dies\n\n"
            "Which of the three does `laugh(joke) == True` report?",
        ),
        MessageEntry(
            key=4,
            speaker=YOU,
            time="12:03",
            text="@Scientist can a joke be *wrong*, or only bad?",
        ),
        NoticeEntry(key=5, text="the topic moves: can a joke be false?"),
        MessageEntry(
            key=6,
            speaker=SCIENTIST,
            model="gpt-4.1-mini",
            time="12:04",
            chips=(Chip(label="▸ 38 tok/s"),),
            is_live=True,
            text="Wrong, and measurably so. A joke predicts a surprise at word *n*. If the room "
            "groans at *n - 2*, the prediction failed. Laughter under `600 ms` is too quick for "
            "reasoning, so whatever is being known, it is known by the",
        ),
    ]


def the_failure() -> list[Entry]:
    """A reply that broke off, and what can be done about it."""
    return [
        *the_joke()[3:4],
        MessageEntry(
            key=7,
            speaker=SCIENTIST,
            model="gpt-4.1-mini",
            time="12:04",
            chips=(Chip(label="cut short", kind="error"),),
            text="Laughter is a contraction of fifteen facial muscles. The larynx half-closes, "
            "the breath comes in pulses of about 75 ms, and what follows is not",
        ),
        FailureEntry(
            key=8,
            title="openai stopped answering",
            title_rest="mid-sentence",
            lines=("Connection reset after 24 words. What was said is kept.",),
            remedies=(
                ("keep the part", "it stands, marked as cut short"),
                ("try again", "another answer to the same words"),
                ("skip the turn", "the Comedian is next"),
                ("change the model", "for the Scientist, from now on"),
            ),
        ),
    ]


def the_table() -> list[Entry]:
    """Everything that Markdown can hold."""
    return [
        MessageEntry(
            key=1,
            speaker=PHILOSOPHER,
            model="demo",
            time="12:00",
            chips=(Chip(label="DEMO", kind="demo"), Chip(label="stopped")),
            text="## Three kinds of knowing\n\n| kind | how it is held | dies of |\n|:--|:--|--:|\n"
            "| that | in words, and it can be told to anyone who will listen to it | doubt |\n"
            "| how | in the hands | disuse |\n\n> A joke explained is a frog dissected.\n"
            "> - both are learned from, and neither gets up again\n\n1. First\n2. Second, with "
            "a line that is long enough to hang under itself and not under its number\n"
            "   - nested\n\n```python\ndef laugh(joke: str) -> bool:\n    # why it works\n"
            "    return len(joke) > 42\n```\n\nSee [the paper](https://example.org/laughter) "
            "or https://example.org, says @Comedian; `Vec<String>` and ~~half~~ **all** of it.",
        ),
    ]
