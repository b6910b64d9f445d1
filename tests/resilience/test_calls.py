"""Attempts, pauses, fallbacks: what follows which fault; in virtual time."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import Finish, ModelRef
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import BreakerState, WaitReason
from chimera_tui.providers.base import Finished, Thinking, Waiting
from chimera_tui.resilience.rules import RULES
from tests.resilience.helpers import (
    OK,
    A,
    Asking,
    B,
    C,
    Step,
    TimedProvider,
    a_gate,
    calls_over,
    fault,
    trip,
)
from tests.virtual_time import in_virtual_time, run

MATRIX = {
    # kind: requests in the cloud, at home, and whether another model takes over
    Fault.CONNECT: (3, 2, True),
    Fault.TLS: (1, 1, True),
    Fault.TIMEOUT: (3, 2, True),
    Fault.STALL: (3, 2, True),
    Fault.TRANSPORT: (4, 3, True),  # one more at once: a connection that was closed before
    Fault.TRUNCATED: (3, 2, True),
    Fault.BAD_DATA: (3, 2, True),
    Fault.BAD_TYPE: (1, 1, True),
    Fault.TOO_LARGE: (1, 1, True),
    Fault.EMPTY: (3, 2, True),
    Fault.SERVER: (3, 2, True),
    Fault.OVERLOADED: (3, 2, True),
    Fault.CONFLICT: (3, 2, True),
    Fault.RATE: (3, 2, True),
    Fault.AUTH: (1, 1, True),
    Fault.MONEY: (1, 1, True),
    Fault.MODEL: (1, 1, True),
    Fault.CONTEXT: (2, 2, False),
    Fault.REQUEST: (1, 1, True),
    Fault.REDIRECT: (1, 1, True),
    Fault.FILTER: (1, 1, False),
    Fault.BUDGET: (1, 1, False),
    Fault.INTERRUPTED: (1, 1, False),
    Fault.LABEL: (1, 1, False),
    Fault.STORAGE: (1, 1, False),
}


def test_every_fault_has_a_rule() -> None:
    assert set(RULES) == set(MATRIX) == set(Fault)


@pytest.mark.parametrize("is_local", [False, True])
@pytest.mark.parametrize("kind", MATRIX)
@in_virtual_time
async def test_the_matrix(*, kind: Fault, is_local: bool) -> None:
    cloud, home, is_replaced = MATRIX[kind]
    broken, spare = TimedProvider((fault(kind),), name="a"), TimedProvider(name="b")
    asked = await Asking(calls_over(a_gate(broken, is_local=is_local), a_gate(spare)), A, B)()
    assert len(broken.starts) == (home if is_local else cloud)
    assert (asked.text, asked.error) == (("Hello.", None) if is_replaced else ("", fault(kind)))
    assert asked.began == ["a"] * len(broken.starts) + ["b"] * is_replaced
    assert [f.next for f in asked.failed] == [ModelRef(name, "m") for name in asked.began[1:]]


@in_virtual_time
async def test_each_pause_is_told_and_kept() -> None:
    provider = TimedProvider((fault(Fault.SERVER),), (fault(Fault.SERVER),), OK)
    asked = await Asking(calls_over(a_gate(provider)))()
    first, second = asked.failed
    assert [(f.number, f.of) for f in asked.failed] == [(2, 3), (3, 3)]
    assert 0 < first.seconds <= 1
    assert 0 < second.seconds <= 2
    assert asked.waits == [Waiting(WaitReason.RETRY, f.seconds) for f in asked.failed]
    assert provider.starts == [0, first.seconds, first.seconds + second.seconds]


@in_virtual_time
async def test_who_has_too_much_to_do_is_left_alone_for_twice_as_long() -> None:
    pauses = []
    for kind in (Fault.SERVER, Fault.OVERLOADED):
        provider = TimedProvider((fault(kind),), (fault(kind),), OK)
        asked = await Asking(calls_over(a_gate(provider), seed=5))()
        pauses.append([failed.seconds for failed in asked.failed])
    assert pauses[1] == [2 * seconds for seconds in pauses[0]]


@in_virtual_time
async def test_no_more_requests_are_made_than_an_error_says_are_worth_it() -> None:
    nowhere = ProviderError("There is no such host.", kind=Fault.CONNECT, attempts=2)
    provider = TimedProvider((nowhere,))
    asked = await Asking(calls_over(a_gate(provider)))()
    assert (len(provider.starts), asked.error) == (2, nowhere)
    assert [(f.number, f.of) for f in asked.failed] == [(2, 2)]


@in_virtual_time
async def test_a_key_press_ends_the_pause() -> None:
    provider = TimedProvider((fault(Fault.SERVER),), OK)
    gate = a_gate(provider)
    task = asyncio.create_task(Asking(calls_over(gate))())
    while not gate._resting:  # noqa: ASYNC110 - it rests from the next steps of the loop on
        await asyncio.sleep(0)
    gate.wake()
    await task
    assert provider.starts == [0, 0]


@in_virtual_time
async def test_a_wait_that_is_asked_for_is_told_and_kept() -> None:
    provider = TimedProvider((fault(Fault.RATE, 34),), OK)
    asked = await Asking(calls_over(a_gate(provider)))()
    assert asked.failed[0].seconds == 34
    assert asked.waits == [Waiting(WaitReason.ASKED, 34)]
    assert provider.starts == [0, 34]


@in_virtual_time
async def test_a_long_wait_is_left_to_another_model() -> None:
    provider, spare = TimedProvider((fault(Fault.RATE, 500),)), TimedProvider(name="b")
    calls = calls_over(a_gate(provider), a_gate(spare))
    for number in (1, 2):
        asked = await Asking(calls, A, B)()
        assert (asked.text, asked.ended) == ("Hello.", 0)
        assert (len(provider.starts), len(spare.starts)) == (1, number)


@pytest.mark.parametrize("before", [(), ("  ", "\n"), ("\u200b\u2060",), (Thinking("Hm."),)])
@in_virtual_time
async def test_what_shows_nothing_does_not_keep_others_from_trying(before: Sequence[Step]) -> None:
    provider = TimedProvider((*before, fault(Fault.STALL)), OK)
    asked = await Asking(calls_over(a_gate(provider)))()
    assert (asked.text, asked.error) == ("Hello.", None)


@in_virtual_time
async def test_after_the_first_word_nothing_is_asked_again() -> None:
    provider, spare = TimedProvider((" ", "Hel", fault(Fault.STALL))), TimedProvider(name="b")
    asked = await Asking(calls_over(a_gate(provider), a_gate(spare)), A, B)()
    assert (asked.text, asked.error) == (" Hel", fault(Fault.STALL))
    assert asked.began == ["a"]


@pytest.mark.parametrize(
    ("script", "kind", "more_room"),
    [
        ((), Fault.EMPTY, False),
        ((" \n\u200b",), Fault.EMPTY, False),
        ((Thinking("Hm."),), Fault.EMPTY, True),
        ((Finished(Finish.LENGTH),), Fault.EMPTY, True),
    ],
)
@in_virtual_time
async def test_who_says_nothing_is_asked_once_again(
    *, script: Sequence[Step], kind: Fault, more_room: bool
) -> None:
    asked = await Asking(calls_over(a_gate(TimedProvider(script))))()
    assert [one["more_room"] for one in asked.asked] == [False, more_room]
    assert asked.error
    assert asked.error.kind is kind


@in_virtual_time
async def test_a_filter_that_leaves_nothing_ends_the_turn() -> None:
    provider, spare = TimedProvider((Finished(Finish.FILTER),)), TimedProvider(name="b")
    asked = await Asking(calls_over(a_gate(provider), a_gate(spare)), A, B)()
    assert asked.error
    assert (asked.error.kind, asked.began) == (Fault.FILTER, ["a"])


@in_virtual_time
async def test_what_is_too_long_is_shortened_once() -> None:
    provider = TimedProvider((fault(Fault.CONTEXT),), OK)
    asked = await Asking(calls_over(a_gate(provider)))()
    assert [one["shorter"] for one in asked.asked] == [False, True]
    assert (asked.text, asked.ended) == ("Hello.", 0)


@in_virtual_time
async def test_a_closed_connection_costs_no_attempt() -> None:
    provider = TimedProvider((fault(Fault.TRANSPORT),), (fault(Fault.SERVER),), OK)
    asked = await Asking(calls_over(a_gate(provider, is_local=True)))()
    assert asked.text == "Hello."
    assert [(f.number, f.of) for f in asked.failed] == [(1, 2), (2, 2)]


@in_virtual_time
async def test_who_does_not_answer_is_not_waited_for_where_another_is_ready() -> None:
    dead, spare = TimedProvider(), TimedProvider(name="b")
    gates = a_gate(dead), a_gate(spare)
    trip(gates[0])
    asked = await Asking(calls_over(*gates), A, B)()
    assert (asked.began, asked.ended) == (["b"], 0)
    trip(gates[1])
    asked = await Asking(calls_over(*gates), A, B)()
    assert asked.began == ["a"]
    assert asked.waits[0].why is WaitReason.BREAKER
    assert asked.ended >= 30


@in_virtual_time
async def test_the_list_goes_on_where_nobody_lives() -> None:
    calls = calls_over(a_gate(TimedProvider(name="b")))
    assert (await Asking(calls, A, C, B)()).began == ["b"]
    lost = await Asking(calls, C)()
    assert lost.error
    assert lost.error.problem == "There is no provider `c`."


@pytest.mark.parametrize(("is_local", "minutes"), [(False, 15), (True, 30)])
@in_virtual_time
async def test_a_turn_ends(*, is_local: bool, minutes: int) -> None:
    gate = a_gate(TimedProvider((1e6,)), is_local=is_local)
    calls = calls_over(gate)
    silent = await Asking(calls)()
    assert silent.error
    assert (silent.error.kind, silent.ended) == (Fault.TIMEOUT, minutes * 60)
    assert gate.breaker.state is BreakerState.CLOSED
    trip(gate)
    gate.breaker._until = 10.0**9
    held_back = await Asking(calls)()
    assert held_back.error
    assert (held_back.error.kind, held_back.began) == (Fault.CONNECT, [])
    assert held_back.ended == 2 * minutes * 60


@in_virtual_time
async def test_what_may_not_be_spent_is_not_asked() -> None:
    spent = ProviderError("Spent.", kind=Fault.BUDGET)

    def nothing(_: ModelRef) -> None:
        raise spent

    provider, spare = TimedProvider(), TimedProvider(name="b")
    calls = calls_over(a_gate(provider), a_gate(spare))
    asked = await Asking(calls, A, B, allow=nothing)()
    assert (asked.error, asked.items) == (spent, [])
    assert provider.starts == spare.starts == []


@settings(max_examples=50, deadline=None)
@given(
    limit=st.integers(0, 20),
    at_once=st.integers(1, 8),
    waits=st.lists(st.floats(0, 30), min_size=1, max_size=30),
)
def test_no_call_begins_when_the_limit_is_reached(
    limit: int, at_once: int, waits: list[float]
) -> None:
    """G14: also for those that were allowed to wait while there was something left."""

    async def spend() -> tuple[int, int]:
        spent = 0

        def allow(_: ModelRef) -> None:
            if spent >= limit:
                raise ProviderError("Spent.", kind=Fault.BUDGET)

        provider = TimedProvider((1.0, "Hi."))
        calls = calls_over(a_gate(provider, at_once=at_once))

        async def one(wait: float) -> None:
            nonlocal spent
            await asyncio.sleep(wait)
            asked = await Asking(calls, allow=allow)()
            spent += bool(asked.text)

        await asyncio.gather(*map(one, waits))
        return spent, len(provider.starts)

    spent, begun = run(spend())
    assert spent == begun <= limit + at_once - bool(limit)


@settings(max_examples=100, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(sorted(set(Fault) - {Fault.BUDGET})), max_size=12),
    is_local=st.booleans(),
)
def test_nobody_is_asked_more_often_than_allowed(*, kinds: list[Fault], is_local: bool) -> None:
    """G13: whatever goes wrong, and every attempt is told."""

    async def ask() -> tuple[Asking, list[TimedProvider], float]:
        providers = [
            TimedProvider(*[(fault(kind),) for kind in kinds], OK, name=name) for name in "ab"
        ]
        gates = [a_gate(provider, is_local=is_local) for provider in providers]
        return await Asking(calls_over(*gates), A, B)(), providers, gates[0].attempts

    asked, providers, most = run(ask())
    for provider in providers:
        assert len(provider.starts) <= most + 1  # the one at once, of a closed connection
    assert sum(len(provider.starts) for provider in providers) == len(asked.began)
    assert (asked.error is None) == (asked.text == "Hello.")
