"""What a long conversation and many speakers cost in the whole program: app, engine and database.

`python -m bench room` prints it. The app runs headless but does all the work of painting; each
size of conversation is measured in a process of its own, so that its memory can be told.
"""

import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from bench.clock import clock
from bench.figure import Figure, in_ms
from bench.transcript import Streams, a_text, lags, painting, quantile
from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Assignment, Finish, Message, ModelRef, Turn
from chimera_tui.domain.events import MessageCompleted
from chimera_tui.domain.health import ModelInfo
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.engine.turn_taking import MODES, TurnChoice, TurnContext
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text
from chimera_tui.resilience.gate import Gate
from chimera_tui.settings.settings import Settings
from chimera_tui.storage.recorder import Recorder
from chimera_tui.ui.app import ChimeraApp
from chimera_tui.ui.room.composer import Composer
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.transcript.conversation_entries import key_of

SIZE = (120, 40)
CAST = ("philosopher", "comedian", "scientist")
REPEATS = 20


class SteadyProvider:
    """Speaks at a steady rate; says when each piece left it.

    Args:
        rate: Tokens a second; 0 is all at once.
        tokens: The length of a reply.
    """

    name = "steady"

    def __init__(self, rate: float, tokens: int) -> None:
        self.rate = rate
        self.pieces = a_text(tokens)
        self.sent: list[tuple[str, int, float]] = []
        """Who spoke, characters so far, and when."""

    async def stream(
        self, request: ChatRequest, _until: float = math.inf
    ) -> AsyncGenerator[StreamItem]:
        began, so_far = time.perf_counter(), 0
        for number, piece in enumerate(self.pieces):
            if self.rate:
                wait = began + number / self.rate - time.perf_counter()
                await asyncio.sleep(max(0.0, wait))
            so_far += len(piece)
            self.sent.append((request.persona.slug, so_far, time.perf_counter()))
            yield Text(piece)
        yield Finished(Finish.STOP)

    note = ""

    async def probe(self) -> None:
        pass

    async def list_models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo(name="steady"),)

    async def aclose(self) -> None:
        pass


async def _a_conversation(chimera: Chimera, messages: int) -> SavedConversation:
    """Save a conversation of so many messages."""
    saved = await chimera.new_conversation(topic="How long can it get?", cast=CAST, demo=True)
    recorder = Recorder(chimera._store)
    texts = ["".join(a_text(tokens, seed=tokens)) for tokens in range(30, 130, 2)]
    for number in range(1, messages + 1):
        message = Message(
            id=number,
            parent_id=number - 1 or None,
            turn=Turn(number=number, speaker=CAST[number % 3]),
            text=texts[number % len(texts)],
            created_at=utc_now(),
        )
        await recorder.record(saved.conversation.id, MessageCompleted(message=message))
    return saved


def _app(chimera: Chimera, folder: Path) -> ChimeraApp:
    class Opened:
        async def __aenter__(self) -> Chimera:
            return chimera

        async def __aexit__(self, *exc_info: object) -> None:
            pass

    return painting(ChimeraApp)(Opened, log_folder=folder)


