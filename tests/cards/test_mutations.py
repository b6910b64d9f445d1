"""Good cards with something broken in them: a persona, or a refusal that says why."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_import import ImportedCard, import_card
from chimera_tui.library.persona_file import parse_persona, write_persona
from chimera_tui.lore.briefing import brief
from tests.cards.corpus import BOOK, SHAPES, v2, v3
from tests.fakes import NOON, a_conversation

PATH = Path("a card")
ROOM = a_conversation("Ada", topic="lamp keeper storm")
CONTEXT = 2048
SMALL = [make() for name, make in SHAPES.items() if name != "huge texts"]
GOOD = [v2(character_book=BOOK), v3(character_book=BOOK, assets=[{"type": "icon"}])]
TWO_SECONDS = settings(deadline=2000, max_examples=200)

Json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=60),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def judged(data: bytes) -> None:
    """It is read as something that holds together, or refused."""
    try:
        imported = import_card(data, PATH)
    except InvalidFileError:
        return
    assert_sound(imported)


def assert_sound(imported: ImportedCard) -> None:
    persona = imported.persona
    assert parse_persona(write_persona(persona).encode(), Path(f"{persona.slug}.toml")) == persona
    told = brief(persona, imported.carried, ROOM, [], context=CONTEXT, now=NOON)
    assert len(told.about) < CONTEXT * CHARACTERS_PER_TOKEN * 0.9
    for kind in (CardKind.V2, CardKind.PNG):
        again = import_card(export_card(persona, kind, imported.card), PATH)
        assert again.persona == persona
        assert again.carried == imported.carried


@st.composite
def broken_bytes(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SMALL)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = draw(st.integers(at, min(len(data), at + 30)))
        data[at:end] = draw(st.binary(max_size=20))
    return bytes(data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data)


@st.composite
def broken_values(draw: st.DrawFn) -> bytes:
    document = copy.deepcopy(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        container, key = draw(st.sampled_from(list(places(document))))
        container[key] = draw(Json)
    return coded_anyhow(document)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All places in `value` where something else can be put."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)


def coded_anyhow(value: object) -> bytes:
    return json.dumps(value).encode()  # NaN and half characters as escapes


@TWO_SECONDS
@given(broken_bytes())
def test_broken_bytes(data: bytes) -> None:
    judged(data)


@TWO_SECONDS
@given(broken_values())
def test_broken_values(data: bytes) -> None:
    judged(data)


@TWO_SECONDS
@given(Json)
def test_anything_that_is_json(value: object) -> None:
    judged(coded_anyhow(value))
    judged(coded_anyhow({"name": "Ada", "description": value, "character_book": value}))


FRAGMENTS = (
    *(
        "<b>",
        "</b>",
        "<br>",
        "<style>",
        "</style>",
        "<!--",
        "-->",
        "&lt;b&gt;",
        "&amp;lt;",
        "<",
        ">",
    ),
    *(
        "{{char}}",
        "{{user}}",
        "{{original}}",
        "{{",
        "}}",
        "<START>",
        "![a](b)",
        "**",
        "@@depth 1\n",
    ),
    *("\n", "\r\n", "\u2028", " ", "\t", "\0", "\x1b[31m", "\ufeff", "\u200b", "\u202e", "\ud800"),
    *("word", "Sentence. ", "a, b", '"""', "'''", "\\", "雨", "👩\u200d🚀", "e\u0301", "x" * 700),
)
Texts = st.text() | st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)


@TWO_SECONDS
@given(Texts, Texts, Texts, Texts)
def test_any_texts(name: str, description: str, personality: str, greeting: str) -> None:
    fields = {"name": name, "description": description, "personality": personality}
    judged(coded_anyhow(fields | {"first_mes": greeting}))
    judged(coded_anyhow(v2(**fields, extensions={"chimera": {"plain": True}})))
