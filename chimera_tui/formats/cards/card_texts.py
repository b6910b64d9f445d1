"""The texts of a card that are meant for a model."""

import re
from collections.abc import Mapping
from typing import Any

from chimera_tui.formats.cards.json_reading import Notes, table_of, text_of
from chimera_tui.formats.cards.markup import without_markup

NAMESPACE = "chimera"
"""The key of `extensions` under which we keep what cards have no field for."""
OURS = "plain"
"""The key there that says: the texts of this card are ours, see `is_ours`."""


def is_ours(fields: Mapping[str, Any]) -> bool:
    """Whether the description is a whole prompt of ours, and the personality lists its traits."""
    return table_of(table_of(fields, "extensions"), NAMESPACE).get(OURS) is True


def told_text(fields: Mapping[str, Any], key: str, notes: Notes, *, is_plain: bool = False) -> str:
    """A text for the model: without markup, unless it is known to be plain."""
    text = text_of(fields, key, notes)
    if is_plain:
        return text
    plain = without_markup(text)
    if plain != text:
        notes.add(f"HTML or pictures were taken out of `{key}`.")
    return plain


def instructions(fields: Mapping[str, Any], key: str, notes: Notes) -> str:
    """Instructions that may hold a place for those of the program, which stand elsewhere here."""
    text = re.sub(r"\{\{original\}\}", "", told_text(fields, key, notes), flags=re.IGNORECASE)
    return text.strip()
