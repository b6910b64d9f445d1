"""Where a card lies (PNG, CHARX or plain JSON) and what it was when it came."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chimera_tui.formats.cards.charx import card_in, is_archive
from chimera_tui.formats.cards.json_reading import Notes, UnreadableError, parse_json
from chimera_tui.formats.cards.png import SIGNATURE, cards_in
from chimera_tui.formats.cards.shapes import VERSIONS, fields_of

LONGEST_FILE = 8 * 1024 * 1024
"""Bytes of a card."""
LONGEST_ARCHIVE = 64 * 1024 * 1024
"""Bytes of a CHARX, whose pictures are not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card as it was."""

    version: int
    """1, 2 or 3."""
    document: Mapping[str, Any]
    """Its JSON, with all that we do not know."""
    fields: Mapping[str, Any]
    """Its fields under the names of V2 and V3, unchecked."""
    picture: bytes = b""
    """The PNG it came in."""
    original: bytes
    """What to keep beside the persona: `import_card` reads it again as this card."""
    ending: str
    """How that file ends: `.png` or `.json`."""


def read_card(data: bytes, notes: Notes) -> Card:
    """Read a card from the bytes of a file, whatever its container.

    Raises:
        UnreadableError: If there is no character in it, or reading it would be dangerous.
    """
    if data.startswith(SIGNATURE):
        if len(data) > LONGEST_FILE:
            raise UnreadableError("is larger than 8 MiB")
        return _card_of_picture(data, notes)
    if is_archive(data):
        if len(data) > LONGEST_ARCHIVE:
            raise UnreadableError("is larger than 64 MiB")
        notes.add("Only the card was read: the pictures and sounds beside it were not.")
        return _card_of_json(card_in(data), notes)
    if not data.strip():
        raise UnreadableError("is empty")
    if data.startswith((b"\xff\xd8\xff", b"GIF8")) or data[:4] + data[8:12] == b"RIFFWEBP":
        raise UnreadableError(
            "is a picture, but no PNG", "Cards are PNG pictures, JSON or CHARX files."
        )
    return _card_of_json(data, notes)


def _card_of_json(json: bytes, notes: Notes) -> Card:
    document = parse_json(json, notes)
    if isinstance(document, list) and len(document) == 1:
        document = document[0]
    version, fields = fields_of(document)
    spec_version = str(document.get("spec_version", "")).strip()
    if version == max(VERSIONS) and spec_version[:3] > "3.0":
        notes.add("It is of a newer version than 3.0: what is new in it is kept, but not used.")
    return Card(version=version, document=document, fields=fields, original=json, ending=".json")


def _card_of_picture(picture: bytes, notes: Notes) -> Card:
    problem: UnreadableError | None = None
    for json in cards_in(picture):
        try:
            card = _card_of_json(json, notes)
        except UnreadableError as error:
            problem = problem or error
            continue
        if problem:
            notes.add("One of the two cards in the picture could not be read: the other was taken.")
        return replace(card, picture=picture, original=picture, ending=".png")
    raise problem or UnreadableError("is a picture without a card")
