"""Taking in what is written to the files of the library while rooms are open."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from chimera_tui.domain.errors import StorageError
from chimera_tui.engine.open_rooms import OpenRooms
from chimera_tui.engine.room import Room
from chimera_tui.library.library import Changes, Library


class LibraryWatch:
    """Keeps the casts of open rooms as the files of their personas are.

    Args:
        library: The personas and ready-made rooms.
        rooms: Those that are open.
    """

    def __init__(self, library: Library, rooms: OpenRooms) -> None:
        self._library = library
        self._rooms = rooms
        self.when_changed: Callable[[Changes], object] = lambda _changes: None
        """Is called when files were written, here or elsewhere; the casts are renewed by then."""

    async def look(self) -> None:
        """Take in what was written since the last look.

        Each room does this before a turn; a front end that shows the library does it oftener.
        """
        if not (changes := await asyncio.to_thread(self._library.reload_changed)):
            return
        for room in self._rooms.open if changes.changed else ():
            with suppress(StorageError):  # its next turn tries again, and says so
                await self.recast(room)
        self.when_changed(changes)

    async def before_turn(self, room: Room) -> None:
        """Let a room speak with the personas that are in the files now."""
        await self.look()
        with suppress(StorageError):  # the turn that cannot be saved says so
            await self.recast(room)

    async def recast(self, room: Room) -> None:
        """Let the personas of a room be what the library holds, from the next turn on."""
        for slug in {one.persona.original for one in room.conversation.cast}:
            if persona := self._library.personas.get(slug):
                await room.cast.recast(persona)
