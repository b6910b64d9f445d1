"""Reading and writing the files of a person: bounded, regular files only, whole or not at all."""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from chimera_tui.domain.decoding import encoding_of, without_mark
from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.domain.text import one_line

LONGEST_FILE = 64 * 1024
"""Bytes of a settings or persona file that are read at most."""


def read_text(path: Path, *, follow_links: bool = False) -> str:
    """Read a small text file: a regular file of at most 64 KiB, in UTF-8.

    Args:
        path: The file.
        follow_links: Whether `path` may be a link, as it is where settings are kept elsewhere.

    Raises:
        FileNotFoundError: If there is no such file.
        InvalidFileError: If it is no such file, cannot be read, or is not text.
    """
    # Never waits: opening a pipe without O_NONBLOCK would hang until somebody writes to it.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    if not follow_links:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        if path.is_symlink() and not follow_links:
            raise _invalid(path, "is a link", "Put the file itself there.") from None
        raise _invalid(path, f"cannot be read: {_reason(error)}") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _invalid(path, "is not a regular file")
        data = _bytes(descriptor)
    except OSError as error:
        raise _invalid(path, f"cannot be read: {_reason(error)}") from None
    finally:
        os.close(descriptor)
    return decode(data, path)


def decode(data: bytes, path: Path) -> str:
    """Turn the bytes of `path` into text, without a byte order mark and with plain line ends.

    Raises:
        InvalidFileError: If there are too many, or they are not UTF-8.
    """
    if len(data) > LONGEST_FILE:
        raise _invalid(path, "is larger than 64 KiB")
    encoding = encoding_of(data)
    if encoding != "utf-8":
        name = encoding[:6].upper()
        raise _invalid(path, f"is written in {name}", "Save it as UTF-8.")
    try:
        text = without_mark(data).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _invalid(path, f"is not UTF-8 (line {line})", "Save it as UTF-8.") from None
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        raise _invalid(path, "has line ends of old Macs (CR)", "Save it with line ends LF.")
    return text


def write_file(path: Path, data: str | bytes) -> None:
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
        _replace(path, data.encode() if isinstance(data, str) else data)
    except OSError as error:
        raise _unwritable(path, _reason(error), "Name another place.") from None


def _bytes(descriptor: int) -> bytes:
    """What the file holds; of one that is too long, a little more than is allowed."""
    data = b""
    while len(data) <= LONGEST_FILE and (piece := os.read(descriptor, LONGEST_FILE + 1)):
        data += piece
    return data


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


def _invalid(path: Path, what: str, hint: str = "") -> InvalidFileError:
    return InvalidFileError(f"`{one_line(str(path))}` {what}.", hint=hint)


def _unwritable(path: Path, why: str, hint: str) -> ChimeraError:
    return ChimeraError(f"`{one_line(str(path))}` cannot be written: {why}.", hint=hint)
