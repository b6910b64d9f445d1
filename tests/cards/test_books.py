"""Lorebooks in files of their own."""

import json
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.cards.books import with_lore
from chimera_tui.cards.card import Card
from chimera_tui.cards.carried import carried_by
from chimera_tui.cards.importing import import_card
from chimera_tui.cards.lore import lore
from chimera_tui.cards.reading import Notes
from chimera_tui.domain.errors import InvalidFileError
from tests.cards.corpus import BOOK, SHAPES, coded
from tests.cards.test_exporting import ADA

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
    "Agnai": {"kind": "memory", "entries": [{"keywords": ["lamp"], "entry": "Oil.", "weight": 1}]},
}


def told(card: Card, *texts: str) -> list[str]:
    book = carried_by(card.fields, Notes()).book
    return [entry.content for entry in lore(book, texts, 1000)] if book else []


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
