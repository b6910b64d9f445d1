"""How much a provider is asked: so many requests a minute, so many at once."""

import math
from collections import deque
from collections.abc import Callable

PER_MINUTE = 60
"""Requests that a provider gets in a minute, unless the settings say otherwise."""
WINDOW = 60.0
"""Seconds."""


class Limiter:
    """A strict sliding window: in no 60 seconds do more than `limit` requests begin.

    It says when; the gate keeps the order of those who wait.

    Args:
        limit: Requests in a window; infinite: as many as come.
        clock: Seconds, monotonic.
    """

    def __init__(self, limit: float, clock: Callable[[], float]) -> None:
        self._limit, self._clock = limit, clock
        self._starts: deque[float] = deque()

    def delay(self, ahead: int = 0) -> float:
        """Seconds until a request may begin when so many others begin before it."""
        now = self._clock()
        while self._starts and now >= self._starts[0] + WINDOW:
            self._starts.popleft()
        too_many = len(self._starts) + ahead + 1 - self._limit
        if too_many <= 0:
            return 0.0
        windows, place = divmod(int(too_many) - 1, int(self._limit))
        start = self._starts[place] if place < len(self._starts) else now
        return start + WINDOW * (windows + 1) - now

    def start(self) -> None:
        """A request begins."""
        if self._limit != math.inf:
            self._starts.append(self._clock())


class Slots:
    """How many requests are in flight at once: fewer when the provider complains.

    Args:
        most: As many as there may ever be.
    """

    def __init__(self, most: float) -> None:
        self._most = self._limit = most
        self.taken = 0

    @property
    def is_full(self) -> bool:
        """Whether another one has to wait."""
        return self.taken >= self._limit

    def halve(self) -> None:
        """The provider asks to slow down, and does not say for how long."""
        if self._limit != math.inf:
            self._limit = max(1, self._limit // 2)

    def recover(self) -> None:
        """A reply came: one more may be tried."""
        self._limit = min(self._most, self._limit + 1)
