"""Every screen and state that is worth a picture: for the snapshots, and for the README."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from textual.pilot import Pilot

from chimera_tui.domain.conversation import HUMAN, Failure, Turn
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.new_room.room_lists import TemplateRows
from chimera_tui.ui.room.room_panels import CastList
from tests.ui.fakes import LMSTUDIO, MODELS, OLLAMA, FakeChimera, a_saved, with_alternative
from tests.ui.running import composer_of, do, room_of, until

TALK = (
    (
        "grandmother",
        "My neighbour told the same joke at three funerals. By the third it was the truest "
        "thing anyone said.",
    ),
    (
        "comedian",
        "I know a joke the way I know my landlord: we have never been introduced, and one of "
        "us always turns up at the wrong moment.",
    ),
    (
        "philosopher",
        "Suppose you laugh before you can say why. Something in you has understood, and did "
        "not wait for permission. But to *know* a joke may mean three things:\n\n"
        "- that it is funny: hearsay will do\n"
        "- how to tell it: closer to riding a bicycle\n"
        "- why it works: and there it usually dies\n\n"
        "Which of the three does `laugh(joke) == True` report?",
    ),
    (HUMAN, "@Scientist can a joke be *wrong*, or only bad?"),
    (
        "scientist",
        "Wrong, and measurably so. A joke predicts a surprise at word *n*. If the room groans "
        "at *n - 2*, the prediction failed.",
    ),
)
CAST = ("scientist", "comedian", "philosopher", "grandmother")
REPLY = (
    "Then my career is a **control group**. I have two rules: never explain the landlord, and "
    "never pay him before the punch line, which is"
)

Act = Callable[[Pilot[Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A state of the app."""

    make: Callable[[], FakeChimera]
    act: Act
    size: tuple[int, int] = (120, 36)
    theme: str = "chimera-dark"


def rooms(**details: Any) -> list[SavedConversation]:
    """Four conversations; the first has an alternative."""
    return [
        with_alternative(a_saved(*TALK, number=9, cast=CAST, **details), 3, "Older."),
        a_saved(("comedian", "Marvin."), number=8, title="Campfire on Mars"),
        a_saved(("comedian", "Doors."), number=7, title="Heist planning", demo=True),
        a_saved(number=6, title="A title that is very much too long for the list of rooms"),
    ]


def a_talk() -> FakeChimera:
    """A conversation as it was left."""
    return FakeChimera(*rooms())


def a_lively_talk() -> FakeChimera:
    """Three who talk with a person, one of them just now, word by word."""
    said = [("comedian", "I know a joke the way I know my landlord: never introduced."), *TALK[2:]]
    talk = with_alternative(a_saved(*said, number=9, cast=CAST[:3]), 2, "Older.")
    times = (0.05, 0.04, 0.121, 0.07, 0.06, 0.09)
    healths = [OLLAMA, replace(OLLAMA, provider="lmstudio", latency=0.09, history=times)]
    words = [f"{word} " for word in REPLY.split(" ")]
    provider = ScriptedProvider([*words[:-1], words[-1].strip(), asyncio.Event()])
    return FakeChimera(talk, *rooms()[1:], provider=provider, healths=healths)


def a_failed_talk() -> FakeChimera:
    """A conversation that waits for a remedy."""
    said = "Laughter is a contraction of fifteen facial muscles, and what follows is not"
    saved = a_saved(*TALK, number=9, cast=CAST)
    saved.failure = Failure(
        turn=Turn(number=6, speaker="scientist"),
        model=MODELS["scientist"],
        kind=Fault.TRANSPORT,
        problem="The connection to LM Studio broke.",
        hint="Look whether its server still runs.",
        text=said,
    )
    return FakeChimera(saved)


def a_demo() -> FakeChimera:
    """A demo room."""
    return FakeChimera(a_saved(*TALK, number=9, cast=CAST, demo=True))


def a_read_only() -> FakeChimera:
    """A database that can only be read."""
    fake = FakeChimera(*rooms())
    fake.read_only = "The database can be read, but not written."
    return fake


async def look(pilot: Pilot[Any]) -> None:
    """Only look, from the transcript."""
    room_of(pilot).transcript.focus()
    await pilot.pause()


async def write(pilot: Pilot[Any]) -> None:
    """Only look, from the composer."""
    await pilot.pause()


async def speak(pilot: Pilot[Any]) -> None:
    """Let somebody speak, and look when all of it is there."""
    await pilot.press("space")
    await until(pilot, lambda: REPLY in _sources(pilot))
    room_of(pilot).transcript.focus()
    await until(pilot, lambda: not room_of(pilot).transcript.is_streaming)


async def speak_and_focus(pilot: Pilot[Any]) -> None:
    """Let somebody speak for a second, and stand on what the Philosopher said."""
    await speak(pilot)
    room = room_of(pilot)
    room.panes._draw_tempo(1.0)
    await pilot.press("home", "j")
    await pilot.pause()


async def speak_in_columns(pilot: Pilot[Any]) -> None:
    """Let somebody speak, and look at the columns."""
    await speak(pilot)
    await pilot.press("c")
    await until(pilot, lambda: room_of(pilot).view.columns)
    await pilot.pause()


