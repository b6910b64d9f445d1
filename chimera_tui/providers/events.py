"""Server-sent events in the one form that every SDK reads."""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(rb"(?:event|id|retry)(?::|\Z)|:")


class PlainEvents:
    """Rewrites a stream of events, however it is cut, as lines of `data: ` and empty lines.

    google-genai takes every other line for an answer that is broken: a comment, by which
    servers and proxies keep a connection alive; `data:` without a space. A last line that
    has no end is left out: the stream was cut there.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []

    def __call__(self, chunk: bytes) -> bytes:
        """Return the lines that `chunk` completes."""
        if not chunk or not (self._ends_in_return() or _LINE_END.search(chunk)):
            self._rest.append(chunk)
            return b""
        data = b"".join((*self._rest, chunk))
        held = data.endswith(b"\r")  # perhaps the first half of a line end
        *lines, rest = _LINE_END.split(data[:-1] if held else data)
        self._rest = [rest + b"\r" if held else rest]
        return b"".join(_plain(line) + b"\n" for line in lines if not _FIELD.match(line))

    def _ends_in_return(self) -> bool:
        return bool(self._rest) and self._rest[-1].endswith(b"\r")


def _plain(line: bytes) -> bytes:
    return b"data: " + line[5:].removeprefix(b" ") if line.startswith(b"data:") else line
