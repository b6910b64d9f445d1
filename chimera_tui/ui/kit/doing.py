"""Doing what may ask questions, beside the screen that began it."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from chimera_tui.domain.errors import ChimeraError

if TYPE_CHECKING:
    from chimera_tui.ui.app import ChimeraApp


async def do(screen: Screen[Any], doing: Awaitable[object]) -> None:
    """Wait until `doing` is done, or asks a question; it ends with the screen.

    An error of ours is told as what it is. A dialog can be waited for in a worker only: the screen
    itself must go on hearing keys.
    """
    app = cast("ChimeraApp", screen.app)
    app.unless_asked = is_free = asyncio.Event()

    async def work() -> None:
        try:
            await doing
        except ChimeraError as error:
            app.tell_error(error)
        finally:
            is_free.set()
        screen.refresh_bindings()

    screen.run_worker(work(), group="commands")
    await is_free.wait()
