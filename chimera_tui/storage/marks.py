"""What the lock file says of the database, for whoever opens it next.

The log of SQLite (the `-wal` file) names no database: whatever lies beside it is what it is
replayed over. So the one process that moves the log into the database writes down how it
left both. A mark is a claim, checked before it is believed; without one the log is trusted.
"""

import os
from pathlib import Path

import msgspec

Id = tuple[int, int]
"""Device and inode of a file."""

_ROOM = 256
"""Bytes of the lock file for the mark; behind it stands how long the log had become."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How the database was left."""

    database: Id
    log: Id
    lock: Id
    """The lock file itself: in a folder that was copied it is another one."""
    size: int
    changed: int
    """Nanoseconds since 1970, as the file system has it."""
    is_moving: bool
    """The log was being moved into it: only its id is known."""
    boot: str
    """A time that was not yet on the disk is another one after a power cut."""


class Marks:
    """The mark in an open lock file, and the length of the log."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._boot = _boot()
        self.lock = id_of(os.fstat(fd))
        """The file that is marked."""

    def read(self) -> Mark | None:
        """The last mark; None if there is none, or none that we know."""
        try:
            return msgspec.json.decode(self._read(0, _ROOM).rstrip(b"\0\n "), type=Mark)
        except (OSError, msgspec.MsgspecError):
            return None

    def leave(self, database: os.stat_result, log: Id, *, is_moving: bool = False) -> None:
        """Write down how the database is now; on the disk before its log is moved into it."""
        mark = Mark(
            database=id_of(database),
            log=log,
            lock=self.lock,
            size=database.st_size,
            changed=database.st_mtime_ns,
            is_moving=is_moving,
            boot=self._boot,
        )
        self._write(0, msgspec.json.encode(mark).ljust(_ROOM))
        if is_moving:
            os.fsync(self._fd)

    def clear(self) -> None:
        """Nothing will lie beside the database."""
        self._write(0, b" " * _ROOM + b"0".ljust(20))
        os.fsync(self._fd)

    def is_of_now(self, mark: Mark) -> bool:
        """Whether the machine has run ever since the mark was written."""
        return bool(self._boot) and mark.boot == self._boot

    @property
    def log_size(self) -> int:
        """Bytes that the log had at least."""
        text = self._read(_ROOM, 20).strip(b"\0 ")
        return int(text) if text.isdigit() else 0

    @log_size.setter
    def log_size(self, size: int) -> None:
        self._write(_ROOM, str(size).encode().ljust(20))

    def _read(self, at: int, length: int) -> bytes:
        os.lseek(self._fd, at, os.SEEK_SET)
        return os.read(self._fd, length)

    def _write(self, at: int, data: bytes) -> None:
        os.lseek(self._fd, at, os.SEEK_SET)
        os.write(self._fd, data)


def id_of(found: os.stat_result) -> Id:
    """Device and inode."""
    return found.st_dev, found.st_ino


def _boot() -> str:
    """Which run of the machine this is; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("utf-8").strip()
    except OSError:
        return ""