def _memory() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def long_conversation(messages: int, folder: Path) -> dict[str, float]:
    """Open a conversation of so many messages, and use it: seconds of each act, and MB.

    `open` is what passes until its end is painted, `load` until all of it is there (both by
    the clock, the middle of several times); `key` and `page` are CPU time.
    """
    async with open_chimera(Settings(), db=folder / "bench.db") as chimera:
        short = await _a_conversation(chimera, 3)
        long = await _a_conversation(chimera, messages)
        app = _app(chimera, folder)
        async with app.run_test(size=SIZE) as pilot:
            await app.workers.wait_for_complete([])
            await app.show_room(await chimera.load(short.conversation.id))
            await pilot.pause(0.2)
            before, memory, opened, loaded = _memory(), 0.0, [], []
            screen = app.screen
            assert isinstance(screen, RoomScreen)  # noqa: S101
            for _ in range(REPEATS // 4):
                start = clock()
                opening = asyncio.create_task(
                    screen.session.open_saved(long.conversation.id, chimera)
                )
                await _painted(screen, messages)
                opened.append(clock() - start)
                await opening
                loaded.append(clock() - start)
                memory = memory or _memory() - before
                await pilot.pause(0.2)
                await screen.session.open_saved(short.conversation.id, chimera)
                await pilot.pause(0.2)
            await screen.session.open_saved(long.conversation.id, chimera)
            figures = {"open": _middle(opened), "load": _middle(loaded), "memory": memory}
            screen.query_one(Composer).field.focus()
            figures["key"] = await _each(pilot, "x")
            screen.transcript.focus()
            figures["page"] = await _each(pilot, "pageup")
        return figures


async def _painted(screen: RoomScreen, turn: int) -> None:
    """Wait until the message of this turn stands last in the transcript, and was painted."""
    key = key_of(Turn(number=turn, speaker=CAST[turn % 3]))
    while screen.transcript.keys[-1:] != [key]:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await screen.wait_for_refresh()


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


async def _each(pilot: Any, key: str) -> float:
    await pilot.press(key)
    start = time.process_time()
    for _ in range(REPEATS):
        await pilot.press(key)
    return (time.process_time() - start) / REPEATS


async def many_streams(folder: Path, count: int = 8, rate: float = 200) -> Streams:
    """Let `count` personas speak at once, through engine and database to the painted screen."""
    provider = SteadyProvider(rate, tokens=int(rate * 5))
    async with open_chimera(Settings(), db=folder / "streams.db") as chimera:
        chimera.connections.gates[provider.name] = Gate(provider, per_minute=inf, at_once=inf)
        saved = await chimera.new_conversation(topic="All at once", cast=CAST, turn_limit=count)
        first = chimera.library.get(CAST[0])
        cast = tuple(
            Assignment(
                persona=replace(first, slug=f"speaker-{n}", name=f"Speaker {n}", colour=n + 1),
                model=ModelRef(provider.name, "steady"),
            )
            for n in range(count)
        )
        saved.conversation = replace(saved.conversation, cast=cast, mode="chorus", pace=0.0)
        slugs = tuple(one.persona.slug for one in cast)

        async def chorus(_: TurnContext) -> TurnChoice:
            return TurnChoice(speakers=slugs)

        MODES["chorus"] = chorus
        app = _app(chimera, folder)
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(0.3)
            await app.show_room(saved)
            await pilot.pause(0.3)
            idle = await lags(seconds=2)
            screen = app.screen
            assert isinstance(screen, RoomScreen)  # noqa: S101
            assert screen.room  # noqa: S101
            cpu, start = time.process_time(), time.perf_counter()
            screen.room.resume()
            busy = await lags(seconds=5)
            share = (time.process_time() - cpu) / (time.perf_counter() - start)
            while len(screen.room.tree.path) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            await pilot.pause(0.2)
            heard = sum(len(message.text) for message in saved.tree.path)
            said = count * len("".join(provider.pieces).strip())
        return Streams(idle, busy, [], said - heard, share)


def in_a_child(messages: int) -> dict[str, float]:
    """Run `long_conversation` in a process of its own."""
    command = [sys.executable, "-m", "bench.room", str(messages)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def report() -> Iterator[Figure]:
    """Measure everything; yields each figure as it is found."""
    small, large = in_a_child(100), in_a_child(10_000)
    for what, name, goal in (
        ("its end painted", "open", 2.0),
        ("all of it there", "load", None),
        ("a key in the composer", "key", 1.5),
        ("a page up", "page", 1.5),
    ):
        against = f"room: {what}, 10,000 messages against 100"
        yield in_ms(against, large[name], small[name], goal)
    memory = large["memory"] - small["memory"]
    what = "room: memory of 10,000 messages beyond 100"
    yield Figure(what=what, measured=memory, unit="MB", at_most=30)
    with tempfile.TemporaryDirectory() as folder:
        many = asyncio.run(many_streams(Path(folder)))
        idle, lag = (quantile(times, 0.99) * 1000 for times in many[:2])
        yield Figure(
            what="room: lag p99 of 8 x 200 tokens/s against idle",
            measured=lag,
            baseline=idle,
            unit="ms",
            at_most=50,
        )
        yield Figure(what="room: CPU meanwhile", measured=many.cpu * 100, unit="% of a core")
        left = "room: characters left behind by the 8 streams"
        yield Figure(what=left, measured=many.left, unit="", at_most=0)


if __name__ == "__main__":  # the child of `in_a_child`
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(long_conversation(int(sys.argv[1]), Path(folder)))))
