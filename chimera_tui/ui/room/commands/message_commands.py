"""What was said: to whom, changed, taken back, copied, gone on from elsewhere."""

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import replace

from chimera_tui.domain.arguments import parse_address
from chimera_tui.domain.conversation import Conversation, Message
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import line
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.kit.undo import Step
from chimera_tui.ui.room.commands.cast_commands import choose_persona
from chimera_tui.ui.room.room_context import NARRATION, RoomContext
from chimera_tui.ui.transcript.conversation_entries import key_of, message_entry
from chimera_tui.ui.transcript.entries import Entry, MessageEntry, Unseen


def _is_live(context: RoomContext) -> bool:
    return context.room is not None


def _is_open(context: RoomContext) -> bool:
    return context.state is not None


# To whom


async def _whisper(context: RoomContext, argument: str) -> None:
    """Tell one persona alone: `@persona text`; without a text, what is written next."""
    text = ""
    if argument:
        persona, text = parse_address(argument, context.cast)
        slug: str | None = persona.slug
    else:
        message = context.reply()
        first = message.turn.speaker if message else ""
        slug = await choose_persona(context, "", "Who alone is to know?", first=first)
    if slug and text:
        await context.live_room.say(text, to=slug)
    elif slug:
        context.view.aim(slug)
        context.view.begin_writing()


async def _narrate(context: RoomContext, text: str) -> None:
    """Tell what happens, as nobody in particular; without a text, what is written next."""
    if text:
        await context.live_room.narrate(text)
    else:
        context.view.aim(NARRATION)
        context.view.begin_writing()


# Changed and taken back


async def _edit(context: RoomContext, _: str) -> None:
    if (message := context.message()) is None:
        return
    from chimera_tui.ui.room.room_dialogs import EditText  # noqa: PLC0415 - not needed at first

    room, name = context.live_room, context.name_of(message.turn.speaker)
    if (text := await context.app.ask(EditText(name, message.text))) is not None:
        await room.messages.edit(message.id, text)
        back = f"{name}'s former words are back."
        context.undo.push(Step(back, room, lambda: room.messages.edit(message.id, message.text)))


async def _delete(context: RoomContext, _: str) -> None:
    if (message := context.message()) is None:
        return
    room, name = context.live_room, context.name_of(message.turn.speaker)
    _focus_beside(context, message)
    await room.messages.delete(message.id)
    back = f"{name}'s message is back."
    context.undo.push(Step(back, room, lambda: room.messages.restore(message.id)))
    undo = context.app.key_of("undo")
    context.app.tell(f"{name}'s message is deleted. {undo} brings it back.")


def _focus_beside(context: RoomContext, message: Message) -> None:
    """Let the cursor go to what follows the message, or to what stands before it."""
    path = context.known.tree.path
    at = next((i for i, one in enumerate(path) if one.id == message.id), None)
    if at is None or context.view.focused_key != key_of(message.turn):
        return
    for one in (*path[at + 1 : at + 2], *path[max(0, at - 1) : at]):
        with suppress(KeyError):  # deleted, too, a moment ago: it is drawn no more
            context.view.focus_entry(key_of(one.turn))
            return


async def _undo(context: RoomContext, _: str) -> None:
    if (step := context.undo.last(context.room)) is None:
        context.app.tell("There is nothing to take back here.")
        return
    context.undo.forget(step)
    await step.back()
    context.app.tell(step.done)


# Branches and answers


async def _branch(context: RoomContext, _: str) -> None:
    if (message := context.message()) is None:
        return
    await context.live_room.messages.branch(message.id)
    context.view.jump_to_end()
    context.view.begin_writing()
    branches = context.app.key_of("branches")
    context.app.tell(f"What came after it is a branch of its own: {branches} shows all of them.")


async def _branches(context: RoomContext, _: str) -> None:
    from chimera_tui.ui.room.branch_rows import branch_rows  # noqa: PLC0415 - not needed at first
    from chimera_tui.ui.room.branches_screen import Branches  # noqa: PLC0415 - see above

    state = context.known
    message_id = await context.app.ask(Branches(branch_rows(state.tree), state.speakers))
    if message_id is not None and context.room:
        await context.room.messages.choose(message_id)
        context.view.jump_to_end()


