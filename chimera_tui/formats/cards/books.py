"""Lorebooks in files of their own, put into the card of a persona."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chimera_tui.domain.persona import Persona
from chimera_tui.formats.cards.card import LONGEST_FILE, Card, read_card
from chimera_tui.formats.cards.card_export import CardKind, card_document, export_card
from chimera_tui.formats.cards.json_reading import Notes, UnreadableError, parse_json, table_of
from chimera_tui.formats.cards.lorebook import ALIASES, entries_in, finds_parts, read_book
from chimera_tui.formats.cards.shapes import V3

_OF_ENTRY = {
    *("keys", "content", "extensions", "enabled", "insertion_order", "case_sensitive", "name"),
    *("priority", "id", "comment", "selective", "secondary_keys", "constant", "position"),
    *("use_regex",),
}
"""What an entry of a card holds; all else goes into its `extensions`."""
_IN_CARDS = {
    "matchWholeWords": "match_whole_words",
    "caseSensitive": "case_sensitive",
    "scanDepth": "scan_depth",
    "excludeRecursion": "exclude_recursion",
    "preventRecursion": "prevent_recursion",
    "delayUntilRecursion": "delay_until_recursion",
    "groupOverride": "group_override",
    "groupWeight": "group_weight",
    "useGroupScoring": "use_group_scoring",
    "ignoreBudget": "ignore_budget",
    "automationId": "automation_id",
    "outletName": "outlet_name",
}
"""What SillyTavern writes in its books, and what it reads in the `extensions` of a card."""
_AFTER_PROMPT = 1
"""SillyTavern's number for a place behind the prompt, as in `position`."""


def with_lore(
    persona: Persona, card: Card | None, data: bytes, path: Path
) -> tuple[Card, tuple[str, ...]]:
    """Return the card of `persona` with the lorebook in `data` behind what it holds already.

    Args:
        persona: Whose card it is.
        card: The card that is kept of it, if one is.
        data: The bytes of the file: `lorebook_v3`, SillyTavern's world info, or the like.
        path: How a person calls the file; only to be named in errors.

    Returns:
        The card, and what was dropped or changed, one sentence each.

    Raises:
        InvalidFileError: If there is no lorebook in it.
        ChimeraError: If the card would become larger than programs read.
    """
    notes = Notes()
    try:
        book = _book(data, notes)
    except UnreadableError as error:
        raise error.of(path) from None
    document = card_document(persona, V3, card)
    fields = document["data"]
    before = table_of(fields, "character_book")
    entries = [*entries_in(before), *map(_entry, entries_in(book))]
    fields["character_book"] = {"extensions": {}, **book, **before, "entries": entries}
    picture = card.picture if card else b""
    made = Card(
        version=3, document=document, fields=fields, picture=picture, original=b"", ending=""
    )
    kind = CardKind.PNG if picture else CardKind.V3
    return read_card(export_card(persona, kind, made), Notes()), tuple(notes)


def _book(data: bytes, notes: Notes) -> dict[str, Any]:
    if len(data) > LONGEST_FILE:
        raise UnreadableError("is larger than 8 MiB")
    document = parse_json(data, notes)
    if isinstance(document, dict) and "entries" not in document:
        document = document.get("data")  # of RisuAI, a list
    inner = {"entries": document} if isinstance(document, list) else document
    if not isinstance(inner, dict):
        raise UnreadableError("holds no lorebook")
    if read_book(inner, notes) is None:
        if not any(map(_says_something, entries_in(inner))):
            raise UnreadableError("holds no lorebook, or nothing in it is ever told")
        notes.add("Nothing of this lorebook is told.")
    return inner


def _says_something(entry: Mapping[str, Any]) -> bool:
    return any(entry.get(key) for key in ("content", *ALIASES["content"]))


def _entry(raw: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as cards hold it, whatever program wrote it."""
    entry = {key: value for key, value in raw.items() if key in _OF_ENTRY}
    used = set(entry)
    for ours, theirs in ALIASES.items():
        other = next((name for name in theirs if raw.get(name) is not None), None)
        if other and not entry.get(ours):
            entry[ours] = raw[other]
            used.add(other)
    if isinstance(position := entry.get("position"), int):
        entry["position"] = "before_char" if position < _AFTER_PROMPT else "after_char"
        used.discard("position")  # other programs know more places: see `extensions`
    entry["enabled"] = raw.get("enabled", True) is not False and raw.get("disable") is not True
    others = {
        _IN_CARDS.get(key, key): value
        for key, value in raw.items()
        if key not in used | {"disable"}
    }
    if finds_parts(raw) and others.get("match_whole_words") is None:
        others["match_whole_words"] = False
    entry["extensions"] = others | table_of(raw, "extensions")
    return entry
