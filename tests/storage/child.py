"""What a second process does in the tests: `python -m tests.storage.child TASK DATABASE`.

It says what it has done on stdout, a line each, at once.
"""

import asyncio
import os
import sqlite3
import sys
import time
from contextlib import closing
from itertools import count
from pathlib import Path

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import StorageError
from chimera_tui.storage import migrate
from chimera_tui.storage.connection import connect
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import open_store
from tests.storage.values import CAST, completed, received, saving, started


def say(*words: object) -> None:
    """One write, so that a kill leaves no half line."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def talk(path: Path) -> None:
    """Save message after message, saying each; between them, let a reply grow."""
    async with saving(path) as s:
        with s.store.leases.hold(s.id):
            say("conversation", s.id)
            for turn in count(1):
                await s.record(started(turn))
                for word in range(turn % 40):
                    await s.record(received(turn, f"{word} "))
                await s.record(completed(turn, turn - 1 or None, turn, f"Message {turn}"))
                say("message", turn)


async def speak(path: Path) -> None:
    """Let one reply grow for ever, saying how much of it was written down each time."""
    async with saving(path) as s:
        with s.store.leases.hold(s.id), closing(sqlite3.connect(path)) as reader:
            say("conversation", s.id)
            await s.record(started(1))
            written = 0
            while True:
                await s.record(received(1, "x"))
                await asyncio.sleep(0.005)
                ((found,),) = reader.execute("SELECT length(draft) FROM attempt")
                if found != written:
                    written = found
                    say("written", written)


async def add(path: Path) -> None:
    """Save 200 messages in a conversation of its own."""
    async with saving(path) as s:
        say("conversation", s.id)
        for turn in range(1, 201):
            await s.record(completed(turn, turn - 1 or None, turn))


async def add_much(path: Path) -> None:
    """Save so much that the log is moved into the database several times."""
    async with saving(path) as s:
        say("conversation", s.id)
        for turn in range(1, 801):
            await s.record(completed(turn, turn - 1 or None, turn, "word " * 200))
        say("rescues", len(s.store.rescues))


async def half_move(path: Path) -> None:
    """Stop in the midst of moving the log into the database."""
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "Zero."))
        where, move = s.store._whereabouts, "PRAGMA wal_checkpoint(PASSIVE)"
        assert where
        where.before_moving()
        await s.store._writer.run(lambda: s.store._writing and s.store._writing.execute(move))
        say("half-way")
        await asyncio.Event().wait()


async def hold(path: Path) -> None:
    """Hold the lease of the first conversation for ever."""
    async with open_store(path) as store:
        with store.leases.hold(1):
            say("holding", os.getpid())
            await asyncio.Event().wait()


async def leave_open(path: Path) -> None:
    """End without closing anything, in the middle of a reply."""
    s = await saving(path).__aenter__()
    await s.record(started(1), received(1, "Hel"))
    say("leaving")


async def hang(path: Path) -> None:
    """Close while a transaction never ends, as on a disk that does not answer."""
    async with open_store(path, patience=0.2) as store:
        stuck = asyncio.create_task(store.write(lambda db: time.sleep(3600)))
        await asyncio.sleep(0)
        stuck.cancel()
        say("leaving")


async def look(path: Path) -> None:
    """As a user who may not write: say why, load what is there, try to write."""
    event = completed(9, None, 9, finish=Finish.STOP)  # what it imports may be root's alone
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    async with open_store(path) as store:
        say(store.read_only)
        saved = await Conversations(store).load(1)
        say([m.text for m in saved.tree.path])
        try:
            await Recorder(store).record(1, event)
        except StorageError as error:
            say(error.kind.name, error.problem)
        await Conversations(store).new_conversation(topic="Tea", cast=CAST, mode="random")


def half_migrate(path: Path) -> None:
    """Begin the migrations of the folder beside the database, and stop in the midst of them."""

    def stop() -> int:
        say("half-way")
        time.sleep(3600)
        return 0

    connection = connect(path, "mode=rw")
    connection.create_function("half_way", 0, stop)
    migrate.migrate(connection, path, path.parent / "migrations")


def main() -> None:
    task, path = sys.argv[1], Path(sys.argv[2])
    tasks = {"talk": talk, "speak": speak, "add": add, "hold": hold, "look": look}
    tasks |= {"leave_open": leave_open, "hang": hang}
    tasks |= {"add_much": add_much, "half_move": half_move}
    if task == "half_migrate":
        half_migrate(path)
        return
    try:
        asyncio.run(tasks[task](path))
    except StorageError as error:
        say(error.kind.name, error.problem)


if __name__ == "__main__":
    main()
