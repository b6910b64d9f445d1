"""Conversations as a whole: written to files, taken in, kept as templates, begun, deleted."""

import asyncio
import os
from pathlib import Path

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.kit.paths import IMPORT_ENDINGS, dropped_path, typed_path
from chimera_tui.ui.room import deleting
from chimera_tui.ui.room.room_context import RoomContext
from chimera_tui.ui.studio.persona_import import take_in, tell_notes

CONVERSATIONS = (".jsonl", ".json")
"""How files end that may hold a conversation; other endings are those of cards."""


def _is_live(context: RoomContext) -> bool:
    return context.room is not None


async def _save(context: RoomContext, name: str) -> None:
    """Write the conversation to a file."""
    conversation = context.known.conversation
    if not name:
        title = "".join(c if c.isalnum() else "-" for c in conversation.title.casefold())
        proposed = "-".join(part for part in title.split("-") if part)[:60] or "conversation"
        question = AskText(
            "Write the conversation to which file?",
            f"{proposed}.md",
            note="Ends in .md for reading, in .json for programs.",
            done="write",
        )
        name = await context.app.ask(question) or ""
    if name:
        from chimera_tui.formats import format_of  # noqa: PLC0415 - not before the first paint

        path = _absolute(name)
        await context.library.export(conversation.id, format_of(path), path)
        context.app.tell(f"Written to {path}.")


def _absolute(name: str) -> Path:
    return Path(os.path.expanduser(name)).absolute()  # noqa: PTH111 - Path's raises for no home


async def _import(context: RoomContext, name: str) -> None:
    """Take a persona into the library, or open a conversation, from a file."""
    path = (dropped_path(name) or typed_path(name)) if name else None
    if path is None:
        from chimera_tui.ui.kit.pick_file import PickFile  # noqa: PLC0415 - at first use

        question = "Import which card or conversation?"
        path = await context.app.ask(PickFile(question, IMPORT_ENDINGS, typed_path("~")))
    if path:
        await import_file(context, path)


async def import_file(context: RoomContext, path: Path) -> None:
    """Take in what is in a file, and say what was dropped of it."""
    studio = context.library.studio
    try:
        found = await studio.read(path)
    except InvalidFileError as error:
        if path.suffix.lower() not in CONVERSATIONS:
            raise
        await _open_conversation(context, path, error)
    else:
        await take_in(context.app, studio, found)


async def _open_conversation(
    context: RoomContext, path: Path, no_persona: InvalidFileError
) -> None:
    """Take in the conversation in a file that holds no persona, as `no_persona` says."""
    try:
        imported = await context.library.import_conversation(path)
    except InvalidFileError as error:
        if path.suffix.lower() == CONVERSATIONS[0]:
            raise
        also = f"Nor is it a conversation: {error.problem}"
        raise InvalidFileError(no_persona.problem, hint=also) from None
    await context.session.open_saved(imported.id)
    tell_notes(context.app, "It is a conversation of yours now.", imported.notes)


async def offer_import(context: RoomContext, path: Path) -> bool:
    """Ask whether a file that was dropped is to be imported; False: its path is to be written."""
    if not await asyncio.to_thread(path.is_file):
        return False
    choices = [
        ("import it", "as a persona or a conversation"),
        ("write its path", "into what you say"),
    ]
    question = Choose(f"Import {one_line(path.name, 40)}?", choices, 0)
    if await context.app.ask(question) != 0:
        return False
    await import_file(context, path)
    return True


async def _template(context: RoomContext, title: str) -> None:
    """Keep cast, mode, pace and topic as a ready-made room of one's own."""
    if not title:
        question = AskText(
            "What is this room called?",
            one_line(context.known.conversation.title, 60),
            note=f"It stands among the ready-made rooms of {context.app.key_of('new')}, "
            "without what was said.",
            done="keep",
        )
        title = await context.app.ask(question) or ""
    if not title:
        return
    from chimera_tui.library.rooms import RoomTemplate  # noqa: PLC0415 - see above
    from chimera_tui.library.slugs import free_slug  # noqa: PLC0415 - see above

    library, conversation = context.library.library, context.known.conversation
    room = RoomTemplate.of(conversation, slug=free_slug(title, library.rooms), title=title)
    if missing := [slug for slug in room.cast if slug not in library.personas]:
        names = ", ".join(one_line(slug, 40) for slug in missing)
        context.app.tell(f"Not in the library any more: {names}.", severity="warning")
    await asyncio.to_thread(library.save_room, room)
    new = context.app.key_of("new")
    context.app.tell(f"“{room.title}” is among your rooms: {new} begins another like it.")


async def _new(context: RoomContext, _: str) -> None:
    cast = context.cast if context.state else []
    await context.app.open.new_room(slugs=tuple(one.original for one in cast))


async def _remove_room(context: RoomContext, _: str) -> None:
    await deleting.delete_room(context)


async def _reopen(context: RoomContext, _: str) -> None:
    await context.session.open_saved(context.known.conversation.id)


SAVE = Command(
    name="save",
    words="Write the conversation to a file",
    run=_save,
    keys="x",
    short="export",
    argument="FILE.md or FILE.json",
    is_available=lambda context: context.state is not None,
)
IMPORT = Command(
    name="import", words="Import a card or a conversation", run=_import, argument="[FILE]"
)
TEMPLATE = Command(
    name="template",
    words="Keep this room as a ready-made one",
    run=_template,
    argument="TITLE",
    is_available=_is_live,
)
NEW = Command(name="new", words="Open a new room", run=_new, keys="ctrl+n")
REMOVE_ROOM = Command(name="remove-room", words="Delete this room", run=_remove_room)
REOPEN = Command(
    name="reopen",
    words="Open this room again",
    run=_reopen,
    keys="f5",
    is_available=lambda context: context.state is not None and context.room is None,
)
