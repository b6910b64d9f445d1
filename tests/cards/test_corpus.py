"""Every card of the corpus: imported, kept, written again in every kind."""

import json
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_import import ImportedCard, import_card
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_file import parse_persona, write_persona
from tests.cards.corpus import BAD, SHAPES

PATH = Path("a card")


def read(name: str) -> ImportedCard:
    return import_card(SHAPES[name](), PATH)


def without_assets(document: Any) -> Any:
    """The JSON without what only its archive held."""
    document = json.loads(json.dumps(document))
    document.get("data", {}).pop("assets", None)
    return document


def assert_holds(new: Any, old: Any) -> None:
    """All keys of `old` are in `new`, with the same value or objects that hold it in turn."""
    for key, value in old.items():
        if key in ("spec", "spec_version"):
            continue
        if isinstance(value, dict):
            assert_holds(new[key], value)
        else:
            assert new[key] == value, key


@pytest.mark.parametrize("name", SHAPES)
def test_f08_it_becomes_a_persona_that_a_file_may_hold(name: str) -> None:
    persona = read(name).persona
    path = Path(f"{persona.slug}.toml")
    assert parse_persona(write_persona(persona).encode(), path) == persona


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_kept_of_it_reads_the_same(name: str) -> None:
    first = read(name)
    again = import_card(first.card.original, PATH)
    assert again.persona == first.persona
    assert again.carried == first.carried
    assert again.card == first.card


@pytest.mark.parametrize("kind", CardKind)
@pytest.mark.parametrize("name", SHAPES)
def test_it_comes_back_from_every_kind_of_file(name: str, kind: CardKind) -> None:
    first = read(name)
    again = import_card(export_card(first.persona, kind, first.card), PATH)
    assert again.persona == first.persona
    assert again.carried == first.carried
    third = import_card(export_card(again.persona, kind, again.card), PATH)
    assert third.persona == first.persona
    assert without_assets(third.card.document) == without_assets(again.card.document)


@pytest.mark.parametrize("kind", CardKind)
@pytest.mark.parametrize("name", [name for name in SHAPES if "wrong types" not in name])
def test_what_we_do_not_know_survives(name: str, kind: CardKind) -> None:
    first = read(name)
    again = import_card(export_card(first.persona, kind, first.card), PATH)
    before = without_assets(first.card.document)
    top = {k: v for k, v in before.items() if k != "data" and v is not None}
    assert_holds(again.card.document, top)
    assert_holds(again.card.document["data"], without_known(before.get("data", {}), first))


def without_known(data: dict[str, Any], imported: ImportedCard) -> dict[str, Any]:
    """The fields of a card, less those that are ours to write or to mend."""
    mended = {"tags", "extensions", "assets"} | {k for k, v in data.items() if v is None}
    extensions = data.get("extensions", {})
    others = {k: v for k, v in extensions.items() if k not in ("chimera", "talkativeness")}
    return {k: v for k, v in data.items() if k not in mended} | {"extensions": others}


@pytest.mark.parametrize("kind", CardKind)
def test_our_own_personas_come_back_exactly(kind: CardKind) -> None:
    for persona in Library.load(builtin_folder()):
        again = import_card(export_card(persona, kind), PATH)
        assert again.persona == persona


@pytest.mark.parametrize("name", BAD)
def test_f07_f08_the_rest_is_refused_with_file_and_reason(name: str) -> None:
    make, why = BAD[name]
    with pytest.raises(InvalidFileError) as error:
        import_card(make(), Path("x/evil.png"))
    assert error.value.problem.startswith("`x/evil.png` ")
    assert why in error.value.problem
