"""The JSON documents of an answer, in whatever form they come: the body decides, not its header.

Servers and gateways send events as `application/json`, one whole document as
`text/event-stream`, lines of JSON as events and events as lines, comments,
events without data, data without a blank line behind it.
"""

import json
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Any

import msgspec

_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(rb"(data|event|id|retry)(?::[ ]?|[ ]*\Z)")
_DONE = re.compile(rb"(?i)[\"']?\[?DONE\]?[\"']?\Z")

_strictly = msgspec.json.Decoder().decode


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


class Documents:
    """Reads the documents out of the bytes of one answer.

    Attributes:
        is_over: Whether `[DONE]` was read: what comes behind it belongs to nothing.
        is_one: Whether there was one document so far, and that in no event.
    """

    def __init__(self) -> None:
        self._lines = _Splitter()
        self._name = b""
        self._data: list[bytes] = []
        """The lines of data of the event that is being read."""
        self._raw: list[bytes] = []
        """The lines of a document that stands in no event."""
        self._is_begun = False
        """Whether there was a document."""
        self.is_over = self.is_one = False

    def feed(self, chunk: bytes) -> Iterator[Any]:
        """Yield the documents that are complete now.

        Raises:
            ValueError: If something is no JSON; all that stood before it was yielded.
        """
        for line in self._lines.feed(chunk):
            if self.is_over:
                return
            yield from self._read(line)

    def end(self) -> Iterator[Any]:
        """Yield what was still missing its end; a last document that is cut is left out.

        Raises:
            ValueError: If there was nothing but something that is no JSON.
        """
        if self.is_over:
            return
        yield from _sound(self._read(self._lines.rest()))
        yield from _sound(self._event())
        if self._raw and not self._is_begun:
            self.is_one = True
            yield _decode(b"\n".join(self._raw))

    def _read(self, line: bytes) -> Iterator[Any]:
        if not line.strip():
            yield from self._event()
        elif field := _FIELD.match(line):
            yield from self._field(field[1], line[field.end() :])
        elif line[:1] != b":":
            yield from self._plain(line)

    def _field(self, name: bytes, value: bytes) -> Iterator[Any]:
        if name == b"event":
            self._name = value
        elif name == b"data" and value.strip():
            if self._data and _is_whole(self._data[-1]):  # the blank line between them is missing
                yield from self._event()
            self._data.append(value)

    def _event(self) -> Iterator[Any]:
        """What the event that ends here says, if anything."""
        if not self._data:
            self._name = b""
            return
        data, name = b"\n".join(self._data), self._name.strip()
        self._data, self._name = [], b""
        if _DONE.match(data.strip()):
            self.is_over = True
            return
        try:
            document = _decode(data)
        except ValueError:
            if name != b"error":
                raise
            document = {"error": data.decode(errors="replace")}
        if name and isinstance(document, dict):
            if name == b"error" and "error" not in document:
                document = {"error": document}
            document.setdefault("type", name.decode(errors="replace"))
        self.is_one, self._is_begun = False, True
        yield document

    def _plain(self, line: bytes) -> Iterator[Any]:
        """A line that belongs to no event: a document, or a part of the only one there is."""
        if not self._raw and (self._is_begun or line.rstrip()[-1:] in b"}]"):
            if _DONE.match(line.strip()):
                self.is_over = True
                return
            if self._is_begun or _is_whole(line):
                document = _decode(line)
                self.is_one, self._is_begun = not self._is_begun, True
                yield document
                return
        self._raw.append(line)


def _sound(documents: Iterator[Any]) -> Iterator[Any]:
    """Yield documents up to the first that is no JSON."""
    try:
        yield from documents
    except (ValueError, RecursionError):
        return


async def documents(response: Any, found: Documents) -> AsyncGenerator[Any]:
    """Yield the documents of an answer as they come.

    Args:
        response: An answer of httpx or httpx2 that is open and was not read.
        found: What reads them.

    Raises:
        ValueError: If something in it is no JSON.
        RecursionError: If it is too deep.
    """
    async for chunk in response.aiter_raw():
        for document in found.feed(chunk):
            yield document
        if found.is_over:
            return
    for document in found.end():
        yield document


def _decode(data: bytes) -> Any:
    """Decode JSON, also with halves of characters and with numbers that are none."""
    try:
        return _strictly(data)
    except ValueError:
        with suppress(ValueError):
            return json.loads(data)
        raise


def _is_whole(data: bytes) -> bool:
    try:
        _decode(data)
    except (ValueError, RecursionError):
        return False
    return True
