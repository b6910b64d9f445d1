"""Where the open database is: whether what lies at its paths is still what is open."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from chimera_tui.storage.marks import Id, Marks, id_of

_OTHERS_FINISH = 2.0
"""Seconds in which another Chimera, moving the log into the database, says that it did."""

_TELLS_TIMES = sys.platform != "win32"
"""Windows keeps the time of a file that is open back until it is closed."""


@dataclass(frozen=True, slots=True)
class Place:
    """The paths of a database and of what belongs to it."""

    path: Path
    """As it was named; it may be a link."""
    real: Path
    """What it led to."""
    log: Path
    index: Path
    lock: Path

    @classmethod
    def of(cls, path: Path) -> Self:
        """SQLite puts its files beside what a link leads to; so do we."""
        real = Path(os.path.realpath(path))
        beside = (real.with_name(real.name + ending) for ending in ("-wal", "-shm", "-lock"))
        return cls(path.absolute(), real, *beside)


@dataclass(frozen=True, slots=True)
class Straying:
    """What became of the open database."""

    problem: str
    """One sentence."""
    is_readable: bool = True
    """Whether what is open can still be read as it was."""


class Whereabouts:
    """The files that are open, as they lay at their paths when they were opened.

    Looking costs a stat a file. What is open keeps its inode, so that no other file can
    come to bear the same.
    """

    def __init__(self, place: Place, database: Id, marks: Marks) -> None:
        self.place = place
        self.marks = marks
        self.log_size = 0
        """Bytes; it never shrinks while it is open."""
        self._database = database
        self._beside = {place.lock: marks.lock}
        for path in (place.log, place.index):  # there are none without shared memory
            if found := look_at(path):
                self._beside[path] = id_of(found)
        self._left = self._shape(look_at(place.path))

    @property
    def has_log(self) -> bool:
        """Whether there is a log: on some file systems SQLite cannot have one."""
        return self.place.log in self._beside

    def look(self, *, is_mover: bool) -> Straying | None:
        """Say what became of the open files, if they are not where they were.

        Args:
            is_mover: Whether this process is the one that moves the log into the database.
        """
        path = self.place.path
        if (found := look_at(path)) is None:
            return Straying(f"`{path}` was removed or renamed.")
        if id_of(found) != self._database:
            return Straying(f"`{path}` was replaced by another file.")
        if (
            self.has_log
            and self._shape(found) != self._left
            and not self._is_moved(is_mover=is_mover)
        ):
            return Straying(f"`{path}` was written over by another program.", is_readable=False)
        return self._look_beside()

    def _look_beside(self) -> Straying | None:
        for path, id_ in self._beside.items():
            found, part = look_at(path), f"`{path}`, a part of the database,"
            if found is None:
                return Straying(f"{part} was removed.")
            if id_of(found) != id_:
                return Straying(f"{part} was replaced.")
            if path == self.place.log:
                if found.st_size < self.log_size:
                    return Straying(f"{part} was written over.", is_readable=False)
                self._grow(found.st_size)
        return None

    def before_moving(self) -> None:
        """Say that the log is being moved into the database."""
        self._leave(is_moving=True)

    def leave(self) -> None:
        """Write down how the database is now, for other processes and the next start."""
        self._leave(is_moving=False)

    def take_over(self) -> None:
        """Be the one that moves the log, after whoever did: it may have died over it."""
        if self.look(is_mover=False) is None:
            self.leave()

    @contextmanager
    def closing(self, *, is_mover: bool) -> Iterator[None]:
        """Forget what was written down, around closing, if it leaves no log behind.

        Another process may have the database open, and goes by it.
        """
        with suppress(OSError):
            self.marks.log_size = 0
        yield
        with suppress(OSError):
            if look_at(self.place.log):
                self.marks.log_size = self.log_size
            elif is_mover:
                self.marks.clear()

    def withdraw(self, keep: Path | None = None) -> None:
        """Take away what is ours from a place at which another file is, or will be.

        Its next reader would replay our log over it. Where our own file still lies, as it was
        left, its log stays with it.

        Args:
            keep: Where the log is put; None: all that it holds stands elsewhere.
        """
        there = look_at(self.place.real)
        if there and id_of(there) == self._database and self._shape(there) == self._left:
            return
        for beside in (self.place.log, self.place.index):
            found = look_at(beside)
            if found and id_of(found) == self._beside.get(beside):
                if keep and beside == self.place.log:
                    beside.rename(keep)
                else:
                    beside.unlink(missing_ok=True)
        self.marks.clear()

    def _leave(self, *, is_moving: bool) -> None:
        found = look_at(self.place.path)
        if found and id_of(found) == self._database and self.has_log:
            self._left = self._shape(found)
            self.marks.leave(found, self._beside[self.place.log], is_moving=is_moving)

    def _is_moved(self, *, is_mover: bool) -> bool:
        """Whether the database changed because another Chimera moved the log into it."""
        until = time.monotonic() + (0 if is_mover else _OTHERS_FINISH)
        while True:
            mark, now = self.marks.read(), self._shape(look_at(self.place.path))
            if not is_mover and mark and mark.is_moving:
                return True
            if not is_mover and mark and (mark.size, mark.changed) == now:
                self._left = now
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(0.01)

    def _grow(self, size: int) -> None:
        if size > self.log_size:
            self.log_size = size
            with suppress(OSError):  # it is a bound from below
                self.marks.log_size = size

    def _shape(self, found: os.stat_result | None) -> tuple[int, int]:
        return (found.st_size, found.st_mtime_ns) if found and _TELLS_TIMES else (0, 0)


def look_at(path: Path) -> os.stat_result | None:
    """Stat a file; None if it is not there, or cannot be reached any more."""
    try:
        return os.stat(path)  # noqa: PTH116 - half the time of `Path.stat`
    except OSError:
        return None
