"""S07: several processes share the file; a conversation is live in one of them."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.leases import Leases
from chimera_tui.storage.store import CHECKPOINT_COMMITS, open_store
from tests.fakes import is_a
from tests.storage.processes import child, line, rest
from tests.storage.values import saving, started


async def test_s07_a_live_conversation_names_its_process_and_is_free_after_a_kill(
    tmp_path: Path,
) -> None:
    async with saving(tmp_path / "c.db") as s:
        with child("hold", tmp_path / "c.db") as process:
            assert line(process) == f"holding {process.pid}"

            with pytest.raises(
                StorageError,
                match=f"process {process.pid}",
                check=is_a(StorageFault.LIVE_ELSEWHERE),
            ) as caught:
                s.store.leases.hold(s.id).__enter__()
            assert caught.value.pid == process.pid
            assert s.store.leases.holder(s.id) == process.pid
            (summary,) = await s.conversations.list_all()
            assert summary.live_pid == process.pid
            await s.load()  # it can be read meanwhile

            process.kill()
            process.wait()

        with s.store.leases.hold(s.id):
            assert s.store.leases.is_live(s.id)
            assert s.store.leases.holder(s.id) is None  # no *other* process
        assert not s.store.leases.is_live(s.id)


async def test_a_conversation_is_live_once_in_a_process(tmp_path: Path) -> None:
    async with open_store(tmp_path / "c.db") as store:
        with store.leases.hold(1), store.leases.hold(2):
            with pytest.raises(StorageError, check=is_a(StorageFault.LIVE_ELSEWHERE)) as caught:
                store.leases.hold(1).__enter__()
            assert caught.value.pid == os.getpid()


def test_s07_two_processes_write_at_once_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with child("add", path) as one, child("add", path) as other:
        ids = {line(one), line(other)}
        assert rest(one) == rest(other) == []

    with closing(sqlite3.connect(path)) as db:
        saved = db.execute("SELECT conversation_id, count(*) FROM message GROUP BY 1").fetchall()
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert ids == {"conversation 1", "conversation 2"}
    assert saved == [(1, 200), (2, 200)]


async def test_s07_only_one_process_checkpoints_and_the_next_takes_over(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with child("hold", path) as process:
        line(process)
        async with saving(path) as s:

            async def time_after_many_writes() -> int:
                for _ in range(CHECKPOINT_COMMITS + 1):
                    await s.store.write(lambda db: db.execute("UPDATE conversation SET pace = 1"))
                return path.stat().st_mtime_ns

            before = path.stat().st_mtime_ns
            assert await time_after_many_writes() == before

            process.kill()
            process.wait()

            assert await time_after_many_writes() > before


async def test_a_reply_that_is_being_said_elsewhere_is_not_interrupted(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        with child("hold", tmp_path / "c.db") as process:
            line(process)
            await s.record(started(1))
            assert (await s.load()).failure is None

            process.kill()
            process.wait()

        failure = (await s.load()).failure
        assert failure is not None
        assert failure.kind == "interrupted"


def test_without_a_lock_file_nothing_is_live(tmp_path: Path) -> None:
    leases = Leases.open_to_look(tmp_path / "c.db-lock")

    assert leases.holder(1) is None
    leases.close()


async def test_what_a_dead_process_left_is_found_and_waits_for_a_remedy(tmp_path: Path) -> None:
    with child("leave_open", tmp_path / "c.db") as process:
        rest(process)

    async with open_store(tmp_path / "c.db") as store:
        (found,) = store.recovered
        loaded = await Conversations(store).load(found.conversation_id)
    assert (found.title, found.speaker) == ("Is zero a number?", "ada")
    assert loaded.failure is not None
    assert loaded.failure.kind == "interrupted"
    assert loaded.turns == 1

    async with open_store(tmp_path / "c.db") as store:
        assert store.recovered == ()  # it is told once
