"""What is opened, what is refused, and what is left alone."""

import asyncio
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chimera_tui.domain.errors import NewerDatabaseError, NoDatabaseError
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.store import open_store
from tests.storage.processes import child, rest
from tests.storage.values import completed, saving


async def a_database(path: Path) -> None:
    async with saving(path) as s:
        await s.record(completed(1, None, 1))


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users may enter (that of pytest they may not)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_the_database_is_for_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1))

        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == {0o600}  # the log and the locks, too


async def test_a_commit_is_on_the_disk_and_nothing_in_the_file_is_trusted(tmp_path: Path) -> None:
    async with open_store(tmp_path / "c.db") as store:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "fullfsync")

        values = await store.write(
            lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
        )

    assert values == ["wal", 2, 1, 0, 1]


async def test_s10_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.touch()

    async with open_store(path) as store:
        assert await Conversations(store).list_all() == []


async def test_s12_a_newer_database_is_named_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    await a_database(path)
    change(path, "PRAGMA user_version = 99")
    before = path.read_bytes()

    with pytest.raises(NewerDatabaseError, match="form 99"):
        async with open_store(path):
            pass

    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 1000, b"SQLite format 3\0" + b"\1" * 5000])
async def test_what_is_no_database_is_named_and_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(content)

    with pytest.raises(NoDatabaseError, match=r"c\.db"):
        async with open_store(path):
            pass

    assert path.read_bytes() == content


async def test_the_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    change(path, "CREATE TABLE history (url TEXT)")
    before = path.read_bytes()

    with pytest.raises(NoDatabaseError, match="another program"):
        async with open_store(path):
            pass

    assert path.read_bytes() == before


async def test_a_place_where_nothing_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for path in (tmp_path / "file" / "c.db", tmp_path):
        with pytest.raises(NoDatabaseError, match=str(path)):
            async with open_store(path):
                pass


@pytest.mark.parametrize(
    ("log", "missing"), [(b"", ""), (b"last words", " What was said last may be missing.")]
)
def test_s05_a_database_in_a_read_only_folder_can_be_viewed(
    shared: Path, log: bytes, missing: str
) -> None:
    path = shared / "c.db"
    asyncio.run(a_database(path))
    path.chmod(0o444)
    path.with_name("c.db-wal").write_bytes(log)
    shared.chmod(0o555)

    with child("look", path) as process:
        said = rest(process)

    assert said == [
        f"`{path}-lock` cannot be written.{missing}",
        "['Hello.']",
        f"ReadOnlyDatabaseError {said[0]}",
        f"ReadOnlyDatabaseError {said[0]}",
    ]


def test_s05_a_read_only_file_can_be_viewed(shared: Path) -> None:
    path = shared / "c.db"
    asyncio.run(a_database(path))
    path.chmod(0o444)
    path.with_name("c.db-lock").unlink()
    shared.chmod(0o777)

    with child("look", path) as process:
        said = rest(process)

    assert said[:2] == [f"`{path}` cannot be written.", "['Hello.']"]


def test_s05_without_a_database_a_read_only_folder_is_named(shared: Path) -> None:
    shared.chmod(0o555)

    with child("look", shared / "c.db") as process:
        said = rest(process)

    assert said == [f"NoDatabaseError `{shared / 'c.db'}` cannot be made: Permission denied."]


def test_s05_a_read_only_file_of_no_form_is_named(shared: Path) -> None:
    path = shared / "c.db"
    path.touch()
    path.chmod(0o444)
    shared.chmod(0o777)

    with child("look", path) as process:
        said = rest(process)

    assert said == [
        f"NoDatabaseError `{path}` must be brought up to date first, but cannot be written."
    ]
