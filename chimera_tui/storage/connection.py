"""A connection to the database file, a transaction on it, and what its errors mean."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.text import one_line
from chimera_tui.storage.holders import holders

BUSY_WAIT = 10.0
"""Seconds to wait while another program writes. The wait is in the store's own thread."""

OPENING_WAIT = 3.0
"""Seconds that opening, and a reader, wait for a program that lets nobody read meanwhile."""

REPLACING = partial(str, encoding="utf-8", errors="replace")
"""Reads text that is no UTF-8, with U+FFFD in it."""

Access = Literal["mode=rw", "mode=ro", "mode=ro&immutable=1"]
"""`immutable` is for a folder in which SQLite may not put its files beside the database."""

_PROBLEMS = {
    sqlite3.SQLITE_FULL: (
        "The disk is full.",
        "Make room on it; nothing that was said is lost.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk does not read or write.",
        "Is it still there, and not over its quota?",
    ),
    sqlite3.SQLITE_BUSY: (
        "Another program keeps the database locked.",
        "Close it, then try again.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The database is damaged.",
        "Copy the file, then try `sqlite3 FILE .recover`.",
    ),
}


def connect(path: Path, access: Access) -> sqlite3.Connection:
    """Open an existing file, trusting nothing in it; to be used by the calling thread only."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{access}", uri=True, timeout=OPENING_WAIT, isolation_level=None
    )
    connection.text_factory = REPLACING
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    return connection


def make_durable(connection: sqlite3.Connection) -> None:
    """Let a commit return only when it would survive a power cut.

    `synchronous = NORMAL` would lose acknowledged messages then; FULL costs 0.2 ms more.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA fullfsync = ON")  # macOS: fsync alone does not reach the disk
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("PRAGMA foreign_keys = ON")


@contextmanager
def transaction(
    connection: sqlite3.Connection, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE"
) -> Iterator[None]:
    """All or nothing. A write begins IMMEDIATE, so that the busy wait is in force."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # after some errors SQLite has rolled back already
            connection.execute("ROLLBACK")
        raise


def primary_code(error: sqlite3.Error) -> int:
    """The result code of SQLite without its details; 0 where Python raised by itself."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def storage_error(error: sqlite3.Error | OverflowError, path: Path | None = None) -> StorageError:
    """Say in the user's words what went wrong, and who holds the lock of the file at `path`."""
    if isinstance(error, OverflowError):
        return StorageError("A number is too large for the database.")
    code = primary_code(error)
    if code == sqlite3.SQLITE_READONLY:
        return StorageError(
            "The database can be read, but not written.",
            hint="Make the file and its folder writable, or choose another with `--db`.",
            kind=StorageFault.READ_ONLY,
        )
    problem, hint = _PROBLEMS.get(code, (f"The database refused: {one_line(str(error))}.", ""))
    if code == sqlite3.SQLITE_BUSY and path is not None:
        who = holders(path, path.with_name(f"{path.name}-shm"))
        problem = problem.replace(" keeps", f"{who} keeps")
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StorageError(problem, hint=hint, kind=StorageFault.DISK)
    return StorageError(problem, hint=hint)
