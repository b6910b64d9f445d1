"""The gate in front of one provider: who waits, for what, and who goes through."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import BreakerState, WaitReason
from chimera_tui.providers.base import (
    ChatRequest,
    Finished,
    Provider,
    StreamItem,
    Text,
    Thinking,
    Waiting,
)
from chimera_tui.providers.endpoint import LOCAL, REMOTE
from chimera_tui.resilience.breaker import Breaker, Trial
from chimera_tui.resilience.cooldowns import ALL, Cooldowns, held_back
from chimera_tui.resilience.limiter import PER_MINUTE, Limiter, Slots
from chimera_tui.resilience.rules import RULES, asked_wait, in_words

MISSING_MODEL = 60.0
"""Seconds for which a model that the provider does not have is not asked for again, unless a person
wants it."""

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
Note = Callable[[ProviderError | None, float | None], None]
"""Hears how a call went: the error if it failed, and the seconds to the first word."""


@dataclass(slots=True, eq=False)
class Attempt:
    """One call through a gate: its place in the line, then the reply to it.

    Args:
        model: Whom to ask.
        deadline: When all of it has to be over, on the clock.
        is_patient: Whether to wait while the breaker is open, or to give up.
    """

    model: str
    deadline: float
    is_patient: Callable[[], bool]
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has to look again."""
    hold: WaitReason = WaitReason.QUEUE
    """What its caller was told last that it waits for."""
    hold_until: float = -math.inf
    trial: Trial | None = None
    """What the breaker learns of it; None until it is made."""
    items: AsyncGenerator[StreamItem] | None = None
    began: float = 0.0
    latency: float | None = None
    """Seconds to the first word; None where they say nothing of the provider."""
    is_answered: bool = False


