"""What a persona takes along from its card besides its prompt."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chimera_tui.domain.text import cut
from chimera_tui.formats.cards.card_texts import instructions, told_text
from chimera_tui.formats.cards.decorators import ROLES
from chimera_tui.formats.cards.json_reading import Notes, number_of, table_of
from chimera_tui.formats.cards.lorebook import LONGEST_CONTENT, read_book
from chimera_tui.lore.carried import Carried
from chimera_tui.lore.lore_entries import Lorebook, LoreEntry

MOST_EXAMPLES = 50


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
