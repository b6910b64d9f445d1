"""Fifty rooms and a provider that is dead for over ten minutes, in simulated time.

`python -m bench outage` prints it. The rooms are as stubborn as rooms can be: whoever's turn
failed begins the next one a second later.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from random import Random
from statistics import median
from typing import NamedTuple

from bench.figure import Figure
from chimera_tui.domain.conversation import Finish, ModelRef
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.domain.persona import Persona
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.gate import Gate
from tests.virtual_time import clock, run

ROOMS = 50
DIES, DEAD = 60.0, 600.0
"""Seconds: when it dies, and for how long at least."""
LONGEST = 300.0
"""Seconds that are looked at after it is back."""
REFUSED = 0.05
"""Seconds that a refused call takes."""
TALK = 2.0
"""Seconds that a reply takes."""
RUNS = 18
MODEL = ModelRef("dead", "m")
PERSONA = Persona(slug="a", name="A", emoji="A", colour=1, category="", one_line="", prompt="")
REQUEST = ChatRequest(model="m", system="", messages=(), max_tokens=9, persona=PERSONA)


class MortalProvider:
    """Answers, except from `DIES` on until it lives again."""

    name = "dead"

    def __init__(self, lives: float) -> None:
        self.lives = lives
        self.refused: list[float] = []
        """When calls were made in vain."""
        self.back: float | None = None
        """Seconds from its recovery to the first call."""

    async def stream(self, _: ChatRequest, _until: float = math.inf) -> AsyncGenerator[StreamItem]:
        if DIES <= clock() < self.lives:
            self.refused.append(clock())
            await asyncio.sleep(REFUSED)
            raise ProviderError("It does not answer.", kind=Fault.CONNECT)
        if clock() >= self.lives and self.back is None:
            self.back = clock() - self.lives
        await asyncio.sleep(TALK)
        yield Text("Hello.")
        yield Finished(Finish.STOP)

    note = ""

    async def probe(self) -> None:
        pass

    async def list_models(self) -> tuple[ModelInfo, ...]:
        return ()

    async def aclose(self) -> None:
        pass


class Outage(NamedTuple):
    """What one run showed."""

    first_minute: int
    """Calls to the dead provider."""
    later: int
    """The most in any minute after the first."""
    total: int
    back: float
    """Seconds from the recovery to the first call, which is answered."""


async def _outage(
    rooms: Callable[[MortalProvider, Random], list[asyncio.Task[None]]], dead: float
) -> Outage:
    provider = MortalProvider(DIES + dead)
    tasks = rooms(provider, Random())
    await asyncio.sleep(DIES + dead + LONGEST)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    minutes = [
        sum(DIES + start <= call < DIES + start + 60 for call in provider.refused)
        for start in range(0, int(dead) + 60, 60)
    ]
    back = LONGEST if provider.back is None else provider.back
    return Outage(minutes[0], max(minutes[1:]), sum(minutes), back)


def _through_gate(provider: MortalProvider, rng: Random) -> list[asyncio.Task[None]]:
    """Rooms that call through one gate, without a limit a minute: the breaker alone is measured."""
    gate = Gate(provider, per_minute=float("inf"), clock=clock, rng=rng)
    calls = Calls({gate.name: gate}, clock=clock, rng=rng)

    async def room() -> None:
        await asyncio.sleep(rng.uniform(0, 5))
        while True:
            reply = calls.reply([MODEL], lambda _model, **_: REQUEST, lambda _: None)
            try:
                async with aclosing(reply) as items:
                    async for _ in items:
                        pass
            except ProviderError:
                pass
            await asyncio.sleep(1)

    return [asyncio.create_task(room()) for _ in range(ROOMS)]


def _as_sdks_do(provider: MortalProvider, rng: Random) -> list[asyncio.Task[None]]:
    """Rooms that call as a vendor's SDK does by itself: it asks twice more, 0.5 and 1 s later."""

    async def room() -> None:
        await asyncio.sleep(rng.uniform(0, 5))
        while True:
            for pause in (0.5, 1.0, 1.0):
                try:
                    async for _ in provider.stream(REQUEST):
                        pass
                    break
                except ProviderError:
                    await asyncio.sleep(pause * (1 - 0.25 * rng.random()))
            await asyncio.sleep(1 if provider.back else 0)

    return [asyncio.create_task(room()) for _ in range(ROOMS)]


def report() -> Iterator[Figure]:
    """Simulate both; yields each figure."""
    # The longest wait of the breaker is 144 s: it comes back at any moment of it.
    ours = [run(_outage(_through_gate, DEAD + 144 * n / RUNS)) for n in range(RUNS)]
    theirs = run(_outage(_as_sdks_do, DEAD))
    for what, measured, baseline, goal in (
        ("calls in the first minute", "first_minute", theirs.first_minute, ROOMS + 5),
        ("calls in any minute after it", "later", theirs.later, 2),
        ("all calls", "total", theirs.total, None),
    ):
        yield Figure(
            what=f"outage: {what}, against SDK default",
            measured=max(getattr(one, measured) for one in ours),
            baseline=baseline,
            unit="",
            at_most=goal,
        )
    for what, share in (("median", median), ("worst", max)):
        yield Figure(
            what=f"outage: back after recovery, {what} of {RUNS}",
            measured=share([one.back for one in ours]),
            baseline=theirs.back,
            unit="s",
            at_most=145,
        )
