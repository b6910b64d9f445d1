"""Card and chat files on the disk: read within bounds. `system/files.py` writes them."""

import os
import stat
from pathlib import Path

from chimera_tui.domain.errors import InvalidFileError
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


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)).lower()


def _invalid(path: Path, what: str) -> InvalidFileError:
    return InvalidFileError(f"`{one_line(str(path))}` {what}.")
