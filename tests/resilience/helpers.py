"""Providers that take their time, and calls to them, in virtual time."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from random import Random

from chimera_tui.domain.conversation import Finish, ModelRef, Usage
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.base import (
    ChatRequest,
    Finished,
    StreamItem,
    Text,
    Thinking,
    Waiting,
)
from chimera_tui.resilience.calls import AttemptBegan, AttemptFailed, CallItem, Calls
from chimera_tui.resilience.gate import Gate
from tests.fakes import a_persona
from tests.virtual_time import clock

Step = float | str | Thinking | Waiting | Finished | ProviderError
"""Seconds that pass, a piece of text, anything else that comes, or a fault."""
OK: tuple[Step, ...] = ("Hello.",)
A, B, C = (ModelRef(name, "m") for name in "abc")


def fault(kind: Fault, retry_after: float | None = None) -> ProviderError:
    """A provider's error of this kind."""
    return ProviderError(f"It is {kind}.", kind=kind, retry_after=retry_after)


def request(model: str) -> ChatRequest:
    """Something to ask."""
    return ChatRequest(model=model, system="", messages=(), max_tokens=9, persona=a_persona("Ada"))


class TimedProvider:
    """Plays a script for each request, the last one again and again; remembers when it was asked.

    Args:
        scripts: What comes; a function is asked at the time for the script to play.
        name: Its name.
    """

    def __init__(
        self, *scripts: Sequence[Step] | Callable[[], Sequence[Step]], name: str = "a"
    ) -> None:
        self.scripts = list(scripts) or [OK]
        self.name = name
        self.starts: list[float] = []
        self.requests: list[ChatRequest] = []
        self.in_flight = self.most_in_flight = 0
        self.probed = 0
        self.models: tuple[ModelInfo, ...] = (ModelInfo(name="m"),)
        self.error: ProviderError | None = None
        """What probes and lists raise."""

    async def stream(
        self, request: ChatRequest, until: float = math.inf
    ) -> AsyncGenerator[StreamItem]:
        """Play the next script."""
        self.starts.append(clock())
        self.requests.append(request)
        script = self.scripts[min(len(self.starts), len(self.scripts)) - 1]
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            for step in script() if callable(script) else script:
                if isinstance(step, float):
                    async with asyncio.timeout_at(until):
                        await asyncio.sleep(step)
                elif isinstance(step, ProviderError):
                    raise step
                else:
                    yield Text(step) if isinstance(step, str) else step
                if isinstance(step, Finished):
                    return
            yield Finished(Finish.STOP, Usage(input=1, output=1))
        finally:
            self.in_flight -= 1

    note = ""

    async def probe(self) -> None:
        """Answer, unless there is an error."""
        self.probed += 1
        if self.error:
            raise self.error

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """The models, unless there is an error."""
        if self.error:
            raise self.error
        return self.models

    async def aclose(self) -> None:
        """Nothing to close."""


def a_gate(
    provider: TimedProvider,
    *,
    is_local: bool = False,
    per_minute: float = 60,
    at_once: float | None = None,
) -> Gate:
    """A gate in virtual time."""
    return Gate(
        provider,
        is_local=is_local,
        per_minute=per_minute,
        at_once=at_once,
        clock=clock,
        rng=Random(1),
    )


def calls_over(*gates: Gate, seed: int = 1) -> Calls:
    """Calls over these, in virtual time."""
    return Calls({gate.name: gate for gate in gates}, clock=clock, rng=Random(seed))


def trip(gate: Gate) -> None:
    """Let so many calls fail that the breaker opens."""
    while gate.breaker.delay() == 0:
        gate.breaker.failed(gate.breaker.begin(), fault(Fault.CONNECT))


class Asking:
    """Asks, and keeps what came.

    Args:
        calls: Whom to ask.
        models: Who is to reply.
        allow: See `Calls.reply`.
    """

    def __init__(
        self,
        calls: Calls,
        *models: ModelRef,
        allow: Callable[[ModelRef], None] = lambda _: None,
    ) -> None:
        self.calls, self.models, self.allow = calls, models or (A,), allow
        self.items: list[CallItem] = []
        self.asked: list[Mapping[str, bool]] = []
        self.error: ProviderError | None = None
        self.ended = -1.0

    def _ask(
        self, model: ModelRef, /, *, shorter: bool = False, more_room: bool = False
    ) -> ChatRequest:
        self.asked.append({"shorter": shorter, "more_room": more_room})
        return request(model.model)

    async def __call__(self) -> "Asking":
        """Listen to the end; an error is kept."""
        try:
            async with aclosing(self.calls.reply(self.models, self._ask, self.allow)) as items:
                async for item in items:
                    self.items.append(item)
        except ProviderError as error:
            self.error = error
        finally:
            self.ended = clock()
        return self

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(item.text for item in self.items if isinstance(item, Text))

    @property
    def began(self) -> list[str]:
        """The providers that were asked, in order."""
        return [item.model.provider for item in self.items if isinstance(item, AttemptBegan)]

    @property
    def failed(self) -> list[AttemptFailed]:
        """The attempts that failed and were followed by others."""
        return [item for item in self.items if isinstance(item, AttemptFailed)]

    @property
    def waits(self) -> list[Waiting]:
        """What it waited for."""
        return [item for item in self.items if isinstance(item, Waiting)]
