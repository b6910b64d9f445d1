"""The gate in front of a provider: limits, order, cooldowns; in virtual time."""

import asyncio
import math
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.health import BreakerState, WaitReason
from chimera_tui.providers import faults
from chimera_tui.resilience.rules import LONGEST_WAIT
from tests.providers.helpers import an_endpoint
from tests.resilience.helpers import (
    OK,
    A,
    Asking,
    Step,
    TimedProvider,
    a_gate,
    calls_over,
    fault,
    trip,
)
from tests.virtual_time import clock, in_virtual_time, run


def most_in_a_minute(starts: Sequence[float]) -> int:
    """The most calls in any 60 seconds."""
    return max(
        (sum(1 for other in starts if start <= other < start + 60) for start in starts), default=0
    )


@in_virtual_time
async def test_sixty_a_minute_whoever_comes_and_goes() -> None:
    provider = TimedProvider()
    gate = a_gate(provider, at_once=math.inf)
    calls, rng = calls_over(gate), Random(3)
    askings = [Asking(calls) for _ in range(200)]
    tasks = [asyncio.create_task(asking()) for asking in askings]
    left = rng.sample(range(200), 50)
    for number in left:
        await asyncio.sleep(rng.uniform(0, 4))
        tasks[number].cancel()
    await asyncio.wait(tasks)
    heard = [n for n, asking in enumerate(askings) if asking.text]
    assert set(range(200)) - set(heard) <= set(left)
    assert most_in_a_minute(provider.starts) == 60
    assert provider.starts[-1] < 60 * math.ceil(len(provider.starts) / 60)
    ends = [askings[n].ended for n in heard]
    assert ends == sorted(ends), "somebody was passed"


@settings(max_examples=30, deadline=None)
@given(
    arrivals=st.lists(st.floats(0, 100), min_size=1, max_size=60),
    leaves=st.lists(st.none() | st.floats(0, 100), max_size=60),
    limit=st.integers(1, 7),
)
def test_no_window_is_ever_too_full(
    arrivals: list[float], leaves: list[float | None], limit: int
) -> None:
    async def all_of_them() -> list[float]:
        provider = TimedProvider((1.5, "Hi."))
        calls = calls_over(a_gate(provider, per_minute=limit))

        async def one(arrival: float, leave: float | None) -> None:
            await asyncio.sleep(arrival)
            try:
                async with asyncio.timeout(leave):
                    await Asking(calls)()
            except TimeoutError:
                pass

        patience = [*leaves, *([None] * len(arrivals))]
        await asyncio.gather(*map(one, arrivals, patience))
        return provider.starts

    assert most_in_a_minute(run(all_of_them())) <= limit


@in_virtual_time
async def test_those_who_wait_are_told_how_long() -> None:
    calls = calls_over(a_gate(TimedProvider(), per_minute=1, at_once=9))
    first, second, third = (Asking(calls) for _ in range(3))
    await asyncio.gather(first(), second(), third())
    assert first.waits == []
    assert [(w.why, w.seconds) for w in second.waits] == [(WaitReason.LIMIT, 60)]
    assert [(w.why, w.seconds) for w in third.waits] == [(WaitReason.LIMIT, 120)]
    assert (second.ended, third.ended) == (60, 120)


@in_virtual_time
async def test_at_home_one_speaks_at_a_time() -> None:
    provider = TimedProvider((5.0, "Hi."))
    calls = calls_over(a_gate(provider, is_local=True))
    askings = [Asking(calls) for _ in range(3)]
    await asyncio.gather(*(asking() for asking in askings))
    assert provider.most_in_flight == 1
    assert provider.starts == [0, 5, 10]
    assert [w.why for w in askings[1].waits] == [WaitReason.QUEUE]


@in_virtual_time
async def test_a_complaint_without_a_time_halves_what_is_asked_at_once() -> None:
    complaint: tuple[Step, ...] = (fault(Fault.RATE),)
    provider = TimedProvider(complaint, (5.0, "Hi."))
    gate = a_gate(provider, at_once=8)
    calls = calls_over(gate)
    await Asking(calls)()
    provider.most_in_flight = 0
    await asyncio.gather(*(Asking(calls)() for _ in range(5)))
    assert provider.most_in_flight == 5  # 4, and one more for the reply that had come
    await asyncio.gather(*(Asking(calls)() for _ in range(20)))
    assert provider.most_in_flight == 8, "it recovers"


@in_virtual_time
async def test_a_wait_that_is_asked_for_holds_that_model_alone() -> None:
    provider = TimedProvider((fault(Fault.RATE, 34),), OK)
    calls = calls_over(a_gate(provider))
    other = Asking(calls, ModelRef("a", "another"))
    asked = Asking(calls)
    task = asyncio.create_task(asked())
    await asyncio.sleep(5)
    await other()
    assert other.ended == 5
    await task
    assert provider.starts == [0, 5, 34]
    assert asked.waits[-1].why is WaitReason.ASKED
    assert asked.waits[-1].seconds == 34


@in_virtual_time
async def test_a_wait_of_the_whole_service_holds_all() -> None:
    provider = TimedProvider((fault(Fault.SERVER, 20),), OK)
    calls = calls_over(a_gate(provider))
    task = asyncio.create_task(Asking(calls)())
    await asyncio.sleep(1)
    await Asking(calls, ModelRef("a", "another"))()
    await task
    assert provider.starts[1] == 20


