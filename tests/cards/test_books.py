"""Lorebooks in files of their own."""

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.formats.cards.books import with_lore
from chimera_tui.formats.cards.card import Card
from chimera_tui.formats.cards.card_carried import carried_by
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.formats.cards.json_reading import Notes
from chimera_tui.formats.cards.lorebook import read_book
from chimera_tui.lore.telling import lore
from tests.cards.corpus import BOOK, SHAPES, coded
from tests.cards.test_exporting import ADA
from tests.cards.test_lore import at
from tests.cards.test_mutations import Json, places

PATH = Path("book.json")
WORLD_INFO = {
    "entries": {
        "0": {
            "uid": 0,
            "key": ["lamp"],
            "keysecondary": ["night"],
            "content": "Whale oil.",
            "selective": True,
            "order": 7,
            "position": 4,
            "depth": 2,
            "disable": False,
            "probability": 100,
        },
        "1": {"uid": 1, "key": ["lamp"], "content": "Never.", "disable": True},
    }
}
"""As SillyTavern writes it."""
BOOKS: dict[str, Any] = {
    "V3": {"spec": "lorebook_v3", "data": BOOK},
    "the book of a card": BOOK,
    "SillyTavern": WORLD_INFO,
    "RisuAI": {
        "type": "risu",
        "ver": 1,
        "data": [{"key": "lamp", "content": "Oil.", "insertorder": 9}],
    },
    "NovelAI": {
        "lorebookVersion": 5,
        "entries": [{"text": "Oil.", "keys": ["lamp"], "enabled": True}],
    },
    "Agnai": {"kind": "memory", "entries": [{"keywords": ["lamp"], "entry": "Oil.", "weight": 1}]},
}


def told(card: Card, *texts: str) -> list[str]:
    book = carried_by(card.fields, Notes()).book
    now = at(*texts)
    return [entry.content for entry in lore(book, now, 1000)] if book else []


@pytest.mark.parametrize("name", BOOKS)
def test_a_book_is_told_by_whom_it_was_given_to(name: str) -> None:
    card, notes = with_lore(ADA, None, coded(BOOKS[name]), PATH)
    assert len(told(card, "The lamp at night.")) == 1
    assert told(card, "A boat.") == []
    assert notes == ()
    assert import_card(card.original, PATH).persona == ADA


def test_it_stands_behind_what_is_known_already_and_the_rest_of_the_card_stays() -> None:
    before = import_card(SHAPES["SillyTavern V2 and V3, PNG"](), PATH)
    card, _ = with_lore(before.persona, before.card, coded(WORLD_INFO), PATH)
    assert "Whale oil." in told(card, "A lamp at night.")
    again = import_card(card.original, PATH)
    assert again.persona == before.persona
    assert card.ending == ".png"
    assert {**card.fields, "character_book": 0} == {**again.card.fields, "character_book": 0}
    old, new = (made.card.fields["character_book"]["entries"] for made in (before, again))
    assert new[: len(old)] == old


def test_other_programs_can_read_it() -> None:
    card, _ = with_lore(ADA, None, coded(WORLD_INFO), PATH)
    first, second = card.fields["character_book"]["entries"]
    assert first["keys"] == ["lamp"]
    assert first["secondary_keys"] == ["night"]
    assert (first["insertion_order"], first["enabled"], second["enabled"]) == (7, True, False)
    assert first["position"] == "after_char"
    assert (first["extensions"]["position"], first["extensions"]["depth"]) == (4, 2)
    assert json.loads(card.original)["spec"] == "chara_card_v3"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "holds no readable JSON"),
        (b"[1]", "holds no lorebook"),
        (b'{"entries": {}}', "nothing in it is ever told"),
        (coded({"entries": [{"keys": ["a"], "content": ""}]}), "nothing in it is ever told"),
        (coded({"name": "Ada", "description": "Counts."}), "holds no lorebook"),
        (b"[" * 100_000, "nested too deeply"),
        (bytes(9 << 20), "larger than 8 MiB"),
    ],
)
def test_what_is_no_book_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InvalidFileError, match=why):
        with_lore(ADA, None, data, PATH)


SETTINGS = {
    "probability": 40,
    "useProbability": True,
    "selectiveLogic": 3,
    "sticky": 2,
    "cooldown": 3,
    "delay": 1,
    "group": "oils",
    "role": 1,
    "characterFilter": {"names": [], "tags": []},
    "a key of the future": {"x": [1]},
}
RENAMED = {"matchWholeWords": True, "caseSensitive": True, "scanDepth": 9, "groupWeight": 7}


def test_all_that_an_entry_says_survives_the_way_through_a_card() -> None:
    world = {"entries": {"0": WORLD_INFO["entries"]["0"] | SETTINGS | RENAMED}}
    card, _ = with_lore(ADA, None, coded(world), PATH)
    (found,) = card.fields["character_book"]["entries"]
    in_cards = {"match_whole_words": True, "scan_depth": 9, "group_weight": 7}
    assert found["extensions"] | SETTINGS | in_cards == found["extensions"]
    book = carried_by(card.fields, Notes()).book
    direct = read_book(world, Notes())
    assert book is not None
    assert direct is not None
    assert [replace(one, order=0, priority=0) for one in book.entries] == [
        replace(one, order=0, priority=0) for one in direct.entries
    ]


def test_what_cannot_be_told_is_kept_and_goes_out_again() -> None:
    never = {"key": ["lamp"], "content": "Oil.", "comment": "Oil", "probability": 0}
    card, notes = with_lore(ADA, None, coded({"entries": {"0": never}}), PATH)
    assert told(card, "lamp") == []
    assert notes == (
        "Lore `Oil` is kept, but not told: its probability is 0.",
        "Nothing of this lorebook is told.",
    )
    out = export_card(ADA, CardKind.V2, card)
    (entry,) = json.loads(out)["data"]["character_book"]["entries"]
    assert (entry["content"], entry["extensions"]["probability"]) == ("Oil.", 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_a_book_is_read_in_any_encoding(encoding: str) -> None:
    text = json.dumps(WORLD_INFO, indent=1).replace("\n", "\r\n").encode(encoding)
    assert told(with_lore(ADA, None, text, PATH)[0], "A lamp at night.") == ["Whale oil."]


def any_book() -> dict[str, Any]:
    entry = WORLD_INFO["entries"]["0"] | SETTINGS
    risu = {"key": "lamp", "content": "@@probability 50\nOil.", "insertorder": 9, "mode": "normal"}
    novel = {"text": "Oil.", "keys": ["lamp"], "searchRange": 9, "contextConfig": {"x": 1}}
    return {"entries": {"0": entry, "1": risu, "2": novel}, "categories": [{"id": "c"}]}


@settings(deadline=None)
@given(st.data())
def test_any_values_in_a_book_are_read_or_refused(data: st.DataObject) -> None:
    document = copy.deepcopy(any_book())
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(list(places(document))))
        odd = st.sampled_from([True, -1, 1e300, 10**30, "7", "", "x, y", [], {}, "/(a+)+/", "@@"])
        container[key] = data.draw(Json | odd)
    try:
        card, _ = with_lore(ADA, None, json.dumps(document).encode(), PATH)
    except InvalidFileError:
        return
    told(card, "A lamp", "in the night")


def test_a_book_that_is_taken_for_a_character_is_named_as_one() -> None:
    for name in ("V3", "SillyTavern", "RisuAI", "NovelAI"):
        with pytest.raises(InvalidFileError, match="is a lorebook, not a character"):
            import_card(coded(BOOKS[name]), PATH)
