"""Lets calls through to a provider that answers, and spares one that does not."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.health import BreakerState
from chimera_tui.resilience.rules import RULES, asked_wait

MOST_FAULTS = 5
"""Faults in a row that open it."""
FIRST_WAIT = 30.0
"""Seconds it stays open at first; twice as long each time it opens again."""
LONGEST_WAIT = 120.0
"""Seconds; what a provider asks for may be longer."""
JITTER = 0.2
"""By which part of itself a wait may be longer, so that programs do not come back together."""
PROBE_TIME = 60.0
"""Seconds after which a probe without any answer no longer keeps others from trying."""


@dataclass(slots=True)
class Trial:
    """A call, as the breaker knows it. What ends after the state has changed counts for nothing."""

    generation: int


class Breaker:
    """The state of one provider: `closed`, `open`, `half-open` or `stopped`.

    Closed: all calls go through; 5 faults in a row open it. Open: none does, for 30 s, then
    60 s, then 120 s. Half-open: one real call tries it. If that gets an answer, it closes; a fault
    opens it again. Stopped: the key or the credit is at fault; none goes through until a person
    acts. A call that was cancelled never counts.

    The first word of a probe closes it, since a whole reply may take longer than others should
    wait; only a whole reply makes the next waits short again.

    Args:
        clock: Seconds, monotonic.
        rng: For the jitter.
        changed: Called after each change of state.
    """

    def __init__(
        self, clock: Callable[[], float], rng: Random, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._clock, self._rng, self._changed = clock, rng, changed
        self.state = BreakerState.CLOSED
        self.error: ProviderError | None = None
        """The last fault that counted."""
        self._faults = self._trips = self._generation = 0
        self._until = -math.inf
        """Open: when it may be tried. Half-open: how long the probe keeps others out."""

    def delay(self) -> float:
        """Seconds until a call may begin; 0: now, infinite: not before a person acts."""
        if self.state is BreakerState.STOPPED:
            return math.inf
        if self.state is BreakerState.CLOSED:
            return 0.0
        return max(0.0, self._until - self._clock())

    @property
    def retry_in(self) -> float | None:
        """Seconds until it is tried again, while it is open; None if only a person can say."""
        delay = self.delay()
        return delay if self.state is BreakerState.OPEN and delay < math.inf else None

    def begin(self) -> Trial:
        """A call begins; to be asked only when `delay` is 0."""
        if self.state is not BreakerState.CLOSED:
            self._until = self._clock() + PROBE_TIME
            self._change(BreakerState.HALF_OPEN)
        return Trial(self._generation)

    def answered(self, trial: Trial) -> None:
        """The provider answers this call, well or not: it is there."""
        if self._is_probe(trial):
            self._close()
            trial.generation = self._generation  # how it goes on counts

    def succeeded(self, trial: Trial) -> None:
        """A whole reply came."""
        if trial.generation == self._generation:
            self.answered(trial)
            self._faults = self._trips = 0

    def failed(self, trial: Trial, error: ProviderError) -> None:
        """A call failed."""
        if trial.generation != self._generation:
            return
        rule = RULES[error.kind]
        if rule.stops:
            self.error = error
            self._change(BreakerState.STOPPED)
        elif rule.trips:
            self.error = error
            self._faults += 1
            if self._is_probe(trial) or self._faults >= MOST_FAULTS:
                self._open(asked_wait(error) or 0.0)
        else:
            self.answered(trial)

    def dropped(self, trial: Trial) -> None:
        """A call was cancelled: the next one may probe in its place."""
        if self._is_probe(trial):
            self._until = self._clock()
            self._changed()

    def wake(self) -> None:
        """A person wants to try now: one call is let through."""
        if self.state is not BreakerState.CLOSED:
            self._until = self._clock()
            self._change(BreakerState.OPEN)

    def reset(self) -> None:
        """The key or the address changed: what was known is void."""
        self._trips = 0
        self._close()

    def _is_probe(self, trial: Trial) -> bool:
        is_half_open = self.state is BreakerState.HALF_OPEN
        return is_half_open and trial.generation == self._generation

    def _open(self, asked: float) -> None:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(self._trips, 10))
        self._trips += 1
        wait = max(wait * (1 + JITTER * self._rng.random()), asked)
        self._until = self._clock() + wait
        self._change(BreakerState.OPEN)

    def _close(self) -> None:
        self._faults = 0
        self.error = None
        self._change(BreakerState.CLOSED)

    def _change(self, state: BreakerState) -> None:
        self.state = state
        self._generation += 1
        self._changed()