@in_virtual_time
async def test_what_is_parked_for_long_is_not_waited_for() -> None:
    provider = TimedProvider((fault(Fault.RATE, 420),), OK)
    calls = calls_over(a_gate(provider))
    first, second = await Asking(calls)(), await Asking(calls)()
    assert first.error
    assert "asks to wait 7 min" in first.error.problem
    assert second.error
    assert "again in 7 min" in second.error.problem
    assert second.ended == 0
    await asyncio.sleep(420)
    assert (await Asking(calls)()).text == "Hello."
    assert len(provider.starts) == 2


@in_virtual_time
async def test_over_an_hour_only_a_person_ends_it() -> None:
    provider = TimedProvider((fault(Fault.RATE, 3600),), OK)
    gate = a_gate(provider)
    calls = calls_over(gate)
    await Asking(calls)()
    await asyncio.sleep(10**7)
    refused = await Asking(calls)()
    assert refused.error
    assert "over an hour" in refused.error.problem
    gate.wake()
    assert (await Asking(calls)()).text == "Hello."


@in_virtual_time
async def test_a_model_that_is_not_there_is_asked_for_once_a_minute_or_when_a_person_wants() -> (
    None
):
    provider = TimedProvider((fault(Fault.MODEL),))
    gate = a_gate(provider)
    calls = calls_over(gate)
    for _ in range(3):
        asked = await Asking(calls)()
        assert asked.error == fault(Fault.MODEL) or asked.began == []
        assert asked.ended == 0
    assert len(provider.starts) == 1
    assert (await Asking(calls, ModelRef("a", "another"))()).began == ["a"]
    gate.wake()
    await Asking(calls)()
    await asyncio.sleep(60)
    await Asking(calls)()
    assert len(provider.starts) == 4


@in_virtual_time
async def test_a_key_press_shortens_no_wait_that_the_provider_asked_for_unless_it_is_long() -> None:
    provider = TimedProvider((fault(Fault.SERVER, 100),), (fault(Fault.SERVER, 200),), OK)
    gate = a_gate(provider)
    calls = calls_over(gate)
    task = asyncio.create_task(Asking(calls)())
    await asyncio.sleep(1)
    gate.wake()
    refused = await task
    assert provider.starts == [0, 100]
    assert refused.error
    assert "wait 4 min" in refused.error.problem
    gate.wake()
    assert (await Asking(calls)()).text == "Hello."


@in_virtual_time
async def test_a_key_press_ends_the_wait_for_the_breaker_at_once() -> None:
    provider = TimedProvider(OK)
    gate = a_gate(provider)
    calls = calls_over(gate)
    trip(gate)
    waiting = Asking(calls)
    task, began = asyncio.create_task(waiting()), clock()
    await asyncio.sleep(3)
    gate.wake()
    await task
    assert waiting.text == "Hello."
    assert waiting.ended == began + 3
    assert waiting.waits[0].why is WaitReason.BREAKER


@in_virtual_time
async def test_a_cancelled_probe_lets_the_next_one_try() -> None:
    provider = TimedProvider((50.0, "Late."), OK)
    gate = a_gate(provider)
    calls = calls_over(gate)
    trip(gate)
    probing = asyncio.create_task(Asking(calls)())
    await asyncio.sleep(gate.breaker.delay() + 1)
    assert gate.breaker.state is BreakerState.HALF_OPEN
    waiting = Asking(calls)
    task = asyncio.create_task(waiting())
    await asyncio.sleep(1)
    cancelled_at = clock()
    probing.cancel()
    await task
    assert waiting.text == "Hello."
    assert waiting.ended == cancelled_at


@in_virtual_time
async def test_a_refused_key_sends_everybody_away_until_it_is_changed() -> None:
    provider = TimedProvider((1.0, fault(Fault.AUTH)), OK)
    gate = a_gate(provider, is_local=True)
    calls = calls_over(gate)
    first, second = await asyncio.gather(Asking(calls)(), Asking(calls)())
    assert first.error == fault(Fault.AUTH)
    assert second.error
    assert (second.error.kind, second.began) == (Fault.AUTH, [])
    gate.reset()
    assert (await Asking(calls)()).text == "Hello."


@in_virtual_time
async def test_nothing_is_left_behind() -> None:
    provider = TimedProvider((9.0, "Hi."))
    gate = a_gate(provider, at_once=2)
    calls = calls_over(gate)
    tasks = [asyncio.create_task(Asking(calls)()) for _ in range(9)]
    await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert (gate._slots.taken, provider.in_flight, len(gate._line)) == (0, 0, 0)


waits = st.one_of(
    st.floats(),
    st.integers(-(10**10), 10**10),
    st.sampled_from(["", "soon", "-1", "nan", "inf", "1e9", "0x10", "12 s"]),
    st.datetimes().map(lambda t: t.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    st.text(max_size=20),
)


@settings(max_examples=200, deadline=None)
@given(
    text=waits.map(str),
    header=st.sampled_from(["retry-after", "retry-after-ms"]),
    status=st.sampled_from([429, 503, 529]),
)
def test_nobody_is_called_earlier_than_asked(text: str, header: str, status: int) -> None:
    """G12: through the real parser, whatever stands there."""
    said = faults.refused(
        an_endpoint("http://127.0.0.1:9"), status, {header: text}, "", to_chat=True
    )

    async def starts() -> list[float]:
        provider = TimedProvider((said,), OK)
        calls = calls_over(a_gate(provider))
        for _ in range(3):
            await Asking(calls, A)()
        return provider.starts

    began = run(starts())
    if len(began) > 1:
        assert began[1] - began[0] >= (said.retry_after or 0)
    else:
        assert said.retry_after
        assert said.retry_after > LONGEST_WAIT
