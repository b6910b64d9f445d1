"""Card and chat files on the disk: read within bounds, written whole or not at all.

The same care as in `settings/files.py`, for bytes and for larger files.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.domain.text import one_line


def read_bytes(path: Path, longest: int) -> bytes:
    """Read a regular file of at most `longest` bytes; a link that was chosen is followed.

    Raises:
        InvalidFileError: If there is no such file, it is no regular file, or too large.
    """
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):  # a pipe must not keep us waiting
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise _invalid(path, f"cannot be read: {_reason(error)}") from None
    try:
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _invalid(path, "is not a regular file")
            data = file.read(longest + 1)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {_reason(error)}") from None
    if len(data) > longest:
        raise _invalid(path, f"is larger than {longest // 2**20} MiB")
    return data


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: beside it first, to the disk, then in its place (0600).

    Raises:
        ChimeraError: If `path` is a link or no regular file, or cannot be written. What was
            there before is then still there.
    """
    if path.is_symlink():
        raise _unwritable(path, "it is a link", "Name the file itself.")
    if path.exists() and not path.is_file():
        raise _unwritable(path, "it is not a regular file", "Name another file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise _unwritable(path, "it is read-only", "Name another file.")
    try:
        _replace(path, data)
    except OSError as error:
        raise _unwritable(path, _reason(error), "Name another place.") from None


def _replace(path: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        beside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name, too, outlives a power cut
        finally:
            os.close(folder)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _invalid(path: Path, what: str) -> InvalidFileError:
    return InvalidFileError(f"`{one_line(str(path))}` {what}.")


def _unwritable(path: Path, why: str, hint: str) -> ChimeraError:
    return ChimeraError(f"`{one_line(str(path))}` cannot be written: {why}.", hint=hint)
