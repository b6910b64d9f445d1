"""What every reply has to keep to, whatever its wire format."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import TypeVar

from chimera_tui.providers import faults
from chimera_tui.providers.base import StreamItem, Waiting
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.patience import Patience

T = TypeVar("T")

MOST_TOKENS = 10**8
"""A count above this is a mistake of the service."""


class Watch:
    """Bounds the waits for the items of one reply, by one timer.

    Only what is said or thought counts as a sign of life; an event without
    either, or a keep-alive, is no item.

    Args:
        at: Whose deadlines hold.
        until: When the reply has to be over, by the clock of the loop.
    """

    def __init__(self, at: Endpoint, until: float) -> None:
        self._at, self._until = at, until
        self._loop, self._patience = asyncio.get_running_loop(), Patience()
        self._over = self._loop.time() + at.deadlines.turn
        self._has_begun = False
        self._expect(at.deadlines.first_content)

    def _expect(self, seconds: float) -> None:
        self._seconds = seconds
        self._due = self._loop.time() + seconds

    def heard(self, item: StreamItem) -> StreamItem:
        """Take note of a sign of life: from now on the next one is waited for."""
        self._has_begun = self._has_begun or not isinstance(item, Waiting)
        deadlines = self._at.deadlines
        self._expect(deadlines.gap if self._has_begun else deadlines.first_content)
        return item

    async def next(self, items: AsyncGenerator[StreamItem]) -> StreamItem:
        """Return the next item.

        Raises:
            ProviderError: If it takes too long, or if there is none.
            TimeoutError: If it is not there at `until`.
        """
        try:
            return await self.wait(anext(items))
        except StopAsyncIteration:
            at = self._at
            raise (faults.cut_short(at) if self._has_begun else faults.empty(at)) from None

    async def wait(self, result: Awaitable[T]) -> T:
        """Return a result that the next sign of life waits for; raises as `next`."""
        at, first = self._at, min(self._due, self._over, self._until)
        try:
            return await self._patience.wait(result, first)
        except TimeoutError:
            if first == self._until:
                raise
            if first == self._over:
                raise faults.endless(at, f"it takes over {at.deadlines.turn:g} s") from None
            raise faults.late(at, self._seconds, began=self._has_begun) from None

    async def aclose(self) -> None:
        """Remove the timer."""
        await self._patience.aclose()


def count(value: object) -> int | None:
    """Return a number of tokens, in whatever type; None if it cannot be one."""
    if isinstance(value, str) and value.isascii() and value.strip().isdigit():
        value = int(value[:20])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS:
        return value
    return None
