"""How providers are, by asking and by listening."""

from collections.abc import Callable

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.resilience.health import HISTORY, check, learnt
from tests.fakes import NOON

REFUSED = ProviderError("It does not answer.", kind=Fault.CONNECT, hint="Start it.")
MODEL = ModelInfo(name="model", context=8192, is_loaded=True)


class Unreachable(ScriptedProvider):
    async def list_models(self) -> tuple[ModelInfo, ...]:
        raise REFUSED


def clock(*times: float) -> Callable[[], float]:
    return iter(times).__next__


async def test_a_provider_that_answers_is_up() -> None:
    assert await check(ScriptedProvider(), at=NOON, clock=clock(5, 5.25)) == Health(
        provider="scripted",
        state=HealthState.UP,
        latency=0.25,
        models=(MODEL,),
        checked_at=NOON,
        history=(0.25,),
    )


async def test_one_that_takes_long_is_slow_and_says_how_long() -> None:
    health = await check(ScriptedProvider(), at=NOON, clock=clock(0, 2.5))
    assert health.state is HealthState.SLOW
    assert "2.5 s" in health.reason


async def test_one_that_does_not_answer_is_down_with_its_reason_and_keeps_its_past() -> None:
    before = await check(ScriptedProvider(), at=NOON, clock=clock(0, 0.5))
    assert await check(Unreachable(), before, at=NOON, clock=clock(1)) == Health(
        provider="scripted",
        state=HealthState.DOWN,
        reason="It does not answer.",
        hint="Start it.",
        models=(MODEL,),
        checked_at=NOON,
        history=(0.5, None),
    )


async def test_the_past_is_short() -> None:
    health = None
    for _ in range(HISTORY + 5):
        health = await check(ScriptedProvider(), health, at=NOON)
    assert health
    assert len(health.history) == HISTORY


DOWN = Health(provider="p", state=HealthState.DOWN, reason="gone", hint="start it")
UP = Health(provider="p", state=HealthState.UP, latency=0.1)


def test_a_reply_proves_that_it_is_up() -> None:
    assert learnt(DOWN, None, at=NOON) == Health(
        provider="p", state=HealthState.UP, checked_at=NOON
    )


def test_a_reply_does_not_make_a_slow_one_fast() -> None:
    slow = Health(provider="p", state=HealthState.SLOW, latency=3, reason="It took 3.0 s.")
    assert learnt(slow, None, at=NOON).state is HealthState.SLOW


def test_a_lost_connection_shows_at_once() -> None:
    health = learnt(UP, REFUSED, at=NOON)
    assert (health.state, health.reason) == (HealthState.DOWN, "It does not answer.")


@pytest.mark.parametrize("kind", [Fault.CONTEXT, Fault.MODEL, Fault.REQUEST, Fault.EMPTY])
def test_a_refused_request_says_nothing_of_the_provider(kind: Fault) -> None:
    assert learnt(UP, ProviderError("No.", kind=kind), at=NOON) is UP
