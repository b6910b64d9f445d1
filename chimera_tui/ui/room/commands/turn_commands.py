"""Who speaks now: pausing, going on, asking for a turn, another answer, a remedy."""

from typing import assert_never

from chimera_tui.domain.conversation import Failure
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.room.commands.cast_commands import choose_persona, pick_model
from chimera_tui.ui.room.room_context import RoomContext
from chimera_tui.ui.transcript.conversation_entries import Remedy, remedies


def _is_live(context: RoomContext) -> bool:
    return context.room is not None


def _has_failure(context: RoomContext) -> bool:
    return context.room is not None and context.room.failure is not None


async def _pause(context: RoomContext, _: str) -> None:
    context.live_room.pause()


async def _resume(context: RoomContext, _: str) -> None:
    context.live_room.resume()


def _can_resume(context: RoomContext) -> bool:
    room = context.room
    return room is not None and room.paused is not None and room.failure is None


async def _next(context: RoomContext, _: str) -> None:
    context.live_room.next()


async def _speak(context: RoomContext, who: str) -> None:
    if slug := await choose_persona(context, who, "Who speaks next?"):
        context.live_room.next(slug)


async def _stop(context: RoomContext, _: str) -> None:
    """Close what is open; else stop who speaks; else leave the columns."""
    if context.view.close_overlay():
        return
    state = context.state
    if context.room and state and (state.typing or state.heard):
        await context.room.stop()
    elif context.view.has_columns:
        await context.view.toggle_columns()


async def _again(context: RoomContext, _: str) -> None:
    if message := context.reply():
        if message == context.known.tree.tip:
            context.view.jump_to_end()
        await context.live_room.retry(message.id)


async def _older(context: RoomContext, _: str) -> None:
    await _step(context, -1)


async def _newer(context: RoomContext, _: str) -> None:
    await _step(context, 1)


def _has_steps(context: RoomContext) -> bool:
    return context.room is not None or context.view.has_columns


async def _step(context: RoomContext, by: int) -> None:
    """Show another column; else choose the answer before or after the one that stands."""
    if context.view.has_columns:
        context.view.move_columns(by)
        return
    if (message := context.reply()) is None:
        return
    answers = context.known.tree.alternatives(message)
    place = answers.index(message.id) + by
    if 0 <= place < len(answers):
        await context.live_room.messages.choose(answers[place])


# Remedies


async def _retry(context: RoomContext, _: str) -> None:
    await context.live_room.retry()


async def _skip(context: RoomContext, _: str) -> None:
    await context.live_room.skip()


async def _keep(context: RoomContext, _: str) -> None:
    await context.live_room.keep()


def _can_keep(context: RoomContext) -> bool:
    return bool(context.room and context.room.failure and context.room.failure.text)


async def choose_remedy(context: RoomContext, number: int) -> None:
    """Choose a remedy for the failed turn, by the number at which it stands."""
    failure = context.state.failure if context.state else None
    if failure is None or not 1 <= number <= len(choices := remedies(failure)):
        return
    room = context.live_room
    match choices[number - 1]:
        case Remedy.RETRY:
            await room.retry()
        case Remedy.SKIP:
            await room.skip()
        case Remedy.KEEP:
            await room.keep()
        case Remedy.MODEL:
            await pick_model(context, failure.turn.speaker, then_retry=True)
        case Remedy.KEY:
            await _set_key(context, failure)
        case Remedy.LOOK:
            await context.app.open.providers(_provider_of(failure))
        case other:
            assert_never(other)


async def _set_key(context: RoomContext, failure: Failure) -> None:
    """Set a key for who failed; where it is taken, the turn is taken again."""
    is_taken = await context.app.open.key(_provider_of(failure))
    if is_taken and context.state and context.state.failure == failure:
        await context.live_room.retry()


def _provider_of(failure: Failure) -> str:
    return failure.model.provider if failure.model else ""


PAUSE = Command(
    name="pause",
    words="Pause the room",
    run=_pause,
    keys="space",
    short="pause",
    is_available=lambda context: context.room is not None and context.room.paused is None,
)
RESUME = Command(
    name="resume",
    words="Go on",
    run=_resume,
    keys="space",
    short="go on",
    is_available=_can_resume,
)
NEXT = Command(
    name="next",
    words="Let the next one speak",
    run=_next,
    keys="n",
    short="next turn",
    is_available=lambda context: context.room is not None and context.room.failure is None,
)
SPEAK = Command(
    name="speak",
    words="Say who speaks next",
    run=_speak,
    argument="@persona",
    is_available=_is_live,
)
STOP = Command(
    name="stop", words="Stop who is speaking", run=_stop, keys="escape", is_available=_is_live
)
AGAIN = Command(
    name="again",
    words="Another answer",
    run=_again,
    keys="r",
    short="again",
    is_available=_is_live,
)
OLDER = Command(
    name="older",
    words="The answer before this one",
    run=_older,
    keys="left",
    is_available=_has_steps,
)
NEWER = Command(
    name="newer",
    words="The answer after this one",
    run=_newer,
    keys="right",
    is_available=_has_steps,
)
RETRY = Command(
    name="retry", words="Take the failed turn again", run=_retry, is_available=_has_failure
)
SKIP = Command(
    name="skip", words="Go on without the failed turn", run=_skip, is_available=_has_failure
)
KEEP = Command(name="keep", words="Keep the part that was said", run=_keep, is_available=_can_keep)