class Gate:
    """One provider behind its limits, its breaker and what it asked for.

    Whoever calls waits in a line: first come, first served. A wait ends at once when what it
    waits for has changed; nothing is polled.

    Args:
        provider: What is behind it; may be exchanged when the key or the address changes.
        is_local: Whether it runs at home: one request at a time, two attempts a turn, more time.
        per_minute: Requests that may begin in any 60 seconds.
        at_once: Requests that may be in flight; None: 8, at home 1.
        clock: Seconds, monotonic.
        sleep: What waits are made of.
        rng: For the jitter of the breaker.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        is_local: bool = False,
        per_minute: float = PER_MINUTE,
        at_once: float | None = None,
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        rng: Random | None = None,
    ) -> None:
        self.provider = provider
        self.attempts = 2 if is_local else 3
        """Requests that one turn makes here at most."""
        self.turn = (LOCAL if is_local else REMOTE).turn
        """Seconds that a whole turn may take, with all attempts and waits."""
        self.note: Note = lambda _error, _latency: None
        """Told of every real call."""
        self.breaker = Breaker(clock, rng or Random(), self._stir_all)
        self._limiter = Limiter(per_minute, clock)
        self._slots = Slots(at_once or (1 if is_local else 8))
        self._clock, self._sleep = clock, sleep
        self._line: dict[Attempt, None] = {}
        """Those who wait, in order."""
        self._aside: set[Attempt] = set()
        """Those whose model cools down: others may pass them."""
        self._resting: set[asyncio.Event] = set()
        """Those between two attempts."""
        self._cooldowns = Cooldowns(clock)

    @property
    def name(self) -> str:
        """The name of the provider."""
        return self.provider.name

    @property
    def is_passable(self) -> bool:
        """Whether calls go through without a wait that the provider causes."""
        return not self._cooldowns.holds(ALL) and self.breaker.state is BreakerState.CLOSED

    @property
    def is_held_back(self) -> bool:
        """Whether nobody may call now; half-open is one that a call tries at this moment."""
        return self._cooldowns.holds(ALL) or self.breaker.delay() > 0

    def is_ready(self, model: str) -> bool:
        """Whether that holds for calls to `model`."""
        return self.is_passable and not self._cooldowns.holds(model)

    def wake(self) -> None:
        """A person wants to try now.

        Whatever we hold back by ourselves is let go, and what cools down for longer than a turn
        waits. A short wait that the provider asked for stays.
        """
        self._cooldowns.forgive()
        self.breaker.wake()
        self._stir_all()
        for changed in self._resting:
            changed.set()

    def reset(self) -> None:
        """The key or the address changed: everything known of the provider is void."""
        self._cooldowns.clear()
        self.breaker.reset()
        self.wake()

    async def rest(self, seconds: float) -> None:
        """Wait between two attempts, until a person wants it shorter."""
        changed = asyncio.Event()
        self._resting.add(changed)
        try:
            await self._until(changed, seconds)
        finally:
            self._resting.discard(changed)

    async def wait(self, attempt: Attempt) -> Waiting | None:
        """Wait to be let through; None when the request may be made.

        Returns early with what it waits for, whenever that is news.

        Raises:
            ProviderError: If it is not let through.
        """
        while (hold := self._hold(attempt)) is not None:
            now = self._clock()
            if now >= attempt.deadline:
                raise self._too_late(hold)
            until = math.inf if hold.seconds is None else now + hold.seconds
            is_known = math.isclose(until, attempt.hold_until, abs_tol=1)
            if hold.why is not attempt.hold or not is_known:
                attempt.hold, attempt.hold_until = hold.why, until
                return hold
            if attempt in self._line and not self._is_first(attempt):
                until = math.inf  # the one in front says when
            await self._until(attempt.changed, min(until, attempt.deadline) - now)
            attempt.changed.clear()
        return None

    def begin(self, attempt: Attempt, request: ChatRequest) -> None:
        """Make a request that was let through."""
        self._leave(attempt)
        self._slots.taken += 1
        self._limiter.start()
        attempt.trial, attempt.began = self.breaker.begin(), self._clock()
        over = asyncio.get_running_loop().time() + attempt.deadline - attempt.began
        attempt.items = self.provider.stream(request, over)
        self._stir()

    async def hear(self, attempt: Attempt) -> StreamItem | None:
        """Return what comes next of the reply, and learn from it; None at its end.

        Raises:
            ProviderError: If the turn takes too long,
                or if the reply did not come, or not to its end.
        """
        assert attempt.items  # noqa: S101 - it has begun
        assert attempt.trial  # noqa: S101
        try:
            item = await anext(attempt.items, None)
        except TimeoutError:
            raise ProviderError(
                f"A turn may take {in_words(self.turn)}, and they are over.",
                kind=Fault.TIMEOUT,
                is_held_back=True,
            ) from None
        except ProviderError as error:
            self._learn(attempt.model, attempt.trial, error)
            raise
        if isinstance(item, Waiting):
            attempt.began = math.nan  # the time a model takes to load says nothing of it
        elif isinstance(item, Finished):
            self.breaker.succeeded(attempt.trial)
            self._slots.recover()
            self.note(None, attempt.latency)
        elif not attempt.is_answered and isinstance(item, Text | Thinking):
            attempt.is_answered = True
            seconds = self._clock() - attempt.began
            attempt.latency = None if math.isnan(seconds) else seconds
            self.breaker.answered(attempt.trial)
        return item

    async def end(self, attempt: Attempt) -> None:
        """Leave the line, or close what was asked for."""
        if attempt.trial is None:
            self._leave(attempt)
            return
        try:
            if attempt.items:
                await attempt.items.aclose()
        finally:
            self.breaker.dropped(attempt.trial)
            self._slots.taken -= 1
            self._stir()

    def _learn(self, model: str, trial: Trial, error: ProviderError) -> None:
        wait = MISSING_MODEL if error.kind is Fault.MODEL else asked_wait(error)
        if wait is not None:
            self._cooldowns.begin(model if RULES[error.kind].cools_model else ALL, wait, error)
        elif error.kind is Fault.RATE:
            self._slots.halve()
        self.breaker.failed(trial, error)
        self.note(error, None)
        self._stir_all()

    def _hold(self, attempt: Attempt) -> Waiting | None:
        """Say what a caller waits for now; None if it may go through.

        Raises:
            ProviderError: If it is not to wait for that.
        """
        if self.breaker.state is BreakerState.STOPPED:
            raise held_back(self.breaker.error)
        if hold := self._cooldowns.wait(attempt.model):
            self._leave(attempt)  # others may pass
            self._aside.add(attempt)
            return hold
        self._aside.discard(attempt)
        self._line.setdefault(attempt)
        if hold := self._cooldowns.wait(ALL):
            return hold
        if delay := self.breaker.delay():
            if not attempt.is_patient():
                raise held_back(self.breaker.error)
            return Waiting(WaitReason.BREAKER, delay)
        return self._own_limits(attempt)

    def _own_limits(self, attempt: Attempt) -> Waiting | None:
        """What holds a caller back that the provider has nothing to do with."""
        is_first = self._is_first(attempt)
        if is_first and self._slots.is_full:
            return Waiting(WaitReason.QUEUE)
        if delay := self._limiter.delay(0 if is_first else list(self._line).index(attempt)):
            return Waiting(WaitReason.LIMIT, delay)
        return None if is_first else Waiting(WaitReason.QUEUE)

    def _is_first(self, attempt: Attempt) -> bool:
        return next(iter(self._line), None) is attempt

    def _too_late(self, hold: Waiting) -> ProviderError:
        last = self.breaker.error
        if hold.why is WaitReason.BREAKER and last:
            return ProviderError(last.problem, kind=last.kind, hint=last.hint, is_held_back=True)
        problem = f"It was not {self.name}'s turn within {in_words(self.turn)}."
        return ProviderError(
            problem, kind=Fault.TIMEOUT, hint="Try again later.", is_held_back=True
        )

    def _leave(self, attempt: Attempt) -> None:
        """Leave the line; who is first now may go."""
        self._aside.discard(attempt)
        if attempt in self._line:
            del self._line[attempt]
            self._stir()

    def _stir(self) -> None:
        """Something came free: let the first of the line look again."""
        if first := next(iter(self._line), None):
            first.changed.set()

    def _stir_all(self) -> None:
        """Everything may be different: let all look again."""
        for attempt in (*self._line, *self._aside):
            attempt.changed.set()

    async def _until(self, changed: asyncio.Event, seconds: float) -> None:
        """Wait until something changes, at most so many seconds."""
        if changed.is_set():
            return
        waits = (
            asyncio.ensure_future(changed.wait()),
            asyncio.ensure_future(self._sleep(seconds)),
        )
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
