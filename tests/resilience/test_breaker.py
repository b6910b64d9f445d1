"""The breaker, alone: any order of calls, results and time."""

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chimera_tui.domain.errors import Fault
from chimera_tui.domain.health import BreakerState
from chimera_tui.resilience.breaker import (
    JITTER,
    LONGEST_WAIT,
    MOST_FAULTS,
    PROBE_TIME,
    Breaker,
    Trial,
)
from chimera_tui.resilience.rules import RULES, asked_wait
from tests.resilience.helpers import fault

TRIPPING = [kind for kind, rule_of in RULES.items() if rule_of.trips]
STOPPING = [kind for kind, rule_of in RULES.items() if rule_of.stops]
HARMLESS = [kind for kind in RULES if kind not in TRIPPING + STOPPING]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tripped(clock: Clock, times: int = 1, retry_after: float | None = None) -> Breaker:
    """A breaker that has opened so many times in a row."""
    breaker = Breaker(clock, Random(1))
    for _ in range(MOST_FAULTS):
        breaker.failed(breaker.begin(), fault(Fault.CONNECT, retry_after))
    for _ in range(times - 1):
        clock.now += breaker.delay()
        breaker.failed(breaker.begin(), fault(Fault.CONNECT))
    return breaker


@pytest.mark.parametrize(("times", "seconds"), [(1, 30), (2, 60), (3, 120), (4, 120), (2000, 120)])
def test_it_stays_open_longer_each_time(times: int, seconds: float) -> None:
    breaker = tripped(Clock(), times)
    assert breaker.state is BreakerState.OPEN
    assert seconds <= breaker.delay() <= seconds * (1 + JITTER)


def test_it_is_never_tried_before_the_provider_wants_it() -> None:
    assert tripped(Clock(), retry_after=300).delay() == 300


def test_a_whole_reply_makes_the_waits_short_again() -> None:
    clock = Clock()
    breaker = tripped(clock, 3)
    clock.now += breaker.delay()
    breaker.succeeded(breaker.begin())
    assert breaker.state is BreakerState.CLOSED
    for _ in range(MOST_FAULTS):
        breaker.failed(breaker.begin(), fault(Fault.CONNECT))
    assert breaker.delay() <= 30 * (1 + JITTER)


def test_a_word_alone_closes_it_but_the_waits_go_on_growing() -> None:
    clock = Clock()
    breaker = tripped(clock, 2)
    clock.now += breaker.delay()
    breaker.answered(breaker.begin())
    for _ in range(MOST_FAULTS):
        assert breaker.delay() == 0
        breaker.failed(breaker.begin(), fault(Fault.STALL))
    assert breaker.delay() >= LONGEST_WAIT


def test_a_probe_that_says_nothing_lets_the_next_one_try_after_a_minute() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.now += breaker.delay()
    lost = breaker.begin()
    assert breaker.delay() == PROBE_TIME
    clock.now += PROBE_TIME
    breaker.begin()
    breaker.succeeded(lost)
    assert breaker.state is BreakerState.HALF_OPEN


@pytest.mark.parametrize("kind", STOPPING)
def test_a_refused_key_stops_it_until_a_person_acts(kind: Fault) -> None:
    clock = Clock()
    breaker = Breaker(clock, Random(1))
    late = breaker.begin()
    breaker.failed(breaker.begin(), fault(kind))
    clock.now += 10**6
    breaker.succeeded(late)
    assert breaker.state is BreakerState.STOPPED
    assert breaker.delay() == float("inf")
    breaker.reset()
    assert breaker.delay() == 0


def test_whoever_is_told_no_was_answered() -> None:
    clock = Clock()
    breaker = tripped(clock)
    clock.now += breaker.delay()
    breaker.failed(breaker.begin(), fault(Fault.REQUEST))
    assert breaker.state is BreakerState.CLOSED


class Machine(RuleBasedStateMachine):
    """Calls begin when they may, end however they like, in any order, and time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.breaker = Breaker(self.clock, Random(1))
        self.calls: list[Trial] = []
        self.probe: Trial | None = None
        self.probe_since = 0.0
        self.in_row = 0
        self.not_before = 0.0

    @precondition(lambda self: self.breaker.delay() == 0)
    @rule()
    def begin(self) -> None:
        if self.breaker.state is BreakerState.OPEN:
            assert self.clock.now >= self.not_before, "earlier than the provider asked"
        trial = self.breaker.begin()
        self.calls.append(trial)
        if self.breaker.state is BreakerState.HALF_OPEN:
            is_alone = self.probe is None or self.clock.now - self.probe_since >= PROBE_TIME
            assert is_alone, "two probes at once"
            self.probe, self.probe_since = trial, self.clock.now

    def _end(self, data: st.DataObject) -> tuple[Trial, bool]:
        trial = self.calls.pop(data.draw(st.integers(0, len(self.calls) - 1)))
        return trial, trial is self.probe

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def succeed(self, data: st.DataObject) -> None:
        before = self.breaker.state
        trial, is_probe = self._end(data)
        self.breaker.succeeded(trial)
        if not is_probe:
            assert self.breaker.state is before, "a late result changed it"
        else:
            assert self.breaker.state is BreakerState.CLOSED

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), kind=st.sampled_from(TRIPPING), asked=st.none() | st.floats(-10, 300))
    def fail(self, data: st.DataObject, kind: Fault, asked: float | None) -> None:
        before = self.breaker.state
        trial, is_probe = self._end(data)
        error = fault(kind, asked)
        self.breaker.failed(trial, error)
        if is_probe:
            assert self.breaker.state is BreakerState.OPEN
        if before is not BreakerState.OPEN and self.breaker.state is BreakerState.OPEN:
            self.not_before = self.clock.now + (asked_wait(error) or 0)
            assert self.breaker.delay() >= 30

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), kind=st.sampled_from(HARMLESS))
    def refuse(self, data: st.DataObject, kind: Fault) -> None:
        before = self.breaker.state
        trial, is_probe = self._end(data)
        self.breaker.failed(trial, fault(kind))
        expected = BreakerState.CLOSED if is_probe else before
        assert self.breaker.state is expected

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        before = self.breaker.state
        trial, is_probe = self._end(data)
        self.breaker.dropped(trial)
        assert self.breaker.state is before, "cancelling counted"
        if is_probe:
            assert self.breaker.delay() == 0
            self.probe = None

    @rule()
    def wake(self) -> None:
        self.breaker.wake()
        self.not_before = 0.0
        assert self.breaker.delay() == 0

    @rule(seconds=st.floats(0, 200))
    def tick(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def a_probe_is_one_while_half_open(self) -> None:
        if self.breaker.state is not BreakerState.HALF_OPEN:
            self.probe = None

    @invariant()
    def it_never_waits_for_ever(self) -> None:
        assert self.breaker.delay() <= max(LONGEST_WAIT * (1 + JITTER), 300)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
