"""The rooms that are open in this program."""

import asyncio
from weakref import WeakSet

from chimera_tui.domain.saved import SavedConversation
from chimera_tui.engine.room import Room


class OpenRooms:
    """All rooms that were made here; of those that were left nothing is known any more."""

    def __init__(self) -> None:
        self._rooms = WeakSet[Room]()
        self._warning = set[asyncio.Task[None]]()

    def add(self, room: Room) -> Room:
        """Take note of a room; it is open once it is entered."""
        self._rooms.add(room)
        return room

    def snapshots(self) -> list[SavedConversation]:
        """What was said in each, as it is in memory now."""
        return [room.state.copy() for room in self.open]

    @property
    def open(self) -> list[Room]:
        """Those that were entered and not left yet."""
        return [room for room in self._rooms if room.is_open]

    def warn(self, text: str) -> None:
        """Say in all of them what a person has to know; they wait until one goes on."""
        for room in self.open:
            warning = asyncio.create_task(room.warn(text))
            self._warning.add(warning)
            warning.add_done_callback(self._warning.discard)
