"""A persona becomes a character card of other programs.

Where the persona came from a card, that card is the ground: ours is put over it only where the
persona differs from what the card was read as, and what we do not know stays as it was.
"""

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import fields as fields_of_class
from enum import StrEnum
from typing import Any

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.persona import Persona
from chimera_tui.formats.cards.card import LONGEST_FILE, Card
from chimera_tui.formats.cards.card_import import persona_of
from chimera_tui.formats.cards.card_texts import NAMESPACE, OURS, is_ours
from chimera_tui.formats.cards.charx import archive_of
from chimera_tui.formats.cards.json_reading import Notes, UnreadableError, table_of, text_of
from chimera_tui.formats.cards.png import portrait, with_cards
from chimera_tui.formats.cards.shapes import V1_FIELDS, V2, V3


class CardKind(StrEnum):
    """The files a persona can be written as."""

    V2 = "v2"
    """JSON that nearly every program reads."""
    V3 = "v3"
    """JSON of the newer kind."""
    PNG = "png"
    """A picture with both in it."""
    CHARX = "charx"
    """An archive with the newer one in it."""

    @property
    def ending(self) -> str:
        """How such a file ends."""
        return ".json" if self in (CardKind.V2, CardKind.V3) else f".{self}"


_TEXTS = (
    *V1_FIELDS,
    "creator_notes",
    "system_prompt",
    "post_history_instructions",
    "creator",
    "character_version",
)
_LISTS = ("alternate_greetings", "tags")
_PROMPT = ("personality", "scenario", "system_prompt")
"""What became the prompt together with the description."""
_EXTRAS = (
    "temperature",
    "words",
    "emoji",
    "colour",
    "category",
    "one_line",
    "traits",
    "expertise",
    "model",
    "talkativeness",
)
"""What cards have no field for, and is kept under our own key."""
# What a terminal, an editor or JavaScript would obey rather than show, and half characters.
_UNSAFE = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def export_card(persona: Persona, kind: CardKind, card: Card | None = None) -> bytes:
    """Return the file of `persona` as a character card.

    Args:
        persona: Who is written.
        kind: The kind of file.
        card: The card it came from, if it did: its unknown fields, lorebook and picture stay.

    Raises:
        ChimeraError: If the picture would become larger than programs read (8 MiB).
    """
    newer = _json(card_document(persona, V3, card))
    if kind is CardKind.V3:
        return newer
    if kind is CardKind.CHARX:
        return archive_of(newer)
    older = _json(card_document(persona, V2, card))
    return older if kind is CardKind.V2 else _picture(persona, card, older, newer)


def card_document(persona: Persona, spec: str, card: Card | None = None) -> dict[str, Any]:
    """Return `persona` as the JSON object of a card after `V2` or `V3` of `shapes`."""
    data = _mended(card.fields if card else {})
    _put_over(data, persona, persona_of(card, Notes()) if card else None)
    if spec == V3:
        data.setdefault("group_only_greetings", [])
    document = copy.deepcopy(dict(card.document)) if card else {}
    for key in V1_FIELDS:  # V2 repeats these on top, for programs that know no other (aichar)
        before = card.fields.get(key) if card else None
        if document[key] == before if key in document else spec == V2:
            document[key] = data[key]
    version = "3.0" if spec == V3 else "2.0"
    return document | {"spec": spec, "spec_version": version, "data": data}


def _mended(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of `fields` in which what programs rely on is there and of the right type."""
    data = copy.deepcopy(dict(fields))
    nothing = Notes()
    for key in _TEXTS:
        if not isinstance(data.get(key), str):
            data[key] = text_of(data, key, nothing)
    for key in _LISTS:
        value = data.get(key)
        value = value.split(",") if isinstance(value, str) else value
        data[key] = (
            [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
        )
    data["extensions"] = table_of(data, "extensions")
    if "assets" in data:
        data["assets"] = [one for one in _list(data["assets"]) if not _is_lost(one)]
    return data


def _is_lost(asset: object) -> bool:
    """Whether it names a file of the archive the card came in, which is not kept."""
    uri = asset.get("uri") if isinstance(asset, dict) else None
    return isinstance(uri, str) and uri.lower().startswith(("embeded:", "embedded:"))


def _put_over(data: dict[str, Any], persona: Persona, before: Persona | None) -> None:
    """Write into `data` in what `persona` differs from `before`; all of it where there is none."""
    changed = {
        field.name
        for field in fields_of_class(Persona)
        if before is None or getattr(before, field.name) != getattr(persona, field.name)
    }
    ours: dict[str, Any] = {key: getattr(persona, key) for key in _EXTRAS}
    if "name" in changed:
        data["nickname" if data.get("nickname") else "name"] = persona.name
    listed = ", ".join(persona.traits)
    if "prompt" in changed:
        data |= dict.fromkeys(_PROMPT, "") | {"description": persona.prompt, "personality": listed}
        ours[OURS] = True
    elif is_ours(data):
        data["personality"] = listed
    if "greeting" in changed:
        greetings = _list(data.get("group_only_greetings"))
        if greetings and isinstance(greetings[0], str) and greetings[0].strip():
            greetings[0] = persona.greeting
        else:
            data["first_mes"] = persona.greeting
    if "tags" in changed:
        data["tags"] = list(persona.tags)
    if before is None:
        data["creator_notes"] = persona.one_line
    extensions = data["extensions"]
    extensions[NAMESPACE] = table_of(extensions, NAMESPACE) | ours
    extensions["talkativeness"] = persona.talkativeness


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _picture(persona: Persona, card: Card | None, older: bytes, newer: bytes) -> bytes:
    """Both cards in the picture they came in, or in one that we draw."""
    cards = {b"chara": older, b"ccv3": newer}
    drawn = portrait(persona.colour, persona.name.encode(errors="replace"))
    try:
        picture = with_cards(card.picture or drawn if card else drawn, cards)
    except UnreadableError:
        picture = with_cards(drawn, cards)
    if len(picture) > LONGEST_FILE:
        raise ChimeraError(
            "The picture would be larger than 8 MiB, and no program would read it.",
            hint="Write it as `v3` or `charx`.",
        )
    return picture


def _json(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return (_UNSAFE.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n").encode()