async def _answers(context: RoomContext, _: str) -> None:
    """Show all answers of a turn side by side, and choose one.

    The turn is that of the focused message; with none in focus, the last that has several.
    """
    state, tree = context.known, context.known.tree
    message = context.reply()
    if context.view.focused_key is None:
        several = (one for one in reversed(tree.path) if len(tree.alternatives(one)) > 1)
        message = next(several, None)
    ids = tree.alternatives(message) if message else []
    if message is None or len(ids) == 1:
        context.app.tell(f"There is one answer. {context.app.key_of('again')} asks for another.")
        return
    from chimera_tui.ui.room.answers_screen import Answers  # noqa: PLC0415 - not needed at first

    entries = [message_entry(tree.messages[id_], state.speakers, [id_]) for id_ in ids]
    before = tree.messages.get(message.parent_id or 0)
    asked = line((one_line(state.conversation.current_topic), "$muted"))
    if before:
        name = context.name_of(before.turn.speaker)
        asked = line((f"to {name}: ", "$muted"), (one_line(before.text, 300), "$muted"))
    place = await context.app.ask(Answers(entries, ids.index(message.id), asked))
    if place is not None and ids[place] != message.id and context.room:
        await context.room.messages.choose(ids[place])


# Looked at and copied


async def _thought(context: RoomContext, _: str) -> None:
    message = context.reply()
    unfold_thought(context, key_of(message.turn) if message else None)


def unfold_thought(context: RoomContext, key: Hashable) -> None:
    """Show what was thought before the message of this entry, or fold it again."""
    item = context.view.stage.shown.get(key)
    entry = item.made() if isinstance(item, Unseen) else item
    if not isinstance(entry, MessageEntry) or not entry.thinking:
        context.app.tell("No thoughts came with this message.")
        return
    context.view.stage.put(replace(entry, is_unfolded=not entry.is_unfolded))
    context.view.focus_entry(entry.key)


async def _copy(context: RoomContext, _: str) -> None:
    focused = context.view.focused_key
    if focused is None and context.known.tree.tip:
        focused = key_of(context.known.tree.tip.turn)
    if focused is not None and (text := context.view.stage.source_of(focused)):
        context.app.copy(text, "the message")


async def _copy_all(context: RoomContext, _: str) -> None:
    conversation, path = context.known.conversation, context.known.tree.path
    if path:
        said = (f"{_who(message, conversation)}:\n{message.text}" for message in path)
        context.app.copy("\n\n".join(said), f"{len(path)} messages")


def _who(message: Message, conversation: Conversation) -> str:
    """Who said it, and to whom if not to all."""
    name = conversation.name_of(message.turn.speaker)
    if message.is_narration:
        return f"{name} (narration)"
    return f"{name} (to {conversation.name_of(message.to)} alone)" if message.to else name


def actions_on(entry: Entry) -> list[tuple[str, str]]:
    """Return the names of the commands that stand under an entry, each with a short word."""
    if not isinstance(entry, MessageEntry) or entry.is_live:
        return []
    amending = [("edit", "edit"), ("branch", "branch"), ("copy", "copy"), ("delete", "delete")]
    if not entry.speaker.hue:  # the human
        return amending
    answers = [("answers", "answers")] if any("/" in chip.label for chip in entry.chips) else []
    thought = [("thought", "fold" if entry.is_unfolded else "thought")] if entry.thinking else []
    return [("again", "again"), *answers, *thought, *amending]


WHISPER = Command(
    name="whisper",
    words="Tell one persona alone",
    run=_whisper,
    keys="w",
    argument="@PERSONA [TEXT]",
    is_available=_is_live,
)
NARRATE = Command(
    name="narrate",
    words="Tell what happens",
    run=_narrate,
    keys="N",
    argument="[TEXT]",
    is_available=_is_live,
)
EDIT = Command(name="edit", words="Edit the message", run=_edit, keys="e", is_available=_is_live)
DELETE = Command(
    name="delete", words="Delete the message", run=_delete, keys="d,delete", is_available=_is_live
)
UNDO = Command(
    name="undo",
    words="Take the last deletion or edit back",
    run=_undo,
    keys="u",
    is_available=lambda context: context.undo.last(context.room) is not None,
)
BRANCH = Command(
    name="branch",
    words="Go on from this message another way",
    run=_branch,
    keys="b",
    is_available=_is_live,
)
BRANCHES = Command(
    name="branches",
    words="Show the branches",
    run=_branches,
    keys="B,ctrl+b",
    is_available=_is_open,
)
ANSWERS = Command(
    name="answers", words="All answers side by side", run=_answers, keys="a", is_available=_is_open
)
THOUGHT = Command(
    name="thought",
    words="Show what was thought before",
    run=_thought,
    keys="t",
    is_available=_is_open,
)
COPY = Command(name="copy", words="Copy the message", run=_copy, keys="y", is_available=_is_open)
COPY_ALL = Command(
    name="copy-all",
    words="Copy the whole conversation",
    run=_copy_all,
    keys="Y",
    is_available=_is_open,
)
