"""Opening the file: made if missing, looked at before it is touched, read if not writable."""

import errno
import os
import sqlite3
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.storage.connection import (
    BUSY_WAIT,
    connect,
    make_durable,
    primary_code,
    storage_error,
    transaction,
)
from chimera_tui.storage.leases import Leases
from chimera_tui.storage.logs import Log, check_log, find_log
from chimera_tui.storage.marks import Marks, id_of
from chimera_tui.storage.migrate import check_form, check_identity, is_up_to_date, migrate
from chimera_tui.storage.schema import unsound_text
from chimera_tui.storage.whereabouts import Place, Whereabouts, look_at

_UNWRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNWRITABLE_CODES = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_FULL,
}
_ELSEWHERE = "Choose another place with `--db`."
_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that can be written."""

    writing: sqlite3.Connection
    leases: Leases
    whereabouts: Whereabouts
    notes: tuple[str, ...]
    """What was found wrong on the way, and may be missing; a sentence or two each."""


def open_writer(path: Path, migrations: Path, now: datetime) -> Opened:
    """Open the database for writing, made or brought up to date as need be.

    Raises:
        StorageError: If it is there, but can be read at best,
            or if it cannot be used at all.
    """
    place = _place(path)
    try:
        _make(path)
        leases = Leases.open(place.lock)
    except OSError as error:
        if error.errno in _UNWRITABLE and path.is_file():
            raise StorageError(
                f"`{error.filename}` cannot be written.", kind=StorageFault.READ_ONLY
            ) from error
        raise StorageError(
            f"`{path}` cannot be made: {error.strerror}.",
            hint=_ELSEWHERE,
            kind=StorageFault.NO_DATABASE,
        ) from error
    try:
        with leases.opening():
            return _open(place, leases, migrations, now)
    except sqlite3.Error as error:
        leases.close()
        raise _unusable(path, error) from error
    except OSError as error:
        leases.close()
        if error.errno in _UNWRITABLE or error.errno == errno.ENOSPC:
            raise _unwritable(path, is_full=_is_full(path)) from error
        problem = f"`{error.filename or path}` cannot be used: {error.strerror}."
        raise StorageError(problem, hint=_ELSEWHERE, kind=StorageFault.NO_DATABASE) from error
    except BaseException:
        leases.close()
        raise


def _open(place: Place, leases: Leases, migrations: Path, now: datetime) -> Opened:
    marks, path = Marks(leases.file), place.path
    leases.take_checkpoints()
    log = find_log(place, marks, now) if leases.has_checkpoints else Log()
    before = look_at(path)
    open_reader(path, migrations)[0].close()
    writing = _open_durable(path, migrations)
    if before is None or (after := look_at(path)) is None or id_of(before) != id_of(after):
        raise StorageError(
            f"`{path}` was replaced while it was opened.",
            hint="Start again.",
            kind=StorageFault.NO_DATABASE,
        )
    whereabouts = Whereabouts(place, id_of(before), marks)
    notes = log.notes
    if leases.has_checkpoints:
        notes = check_log(writing, log, place, now)
        whereabouts.leave()
    return Opened(writing, leases, whereabouts, notes)


def open_reader(path: Path, migrations: Path) -> tuple[sqlite3.Connection, bool]:
    """Open the database for reading; also say whether its log had to be left out.

    In a folder that cannot be written SQLite reads the log (the `-wal` file
    beside the database) only while a writer has it open.

    Raises:
        StorageError: If a newer Chimera made it,
            or if it cannot be read, or is not ours.
        StorageError: If another program lets nobody read it.
    """
    place = _place(path)
    try:
        return _open_known(path, migrations, is_immutable=False), False
    except UnicodeDecodeError as error:  # of a name in the schema
        raise unsound_text(path) from error
    except sqlite3.OperationalError as error:
        if primary_code(error) == sqlite3.SQLITE_BUSY:
            raise storage_error(error, path) from error
        # any other reason stops the second try, too
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    try:
        connection = _open_known(path, migrations, is_immutable=True)
    except UnicodeDecodeError as error:
        raise unsound_text(path) from error
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error
    log = look_at(place.log)
    return connection, log is not None and log.st_size > 0


def open_viewer(path: Path, migrations: Path) -> tuple[sqlite3.Connection, bool]:
    """As `open_reader`, for a database that nobody can bring up to date.

    Raises:
        StorageError: Also if it is empty or of an older form.
    """
    connection, is_log_left_out = open_reader(path, migrations)
    if is_up_to_date(connection, migrations):
        return connection, is_log_left_out
    connection.close()
    raise StorageError(
        f"`{path}` must be brought up to date first, but cannot be written.",
        hint=_ELSEWHERE,
        kind=StorageFault.NO_DATABASE,
    )


def _place(path: Path) -> Place:
    """The paths of a database, made sure to be plain files where there is something already.

    SQLite would wait for ever for what a FIFO has to say.

    Raises:
        StorageError: If there is something else.
    """
    place = Place.of(path)
    for file in (place.path, place.log, place.index, place.lock):
        found = look_at(file)
        if found and not stat.S_ISREG(found.st_mode):
            kind = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
            raise StorageError(
                f"`{file}` is {kind}, and no file.", hint=_ELSEWHERE, kind=StorageFault.NO_DATABASE
            )
    return place


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
        check_form(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_durable(path: Path, migrations: Path) -> sqlite3.Connection:
    connection = connect(path, "mode=rw")
    try:
        make_durable(connection)
        migrate(connection, path, migrations)
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        with transaction(connection):
            # SQLite opens a file that it may not write all the same; only a write tells.
            connection.execute("DELETE FROM conversation WHERE FALSE")
        connection.execute(f"PRAGMA busy_timeout = {BUSY_WAIT * 1000:.0f}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _unusable(path: Path, error: sqlite3.Error) -> StorageError:
    """Say why a file cannot be opened for writing; of a full disk SQLite does not say so."""
    is_full = _is_full(path)
    if primary_code(error) in _UNWRITABLE_CODES or is_full:
        return _unwritable(path, is_full=is_full)
    return storage_error(error, path)


def _unwritable(path: Path, *, is_full: bool) -> StorageError:
    found = look_at(path)
    if not is_full:
        return StorageError(f"`{path}` cannot be written.", kind=StorageFault.READ_ONLY)
    full = f"The disk of `{path}` is full: nothing can be saved."
    if found and found.st_size:
        return StorageError(full, kind=StorageFault.READ_ONLY)
    return StorageError(
        full, hint="Make room on it, or choose another place with `--db`.", kind=StorageFault.DISK
    )


def _is_full(path: Path) -> bool:
    with suppress(AttributeError, OSError):  # Windows has no `statvfs`
        return os.statvfs(path).f_bavail == 0
    return False


def _unreadable(path: Path, error: sqlite3.Error) -> StorageError:
    if primary_code(error) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        problem = f"`{path}` is no database, or a damaged one; it was left as it is."
    else:
        problem = f"`{path}` cannot be read."
    return StorageError(problem, hint=_ELSEWHERE, kind=StorageFault.NO_DATABASE)
