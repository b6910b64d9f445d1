"""Looking at a database without making, changing or locking it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from chimera_tui.storage.connection import storage_error
from chimera_tui.storage.migrate import MIGRATIONS
from chimera_tui.storage.opening import open_reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is found in a database file."""

    version: int
    """The number of its last migration."""
    size: int
    """Bytes, with the log beside it."""
    conversations: int
    messages: int
    damage: str
    """The first thing that SQLite finds wrong with it; empty if nothing is."""


def inspect(path: Path, migrations: Path = MIGRATIONS) -> Inspection:
    """Look at the database at `path`, every page of it.

    Raises:
        StorageError: If a newer Chimera made it,
            or if it cannot be read, or is not ours.
    """
    connection, _ = open_reader(path, migrations)
    with closing(connection):
        try:
            return Inspection(
                version=_number(connection, "PRAGMA user_version"),
                size=sum(_size(path.with_name(path.name + ending)) for ending in ("", "-wal")),
                conversations=_count(connection, "conversation"),
                messages=_count(connection, "message"),
                damage=_damage(connection),
            )
        except sqlite3.Error as error:
            raise storage_error(error) from error


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _damage(connection: sqlite3.Connection) -> str:
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    return "" if found == "ok" else str(found)


def _count(connection: sqlite3.Connection, table: str) -> int:
    """Rows of a table; 0 in a file that was made, but not filled."""
    known = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
    if not connection.execute(known, (table,)).fetchone()[0]:
        return 0
    return _number(connection, f"SELECT count(*) FROM {table}")


def _number(connection: sqlite3.Connection, query: str) -> int:
    (number,) = connection.execute(query).fetchone()
    return int(number)
