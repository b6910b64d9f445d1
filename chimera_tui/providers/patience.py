"""Waits, each for so long, at the cost of one timer for all of them."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Patience:
    """Bounds every wait of a stream, as `asyncio.timeout_at` would.

    That sets and removes a timer for each item, which costs more than the item. This one has a
    timer that looks, when it is due, whether the wait that is on then is due, too. Nothing is
    cancelled but a wait: not who reads the stream between two of them (see PEP 789).
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._waiting: asyncio.Task[object] | None = None
        self._is_over = False

    async def wait(self, result: Awaitable[T], due: float) -> T:
        """Return a result; what it raises is passed on.

        Args:
            result: What to wait for.
            due: Until when to wait, by the clock of the loop.

        Raises:
            TimeoutError: If it did not come.
        """
        self._due = due
        if self._timer is None or self._timer.when() > due:
            self._set(due)
        self._waiting = task = asyncio.current_task()
        before = task.cancelling() if task else 0
        try:
            return await result
        except asyncio.CancelledError:
            if self._is_over and task and task.uncancel() <= before:
                raise TimeoutError from None
            raise
        finally:
            self._waiting, self._is_over = None, False

    async def aclose(self) -> None:
        """Remove the timer: there are no more waits."""
        self._remove()

    def _remove(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _set(self, due: float) -> None:
        self._remove()
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """Is the wait that is on due? If not, look again when it is."""
        self._timer = None
        if self._waiting is None:
            return
        if self._loop.time() < self._due:
            self._set(self._due)
            return
        self._is_over = True
        self._waiting.cancel()
