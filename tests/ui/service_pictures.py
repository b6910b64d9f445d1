"""Pictures of what has to do with providers: waits, thoughts, costs, keys, diagnostics."""

from typing import Any

from textual.pilot import Pilot

from chimera_tui.domain.conversation import Budget, Failure, ModelRef, Turn
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    AttemptStarted,
    Event,
    PauseReason,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    ThinkingReceived,
    TurnDelayed,
    TurnStarted,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.domain.saved import SavedConversation, Spent
from chimera_tui.ui.providers.providers_screen import DiagnosticsScreen
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.pictures import CAST, TALK, Act, Picture, first, look, press
from tests.ui.running import room_of, until
from tests.ui.services import ALL, REFUSED, priced, with_services

THOUGHT = (
    "The human asks whether a joke can be wrong. Wrong is a word for claims. A joke predicts "
    "where you will be surprised, so it can be checked: measure the groan.\n\n"
    "Keep it short, and end on the number."
)
OPENAI_MINI = ModelRef("openai", "gpt-4.1-mini")
COMEDIAN = Turn(number=6, speaker="comedian")
ASKED = AttemptStarted(
    turn=COMEDIAN, model=OPENAI_MINI, persona_version="", temperature=0.8, max_tokens=400
)


def a_talk(**details: Any) -> SavedConversation:
    """A conversation that costs something."""
    saved = priced(a_saved(*TALK, number=9, cast=CAST, **details), THOUGHT)
    saved.spent = Spent(cost=14_200, tokens=6445)
    return saved


def a_costly_room() -> FakeChimera:
    """A room with a budget, and all providers."""
    return with_services(a_talk(budget=Budget(cost=500_000, tokens=200_000)))


def a_refused_room() -> FakeChimera:
    """A turn failed because the key was refused."""
    saved = a_talk()
    saved.failure = Failure(
        turn=COMEDIAN,
        model=OPENAI_MINI,
        kind=Fault.AUTH,
        problem=REFUSED.reason,
        hint=REFUSED.hint,
    )
    return with_services(saved, healths=(REFUSED, *ALL[1:]))


def after(*events: Event) -> Act:
    """Show what happened, as if the room had said it."""

    async def act(pilot: Pilot[Any]) -> None:
        await look(pilot)
        room = room_of(pilot)
        for event in (RoomResumed(), TurnStarted(turn=COMEDIAN), *events):
            room.session.hear(event)
        await pilot.pause()

    return act


def unfold(*keys: str) -> Act:
    """Unfold what was thought before the last message."""
    return press("end", "t", *keys)


async def spend_all(pilot: Pilot[Any]) -> None:
    """The budget is used up."""
    await look(pilot)
    room = room_of(pilot)
    if room.session.state:
        room.session.state.saved.spent.cost = 503_000
    room.session.hear(RoomPaused(reason=PauseReason.BUDGET))
    await pilot.pause()


def near(*keys: str) -> Act:
    """Look at the providers, and press keys there."""

    async def act(pilot: Pilot[Any]) -> None:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        screen = pilot.app.screen
        assert isinstance(screen, DiagnosticsScreen)
        await until(pilot, lambda: screen._keys and screen._spent)
        await pilot.press(*keys)
        await pilot.pause()
        for field in pilot.app.screen.query("Input"):
            field.cursor_blink = False  # type: ignore[attr-defined]  # it has it
        await pilot.pause()

    return act


WAIT = TurnDelayed(turn=COMEDIAN, why=WaitReason.ASKED, seconds=34.0)
RETRY = RetryScheduled(
    turn=COMEDIAN,
    model=OPENAI_MINI,
    kind=Fault.SERVER,
    problem="OpenAI has trouble of its own (503).",
    number=2,
    of=3,
    seconds=7.0,
)
LOADING = TurnDelayed(turn=COMEDIAN, why=WaitReason.LOADING, seconds=None)
THINKS = ThinkingReceived(turn=COMEDIAN, text=THOUGHT)
KEY = "k-not-a-real-key-4711"

SERVICE_PICTURES = {
    "waiting": Picture(make=a_costly_room, act=after(ASKED, WAIT), size=(120, 40)),
    "waiting-retry-normal": Picture(make=a_costly_room, act=after(ASKED, RETRY), size=(80, 24)),
    "waiting-loading-narrow": Picture(make=a_costly_room, act=after(ASKED, LOADING), size=(60, 18)),
    "thinking": Picture(make=a_costly_room, act=after(ASKED, THINKS)),
    "thought": Picture(make=a_costly_room, act=unfold(), size=(120, 40)),
    "budget-used-up": Picture(make=a_costly_room, act=spend_all),
    "failure-key": Picture(make=a_refused_room, act=look),
    "models": Picture(make=a_costly_room, act=press("m", "down", "down", "f", "down", "f")),
    "models-typed": Picture(make=a_costly_room, act=press("m", *"openai/gpt-9")),
    "providers": Picture(make=a_costly_room, act=near(), size=(120, 44)),
    "providers-light": Picture(
        make=a_costly_room, act=near(), size=(120, 44), theme="chimera-light"
    ),
    "providers-ansi": Picture(make=a_costly_room, act=near(), size=(120, 44), theme="ansi-dark"),
    "providers-open": Picture(make=a_costly_room, act=near("down", "down")),
    "providers-failed": Picture(make=a_costly_room, act=near("left", "left")),
    "providers-models": Picture(make=a_costly_room, act=near("m")),
    "key": Picture(make=a_costly_room, act=near("down", "down", "down", "k", *"secret")),
    "key-kept": Picture(make=a_costly_room, act=near("down", "k", *KEY, "enter"), size=(80, 24)),
    "key-refused": Picture(
        make=a_costly_room, act=near("down", "down", "k", *KEY, "enter"), size=(80, 24)
    ),
    "first-run-keys": Picture(make=with_services, act=first, size=(100, 36)),
}
"""By name."""
