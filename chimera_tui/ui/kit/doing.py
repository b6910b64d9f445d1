"""Doing what a person asked for, which may ask questions in turn."""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, cast

from textual.screen import Screen

from chimera_tui.domain.errors import ChimeraError

if TYPE_CHECKING:
    from chimera_tui.ui.host import Host


async def do(screen: Screen[Any], doing: Awaitable[object]) -> None:
    """Do what may ask questions: wait until it is done, or asks one.

    So the next key finds what this one did, and a dialog can be answered. An error of ours is
    told as what it is; a mistake ends the app.
    """
    app = cast("Host", screen.app)
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
