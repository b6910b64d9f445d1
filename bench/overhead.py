"""What we cost between a vendor's SDK and the events of a room; `python -m bench overhead`.

A server in a process of its own streams 1,000 tokens a second, in the format of each SDK. The
baseline is the plainest loop there is over the same SDK. What is compared is the CPU time of the
reader.
"""

import asyncio
import contextlib
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from bench.clock import clock
from bench.figure import Figure
from bench.transcript import a_text, quantile
from chimera_tui.core.chimera import open_chimera
from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.events import MessageCompleted, TextReceived
from chimera_tui.settings.settings import ProviderSettings, Settings
from chimera_tui.system.garbage import settle
from tests.fault_dialects import LISTING, Reply
from tests.fault_scenarios import ok
from tests.fault_server import FaultServer

RATE = 1000
"""Tokens a second."""
TOKENS = 3000
ROUNDS = 3
TICK = 0.01
"""Seconds between two looks at the loop."""
PROVIDERS = {
    "openai": "desk",
    "anthropic": "anthropic",
    "google-genai": "gemini",
    "ollama": "ollama",
}
"""The SDKs, and a provider that is reached by each."""
KEYS = {"ANTHROPIC_API_KEY": "none", "GEMINI_API_KEY": "none"}


async def steady(reply: Reply) -> None:
    """A long reply at a steady rate; what is asked besides is answered at once."""
    if reply.dialect is LISTING:
        await ok(reply)
        return
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


async def openai(url: str) -> int:
    """Read a reply with the SDK alone; how many characters it has."""
    from openai import AsyncOpenAI  # noqa: PLC0415

    said = 0
    async with AsyncOpenAI(api_key="none", base_url=f"{url}/v1") as client:
        stream = await client.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi."}], stream=True
        )
        async for chunk in stream:
            if chunk.choices and (text := chunk.choices[0].delta.content):
                said += len(text)
    return said


async def anthropic(url: str) -> int:
    """The same."""
    from anthropic import AsyncAnthropic  # noqa: PLC0415

    said = 0
    async with AsyncAnthropic(api_key="none", base_url=url) as client:
        stream = await client.messages.create(
            model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi."}], stream=True
        )
        async for event in stream:
            if event.type == "content_block_delta" and event.delta.type == "text_delta":
                said += len(event.delta.text)
    return said


async def google_genai(url: str) -> int:
    """The same."""
    from google import genai  # noqa: PLC0415

    said = 0
    options = genai.types.HttpOptions(base_url=url)
    client = genai.Client(api_key="none", vertexai=False, http_options=options)
    async for part in await client.aio.models.generate_content_stream(model="m", contents="Hi."):
        said += len(part.text or "")
    await client.aio.aclose()
    return said


async def ollama(url: str) -> int:
    """The same."""
    from ollama import AsyncClient  # noqa: PLC0415

    said = 0
    messages = [{"role": "user", "content": "Hi."}]
    async for part in await AsyncClient(url).chat(model="m", messages=messages, stream=True):
        said += len(part.message.content or "")
    return said


PLAIN: Mapping[str, Callable[[str], Awaitable[int]]] = {
    "openai": openai,
    "anthropic": anthropic,
    "google-genai": google_genai,
    "ollama": ollama,
}


async def in_room(url: str, sdk: str) -> int:
    """Read it as the events of a room, which are recorded first."""
    said = 0
    async with _a_room(url, sdk) as events:
        async for event in events:
            if isinstance(event, TextReceived):
                said += len(event.text)
    return said


@asynccontextmanager
async def _a_room(url: str, sdk: str) -> AsyncIterator[AsyncIterator[object]]:
    """The events of a room in which one persona speaks once, by this SDK."""
    provider = PROVIDERS[sdk]
    settings = Settings(providers={provider: ProviderSettings(base_url=url)})
    models = {"comedian": ModelRef(provider, "m-1")}
    with tempfile.TemporaryDirectory() as folder:
        async with open_chimera(settings, db=Path(folder) / "bench.db", environ=KEYS) as chimera:
            saved = await chimera.new_conversation(
                topic="x", cast=list(models), models=models, pace=0, turn_limit=1
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


async def first_turn(url: str, sdk: str) -> dict[str, float]:
    """Let a room speak in a process that has imported no SDK yet; seconds the loop was late."""
    gc.collect()
    settle()
    idle = await lags_while(asyncio.sleep(2))
    async with _a_room(url, sdk) as events:

        async def listen() -> None:
            if not [event async for event in events if isinstance(event, MessageCompleted)]:
                raise RuntimeError("Nobody said anything.")

        busy = await lags_while(listen())
    return {
        "idle_p99": quantile(idle, 0.99),
        "idle_worst": idle[-1],
        "p99": quantile(busy, 0.99),
        "worst": busy[-1],
    }


def in_a_child(url: str, sdk: str) -> dict[str, float]:
    """Run `first_turn` in a process of its own."""
    command = [sys.executable, "-m", "bench.overhead", url, sdk]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found: dict[str, float] = json.loads(done.stdout)
    return found


def report() -> Iterator[Figure]:
    """Measure everything; yields each figure."""
    with a_server() as url:
        for sdk, plain in PLAIN.items():
            ways = (plain, partial(in_room, sdk=sdk))
            for way in ways:  # imports what it needs
                cpu(way, f"{url}steady")
            times = [[cpu(way, f"{url}steady") for way in ways] for _ in range(ROUNDS)]
            loop, room = (median(column) for column in zip(*times, strict=True))
            yield Figure(
                what=f"{TOKENS} tokens by {sdk} into a room, CPU against a loop over it",
                measured=room * 1000,
                baseline=loop * 1000,
                unit="ms",
                ratio_at_most=1.2,
            )
        for sdk in PLAIN:
            runs = [in_a_child(f"{url}ok", sdk) for _ in range(ROUNDS)]
            for name, goal in (("p99", 50.0), ("worst", None)):
                yield Figure(
                    what=f"first live turn by {sdk}: lag {name}, worst of {ROUNDS}, against idle",
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
        print(json.dumps(asyncio.run(first_turn(sys.argv[1], sys.argv[2]))))
