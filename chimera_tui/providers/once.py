"""Things that are costly to make and not always needed."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Something made at its first use, in a worker thread, once.

    The vendor SDKs cost 0.2 to 0.5 s of CPU to import: more than the screen may stand still.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = asyncio.Lock()
        self.made: T | None = None

    async def get(self) -> T:
        """Return it; whoever comes meanwhile waits for the same."""
        async with self._lock:
            if self.made is None:
                self.made = await asyncio.to_thread(self._make)
            return self.made
