"""How providers are, by asking and by listening; in virtual time."""

import asyncio
from random import Random

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import BreakerState, Health, HealthState, ModelInfo, WaitReason
from chimera_tui.providers.base import Waiting
from chimera_tui.resilience.gate import Gate
from chimera_tui.resilience.monitor import HISTORY, LISTED_FOR, Monitor
from tests.fakes import NOON
from tests.resilience.helpers import OK, Asking, TimedProvider, a_gate, calls_over, fault, trip
from tests.virtual_time import clock, in_virtual_time

REFUSED = ProviderError("It does not answer.", kind=Fault.CONNECT, hint="Start it.")
MODELS = (ModelInfo(name="m"),)


class SlowToAnswer(TimedProvider):
    async def probe(self) -> None:
        await asyncio.sleep(2.5)


def watching(provider: TimedProvider) -> tuple[Monitor, Gate]:
    """A monitor that follows one provider."""
    monitor, gate = Monitor(now=lambda: NOON, clock=clock), a_gate(provider)
    monitor.follow(gate)
    return monitor, gate


@in_virtual_time
async def test_a_provider_that_answers_is_up() -> None:
    monitor, _ = watching(TimedProvider())
    assert monitor.health["a"].state is HealthState.NOT_ASKED
    assert await monitor.check("a") == Health(
        provider="a",
        state=HealthState.UP,
        latency=0,
        models=MODELS,
        checked_at=NOON,
        history=(0,),
    )


@in_virtual_time
async def test_one_that_takes_long_is_slow_and_says_how_long() -> None:
    monitor, gate = watching(SlowToAnswer())
    health = await monitor.check("a")
    assert (health.state, health.latency) == (HealthState.SLOW, 2.5)
    assert "2.5 s" in health.reason
    await Asking(calls_over(gate))()
    assert monitor.health["a"].state is HealthState.SLOW, "a reply makes no slow one fast"


@in_virtual_time
async def test_one_that_does_not_answer_is_down_and_keeps_its_past() -> None:
    provider = TimedProvider()
    monitor, _ = watching(provider)
    await monitor.check("a")
    provider.error = REFUSED
    assert await monitor.check("a") == Health(
        provider="a",
        state=HealthState.DOWN,
        reason="It does not answer.",
        hint="Start it.",
        fault=Fault.CONNECT,
        models=MODELS,
        checked_at=NOON,
        history=(0, None),
    )


@in_virtual_time
async def test_one_that_cannot_be_asked_stays_as_it_was_told() -> None:
    monitor, _ = watching(TimedProvider())
    no_key = Health(provider="openai", state=HealthState.NO_KEY)
    monitor.tell(no_key)
    assert await monitor.check("openai") == await monitor.check_now("openai") == no_key
    assert list(monitor.health) == ["a", "openai"]
    assert len(monitor.health) == 2


@in_virtual_time
async def test_real_calls_feed_the_sparkline() -> None:
    provider = TimedProvider((0.4, "Hi."), (Waiting(WaitReason.LOADING), 9.0, "Hi."))
    monitor, gate = watching(provider)
    await Asking(calls_over(gate))()
    health = monitor.health["a"]
    assert (health.state, health.latency, health.history) == (HealthState.UP, 0.4, (0.4,))
    await Asking(calls_over(gate))()
    assert monitor.health["a"].history == (0.4,), "to load a model says nothing of the service"


@pytest.mark.parametrize("kind", [Fault.CONTEXT, Fault.MODEL, Fault.REQUEST, Fault.FILTER])
@in_virtual_time
async def test_a_refused_request_says_nothing_of_the_provider(kind: Fault) -> None:
    monitor, gate = watching(TimedProvider((fault(kind),)))
    before = await monitor.check("a")
    await Asking(calls_over(gate))()
    assert monitor.health["a"] == before


@in_virtual_time
async def test_a_lost_connection_shows_at_once_and_so_does_the_breaker() -> None:
    monitor, gate = watching(TimedProvider((fault(Fault.CONNECT),)))
    await monitor.check("a")
    asking = asyncio.create_task(Asking(calls_over(gate))())
    await asyncio.sleep(0.01)
    health = monitor.health["a"]
    assert (health.state, health.history) == (HealthState.DOWN, (0, None))
    trip(gate)
    await asyncio.sleep(10)
    health = monitor.health["a"]
    assert (health.breaker, health.retry_in) == (BreakerState.OPEN, gate.breaker.delay())
    assert 20 <= gate.breaker.delay() <= 26
    asking.cancel()


@in_virtual_time
async def test_the_past_is_short() -> None:
    monitor, _ = watching(TimedProvider())
    for _ in range(HISTORY + 5):
        await monitor.check("a")
    assert len(monitor.health["a"].history) == HISTORY


@in_virtual_time
async def test_models_are_listed_now_and_then_and_kept_when_that_fails() -> None:
    provider = TimedProvider()
    monitor, _ = watching(provider)
    await monitor.check("a")
    provider.models = (ModelInfo(name="new"),)
    assert (await monitor.check("a")).models == MODELS
    assert (await monitor.check("a", models=True)).models == provider.models
    provider.models = MODELS
    await asyncio.sleep(LISTED_FOR)
    assert (await monitor.check("a")).models == MODELS
    await asyncio.sleep(LISTED_FOR)

    async def no_list() -> tuple[ModelInfo, ...]:
        raise REFUSED

    provider.list_models = no_list  # type: ignore[method-assign]
    found = await monitor.check("a")
    assert (found.state, found.models) == (HealthState.UP, MODELS)


@in_virtual_time
async def test_a_person_who_asks_lets_it_be_tried_again() -> None:
    provider = TimedProvider((fault(Fault.AUTH),), OK)
    monitor, gate = watching(provider)
    calls = calls_over(gate)
    await Asking(calls)()
    assert monitor.health["a"].breaker is BreakerState.STOPPED
    await monitor.check("a")
    assert (await Asking(calls)()).text == ""
    await monitor.check_now("a")
    assert (await Asking(calls)()).text == "Hello."


@in_virtual_time
async def test_a_new_key_begins_anew() -> None:
    gate = Gate(TimedProvider((fault(Fault.MONEY),), OK), clock=clock, rng=Random(1))
    monitor = Monitor(clock=clock)
    monitor.tell(Health(provider="a", state=HealthState.NO_KEY))
    monitor.follow(gate)
    await Asking(calls_over(gate))()
    gate.reset()
    assert (await Asking(calls_over(gate))()).text == "Hello."
    assert monitor.health["a"].state is HealthState.UP


@in_virtual_time
async def test_one_that_asks_to_wait_is_there_but_slow_until_it_replies() -> None:
    monitor, gate = watching(TimedProvider([fault(Fault.RATE, retry_after=5)], OK))
    await monitor.check("a")
    asking = asyncio.create_task(Asking(calls_over(gate))())
    await asyncio.sleep(1)
    meanwhile = monitor.health["a"].state
    await asking
    assert (meanwhile, monitor.health["a"].state) == (HealthState.SLOW, HealthState.UP)