def _sources(pilot: Pilot[Any]) -> list[str]:
    room = room_of(pilot)
    return [room.view.stage.source_of(key) for key in room.view.stage.shown]


def press(*keys: str) -> Act:
    """Press keys in the transcript."""

    async def act(pilot: Pilot[Any]) -> None:
        await look(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        for field in pilot.app.screen.query("TextArea, Input"):
            field.cursor_blink = False  # type: ignore[attr-defined]  # both have it
        await pilot.pause()

    return act


def written(text: str) -> Act:
    """Write something."""

    async def act(pilot: Pilot[Any]) -> None:
        composer_of(pilot).write(text)
        await pilot.pause()

    return act


async def open_panels(pilot: Pilot[Any]) -> None:
    """Open the panels over the transcript."""
    await press("o")(pilot)
    await until(pilot, lambda: room_of(pilot).query_one(CastList).has_focus)


def an_empty_library() -> FakeChimera:
    """Nobody to speak, and a file that was skipped."""
    fake = FakeChimera(personas=[])
    fake.library.problems = ("`/home/ada/.config/chimera/personas/bob.toml`: `name` is missing.",)
    return fake


async def first(pilot: Pilot[Any]) -> None:
    """Look at the first run."""
    await pilot.pause()


def a_library() -> FakeChimera:
    """A room over the library that comes with Chimera."""
    fake = a_talk()
    fake.library = Library.load(builtin_folder())  # type: ignore[assignment]  # the real one
    return fake


def a_mute_library() -> FakeChimera:
    """The same, while no provider answers."""
    fake = FakeChimera(*rooms(), healths=[LMSTUDIO])
    fake.library = Library.load(builtin_folder())  # type: ignore[assignment]  # the real one
    return fake


def new_room(*keys: str) -> Act:
    """Open the screen for a new room, on a ready-made one, and press keys."""

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(pilot.app.focused, TemplateRows))
        await pilot.press("down", "down")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        for field in pilot.app.screen.query("Input"):
            field.cursor_blink = False  # type: ignore[attr-defined]
        await pilot.pause()

    return act


def over_cast(*keys: str) -> Act:
    """Mute the second of the cast, then press keys over the cast panel."""

    async def act(pilot: Pilot[Any]) -> None:
        room = room_of(pilot)
        do(pilot, "mute", "comedian")
        panel = room.query_one(CastList)
        if not panel.region:
            await open_panels(pilot)
        panel.focus()
        await until(pilot, lambda: panel.has_focus)
        await pilot.press("down", *keys)
        await pilot.pause()
        for field in pilot.app.screen.query("TextArea, Input"):
            field.cursor_blink = False  # type: ignore[attr-defined]  # both have it
        await pilot.pause()

    return act


PICTURES = {
    "room": Picture(make=a_lively_talk, act=speak_and_focus, size=(120, 40)),
    "room-light": Picture(
        make=a_lively_talk, act=speak_and_focus, size=(120, 40), theme="chimera-light"
    ),
    "room-wide": Picture(make=a_talk, act=press("home", "j", "j"), size=(140, 42)),
    "room-ansi": Picture(
        make=a_lively_talk, act=speak_and_focus, size=(120, 42), theme="ansi-dark"
    ),
    "room-normal": Picture(make=a_talk, act=write, size=(80, 24)),
    "room-narrow": Picture(make=a_talk, act=look, size=(60, 18)),
    "room-demo": Picture(make=a_demo, act=look),
    "room-empty": Picture(make=lambda: FakeChimera(a_saved(number=3)), act=write),
    "room-read-only": Picture(make=a_read_only, act=look, size=(100, 30)),
    "columns": Picture(make=a_lively_talk, act=speak_in_columns, size=(120, 36)),
    "failure": Picture(make=a_failed_talk, act=look, size=(100, 30)),
    "panels-narrow": Picture(make=a_talk, act=open_panels, size=(60, 18)),
    "commands": Picture(make=a_talk, act=written("/re")),
    "mention": Picture(make=a_talk, act=written("Well, @"), size=(80, 24)),
    "palette": Picture(make=a_talk, act=press("ctrl+p")),
    "help": Picture(make=a_talk, act=press("question_mark")),
    "new-room": Picture(make=a_library, act=new_room("tab", "tab", "down", "space", "right")),
    "new-room-rooms": Picture(make=a_mute_library, act=new_room(), size=(80, 24)),
    "new-room-cast": Picture(
        make=a_library,
        act=new_room(*["tab"] * 4),
        size=(60, 18),
        theme="ansi-light",
    ),
    "cast-menu": Picture(make=a_talk, act=over_cast("enter", "down")),
    "invite": Picture(make=a_library, act=over_cast("i", *"artists")),
    "rename": Picture(make=a_talk, act=press("f2"), size=(80, 24)),
    "first-run-demo": Picture(
        make=lambda: FakeChimera(healths=[LMSTUDIO]), act=first, size=(80, 24)
    ),
    "first-run-empty": Picture(make=an_empty_library, act=first, size=(100, 30)),
}
"""By name; the sizes are those of the three forms of the room, and a little more."""
