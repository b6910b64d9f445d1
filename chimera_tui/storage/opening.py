"""Opening the file: made if missing, looked at before it is touched, read if not writable."""

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from chimera_tui.domain.errors import NoDatabaseError, ReadOnlyDatabaseError
from chimera_tui.storage.connection import (
    connect,
    make_durable,
    primary_code,
    storage_error,
    transaction,
)
from chimera_tui.storage.leases import Leases
from chimera_tui.storage.migrate import check_identity, is_up_to_date, migrate

_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNWRITABLE_CODES = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_ELSEWHERE = "Choose another place with `--db`."


def open_writer(path: Path, migrations: Path) -> tuple[sqlite3.Connection, Leases]:
    """Open the database for writing, made or brought up to date as need be.

    Raises:
        ReadOnlyDatabaseError: If it is there, but can be read at best.
        StorageError: If it cannot be used at all.
    """
    try:
        _make(path)
        leases = Leases.open(lock_file(path))
    except OSError as error:
        if error.errno in _UNWRITABLE and path.is_file():
            raise ReadOnlyDatabaseError(f"`{error.filename}` cannot be written.") from error
        raise NoDatabaseError(
            f"`{path}` cannot be made: {error.strerror}.", hint=_ELSEWHERE
        ) from error
    try:
        with leases.opening():
            open_reader(path, migrations)[0].close()
            return _open_durable(path, migrations), leases
    except BaseException:
        leases.close()
        raise


def open_reader(path: Path, migrations: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the database for reading; also say whether its log had to be left out.

    In a folder that cannot be written SQLite reads the log (the `-wal` file
    beside the database) only while a writer has it open.

    Raises:
        NewerDatabaseError: If a newer Chimera made it.
        NoDatabaseError: If it cannot be read, or is not ours.
    """
    try:
        return _open_known(path, migrations, is_immutable=False), False
    except sqlite3.OperationalError:
        pass  # any other reason stops the second try, too
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    try:
        connection = _open_known(path, migrations, is_immutable=True)
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    log = path.with_name(f"{path.name}-wal")
    return connection, log.is_file() and log.stat().st_size > 0


def open_viewer(path: Path, migrations: Path) -> tuple[sqlite3.Connection, bool]:
    """As `open_reader`, for a database that nobody can bring up to date.

    Raises:
        NoDatabaseError: Also if it is empty or of an older form.
    """
    connection, is_log_left_out = open_reader(path, migrations)
    if is_up_to_date(connection, migrations):
        return connection, is_log_left_out
    connection.close()
    raise NoDatabaseError(
        f"`{path}` must be brought up to date first, but cannot be written.", hint=_ELSEWHERE
    )


def lock_file(path: Path) -> Path:
    """The file whose locks are the leases of the database at `path`."""
    return path.with_name(f"{path.name}-lock")


def _make(path: Path) -> None:
    """See to it that folder and file are there, for nobody else to read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A file that exists must not be opened beside SQLite: closing it would drop SQLite's locks.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _open_known(path: Path, migrations: Path, *, is_immutable: bool) -> sqlite3.Connection:
    connection = connect(path, "mode=ro&immutable=1" if is_immutable else "mode=ro")
    try:
        check_identity(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_durable(path: Path, migrations: Path) -> sqlite3.Connection:
    connection = connect(path, "mode=rw")
    try:
        make_durable(connection)
        migrate(connection, path, migrations)
        with transaction(connection):
            # SQLite opens a file that it may not write all the same; only a write tells.
            connection.execute("DELETE FROM conversation WHERE FALSE")
    except sqlite3.Error as error:
        connection.close()
        if primary_code(error) in _UNWRITABLE_CODES:
            raise ReadOnlyDatabaseError(f"`{path}` cannot be written.") from error
        raise storage_error(error) from error
    return connection


def _unreadable(path: Path, error: sqlite3.Error) -> NoDatabaseError:
    if primary_code(error) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        problem = f"`{path}` is no database, or a damaged one; it was left as it is."
    else:
        problem = f"`{path}` cannot be read."
    return NoDatabaseError(problem, hint=_ELSEWHERE)
