"""Pieces of streamed text, gathered and handed over a few times a second."""

import asyncio
import time
from collections.abc import Callable, Hashable

from textual.widget import Widget

LOCAL = 1 / 30
"""Seconds between two paints of streamed text."""
REMOTE = 1 / 10
"""The same over ssh, where every line painted has to travel."""
HIDDEN = 1 / 4
"""The same while nobody sees it."""
SLICE = 0.008
"""Seconds after which the rest of the streams wait for others to have their turn in the loop."""
_SHARE = 3
"""Longer than this times what the last paint took, so that text never takes all of the time."""


class Flusher:
    """One for all streams of a widget; nothing ticks while nothing waits."""

    def __init__(
        self,
        widget: Widget,
        deliver: Callable[[Hashable, str], None],
        *,
        interval: float = LOCAL,
    ) -> None:
        self._widget = widget
        self._deliver = deliver
        self._interval = interval
        self._waiting: dict[Hashable, list[str]] = {}
        self._next = 0.0

    @property
    def is_waiting(self) -> bool:
        """Whether there is text that has not been delivered."""
        return bool(self._waiting)

    def put(self, key: Hashable, text: str) -> None:
        """Add a piece; it is delivered with others, at once if the last delivery was long ago."""
        if not self._waiting:
            self._flush_after(max(0.0, self._next - time.monotonic()))
        self._waiting.setdefault(key, []).append(text)

    def peek(self, key: Hashable) -> str:
        """Return what waits for `key`."""
        return "".join(self._waiting.get(key, ()))

    def drop(self, key: Hashable) -> None:
        """Forget what waits for `key`."""
        self._waiting.pop(key, None)

    def clear(self) -> None:
        """Forget all that waits."""
        self._waiting.clear()

    def _flush_after(self, delay: float) -> None:
        # Not a timer of Textual's: one that is late by its own delay never fires.
        asyncio.get_running_loop().call_later(delay, self._widget.call_later, self._flush)

    def _flush(self) -> None:
        start = end = time.monotonic()
        while self._waiting and end - start < SLICE:
            key = next(iter(self._waiting))
            self._deliver(key, "".join(self._waiting.pop(key)))
            end = time.monotonic()
        is_seen = self._widget.is_on_screen and self._widget.screen.is_current
        interval = self._interval if is_seen else HIDDEN
        self._next = max(start + interval, end + _SHARE * (end - start))
        if self._waiting:
            self._flush_after(end - start)
