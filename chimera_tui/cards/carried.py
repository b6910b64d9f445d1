"""What a persona takes along from its card besides its prompt."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chimera_tui.cards.decorators import ROLES
from chimera_tui.cards.lore_entries import Lorebook, LoreEntry
from chimera_tui.cards.lorebook import LONGEST_CONTENT, read_book
from chimera_tui.cards.reading import Notes, number_of, table_of
from chimera_tui.cards.texts import cut, instructions, told_text

MOST_EXAMPLES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What of a card is told while its persona speaks; macros still stand in all of it."""

    book: Lorebook | None = None
    """What the persona knows besides."""
    examples: tuple[str, ...] = ()
    """Dialogues that show how it speaks."""
    last_words: str = ""
    """Instructions that are told behind all that was said."""


def carried_by(fields: Mapping[str, Any], notes: Notes) -> Carried:
    """Return what the persona of a card with these fields takes along."""
    return Carried(
        book=_book(fields, notes),
        examples=_examples(told_text(fields, "mes_example", notes)),
        last_words=instructions(fields, "post_history_instructions", notes),
    )


def _book(fields: Mapping[str, Any], notes: Notes) -> Lorebook | None:
    """The lorebook, and what SillyTavern tells always at a depth, as an entry of it."""
    book = read_book(fields.get("character_book"), notes)
    always = table_of(table_of(fields, "extensions"), "depth_prompt")
    text = told_text(always, "prompt", notes)
    if not text:
        return book
    role, depth = always.get("role"), number_of(always, "depth", notes, 0, 1000)
    entry = LoreEntry(
        content=cut(text, LONGEST_CONTENT),
        number=-1,
        constant=True,
        priority=math.inf,
        depth=4 if depth is None else int(depth),
        role=role if role in ROLES else ROLES[0],
    )
    return replace(book, entries=(entry, *book.entries)) if book else Lorebook(entries=(entry,))


def _examples(text: str) -> tuple[str, ...]:
    blocks = (block.strip() for block in re.split(r"<START>", text, flags=re.IGNORECASE))
    return tuple(filter(None, blocks))[:MOST_EXAMPLES]
