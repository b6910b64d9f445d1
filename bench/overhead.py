"""What we cost between a vendor's SDK and the events of a room; `python -m bench overhead`.

A server in a process of its own streams 1,000 tokens a second in OpenAI's format. The baseline
is the plainest loop there is over the same SDK. What is compared is the CPU time of the reader.
"""

import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from statistics import median

from bench.clock import clock
from bench.figure import Figure
from bench.transcript import a_text, quantile
from chimera_tui.chimera import open_chimera
from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.events import MessageCompleted, TextReceived
from chimera_tui.domain.memory import settle
from chimera_tui.domain.persona import Persona
from chimera_tui.providers import registry
from chimera_tui.providers.base import ChatMessage, ChatRequest, Text
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.gate import Gate
from chimera_tui.settings.settings import ProviderSettings, Settings
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer

RATE = 1000
"""Tokens a second."""
TOKENS = 3000
ROUNDS = 5
TICK = 0.01
"""Seconds between two looks at the loop."""
CAST = ("philosopher", "comedian")
PERSONA = Persona(slug="a", name="A", emoji="A", colour=1, category="", one_line="", prompt="")
REQUEST = ChatRequest(
    model="m", system="", messages=(ChatMessage("user", "Hi."),), max_tokens=9, persona=PERSONA
)


async def steady(reply: Reply) -> None:
    """A long reply at a steady rate."""
    await reply.head()
    began = time.perf_counter()
    for number, piece in enumerate(a_text(TOKENS)):
        if (wait := began + number / RATE - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        await reply.send(reply.dialect.piece(piece))
    await reply.send(reply.dialect.end())
    await reply.done()


async def serve() -> None:
    """Print an address and serve it until nobody wants it any more."""
    async with FaultServer() as server:
        server.scenarios["steady"] = steady
        print(server.url(""), flush=True)
        await asyncio.to_thread(sys.stdin.read)


@contextmanager
def a_server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, "-m", "bench.overhead", "serve"]
    with subprocess.Popen(  # noqa: S603 - our own code
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout  # noqa: S101
        yield process.stdout.readline().strip()


async def plain(url: str) -> int:
    """Read a reply with the SDK alone; how many characters it has."""
    import openai  # noqa: PLC0415

    said = 0
    async with openai.AsyncOpenAI(api_key="none", base_url=f"{url}steady/v1") as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi."}], stream=True
        )
        async for chunk in stream:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                said += len(text)
    return said


async def called(url: str) -> int:
    """Read it through adapter, gate and calls."""
    at = registry.endpoint("desk", base_url=f"{url}steady", environ={})
    gate, said = Gate(registry.provider(at)), 0
    reply = Calls({gate.name: gate}).reply(
        [ModelRef(gate.name, "m")], lambda _model, **_: REQUEST, lambda _: None
    )
    async with aclosing(reply) as items:
        async for item in items:
            if isinstance(item, Text):
                said += len(item.text)
    await gate.provider.aclose()
    return said


async def in_room(url: str) -> int:
    """Read it as the events of a room, which are recorded first."""
    said = 0
    async with _a_room(url, "steady", turns=1) as events:
        async for event in events:
            if isinstance(event, TextReceived):
                said += len(event.text)
    return said


@asynccontextmanager
async def _a_room(url: str, scenario: str, turns: int) -> AsyncIterator[AsyncIterator[object]]:
    """The events of a room of two: one speaks by the openai SDK, one by that of ollama."""
    own = ProviderSettings(base_url=url + scenario)
    settings = Settings(providers={"desk": own, "ollama": own})
    models = {"philosopher": ModelRef("desk", "m-1"), "comedian": ModelRef("ollama", "m-1")}
    with tempfile.TemporaryDirectory() as folder:
        async with open_chimera(settings, db=Path(folder) / "bench.db", environ={}) as chimera:
            saved = await chimera.new_conversation(
                topic="x", cast=CAST, models=models, mode="round_robin", pace=0, turn_limit=turns
            )
            async with chimera.room(saved, attended=False) as room:
                yield room.events()


def cpu(read: Callable[[str], Awaitable[int]], url: str) -> float:
    """CPU time that this process spends on one reply, in seconds."""

    async def timed() -> float:
        start = time.process_time()
        said = await read(url)
        if said < TOKENS:
            raise RuntimeError(f"Only {said} characters came.")
        return time.process_time() - start

    gc.collect()
    return asyncio.run(timed())


async def lags_while(act: Awaitable[object]) -> list[float]:
    """Return by how many seconds the loop was late while something was done, sorted."""
    late, task = [], asyncio.ensure_future(act)
    while not task.done():
        start = clock()
        await asyncio.sleep(TICK)
        late.append(clock() - start - TICK)
    await task
    return sorted(late)


async def first_turns(url: str) -> dict[str, float]:
    """Let a room speak in a process that has imported no SDK yet; seconds the loop was late."""
    gc.collect()
    settle()
    idle = await lags_while(asyncio.sleep(2))
    async with _a_room(url, "ok", turns=2) as events:

        async def listen() -> None:
            done = 0
            async for event in events:
                done += isinstance(event, MessageCompleted)
            if done < len(CAST):
                raise RuntimeError("Somebody said nothing.")

        busy = await lags_while(listen())
    return {
        "idle_p99": quantile(idle, 0.99),
        "idle_worst": idle[-1],
        "p99": quantile(busy, 0.99),
        "worst": busy[-1],
        "seconds": len(busy) * TICK + sum(busy),
    }


def in_a_child(url: str) -> dict[str, float]:
    """Run `first_turns` in a process of its own."""
    command = [sys.executable, "-m", "bench.overhead", url]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def report() -> Iterator[Figure]:
    """Measure everything; yields each figure."""
    with a_server() as url:
        ways = (plain, called, in_room)
        for way in ways:  # imports what it needs
            cpu(way, url)
        times = [[cpu(way, url) for way in ways] for _ in range(ROUNDS)]
        sdk, ours, room = (median(column) for column in zip(*times, strict=True))
        for what, measured in (("adapter, gate and calls", ours), ("a recorded room", room)):
            yield Figure(
                what=f"{TOKENS} tokens through {what}, CPU against SDK",
                measured=measured * 1000,
                baseline=sdk * 1000,
                unit="ms",
                ratio_at_most=1.2,
            )
        runs = [in_a_child(url) for _ in range(ROUNDS)]
        for name, goal in (("p99", 50.0), ("worst", None)):
            yield Figure(
                what=f"first live turns: lag {name}, worst of {ROUNDS}, against idle",
                measured=max(run[name] for run in runs) * 1000,
                baseline=max(run[f"idle_{name}"] for run in runs) * 1000,
                unit="ms",
                at_most=goal,
            )


if __name__ == "__main__":  # the children
    if sys.argv[1] == "serve":
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve())
    else:
        print(json.dumps(asyncio.run(first_turns(sys.argv[1]))))
