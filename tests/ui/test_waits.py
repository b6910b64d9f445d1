"""Why nothing is heard of a turn yet, and for how long."""

import pytest

from chimera_tui.domain.conversation import ModelRef, Turn
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    AttemptStarted,
    ProviderSwitched,
    RetryScheduled,
    TextReceived,
    ThinkingReceived,
    TurnDelayed,
    TurnStarted,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.ui.room.room_state import RoomState
from chimera_tui.ui.room.waits import Thought, Wait
from tests.ui.fakes import a_saved

TURN = Turn(number=3, speaker="comedian")
MODEL = ModelRef("openai", "gpt-4.1-mini")
ASKED = AttemptStarted(turn=TURN, model=MODEL, persona_version="1", temperature=0.8, max_tokens=400)
RETRY = RetryScheduled(
    turn=TURN, model=MODEL, kind=Fault.SERVER, problem="503", number=2, of=3, seconds=7.0
)


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_wait(why: WaitReason, seconds: float | None, number: int = 0, of: int = 0) -> Wait:
    return Wait(why=why, provider="openai", seconds=seconds, since=10.0, number=number, of=of)


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        (a_wait(WaitReason.ASKED, 34.0), "openai asks for 34 s"),
        (a_wait(WaitReason.RETRY, 7.0, number=2, of=3), "attempt 2 of 3 in 7 s"),
        (a_wait(WaitReason.RETRY, 7.0), "another attempt in 7 s"),
        (a_wait(WaitReason.LOADING, None), "loading the model … 0 s"),
        (a_wait(WaitReason.BREAKER, 28.0), "openai does not answer, tried again in 28 s"),
        (a_wait(WaitReason.LIMIT, 3.2), "openai has had its requests of this minute, next in 4 s"),
        (a_wait(WaitReason.QUEUE, None), "openai is busy with others … 0 s"),
    ],
)
def test_every_reason_has_words(wait: Wait, words: str) -> None:
    assert wait.words(10.0) == words


def test_seconds_count_down_and_up() -> None:
    assert a_wait(WaitReason.ASKED, 34.0).words(22.5) == "openai asks for 22 s"
    assert a_wait(WaitReason.ASKED, 34.0).words(50.0) == "asking openai again"
    assert a_wait(WaitReason.LOADING, None).words(22.5) == "loading the model … 12 s"
    assert a_wait(WaitReason.RETRY, 7.0, number=2, of=3).words(17.0) == "attempt 2 of 3"


@pytest.mark.parametrize("why", list(WaitReason))
def test_no_reason_is_without_words(why: WaitReason) -> None:
    for seconds in (None, 0.0, 5.0):
        assert a_wait(why, seconds).words(10.0)


def test_words_are_counted_across_pieces() -> None:
    thought = Thought()
    for piece in ("Hel", "lo wor", "ld. ", "", "And", " so"):
        thought.add(piece)
    assert thought.words == 4


def test_a_scene_says_what_a_turn_waits_for() -> None:
    clock = Clock()
    scene = RoomState(a_saved(("comedian", "One.")), clock=clock)
    scene.note(TurnStarted(turn=TURN))
    scene.note(TurnDelayed(turn=TURN, why=WaitReason.LIMIT, seconds=4.0))
    assert scene.typing_words()[0][1].startswith("waits: ollama has had its requests")
    scene.note(ASKED)
    assert scene.typing_words()[0][1] == ""
    scene.note(RETRY)
    clock.now = 2.0
    row = scene.cast_rows()[1]
    assert (row.state, row.clock, row.note) == ("held", "5 s", "attempt 2 of 3 in 5 s")
    scene.note(TurnDelayed(turn=TURN, why=WaitReason.RETRY, seconds=5.0))
    assert scene.cast_rows()[1].note == "attempt 2 of 3 in 5 s"
    scene.note(TurnDelayed(turn=TURN, why=WaitReason.BREAKER, seconds=float("inf")))
    assert scene.cast_rows()[1].note == "openai does not answer, it is being tried … 0 s"


def test_another_model_shows_at_once() -> None:
    scene = RoomState(a_saved(("comedian", "One.")))
    scene.note(TurnStarted(turn=TURN))
    scene.note(ASKED)
    scene.note(RETRY)
    new = ModelRef("anthropic", "claude")
    scene.note(
        ProviderSwitched(turn=TURN, old=MODEL, new=new, kind=Fault.SERVER, problem="It broke.")
    )
    row = scene.cast_rows()[1]
    assert (row.model, row.state, row.note) == ("claude", "typing", "")


def test_thinking_is_counted_until_the_first_word() -> None:
    scene = RoomState(a_saved(("comedian", "One.")))
    scene.note(TurnStarted(turn=TURN))
    scene.note(ASKED)
    scene.note(TurnDelayed(turn=TURN, why=WaitReason.LOADING, seconds=None))
    scene.note(ThinkingReceived(turn=TURN, text="Let me "))
    scene.note(ThinkingReceived(turn=TURN, text="see."))
    assert scene.typing_words()[0][1] == "is thinking … 3 words"
    assert scene.cast_rows()[1].state == "thinking"
    scene.note(TextReceived(turn=TURN, text="A"))
    assert scene.cast_rows()[1].state == "speaking"
    assert not scene.waits
    assert not scene.thoughts
