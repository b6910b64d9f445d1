import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.persona import Persona
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.formats.cards.png import SIGNATURE
from tests.cards.corpus import SHAPES, chunk, coded, png, text_chunk, v3

PATH = Path("a card")
ADA = Persona(
    slug="ada",
    name="The Ada",
    emoji="🦉",
    colour=7,
    category="thinkers",
    one_line="Counts {{char}}. Twice.",
    prompt="You count <b>everything</b>, {{user}} too.",
    temperature=0.3,
    words=60,
    talkativeness=0.4,
    traits=("exact", "dry"),
    expertise=("numbers",),
    greeting="One, two …",
    model="ollama/llama3.2",
    tags=("maths",),
)
EDITED: dict[str, Any] = {
    "name": "Vera",
    "prompt": "You wait.\n\n<i>Always.</i>",
    "greeting": "Well?",
    "tags": ("new",),
    "traits": ("kind", "loud"),
    "one_line": "Waits. And waits.",
    "emoji": "🎲",
    "colour": 12,
    "temperature": 1.5,
    "words": 33,
    "talkativeness": 0.25,
    "model": "demo/demo",
}


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        yield kind, body
        at += 12 + length


def test_a_persona_of_ours_as_v2_is_what_the_specification_asks() -> None:
    document = json.loads(export_card(ADA, CardKind.V2))
    assert (document["spec"], document["spec_version"]) == ("chara_card_v2", "2.0")
    data = document["data"]
    texts = "name description personality scenario first_mes mes_example creator_notes "
    texts += "system_prompt post_history_instructions creator character_version"
    assert all(isinstance(data[key], str) for key in texts.split())
    assert data["alternate_greetings"] == []
    assert data["tags"] == ["maths"]
    assert data["description"] == ADA.prompt
    assert data["personality"] == "exact, dry"
    assert data["extensions"]["talkativeness"] == 0.4
    assert data["extensions"]["chimera"]["words"] == 60


def test_a_persona_of_ours_as_v3_is_what_the_specification_asks() -> None:
    document = json.loads(export_card(ADA, CardKind.V3))
    assert (document["spec"], document["spec_version"]) == ("chara_card_v3", "3.0")
    assert document["data"]["group_only_greetings"] == []


@pytest.mark.parametrize("kind", CardKind)
def test_the_same_persona_is_the_same_file(kind: CardKind) -> None:
    assert export_card(ADA, kind) == export_card(ADA, kind)
    assert import_card(export_card(ADA, kind), PATH).persona == ADA


@pytest.mark.parametrize("field", EDITED)
@pytest.mark.parametrize("name", SHAPES)
def test_one_edit_changes_what_was_edited_and_no_more(name: str, field: str) -> None:
    first = import_card(SHAPES[name](), PATH)
    edited = replace(first.persona, **{field: EDITED[field]})
    for kind in (CardKind.V3, CardKind.PNG):
        again = import_card(export_card(edited, kind, first.card), PATH)
        assert replace(again.persona, slug="") == replace(edited, slug="")
        assert again.carried == first.carried


def test_a_picture_keeps_its_pixels_and_holds_exactly_two_cards() -> None:
    asset = chunk(b"tEXt", b"chara-ext-asset_:0\0cGljdHVyZQ==")
    old = (
        text_chunk("Chara", v3()),
        text_chunk("chara", v3()),
        chunk(b"iTXt", b"ccv3\0\0\0\0\0e30="),
    )
    before = png(asset, *old)
    first = import_card(before, PATH)
    after = export_card(first.persona, CardKind.PNG, first.card)
    kept = [one for one in chunks(before) if one[1][:6].lower() not in (b"chara\0", b"ccv3\0\0")]
    found = list(chunks(after))
    at = [kind for kind, _ in found].index(b"IDAT") - 2
    assert [body.partition(b"\0")[0] for _, body in found[at : at + 2]] == [b"chara", b"ccv3"]
    assert found[:at] + found[at + 2 :] == [one for one in kept if one[1][:5] != b"ccv3\0"]


def test_what_hides_behind_the_end_of_a_picture_is_not_kept() -> None:
    first = import_card(png(text_chunk("chara", v3())) + b"PK\3\4 and more", PATH)
    assert b"and more" not in export_card(first.persona, CardKind.PNG, first.card)


def test_the_picture_we_draw_is_one() -> None:
    found = dict(chunks(export_card(ADA, CardKind.PNG)))
    width, height, depth, colours = struct.unpack(">IIBB3x", found[b"IHDR"])
    lines = zlib.decompress(found[b"IDAT"])
    assert (depth, colours, len(found[b"PLTE"])) == (8, 3, 12)
    assert len(lines) == height * (width + 1)
    assert set(lines) <= set(range(4))


def test_a_picture_that_nobody_could_read_is_not_written() -> None:
    first = import_card(coded(v3(description="é" * 1_900_000)), PATH)
    with pytest.raises(ChimeraError, match="larger than 8 MiB"):
        export_card(first.persona, CardKind.PNG, first.card)
    again = import_card(export_card(first.persona, CardKind.CHARX, first.card), PATH)
    assert again.persona == first.persona


def test_pictures_that_are_not_kept_are_not_named() -> None:
    first = import_card(SHAPES["RisuAI V3, CHARX"](), PATH)
    data = json.loads(export_card(first.persona, CardKind.V3, first.card))["data"]
    assert [asset["uri"] for asset in data["assets"]] == ["ccdefault:", "file:///etc/passwd"]


def test_json_shows_letters_and_hides_what_terminals_obey() -> None:
    text = export_card(replace(ADA, greeting="Grüße \u202e \x9b31m"), CardKind.V2).decode()
    assert "Grüße" in text
    assert "\\u202e" in text
    assert "\x9b" not in text
