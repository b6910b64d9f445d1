"""The database beside the screen: opened after the first paint, closed before the last."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera

OpenChimera = Callable[[], "AbstractAsyncContextManager[Chimera]"]


class DatabaseKeeper:
    """Holds the database open until the app closes, in a task of its own.

    Args:
        open_chimera: Opens the database and all that belongs to it.
        opened: Is called once it is open.
        failed: Is called with what went wrong, our own errors and mistakes alike.
    """

    def __init__(
        self,
        open_chimera: OpenChimera,
        *,
        opened: Callable[["Chimera"], object],
        failed: Callable[[Exception], object],
    ) -> None:
        self._open = open_chimera
        self._opened = opened
        self._failed = failed
        self._leaving = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to open it."""
        self._keeping = asyncio.create_task(self._keep())

    async def end(self) -> None:
        """Close it, and wait until it is closed."""
        self._leaving.set()
        if self._keeping:
            await self._keeping

    async def _keep(self) -> None:
        try:
            async with self._open() as chimera:
                self._opened(chimera)
                await self._leaving.wait()
        except Exception as error:  # noqa: BLE001 - the edge: a task of ours, not of Textual
            self._failed(error)
