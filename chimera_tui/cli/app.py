"""The terminal app: where it can be drawn, what it begins with, and what it exits with."""

import asyncio
import gc
import importlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from chimera_tui.cli import output
from chimera_tui.cli.exits import Exit, explain
from chimera_tui.cli.files import Files
from chimera_tui.cli.terminal import forget_foreign, why_not_here
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.settings.keys import Keys
from chimera_tui.settings.paths import Paths
from chimera_tui.settings.settings import Settings, save_setting

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera


def run() -> int:
    """Run the app as it is without any option; return the exit code. Spares reading options."""
    output.prepare()
    files = Files()
    try:
        return start(files)
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is ends the program
        return explain(error, files)


def start(
    files: Files,
    *,
    room: str | None = None,
    topic: str | None = None,
    cast: str | None = None,
    mode: str | None = None,
    demo: bool = False,
    theme: str | None = None,
) -> int:
    """Run the app until it is left; return what to exit with."""
    if reason := why_not_here():
        output.say(f"chimera-tui: {reason}")
        return Exit.USAGE
    forget_foreign(os.environ)
    gc.disable()  # until all is painted: there is no garbage yet, and looking for it takes 20 ms
    from chimera_tui.ui.app import ChimeraApp  # noqa: PLC0415 - not where it cannot be drawn

    async def begin(chimera: "Chimera") -> SavedConversation:
        return await chimera.new_conversation(
            room=room or "",
            topic=topic or "",
            cast=split_cast(cast),
            mode=mode,
            demo=demo,
        )

    paths = files.paths()
    settings, problem = files.load_settings()
    keys = files.keys()
    is_asked_for = bool(room or topic or cast or mode or demo)
    app = ChimeraApp(
        lambda: _open(settings, paths, keys),
        log_folder=paths.logs,
        redact=keys.redact,
        is_first_run=not is_asked_for and not paths.db.exists(),
        settings=settings,
        theme=theme or "",
        save=partial(save_setting, paths.config),
        start=begin if is_asked_for else None,
        problems=[problem] if problem else [],
    )
    app.run(mouse=settings.mouse)
    for rescue in app.chimera.rescues if app.chimera else ():
        output.say(f"chimera-tui: {rescue}")
    output.finish()
    return app.return_code or 0


def split_cast(cast: str | None) -> list[str]:
    """The slugs in `a,b,c`."""
    return [slug for part in (cast or "").split(",") if (slug := part.strip())]


@asynccontextmanager
async def _open(settings: Settings, paths: Paths, keys: Keys) -> AsyncIterator["Chimera"]:
    """Open all that belongs to the app; it is imported only now, when the screen is painted."""
    root = await asyncio.to_thread(importlib.import_module, "chimera_tui.core.chimera")
    async with root.open_chimera(
        settings, db=paths.db, personas=paths.personas, keys=keys
    ) as chimera:
        yield chimera
