"""Deleting a whole conversation: it is out of sight at once, and gone a little later."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.ui.screens.room_amending import RoomAmending, Undo
from chimera_tui.ui.widgets.side import RoomList

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera

KEPT = 10.0
"""Seconds in which a deleted conversation can be brought back."""


@dataclass(frozen=True, slots=True)
class _Going:
    """A conversation that is about to be deleted."""

    chimera: "Chimera"
    was_shown: bool
    timer: Timer
    undo: Undo


class RoomDeleting(RoomAmending):
    """The part of the room screen that deletes conversations."""

    def __init__(self) -> None:
        super().__init__()
        self._going: dict[int, _Going] = {}

    async def open_saved(self, chimera: "Chimera", conversation_id: int) -> None:
        """Show a saved conversation."""
        raise NotImplementedError

    async def leave(self) -> None:
        """Stop following; the room that is left stops."""
        raise NotImplementedError

    async def finish(self) -> None:
        """Leave for good: what was deleted goes now."""
        await self.leave()
        for id_ in list(self._going):
            await self._delete(id_)

    def draw_rooms(self, rooms: list[ConversationSummary]) -> None:
        """Draw the list of conversations, without those that go."""
        super().draw_rooms([room for room in rooms if room.id not in self._going])

    async def action_delete_room(self) -> None:
        """Delete the conversation under the cursor of the list, else the one on the screen."""
        rooms = self.query_one(RoomList)
        shown = self.scene.conversation.id if self.scene else None
        wanted = rooms.rooms[rooms.cursor].id if rooms.has_focus and rooms.rooms else shown
        room = next((one for one in rooms.rooms if one.id == wanted), None)
        if room is None:
            return
        if self.chimera.read_only:
            self.app.tell(self.chimera.read_only, severity="warning")
            return
        title = one_line(room.title, 40)
        if room.live_pid is not None:
            where = f"“{title}” is live in process {room.live_pid}: end it there first."
            self.app.tell(where, severity="warning")
            return
        undo = Undo(f"“{title}” is back.", None, partial(self._bring_back, room.id))
        timer = self.set_timer(KEPT, partial(self._delete, room.id))
        self._going[room.id] = _Going(self.chimera, room.id == shown, timer, undo)
        self._can_undo(undo)
        self.app.tell(f"“{title}” is deleted. u brings it back, for {KEPT:.0f} seconds.")
        if room.id == shown:
            await self._show_another()
        self.draw_rooms(await self.chimera.conversations())

    async def _show_another(self) -> None:
        """Show the room spoken in last in place of the one that goes; else how to begin one."""
        await self.leave()
        rooms = await self.chimera.conversations()
        left = [room for room in rooms if room.id not in self._going]
        if left:
            async with self.telling():
                await self.open_saved(self.chimera, left[0].id)
        else:
            await self.app.show_first_run()
            self.app.look_again()

    async def _bring_back(self, id_: int) -> None:
        going = self._going.pop(id_)
        going.timer.stop()
        if going.was_shown:
            await self.open_saved(going.chimera, id_)
        self.draw_rooms(await going.chimera.conversations())

    async def _delete(self, id_: int) -> None:
        """It is gone now; if it cannot be, it is shown again, and why is said."""
        if (going := self._going.pop(id_, None)) is None:
            return
        going.timer.stop()
        self._undone = [step for step in self._undone if step is not going.undo]
        try:
            await going.chimera.delete(id_)
        except ChimeraError as error:
            self.app.tell_error(error)
            self.draw_rooms_again()
        self.refresh_bindings()
