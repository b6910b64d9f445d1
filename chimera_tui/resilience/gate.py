"""The gate in front of one provider: who waits, for what, and who goes through."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
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
from chimera_tui.providers.patience import Patience
from chimera_tui.resilience.breaker import Breaker, Trial
from chimera_tui.resilience.limiter import PER_MINUTE, Limiter, Slots
from chimera_tui.resilience.parks import ALL, HeldBackError, Parks, held_back
from chimera_tui.resilience.rules import RULES, asked_wait, in_words

MISSING_MODEL = 60.0
"""Seconds for which a model that the provider does not have is not asked for again, unless a person
wants it."""

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
Note = Callable[[ProviderError | None, float | None], None]
"""Hears how a call went: the error if it failed, and the seconds to the first word."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A caller's place in the line."""

    model: str
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has to look again."""


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
        self._line: dict[_Place, None] = {}
        """Those who wait, in order."""
        self._aside: set[_Place] = set()
        """Those whose model is parked: others may pass them."""
        self._resting: set[asyncio.Event] = set()
        """Those between two attempts."""
        self._parks = Parks(clock)

    @property
    def name(self) -> str:
        """The name of the provider."""
        return self.provider.name

    @property
    def is_passable(self) -> bool:
        """Whether calls go through without a wait that the provider causes."""
        return not self._parks.holds(ALL) and self.breaker.state is BreakerState.CLOSED

    @property
    def is_held_back(self) -> bool:
        """Whether nobody may call now; half-open is one that a call tries at this moment."""
        return self._parks.holds(ALL) or self.breaker.delay() > 0

    def is_ready(self, model: str) -> bool:
        """Whether that holds for calls to `model`."""
        return self.is_passable and not self._parks.holds(model)

    def wake(self) -> None:
        """A person wants to try now.

        Whatever we hold back by ourselves is let go, and what was parked for longer than a turn
        waits. A short wait that the provider asked for stays.
        """
        self._parks.forgive()
        self.breaker.wake()
        self._stir_all()
        for changed in self._resting:
            changed.set()

    def reset(self) -> None:
        """The key or the address changed: everything known of the provider is void."""
        self._parks.clear()
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

    async def reply(
        self,
        model: str,
        begin: Callable[[], ChatRequest],
        *,
        deadline: float,
        is_patient: Callable[[], bool],
    ) -> AsyncGenerator[StreamItem | ChatRequest]:
        """Wait to be let through, then yield the request that is made, then the reply.

        Args:
            model: Whom to ask.
            begin: Writes the request when it may be made; what it raises is passed on.
            deadline: When all of it has to be over, on the clock.
            is_patient: Whether to wait while the breaker is open, or to give up.

        Raises:
            HeldBackError: If nobody was asked.
            ProviderError: If the reply did not come, or not to its end.
        """
        place, shown = _Place(model), Waiting(WaitReason.QUEUE)
        shown_until = -math.inf
        try:
            while (hold := self._hold(place, is_patient=is_patient())) is not None:
                now = self._clock()
                if now >= deadline:
                    raise self._too_late(hold)
                until = math.inf if hold.seconds is None else now + hold.seconds
                if hold.why is not shown.why or not math.isclose(until, shown_until, abs_tol=1):
                    shown, shown_until = hold, until
                    yield hold
                if place in self._line and not self._is_first(place):
                    until = math.inf  # the one in front says when
                await self._until(place.changed, min(until, deadline) - now)
                place.changed.clear()
            request = begin()
        finally:
            self._leave(place)
        self._slots.taken += 1
        self._limiter.start()
        trial = self.breaker.begin()
        self._stir()
        try:
            yield request
            async with aclosing(self._heard(request, trial, deadline)) as items:
                async for item in items:
                    yield item
        finally:
            self.breaker.dropped(trial)
            self._slots.taken -= 1
            self._stir()

    async def _heard(
        self, request: ChatRequest, trial: Trial, deadline: float
    ) -> AsyncGenerator[StreamItem]:
        """Yield the reply, and learn from it."""
        began, latency = self._clock(), None
        is_first = is_new = True
        patience = Patience()
        over = asyncio.get_running_loop().time() + deadline - began
        try:
            async with aclosing(self.provider.stream(request)) as items, aclosing(patience):
                while True:
                    item = await patience.next(items, over)
                    if is_first and isinstance(item, Text | Thinking):
                        is_first = False
                        latency = self._clock() - began if is_new else None
                        self.breaker.answered(trial)
                    elif isinstance(item, Finished):
                        self.breaker.succeeded(trial)
                        self._slots.recover()
                        self.note(None, latency)
                    elif isinstance(item, Waiting):
                        is_new = False  # the time a model takes to load says nothing of it
                    yield item
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise HeldBackError(
                f"A turn may take {in_words(self.turn)}, and they are over.", kind=Fault.TIMEOUT
            ) from None
        except ProviderError as error:
            self._learn(request.model, trial, error)
            raise

    def _learn(self, model: str, trial: Trial, error: ProviderError) -> None:
        wait = MISSING_MODEL if error.kind is Fault.MODEL else asked_wait(error)
        if wait is not None:
            self._parks.park(model if RULES[error.kind].parks else ALL, wait, error)
        elif error.kind is Fault.RATE:
            self._slots.halve()
        self.breaker.failed(trial, error)
        self.note(error, None)
        self._stir_all()

    def _hold(self, place: _Place, *, is_patient: bool) -> Waiting | None:
        """Say what a caller waits for now; None if it may go through.

        Raises:
            HeldBackError: If it is not to wait for that.
        """
        if self.breaker.state is BreakerState.STOPPED:
            raise held_back(self.breaker.error)
        if hold := self._parks.wait(place.model):
            self._leave(place)  # others may pass
            self._aside.add(place)
            return hold
        self._aside.discard(place)
        self._line.setdefault(place)
        if hold := self._parks.wait(ALL):
            return hold
        if delay := self.breaker.delay():
            if not is_patient:
                raise held_back(self.breaker.error)
            return Waiting(WaitReason.BREAKER, delay)
        return self._own_limits(place)

    def _own_limits(self, place: _Place) -> Waiting | None:
        """What holds a caller back that the provider has nothing to do with."""
        is_first = self._is_first(place)
        if is_first and self._slots.is_full:
            return Waiting(WaitReason.QUEUE)
        if delay := self._limiter.delay(0 if is_first else list(self._line).index(place)):
            return Waiting(WaitReason.LIMIT, delay)
        return None if is_first else Waiting(WaitReason.QUEUE)

    def _is_first(self, place: _Place) -> bool:
        return next(iter(self._line), None) is place

    def _too_late(self, hold: Waiting) -> HeldBackError:
        last = self.breaker.error
        if hold.why is WaitReason.BREAKER and last:
            return HeldBackError(last.problem, kind=last.kind, hint=last.hint)
        problem = f"It was not {self.name}'s turn within {in_words(self.turn)}."
        return HeldBackError(problem, kind=Fault.TIMEOUT, hint="Try again later.")

    def _leave(self, place: _Place) -> None:
        """Leave the line; who is first now may go."""
        self._aside.discard(place)
        if place in self._line:
            del self._line[place]
            self._stir()

    def _stir(self) -> None:
        """Something came free: let the first of the line look again."""
        if first := next(iter(self._line), None):
            first.changed.set()

    def _stir_all(self) -> None:
        """Everything may be different: let all look again."""
        for place in (*self._line, *self._aside):
            place.changed.set()

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
