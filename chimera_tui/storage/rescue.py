"""A new database for what was said, when the open one is not in its place any more."""

import errno
import os
import re
import shlex
import sqlite3
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Event, Thread

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.saved import Rescue, SavedConversation
from chimera_tui.domain.text import one_line
from chimera_tui.storage.connection import connect, primary_code, transaction
from chimera_tui.storage.importing import hold_saved
from chimera_tui.storage.migrate import migrate
from chimera_tui.storage.whereabouts import Straying

LONGEST_STEM = 100
"""Bytes of a name that is kept in that of a rescued file; SQLite and we add endings to it."""
MOST_TOLD = 3
"""Rescued files that are named at a start."""
_RESCUED = r"(?:-rescued-\d{8}-\d{6}(?:-\d+)?)+"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def rescue(
    old: sqlite3.Connection,
    straying: Straying,
    held: Sequence[SavedConversation],
    *,
    path: Path,
    migrations: Path,
    now: datetime,
) -> Rescue:
    """Write all that was said to a new database beside `path`, and say where.

    The old one is copied whole where it can still be read: what was recorded last is in it,
    and what was open, compared with `held`, has to be. Else there is what is held.

    Raises:
        StorageError: If no database can be written anywhere near.
    """
    problem, remedy = "", ""
    for folder in _folders(path):
        try:
            target = _made(folder, path, now)
        except OSError as error:
            problem = problem or f"{error.strerror}: `{folder}`"
            remedy = remedy or _remedy(error)
            continue
        for is_whole in (True, False) if straying.is_readable else (False,):
            try:
                _write(target, old if is_whole else None, held, migrations, now)
            except (sqlite3.Error, OSError) as error:
                problem = problem or f"{one_line(str(error))}: `{folder}`"
                remedy = remedy or _remedy(error)
                with suppress(OSError):
                    _empty(target)
            else:
                return Rescue(problem=straying.problem, path=target, is_whole=is_whole)
        with suppress(OSError):
            target.unlink()
    raise StorageError(
        f"{straying.problem} What was said could not be written anywhere else ({problem}):"
        " it is in memory alone.",
        hint=f"{remedy} before you quit: it is tried again every few seconds.",
        kind=StorageFault.LOST,
    )


def rescued_before(path: Path) -> tuple[str, ...]:
    """Name the files into which databases called `path` were rescued: a sentence each, new first.

    They are looked for wherever `rescue` may have put them. Raises nothing.
    """
    name = re.compile(f"{re.escape(_stem(path))}{_RESCUED}{re.escape(path.suffix)}")
    found: dict[Path, int] = {}
    for folder in dict.fromkeys(_folders(path)):
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if name.fullmatch(entry.name) and Path(entry.path) != path:
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and status.st_size and _is_ours(status):
                        found[Path(entry.path)] = status.st_mtime_ns
    newest = sorted(found, key=lambda one: found[one], reverse=True)
    told = [
        f"`{one_line(one.name, 200)}` keeps what was rescued from an earlier database:"
        f" `chimera-tui --db {shlex.quote(str(one))}` opens it."
        for one in newest[:MOST_TOLD]
    ]
    if more := len(newest) - len(told):
        told.append(f"There are {more} more such files in `{newest[0].parent}`.")
    return tuple(told)


def abandon(connection: sqlite3.Connection) -> None:
    """Leave a connection open until the process ends.

    Closed, SQLite would delete the log and the index at the path, whosever they are by then.
    A thread that waits for ever keeps it from being collected.
    """

    def keep(_connection: sqlite3.Connection) -> None:
        Event().wait()

    Thread(target=keep, args=(connection,), name="store-abandoned", daemon=True).start()


def _write(
    target: Path,
    old: sqlite3.Connection | None,
    held: Iterable[SavedConversation],
    migrations: Path,
    now: datetime,
) -> None:
    with closing(connect(target, "mode=rw")) as new:
        new.execute("PRAGMA synchronous = FULL")
        new.execute("PRAGMA fullfsync = ON")
        if old is None:
            migrate(new, target, migrations)
        else:
            old.backup(new)
            if (found := new.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(found)
        new.execute("PRAGMA foreign_keys = ON")
        with transaction(new):
            for saved in held:
                hold_saved(new, saved, now)


def _folders(path: Path) -> Iterator[Path]:
    """The folder of the old one, or the nearest above that is there; then others of the person."""
    yield next(folder for folder in path.parents if folder.is_dir())
    with suppress(RuntimeError):  # whoever has no home
        yield Path.home()
    with suppress(OSError):  # where nothing at all can be written
        yield Path(tempfile.gettempdir())


def _made(folder: Path, path: Path, now: datetime) -> Path:
    """Make an empty file of a new name; another Chimera may do the same at this very second.

    Of a database that was rescued itself, it is the name before that.
    """
    for number in count(1):
        again = f"-{number}" if number > 1 else ""
        name = f"{_stem(path)}-rescued-{now:%Y%m%d-%H%M%S}{again}{path.suffix}"
        with suppress(FileExistsError):
            os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            return folder / name
    raise AssertionError


def _stem(path: Path) -> str:
    """What the names of rescued files begin with."""
    stem = re.sub(f"{_RESCUED}\\Z", "", path.stem)
    return stem if len(os.fsencode(stem)) <= LONGEST_STEM else "chimera"


def _remedy(error: sqlite3.Error | OSError) -> str:
    """Say what to do where nothing can be written."""
    code = error.errno if isinstance(error, OSError) else primary_code(error)
    if code in (_FULL if isinstance(error, OSError) else {sqlite3.SQLITE_FULL}):
        return "Make room there"
    if isinstance(error, OSError) and code in _FORBIDDEN:
        return "Make that folder writable"
    return "Mend that, or make another folder writable (your home, or that of temporary files)"


def _is_ours(status: os.stat_result) -> bool:
    """Whether this person made a file: the folder of temporary files is everybody's."""
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


def _empty(target: Path) -> None:
    for ending in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    os.truncate(target, 0)
