"""What panels and head show of a room, as its events come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chimera_tui.domain.conversation import HUMAN, Budget, CostSource, Failure, ModelRef, Turn
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    EndReason,
    MessageCompleted,
    PauseReason,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TextWithdrawn,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.ui.kit.costs import Totals
from chimera_tui.ui.providers.provider_rows import checked_label, duration, provider_rows
from chimera_tui.ui.room.room_state import RoomState
from tests.fakes import NOON
from tests.ui.fakes import LMSTUDIO, MODELS, OLLAMA, a_message, a_saved

TURN = Turn(number=3, speaker="scientist")
MODEL = ModelRef("ollama", "qwen2.5:14b")
STARTED = TurnStarted(turn=TURN)
ASKED = AttemptStarted(turn=TURN, model=MODEL, persona_version="1", temperature=0.8, max_tokens=400)


def a_scene() -> RoomState:
    return RoomState(a_saved(("comedian", "One."), (HUMAN, "Two?")))


def states(scene: RoomState) -> dict[str, str]:
    return {row.slug: row.state for row in scene.cast_rows()}


def test_one_who_is_chosen_types_then_speaks_then_waits() -> None:
    scene = a_scene()
    scene.note(STARTED)
    assert states(scene)["scientist"] == "typing"
    scene.note(ASKED)
    assert scene.cast_rows()[2].model == "qwen2.5:14b"
    scene.note(TextReceived(turn=TURN, text="Th"))
    assert states(scene)["scientist"] == "speaking"
    scene.note(TextWithdrawn(turn=TURN))
    assert states(scene)["scientist"] == "typing"
    scene.note(TextReceived(turn=TURN, text="Th"))
    assert states(scene)["scientist"] == "speaking"
    scene.note(MessageCompleted(message=a_message(3, "scientist", "Three.", MODEL)))
    assert set(states(scene).values()) == {"waiting"}
    assert [row.share for row in scene.cast_rows()] == [0, 50, 50]


def test_a_failure_stays_until_its_turn_is_taken_again() -> None:
    failure = Failure(
        turn=TURN, model=MODEL, kind=Fault.TRANSPORT, problem="It broke.", hint="", text=""
    )
    scene = a_scene()
    scene.note(STARTED)
    scene.note(TurnFailed(failure=failure))
    assert states(scene)["scientist"] == "failed"
    scene.note(STARTED)
    assert scene.failure is None
    scene.note(TurnDropped(turn=TURN))
    assert states(scene)["scientist"] == "waiting"


def test_the_state_of_the_room_has_a_word() -> None:
    scene = a_scene()
    assert scene.state == "paused"
    scene.note(RoomResumed())
    assert scene.state == "live"
    scene.note(RoomPaused(reason=PauseReason.ASKED))
    assert scene.state == "paused"
    scene.note(ConversationEnded(reason=EndReason.FINISHED))
    assert scene.state == "ended"
    scene.read_only = "elsewhere"
    assert (scene.state, scene.state_word) == ("off", "read only")


def test_another_title_and_another_model_are_shown() -> None:
    scene = a_scene()
    cast = tuple(replace(one, model=MODEL) for one in scene.conversation.cast)
    scene.note(
        ConversationChanged(conversation=replace(scene.conversation, title="New", cast=cast))
    )
    assert scene.conversation.title == "New"
    assert {row.model for row in scene.cast_rows()} == {"qwen2.5:14b"}


def test_the_balance_needs_a_turn_of_everyone() -> None:
    assert a_scene().balance() == (0.0, "–")
    even = RoomState(a_saved(*((slug, "Hm.") for slug in ("comedian", "scientist", "philosopher"))))
    assert even.balance() == (1.0, "even")


@pytest.mark.parametrize(
    ("cost", "source", "label"),
    [(0, CostSource.FREE, "free"), (None, CostSource.UNKNOWN, "n/a")],
)
def test_what_it_cost(cost: int | None, source: CostSource, label: str) -> None:
    message = a_message(1, "comedian", "Ha.", MODELS["comedian"])
    assert message.provenance
    totals = Totals()
    totals.add(
        replace(message, provenance=replace(message.provenance, cost=cost, cost_source=source))
    )
    assert totals.cost_label == label


def test_a_provider_is_down_only_for_who_needs_it() -> None:
    assert [row.state for row in provider_rows([OLLAMA, LMSTUDIO])] == ["ok", "off"]
    assert [row.state for row in provider_rows([OLLAMA, LMSTUDIO], ["lmstudio"])] == ["ok", "down"]
    asked = Health(provider="x", state=HealthState.NOT_ASKED)
    assert not provider_rows([asked])[0].was_asked


@pytest.mark.parametrize(
    ("seconds", "label"), [(1, "just now"), (12, "12 s ago"), (120, "at 12:00")]
)
def test_how_old_the_news_are(seconds: int, label: str) -> None:
    assert checked_label([OLLAMA], NOON + timedelta(seconds=seconds)) == label


def test_nobody_was_asked_yet() -> None:
    assert checked_label([Health(provider="x", state=HealthState.NOT_ASKED)], NOON) == ""


def test_durations() -> None:
    assert [duration(s) for s in (None, 0.412, 2.94)] == ["", "412 ms", "2.9 s"]


def test_a_budget_counts_only_what_costs() -> None:
    budget = Budget(cost=500_000)
    assert RoomState(a_saved(budget=budget)).budget == budget
    assert RoomState(a_saved(demo=True, budget=budget)).budget == Budget()
    assert RoomState(a_saved(("comedian", "Ha."), budget=budget)).budget == Budget()
    paid = a_saved(("comedian", "Ha."), budget=budget)
    paid.spent.cost = 1
    assert RoomState(paid).budget == budget


def test_what_failed_attempts_cost_is_part_of_what_the_room_cost() -> None:
    scene = a_scene()
    assert scene.cost_label == "free"
    scene.saved.spent.cost = 21_400
    assert scene.cost_label == "$0.0214"
