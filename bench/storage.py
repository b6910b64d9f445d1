"""Benchmark of saving a message, and of the look whether the database is still in its place.

`python -m bench storage` prints it.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, in_ms
from bench.transcript import quantile
from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Assignment, Message, Turn
from chimera_tui.domain.events import MessageCompleted
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import Store, open_store
from chimera_tui.storage.whereabouts import Whereabouts

CAST = ("philosopher", "comedian", "scientist")
MESSAGES = 300


async def saving(store: Store, messages: int = MESSAGES) -> list[float]:
    """Seconds that each message takes to be on the disk, sorted."""
    library = Library.load(builtin_folder())
    cast = [Assignment(persona=library.get(slug)) for slug in CAST]
    conversations = Conversations(store)
    saved = await conversations.new_conversation(topic="Saved", cast=cast, mode="random")
    recorder, times = Recorder(store), []
    for number in range(1, messages + 1):
        message = Message(
            id=number,
            parent_id=number - 1 or None,
            turn=Turn(number=number, speaker=CAST[number % 3]),
            text="word " * 60,
            created_at=utc_now(),
        )
        start = time.perf_counter()
        await recorder.record(saved.conversation.id, MessageCompleted(message=message))
        times.append(time.perf_counter() - start)
    return sorted(times)


def looking(where: Whereabouts, times: int = MESSAGES) -> list[float]:
    """Seconds that each look at the open files takes, sorted."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        where.look(is_mover=True)
        taken.append(time.perf_counter() - start)
    return sorted(taken)


async def _measured(folder: Path) -> tuple[list[float], list[float]]:
    async with open_store(folder / "saving.db") as store:
        saved = await saving(store)
        assert store._whereabouts  # noqa: S101
        return saved, looking(store._whereabouts)


def report() -> Iterator[Figure]:
    """Measure it; yields each figure as it is found."""
    with tempfile.TemporaryDirectory() as folder:
        saved, looks = asyncio.run(_measured(Path(folder)))
    for name, share in (("median", 0.5), ("p99", 0.99)):
        what = f"database: {name} of saving a message"
        yield Figure(what=what, measured=quantile(saved, share) * 1000, unit="ms")
    look, save = quantile(looks, 0.5), quantile(saved, 0.5)
    yield in_ms("database: of it the look at the files, median", look, save, 0.1)
