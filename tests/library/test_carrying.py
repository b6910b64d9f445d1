"""The cards kept beside personas."""

import os
from dataclasses import replace
from pathlib import Path

from chimera_tui.library.carrying import CarriedCards
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_formats import import_persona, keep_card
from tests.cards.corpus import BOOK, coded, v2


def taken_in(folder: Path, **data: object) -> Library:
    """A library that holds a persona with its card."""
    source = folder / "card.json"
    source.write_bytes(coded(v2(**data)))
    library = Library.load(builtin_folder(), folder / "personas")
    found = import_persona(source)
    assert found.card
    keep_card(library.save(found.persona), found.card)
    return library


def test_a_persona_takes_along_what_its_card_holds(tmp_path: Path) -> None:
    library = taken_in(tmp_path, character_book=BOOK, post_history_instructions="Dry.")
    cards = CarriedCards(library)
    mira = library.get("mira-voss")
    carried = cards.of(mira)
    assert carried
    assert carried.book
    assert len(carried.book.entries) == 2
    assert carried.last_words == "Dry."
    assert cards.of(mira) is carried
    assert cards.of(replace(mira, slug="mira-voss~2")) is carried
    assert cards.of(library.get("poet")) is None


def test_a_card_that_changes_or_goes_is_seen(tmp_path: Path) -> None:
    library = taken_in(tmp_path, post_history_instructions="Dry.")
    cards, mira = CarriedCards(library), library.get("mira-voss")
    assert cards.of(mira)
    card = tmp_path / "personas" / "mira-voss.card.json"
    card.write_bytes(coded(v2(post_history_instructions="Be wet.")))
    carried = cards.of(mira)
    assert carried
    assert carried.last_words == "Be wet."
    card.write_bytes(b"{")
    assert cards.of(mira) is None
    card.unlink()
    os.mkfifo(card)  # never waited for
    assert cards.of(mira) is None
    library.file("mira-voss").unlink()
    library.reload_changed()
    assert cards.of(mira) is None
