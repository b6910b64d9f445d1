"""Looking at a database file changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.storage.inspection import inspect
from tests.fakes import is_a
from tests.storage.values import completed, saving, started


async def test_what_is_in_it(tmp_path: Path) -> None:
    db = tmp_path / "c.db"
    async with saving(db) as s:
        await s.record(started(1), completed(1, None, 1))
        found = inspect(db)  # while it is open elsewhere
    assert (found.conversations, found.messages, found.damage) == (1, 1, "")
    assert found.version >= 1
    assert inspect(db).size == db.stat().st_size


def test_an_empty_file_is_a_database_in_which_nothing_is(tmp_path: Path) -> None:
    db = tmp_path / "c.db"
    db.touch()
    found = inspect(db)
    assert (found.version, found.size, found.conversations, found.messages) == (0, 0, 0, 0)


async def test_damage_is_found(tmp_path: Path) -> None:
    db = tmp_path / "c.db"
    async with saving(db):
        pass
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            """
            UPDATE sqlite_master
            SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = 'message')
            WHERE name = 'notice'
            """
        )
        connection.commit()
    assert inspect(db).damage


async def test_what_is_not_ours_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("Dear diary, " * 100)
    with pytest.raises(StorageError, check=is_a(StorageFault.NO_DATABASE)):
        inspect(text)
    db = tmp_path / "c.db"
    async with saving(db):
        pass
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, check=is_a(StorageFault.NEWER)):
        inspect(db)
