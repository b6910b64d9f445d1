"""Which conversation is live in which process."""

import errno
import os
import stat
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from chimera_tui.domain.errors import StorageError, StorageFault

if sys.platform != "win32":
    import fcntl

_CHECKPOINTS, _OPENING, _FIRST_CONVERSATION = 0, 1, 1
"""Bytes of the lock file; that of a conversation is its id, counted from the third."""

_FLOCK_BEGINS_WITH_TYPE = sys.platform.startswith("linux")
"""`struct flock` is type, whence, start, length, pid; on macOS and the BSDs
start, length, pid, type, whence."""


class Leases:
    """The locks of this process in the file beside the database.

    A live conversation is a locked byte. The system gives the lock back when the
    process ends, however it ends, and says which process holds it. The locks are
    POSIX record locks: one `Leases` for a database and process, because a process
    loses its locks as soon as it closes *any* descriptor of the file. On Windows
    leases hold within this process only.

    The file also tells the next start how the database was left (`marks`).
    """

    def __init__(self, fd: int | None, *, can_lock: bool) -> None:
        self._fd = fd
        self._can_lock = can_lock
        self._held: set[int] = set()
        self.has_checkpoints = False
        """Whether this process is the one that moves the log into the database."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the lock file at `path`; it is made if need be.

        Raises:
            OSError: If it can be neither opened for writing nor made.
        """
        return cls(_open(path), can_lock=True)

    @classmethod
    def open_to_look(cls, path: Path) -> Self:
        """Leases that can be seen, but not taken."""
        try:
            return cls(os.open(path, os.O_RDONLY), can_lock=False)
        except OSError:
            return cls(None, can_lock=False)

    @property
    def file(self) -> int:
        """The descriptor of the lock file. Nobody else may close one of it (see above)."""
        assert self._fd is not None  # noqa: S101 - whoever writes has one
        return self._fd

    @property
    def held(self) -> frozenset[int]:
        """The conversations that are live here."""
        return frozenset(self._held)

    def move_to(self, other: "Leases") -> None:
        """Hold what is held in the file of `other` from now on; that one is used up."""
        self.close()
        self._fd, self._can_lock = other.file, True
        self.has_checkpoints = other.has_checkpoints
        for conversation_id in self._held:
            self._lock(_byte(conversation_id))

    def close(self) -> None:
        """Give back all that is held."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None
        self._can_lock = False

    @contextmanager
    def hold(self, conversation_id: int) -> Iterator[None]:
        """Keep a conversation to this process.

        Raises:
            StorageError: If it is live already, here or in another process,
                or if nothing can be written here.
        """
        if not self._can_lock:
            raise StorageError(
                "This conversation can only be read here.", kind=StorageFault.READ_ONLY
            )
        if conversation_id in self._held:
            raise StorageError(
                "This conversation is open already.",
                pid=os.getpid(),
                hint="Close it first.",
                kind=StorageFault.LIVE_ELSEWHERE,
            )
        if not self._lock(_byte(conversation_id)):
            raise _live_elsewhere(self.holder(conversation_id))
        self._held.add(conversation_id)
        try:
            yield
        finally:
            self._held.remove(conversation_id)
            self._unlock(_byte(conversation_id))

    def holder(self, conversation_id: int) -> int | None:
        """The other process in which a conversation is live; None if there is none."""
        if self._fd is None or sys.platform == "win32":
            return None
        return _lock_owner(self._fd, _byte(conversation_id))

    def is_live(self, conversation_id: int) -> bool:
        """Whether a conversation is live, here or in another process."""
        return conversation_id in self._held or self.holder(conversation_id) is not None

    def take_checkpoints(self) -> bool:
        """Become the one process that moves the log into the database; True if just become so.

        SQLite before 3.51.3 can, rarely, damage a file that two processes checkpoint.
        """
        if self.has_checkpoints or not self._can_lock or not self._lock(_CHECKPOINTS):
            return False
        self.has_checkpoints = True
        return True

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Keep others from making or migrating the database meanwhile; waits for them."""
        self._lock(_OPENING, wait=True)
        try:
            yield
        finally:
            self._unlock(_OPENING)

    def _lock(self, byte: int, *, wait: bool = False) -> bool:
        if sys.platform == "win32" or self._fd is None:
            return True
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), 1, byte)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(self, byte: int) -> None:
        if sys.platform != "win32" and self._fd is not None:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, byte)


def _open(path: Path) -> int:
    """Open a lock file, and nothing that only bears its name."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    fd = os.open(path, flags, 0o600)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    return fd


def _byte(conversation_id: int) -> int:
    return _FIRST_CONVERSATION + conversation_id


def _live_elsewhere(pid: int | None) -> StorageError:
    return StorageError(
        "This conversation is live in another Chimera" + (f", process {pid}." if pid else "."),
        pid=pid,
        hint="It can be read here, and goes on here when it is closed there.",
        kind=StorageFault.LIVE_ELSEWHERE,
    )


def _lock_owner(fd: int, byte: int) -> int | None:
    if sys.platform == "win32":
        return None
    if _FLOCK_BEGINS_WITH_TYPE:
        question = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, byte, 1, 0)
        kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(fd, fcntl.F_GETLK, question))
    else:
        question = struct.pack("qqihh", byte, 1, 0, fcntl.F_WRLCK, os.SEEK_SET)
        _, _, pid, kind, _ = struct.unpack("qqihh", fcntl.fcntl(fd, fcntl.F_GETLK, question))
    return int(pid) if kind != fcntl.F_UNLCK else None
