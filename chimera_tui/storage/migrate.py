"""The form of the database: whose it is, how old it is, and bringing it up to date."""

import os
import sqlite3
from pathlib import Path

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.storage.schema import check_schema

APPLICATION_ID = 0x43484D52
"""Marks the file as ours ("CHMR"); `file` and SQLite's tools show it."""

MIGRATIONS = Path(__file__).parent / "migrations"
"""Numbered SQL, `0001_initial.sql` and so on; a fresh database takes the same road."""


def check_identity(connection: sqlite3.Connection, path: Path, migrations: Path) -> None:
    """Make sure that the database is ours to use; an empty file is.

    Raises:
        StorageError: If a newer Chimera made it,
            or if another program made it.
        sqlite3.DatabaseError: If it is no database, or cannot be read.
    """
    application = _pragma(connection, "application_id")
    version = _pragma(connection, "user_version")
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise StorageError(
            f"`{path}` is the database of another program.",
            hint="Choose another with `--db`.",
            kind=StorageFault.NO_DATABASE,
        )
    if version > (newest := max(_scripts(migrations))):
        raise StorageError(
            f"`{path}` was made by a newer Chimera (form {version}, this one knows {newest}).",
            hint="Install the newer version, or choose another database with `--db`.",
            kind=StorageFault.NEWER,
        )


def check_form(connection: sqlite3.Connection, path: Path, migrations: Path) -> None:
    """Make sure that all is there that the migrations made which were done.

    Raises:
        StorageError: If something is missing, or is not what it should be.
        sqlite3.DatabaseError: If it cannot be read.
    """
    done = _pragma(connection, "user_version")
    steps = sorted((n, script) for n, script in _scripts(migrations).items() if n <= done)
    if steps:
        check_schema(connection, path, [script.read_text("utf-8") for _, script in steps])


def is_up_to_date(connection: sqlite3.Connection, migrations: Path) -> bool:
    """Whether all migrations were done."""
    return _pragma(connection, "user_version") == max(_scripts(migrations))


def migrate(connection: sqlite3.Connection, path: Path, migrations: Path) -> None:
    """Bring the database up to date; each step is done whole or not at all.

    A database that holds something is first copied beside itself. To be called
    while no other process does the same.
    """
    done = _pragma(connection, "user_version")
    steps = {n: script for n, script in _scripts(migrations).items() if n > done}
    if steps and done:
        _back_up(connection, path.with_name(f"{path.name}.before-{max(steps)}"))
    for number, script in sorted(steps.items()):
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script.read_text('utf-8')}\n"
                f"PRAGMA application_id = {APPLICATION_ID};\n"
                f"PRAGMA user_version = {number};\nCOMMIT;"
            )
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _back_up(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the database to `target`; a copy that was begun and not ended is not taken for one."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection.execute("VACUUM INTO ?", (str(partial),))
    with partial.open("rb") as copy:
        os.fsync(copy.fileno())
    partial.replace(target)


def _scripts(migrations: Path) -> dict[int, Path]:
    return {int(script.name.partition("_")[0]): script for script in migrations.glob("*.sql")}


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)
