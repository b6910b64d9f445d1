"""A new database for what was said, when the open one is not in its place any more."""

import os
import sqlite3
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
from chimera_tui.storage.connection import connect, transaction
from chimera_tui.storage.importing import hold_saved
from chimera_tui.storage.migrate import migrate
from chimera_tui.storage.whereabouts import Straying


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
    problem = ""
    for folder in _folders(path):
        try:
            target = _made(folder, path, now)
        except OSError as error:
            problem = problem or f"{error.strerror}: `{folder}`"
            continue
        for is_whole in (True, False) if straying.is_readable else (False,):
            try:
                _write(target, old if is_whole else None, held, migrations, now)
            except (sqlite3.Error, OSError) as error:
                problem = problem or f"{one_line(str(error))}: `{folder}`"
                with suppress(OSError):
                    _empty(target)
            else:
                return Rescue(problem=straying.problem, path=target, is_whole=is_whole)
        with suppress(OSError):
            target.unlink()
    raise StorageError(
        f"{straying.problem} What was said could not be written anywhere else ({problem}):"
        " it is in memory alone.",
        hint="Make room, or make a folder writable, before you quit: it is tried again.",
        kind=StorageFault.LOST,
    )


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
    """Make an empty file of a new name; another Chimera may do the same at this very second."""
    for number in count(1):
        again = f"-{number}" if number > 1 else ""
        name = f"{path.stem}-rescued-{now:%Y%m%d-%H%M%S}{again}{path.suffix}"
        with suppress(FileExistsError):
            os.close(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            return folder / name
    raise AssertionError


def _empty(target: Path) -> None:
    for ending in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    os.truncate(target, 0)
