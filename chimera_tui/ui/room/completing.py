"""What can be written next in the composer: personas for `@`, commands for `/`."""

from itertools import islice

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import fit, line
from chimera_tui.ui.room.commands import COMMANDS
from chimera_tui.ui.room.composer import Completion
from chimera_tui.ui.room.room_context import RoomContext
from chimera_tui.ui.transcript.conversation_entries import emoji_of

MOST_COMPLETIONS = 50
"""So many personas of the library are offered at once."""


def complete(context: RoomContext, sign: str, word: str, text: str) -> list[Completion]:
    """Return what an unfinished word can become.

    Args:
        context: The room.
        sign: `@` or `/`.
        word: What is written behind it.
        text: All that is written: behind `/invite`, `@` finds everybody.
    """
    word = word.casefold()
    if sign != "@":
        return _commands(context, word)
    return _library(context, word) if text.startswith("/invite ") else _cast(context, word)


def _commands(context: RoomContext, word: str) -> list[Completion]:
    return [
        Completion(
            f"/{command.name} " if command.argument else f"/{command.name}",
            line((fit(f"/{command.name}", 12), "bold"), (command.words, "$muted")),
        )
        for command in COMMANDS.written()
        if command.name.startswith(word) and command.is_available(context)
    ]


def _cast(context: RoomContext, word: str) -> list[Completion]:
    return [
        Completion(
            f"@{row.speaker.name} ",
            line(fit(row.speaker.emoji, 2), " ", (row.speaker.name, f"$persona-{row.speaker.hue}")),
        )
        for row in (context.state.cast_rows() if context.state else ())
        if any(part.startswith(word) for part in (row.slug, row.speaker.name.casefold()))
    ]


def _library(context: RoomContext, word: str) -> list[Completion]:
    is_plain = context.app.has_plain_emoji
    found = (
        persona
        for persona in context.library.library
        if persona.slug.startswith(word) or persona.short_name.casefold().startswith(word)
    )
    return [
        Completion(
            f"@{one_line(persona.short_name)} ",
            line(
                fit(emoji_of(persona, is_plain=is_plain), 3),
                one_line(persona.short_name, 30),
                (f"  {one_line(persona.one_line)}", "$muted"),
            ),
        )
        for persona in islice(found, MOST_COMPLETIONS)
    ]
