"""S13: a migration is done whole or not at all, and after a copy."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import Usage
from chimera_tui.domain.errors import StorageError
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.migrate import MIGRATIONS, migrate
from chimera_tui.storage.store import open_store
from tests.storage.processes import child, line
from tests.storage.values import completed, saving

TODAY = max(int(script.name.partition("_")[0]) for script in MIGRATIONS.glob("*.sql"))
"""The form of the database that this program makes."""


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A database of today, with one message."""
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1))
    return tmp_path / "c.db"


def scripts(path: Path, *more: str) -> Path:
    """The migrations of today and `more`, in the folder that the child looks in."""
    folder = path.parent / "migrations"
    shutil.copytree(MIGRATIONS, folder, dirs_exist_ok=True)
    for number, script in enumerate(more, start=TODAY + 1):
        (folder / f"{number:04}_more.sql").write_text(script)
    return folder


def one_value(path: Path, query: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(query).fetchone()[0]


async def test_an_old_database_is_copied_then_brought_up_to_date(path: Path) -> None:
    migrations = scripts(
        path, "ALTER TABLE message ADD COLUMN mood TEXT;", "CREATE TABLE memory (a);"
    )

    async with open_store(path, migrations=migrations) as store:
        loaded = await Conversations(store).load(1)
        assert [m.text for m in loaded.tree.path] == ["Hello."]

    copy = path.with_name(f"c.db.before-{TODAY + 2}")
    assert one_value(path, "PRAGMA user_version") == TODAY + 2
    assert one_value(copy, "PRAGMA user_version") == TODAY
    assert one_value(copy, "SELECT text FROM message") == "Hello."
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_a_fresh_database_takes_the_same_road_without_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "fresh.db"

    async with open_store(path, migrations=scripts(path, "CREATE TABLE memory (a);")):
        pass

    assert one_value(path, "PRAGMA user_version") == TODAY + 1
    assert not (tmp_path / f"fresh.db.before-{TODAY + 1}").exists()


async def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path) -> None:
    migrations = scripts(path, "CREATE TABLE memory (a); INSERT INTO nowhere VALUES (1);")

    with pytest.raises(StorageError, match="nowhere"):
        async with open_store(path, migrations=migrations):
            pass

    assert one_value(path, "PRAGMA user_version") == TODAY
    assert one_value(path, "SELECT count(*) FROM sqlite_master WHERE name = 'memory'") == 0


async def test_s13_a_migration_that_was_killed_is_made_by_the_second_start(path: Path) -> None:
    scripts(path, "CREATE TABLE memory (a); SELECT half_way(); CREATE TABLE rating (a);")
    path.with_name(f"c.db.before-{TODAY + 1}.partial").write_bytes(b"a copy that was not ended")

    with child("half_migrate", path) as process:
        assert line(process) == "half-way"
        process.kill()

    migrations = scripts(path, "CREATE TABLE memory (a); CREATE TABLE rating (a);")
    async with open_store(path, migrations=migrations) as store:
        assert (await Conversations(store).load(1)).tree.path[0].text == "Hello."

    assert one_value(path, "PRAGMA user_version") == TODAY + 1
    assert one_value(path, "PRAGMA integrity_check") == "ok"
    assert one_value(path.with_name(f"c.db.before-{TODAY + 1}"), "PRAGMA integrity_check") == "ok"


async def test_a_database_of_the_first_form_keeps_what_was_said(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    folder = tmp_path / "first"
    folder.mkdir()
    shutil.copy(MIGRATIONS / "0001_initial.sql", folder)
    with closing(sqlite3.connect(path)) as db:
        migrate(db, path, folder)
        db.executescript(FIRST_FORM)

    async with open_store(path) as store:
        loaded = await Conversations(store).load(1)

    (message,) = loaded.tree.path
    assert (message.text, message.thinking) == ("Hello.", "")
    assert message.provenance
    assert message.provenance.usage == Usage(input=120, output=40)
    assert message.provenance.attempt == 1
    assert (loaded.spent.cost, loaded.spent.tokens) == (700, 160)


FIRST_FORM = """
    INSERT INTO conversation VALUES (1, 'Jokes', 'Jokes', 'random', 1.0, 7, 20, 'Human', 1, 1);
    INSERT INTO message (conversation_id, id, turn, speaker, text, finish, finish_note, is_chosen,
                         provider, model, temperature, max_tokens, input_tokens, output_tokens,
                         is_estimate, cost, cost_source, duration, created_at)
    VALUES (1, 1, 1, 'ada', 'Hello.', 'stop', '', 1,
            'desk', 'm-1', 0.7, 400, 120, 40, 0, 700, 'priced', 2.5, 1);
    INSERT INTO attempt (conversation_id, turn, number, speaker, provider, model, started_at,
                         ended_at, outcome, message_id)
    VALUES (1, 1, 1, 'ada', 'desk', 'm-1', 1, 2, 'ok', 1);
"""
