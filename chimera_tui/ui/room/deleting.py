"""Deleting a whole conversation: it is out of sight at once, and gone a little later."""

import asyncio
from dataclasses import dataclass

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.telling import sentences
from chimera_tui.ui.kit.undo import Step
from chimera_tui.ui.room.room_context import RoomContext

KEPT = 10.0
"""Seconds in which a deleted conversation can be brought back."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A conversation that goes, unless that is undone in time."""

    waiting: asyncio.Task[None]
    step: Step


async def delete_room(context: RoomContext) -> None:
    """Delete the conversation under the cursor of the list, else the one on the screen."""
    shown = context.state.conversation.id if context.state else None
    if (room := context.view.focused_room) is None:
        rooms = await context.library.conversations()
        room = next((one for one in rooms if one.id == shown), None)
    if room is None:
        return
    title = one_line(room.title, 40)
    if why_not := context.library.read_only or _live_elsewhere(room):
        context.app.tell(why_not, severity="warning")
        return
    was_shown = room.id == shown

    async def bring_back() -> None:
        context.deletions.pop(room.id).waiting.cancel()
        if was_shown:
            await context.session.open_saved(room.id)
        context.view.redraw_rooms()

    async def wait() -> None:
        await asyncio.sleep(KEPT)
        await _finish(context, room.id)

    step = Step(f"“{title}” is back.", None, bring_back)
    context.deletions[room.id] = Deletion(asyncio.create_task(wait()), step)
    context.undo.push(step)
    undo = context.app.key_of("undo")
    context.app.tell(f"“{title}” is deleted. {undo} brings it back, for {KEPT:.0f} seconds.")
    if was_shown:
        await _show_another(context)
    context.view.redraw_rooms()


def _live_elsewhere(room: ConversationSummary) -> str:
    if room.live_pid is None:
        return ""
    title = one_line(room.title, 40)
    return f"“{title}” is live in process {room.live_pid}: end it there first."


def remaining(context: RoomContext, rooms: list[ConversationSummary]) -> list[ConversationSummary]:
    """Return the conversations without those that go."""
    return [room for room in rooms if room.id not in context.deletions]


async def finish_all(context: RoomContext) -> None:
    """Let what was deleted go now: the program ends."""
    for id_, deletion in list(context.deletions.items()):
        deletion.waiting.cancel()
        await _finish(context, id_)


async def _show_another(context: RoomContext) -> None:
    """Show the room spoken in last in place of the one that goes; else how to begin one."""
    await context.session.leave()
    if left := remaining(context, await context.library.conversations()):
        await context.session.open_saved(left[0].id)
    else:
        await context.app.open.first_run()
        context.app.checks.look_again()


async def _finish(context: RoomContext, id_: int) -> None:
    """Delete it for good; if it cannot be, it is shown again, and why is said."""
    if (deletion := context.deletions.pop(id_, None)) is None:
        return
    context.undo.forget(deletion.step)
    try:
        await context.library.delete(id_)
    except ChimeraError as error:
        context.app.tell(sentences(error), severity="error")
        context.view.redraw_rooms()
