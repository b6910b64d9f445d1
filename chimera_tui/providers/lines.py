"""Streams of lines in the one form that every SDK reads, however they were cut and written."""

import re
from typing import Protocol

import msgspec

_LINE_END = re.compile(rb"\r\n|\r|\n")
_NO_DATA = re.compile(rb"(?:event|id|retry)(?::|\Z)|:")


class Lines(Protocol):
    """Rewrites the bytes of one stream."""

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be passed on now."""

    def end(self) -> bytes:
        """Return what can be passed on since nothing more comes."""


class _Splitter:
    """Cuts bytes into lines, however they come and whichever way a line ends."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that are complete now, without their ends."""
        waits = bool(self._rest) and self._rest[-1].endswith(b"\r")
        if not (waits or _LINE_END.search(chunk)):
            self._rest.append(chunk)
            return []
        data = b"".join((*self._rest, chunk))
        held = data.endswith(b"\r")  # perhaps the first half of a line end
        *lines, rest = _LINE_END.split(data[:-1] if held else data)
        self._rest = [rest + b"\r" if held else rest]
        return lines

    def rest(self) -> bytes:
        """Return what has no end yet."""
        return b"".join(self._rest)


class PlainEvents:
    """Server-sent events as lines of `data: ` and empty lines.

    google-genai takes every other line for a broken answer: a comment, by which servers and
    proxies keep a connection alive; `data:` without a space. An event that is cut is left out.
    """

    def __init__(self) -> None:
        self._lines = _Splitter()

    def feed(self, chunk: bytes) -> bytes:
        """Return the lines that are complete now."""
        lines = (line for line in self._lines.feed(chunk) if not _NO_DATA.match(line))
        return b"".join(_spaced(line) + b"\n" for line in lines)

    def end(self) -> bytes:
        """Nothing: what has no end is cut."""
        return b""


class JsonLines:
    """One JSON object a line; empty lines, and a last one that is cut, are left out.

    The ollama SDK stumbles over either.
    """

    def __init__(self) -> None:
        self._lines = _Splitter()

    def feed(self, chunk: bytes) -> bytes:
        """Return the lines that are complete now."""
        return b"".join(line + b"\n" for line in self._lines.feed(chunk) if line.strip())

    def end(self) -> bytes:
        """Return the last line, if only its end is missing."""
        rest = self._lines.rest()
        try:
            msgspec.json.decode(rest)
        except (ValueError, RecursionError):
            return b""
        return rest + b"\n"


def _spaced(line: bytes) -> bytes:
    return b"data: " + line[5:].removeprefix(b" ") if line.startswith(b"data:") else line
