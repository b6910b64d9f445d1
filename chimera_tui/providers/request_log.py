"""The last requests to a provider and what came back: evidence, for as long as the program runs.

What was sent and received is kept as it was, and only made readable (cut, cleaned, without
keys) when somebody looks: nothing is done for a chunk that is not the first.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.redaction import Redactor
from chimera_tui.domain.text import clean, one_line

KEPT = 5
"""Exchanges of a provider that are kept."""
LONGEST_SHOWN = 2048
"""Characters of a body that are shown."""
_LONGEST_KEPT = LONGEST_SHOWN + 4096
"""Bytes; more than is shown, so that a key at the end of that is known as one."""
_LONGEST_HEADER = 300
_MOST_HEADERS = 60


class Recording:
    """An exchange that goes on. `RequestLog` makes it."""

    __slots__ = (
        "_at", "_began", "_body", "_clock", "_request", "_response", "_sent", "error", "seconds",
    )  # fmt: skip

    def __init__(
        self,
        at: datetime,
        clock: Callable[[], float],
        request: tuple[str, str, Iterable[tuple[str, str]]],
        sent: bytes,
    ) -> None:
        self._at = at
        self._clock = clock
        self._began = clock()
        self._request = request
        self._sent = sent[:_LONGEST_KEPT]
        self._response: tuple[int, Iterable[tuple[str, str]]] | None = None
        self._body = bytearray()
        self.error = ""
        self.seconds: float | None = None

    def answered(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """The head of the answer came."""
        self._response = status, tuple(headers)

    def received(self, data: bytes) -> bool:
        """Keep the beginning of the body; return whether more of it is wanted."""
        self._body += data[: _LONGEST_KEPT - len(self._body)]
        return len(self._body) < _LONGEST_KEPT

    def ended(self, error: str = "") -> None:
        """It is over; the first error is the one that counts."""
        self.error = self.error or error
        if self.seconds is None:
            self.seconds = self._clock() - self._began

    def shown(self, redact: Redactor) -> Exchange:
        """Make it fit to be seen."""
        method, url, headers = self._request
        status, answered = self._response or (None, ())
        return Exchange(
            at=self._at,
            method=method,
            url=one_line(redact(url)),
            request_headers=dict(_headers(redact, headers)),
            request_body=_text(redact, self._sent),
            status=status,
            response_headers=dict(_headers(redact, answered)),
            response_start=_text(redact, bytes(self._body)),
            seconds=self.seconds,
            error=self.error,
        )


class RequestLog:
    """The last exchanges with one provider, in memory only.

    Args:
        now: The time of day.
        clock: What durations are measured with, in seconds.
    """

    def __init__(
        self, now: Callable[[], datetime] = utc_now, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._clock = clock
        self._recordings: deque[tuple[Recording, str]] = deque(maxlen=KEPT)

    def begin(
        self,
        key: str,
        method: str,
        url: str,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Recording:
        """Record a request that is about to be sent.

        Args:
            key: The key that goes with it, to be kept out of sight; empty if none does.
            method: Of HTTP; empty if nothing is sent.
            url: Where to.
            headers: Of the request.
            body: Of the request.
        """
        recording = Recording(self._now(), self._clock, (method, url, tuple(headers)), body)
        self._recordings.append((recording, key))
        return recording

    def last(self) -> tuple[Exchange, ...]:
        """Return what is kept, the newest last."""
        return tuple(recording.shown(Redactor([key])) for recording, key in self._recordings)


def _headers(redact: Redactor, headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in list(redact.headers(headers).items())[:_MOST_HEADERS]:
        yield one_line(name, _LONGEST_HEADER), one_line(value, _LONGEST_HEADER)


def _text(redact: Redactor, data: bytes) -> str:
    return clean(redact(data.decode(errors="replace"))[:LONGEST_SHOWN])
