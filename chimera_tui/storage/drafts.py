"""The text of a reply in progress, on its way to the database."""

import asyncio
from collections.abc import Awaitable, Callable

from chimera_tui.domain.errors import StorageError

DELAY = 0.5
"""Seconds from a piece of text to its being written: with the write itself less than one."""


class Draft:
    """Collects what is heard and has it saved soon after, also if nothing more comes.

    One write at a time, each of the whole text. After a failed write the next
    `add` raises the error, once; the text is kept, and the next write holds it.

    Args:
        save: Writes the text.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        save: Callable[[str], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._save, self._sleep = save, sleep
        self._pieces: list[str] = []
        self._saving: asyncio.Task[None] | None = None
        self._error: StorageError | None = None

    def add(self, text: str) -> None:
        """Take in a piece of text.

        Raises:
            StorageError: If the last write failed.
        """
        self._pieces.append(text)
        if self._saving is None:
            self._saving = asyncio.create_task(self._save_soon())
        error, self._error = self._error, None
        if error:
            raise error

    def stop(self) -> None:
        """Write nothing more: the text stands elsewhere now."""
        if self._saving:
            self._saving.cancel()

    async def _save_soon(self) -> None:
        saved = 0
        try:
            while saved < len(self._pieces):
                await self._sleep(DELAY)
                saved = len(self._pieces)
                await self._save("".join(self._pieces))
        except StorageError as error:
            self._error = error
        finally:
            self._saving = None
