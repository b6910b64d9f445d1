"""Opening the database for a command, and saying what was found on the way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from chimera_tui.cli import output
from chimera_tui.cli.files import Files
from chimera_tui.cli.options import with_files
from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Changes, Library

P = ParamSpec("P")


@asynccontextmanager
async def opened(files: Files) -> AsyncIterator[Chimera]:
    """Open all that a command needs; what is wrong, or was recovered, is said on stderr.

    Raises:
        StorageError: If the database cannot be opened.
    """
    paths = files.paths()
    settings, problem = files.load_settings()
    if problem:
        output.say(f"chimera-tui: {problem}")
    async with open_chimera(
        settings, db=paths.db, personas=paths.personas, keys=files.keys()
    ) as chimera:
        _say_problems(chimera.library)
        chimera.library_watch.when_changed = _say_problems
        for note in (*chimera.notes, *chimera.connections.key_notes):
            output.say(f"chimera-tui: {note}")
        for found in chimera.recovered:
            output.say(
                f"Recovered: the program ended while {found.speaker} spoke in conversation"
                f" {found.conversation_id} ({one_line(found.title, 60)});"
                f" {found.characters} characters of it are kept."
            )
        yield chimera
    for rescue in chimera.rescues:
        output.say(f"chimera-tui: {rescue}")


def _say_problems(of: Library | Changes) -> None:
    for problem in of.problems:
        output.say(f"chimera-tui: {problem}")


def with_chimera(command: Callable[Concatenate[Chimera, P], Awaitable[Any]]) -> Callable[..., Any]:
    """Turn an async function, whose first argument is the open `Chimera`, into a command."""

    @with_files
    @wraps(command)
    def run(files: Files, *args: P.args, **options: P.kwargs) -> Any:
        async def work() -> Any:
            async with opened(files) as chimera:
                return await command(chimera, *args, **options)

        return asyncio.run(work())

    return run
