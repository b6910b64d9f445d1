"""S01: kill -9 at any time loses nothing that was acknowledged."""

import asyncio
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from subprocess import Popen

import pytest

from chimera_tui.domain.saved import SavedConversation
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.store import open_store
from tests.storage.processes import child, line, rest


def killed_after(process: Popen[str], seconds: float) -> list[list[str]]:
    """Kill it; return what it had said, in words."""
    time.sleep(seconds)
    process.kill()
    return [said.split() for said in rest(process)]


def reopened(path: Path, conversation_id: int) -> tuple[SavedConversation, tuple[int, ...]]:
    async def load() -> tuple[SavedConversation, tuple[int, ...]]:
        async with open_store(path) as store:
            saved = await Conversations(store).load(conversation_id)
            return saved, tuple(r.conversation_id for r in store.recovered)

    return asyncio.run(load())


def check_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        half_turns = """
            SELECT turn FROM attempt
            WHERE outcome IS NULL OR (outcome = 'ok') != (message_id IS NOT NULL)
        """
        assert db.execute(half_turns).fetchall() == []


def test_s01_no_acknowledged_message_is_lost(tmp_path: Path) -> None:
    path, rng = tmp_path / "c.db", random.Random(1)
    for _ in range(12):
        with child("talk", path) as process:
            conversation_id = int(line(process).split()[1])
            said = killed_after(process, rng.uniform(0, 0.3))

        saved, recovered = reopened(path, conversation_id)

        acknowledged = [int(number) for _, number in said]
        kept = [m.turn.number for m in saved.tree.path]
        assert kept in (acknowledged, [*acknowledged, len(acknowledged) + 1])
        assert [m.text for m in saved.tree.path] == [f"Message {turn}" for turn in kept]
        assert recovered == ((conversation_id,) if saved.failure else ())
        check_whole(path)


@pytest.mark.parametrize("times", range(1, 4))
def test_s01_what_was_written_of_a_reply_outlives_a_kill(tmp_path: Path, times: int) -> None:
    """How soon it is written is the matter of `Draft`; that it is written again and again, too."""
    path = tmp_path / "c.db"
    with child("speak", path) as process:
        conversation_id = int(line(process).split()[1])
        said = [line(process).split() for _ in range(times)]
        said += killed_after(process, random.Random(times).uniform(0, 0.3))

    saved, recovered = reopened(path, conversation_id)

    written = [int(length) for _, length in said]
    assert written == sorted(set(written))
    assert recovered == (conversation_id,)
    assert saved.failure is not None
    assert len(saved.failure.text) >= written[-1] > 0
    assert saved.tree.path == []
    check_whole(path)
