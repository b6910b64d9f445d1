"""Streams in the one form that an SDK reads, however they were written, cut and adorned.

Of each document only what we need is passed on: what is odd and not needed must not make an SDK
stumble over the words.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from chimera_tui.providers.documents import Documents

_shortly = msgspec.json.Encoder().encode


class Rewriter(Protocol):
    """Rewrites the bytes of one stream.

    Attributes:
        is_broken: Whether something came that is no JSON; nothing is passed on after it.
    """

    is_broken: bool

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be passed on now."""

    def end(self) -> bytes:
        """Return what can be passed on since nothing more comes."""


class _Rewritten:
    """Writes each document anew.

    Args:
        needed: Makes what is passed on of a document.
        form: How a document is written.
    """

    def __init__(self, needed: Callable[[Any], Any], form: bytes) -> None:
        self._needed = needed
        self._form = form
        self._documents = Documents()
        self.is_broken = False

    def feed(self, chunk: bytes) -> bytes:
        """Return the documents that are complete now."""
        return b"" if self.is_broken else self._written(self._documents.feed(chunk))

    def end(self) -> bytes:
        """Return the last document, if only its end is missing."""
        return b"" if self.is_broken else self._written(self._documents.end())

    def _written(self, documents: Iterator[Any]) -> bytes:
        written = bytearray()
        try:
            for document in documents:  # Gemini, not asked for events, sends a list of them
                for one in document if isinstance(document, list) else (document,):
                    written += self._form % _encode(self._needed(one))
        except (ValueError, RecursionError):
            self.is_broken = True
        return bytes(written)


def plain_events(needed: Callable[[Any], Any]) -> Callable[[], Rewriter]:
    """Return what makes server-sent events with nothing in them but data, for google-genai."""
    return lambda: _Rewritten(needed, b"data: %b\n\n")


def json_lines(needed: Callable[[Any], Any]) -> Callable[[], Rewriter]:
    """Return what makes one JSON object a line, for the ollama SDK."""
    return lambda: _Rewritten(needed, b"%b\n")


def _encode(value: object) -> bytes:
    """Encode JSON in ASCII where more could be a line end to httpx, or half a character."""
    try:
        data = _shortly(value)
    except UnicodeEncodeError:
        data = b"\xff"
    return data if data.isascii() else json.dumps(value, separators=(",", ":")).encode()
