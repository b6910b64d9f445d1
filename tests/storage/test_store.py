"""One thread writes, another reads; callers may be cancelled, transactions not."""

import asyncio
import random
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from chimera_tui.domain.errors import StorageError, StorageFault, UnknownError
from chimera_tui.storage.connection import storage_error
from chimera_tui.storage.store import open_store
from tests.fakes import is_a
from tests.storage.processes import child, line, rest
from tests.storage.values import completed, saving


async def test_a_transaction_that_raises_changes_nothing(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute("UPDATE conversation SET title = 'half'")
        raise UnknownError("No.")

    async with saving(tmp_path / "c.db") as s:
        with pytest.raises(UnknownError):
            await s.store.write(half)

        assert (await s.load()).conversation.title == "Is zero a number?"


async def test_errors_of_sqlite_are_said_in_words(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1))
        with pytest.raises(StorageError, match="UNIQUE constraint failed"):
            await s.record(completed(1, None, 1))
        with pytest.raises(StorageError, match="too large"):
            await s.conversations.load(2**70)


@pytest.mark.parametrize("name", ["FULL", "IOERR", "BUSY", "CORRUPT"])
def test_troubles_of_the_disk_have_a_hint(name: str) -> None:
    error = sqlite3.OperationalError("trouble")
    error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{name}") | 5 << 8  # with details

    said = storage_error(error)

    assert "trouble" not in said.problem
    assert said.hint


async def test_a_full_disk_fails_one_write_and_not_the_next(tmp_path: Path) -> None:
    long = completed(1, None, 1, "word " * 10_000)
    async with saving(tmp_path / "c.db") as s:
        ((pages,),) = await s.ask("PRAGMA page_count")
        await s.store.write(lambda db: db.execute(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StorageError, match="disk is full"):
            await s.record(long)

        await s.store.write(lambda db: db.execute("PRAGMA max_page_count = 100000"))
        await s.record(long)

        assert [m.id for m in (await s.load()).tree.path] == [1]


async def test_s18_a_cancelled_caller_leaves_no_half_transaction(tmp_path: Path) -> None:
    rng = random.Random(18)

    async with saving(tmp_path / "c.db") as s:
        await s.store.write(lambda db: db.execute("CREATE TABLE pair (number, half)"))

        async def save_pair(number: int) -> None:
            def both(db: sqlite3.Connection) -> None:
                db.execute("INSERT INTO pair VALUES (?, 1)", (number,))
                db.execute("INSERT INTO pair VALUES (?, 2)", (number,))

            await s.store.write(both)

        cancelled = 0
        for first in range(0, 2000, 20):
            callers = [asyncio.create_task(save_pair(n)) for n in range(first, first + 20)]
            for caller in callers:
                if rng.random() < 0.5:
                    if rng.random() < 0.5:
                        await asyncio.sleep(0)
                    caller.cancel()
                    cancelled += 1
            await asyncio.gather(*callers, return_exceptions=True)

        whole = await s.ask("SELECT number FROM pair GROUP BY number HAVING count(*) = 2")
        half = await s.ask("SELECT number FROM pair GROUP BY number HAVING count(*) != 2")

    assert cancelled > 900
    assert half == []
    assert len(whole) >= 2000 - cancelled


async def test_a_transaction_is_made_even_if_its_caller_is_cancelled(tmp_path: Path) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def rename(db: sqlite3.Connection) -> None:
        begun.set()
        may_end.wait()
        db.execute("UPDATE conversation SET title = 'Zero'")

    async with saving(tmp_path / "c.db") as s:
        caller = asyncio.create_task(s.store.write(rename))
        await asyncio.to_thread(begun.wait)
        caller.cancel()
        with suppress(asyncio.CancelledError):
            await caller
        may_end.set()
        await s.store.write(lambda db: None)

        assert (await s.load()).conversation.title == "Zero"


async def test_a_reader_sees_one_moment(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        count, loop = "SELECT count(*) FROM message", asyncio.get_running_loop()

        def read_twice(db: sqlite3.Connection) -> tuple[int, int]:
            before = db.execute(count).fetchone()[0]
            asyncio.run_coroutine_threadsafe(s.record(completed(1, None, 1)), loop).result()
            return before, db.execute(count).fetchone()[0]

        assert await s.store.read(read_twice) == (0, 0)
        assert await s.ask(count) == [(1,)]


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    async with open_store(tmp_path / "c.db") as store:
        pass

    with pytest.raises(StorageError, match="closed"):
        await store.read(lambda db: None)
    assert not (tmp_path / "c.db-wal").exists()


async def test_a_reader_cannot_write(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        with pytest.raises(StorageError, check=is_a(StorageFault.READ_ONLY)):
            await s.store.read(lambda db: db.execute("DELETE FROM conversation"))


async def test_s19_a_process_that_closes_nothing_ends_and_loses_nothing(tmp_path: Path) -> None:
    with child("leave_open", tmp_path / "c.db") as process:
        assert rest(process) == ["leaving"]
        assert process.returncode == 0

    async with open_store(tmp_path / "c.db") as store:
        assert [found.speaker for found in store.recovered] == ["ada"]


async def test_s19_a_disk_that_does_not_answer_cannot_keep_the_process(tmp_path: Path) -> None:
    with child("hang", tmp_path / "c.db") as process:
        assert line(process) == "leaving"
        assert process.wait(timeout=30) == 0
