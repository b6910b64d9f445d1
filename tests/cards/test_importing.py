import re
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.domain.text import cut
from chimera_tui.formats.cards.card_import import (
    LONGEST_GREETING,
    LONGEST_NAME,
    LONGEST_PROMPT,
    LONGEST_SLUG,
    ImportedCard,
    import_card,
    slug_of,
)
from chimera_tui.formats.cards.markup import without_markup
from chimera_tui.library.library import Library
from chimera_tui.library.persona_file import write_persona
from chimera_tui.library.slugs import slug_of as library_slug_of
from chimera_tui.lore.telling import lore
from tests.cards.corpus import SHAPES, SIX, coded, png, text_chunk, v2, v3
from tests.cards.test_lore import at

PATH = Path("a card")


def read(document: Any) -> ImportedCard:
    return import_card(coded(document), PATH)


def corpus(name: str) -> ImportedCard:
    return import_card(SHAPES[name](), PATH)


def test_a_v1_card_is_mapped() -> None:
    persona = read(SIX).persona
    assert persona.slug == "mira-voss"
    assert persona.name == "Mira Voss"
    assert persona.one_line == "patient, dry, observant"
    assert persona.traits == ("patient", "dry", "observant")
    assert persona.greeting == SIX["first_mes"]
    assert persona.prompt == (
        f"{SIX['description']}\n\nPersonality: patient, dry, observant\n\n"
        f"Scenario: {SIX['scenario']}"
    )


def test_what_is_told_while_it_speaks_is_carried_along() -> None:
    examples = "A stray line.<START>{{char}}: <b>No.</b>\n<start>\n\n<START>\n{{user}}: Yes."
    last = "{{original}} Stay dry."
    carried = read(v2(mes_example=examples, post_history_instructions=last)).carried
    assert carried.examples == ("A stray line.", "{{char}}: No.", "{{user}}: Yes.")
    assert carried.last_words == "Stay dry."


def test_ccv3_wins_over_chara_and_speaks_to_groups() -> None:
    imported = corpus("SillyTavern V2 and V3, PNG")
    assert imported.card.version == 3
    assert imported.persona.greeting == "Not you all."
    assert imported.persona.talkativeness == 0.7
    assert imported.persona.tags == ("Sea", "Original Character")
    assert imported.carried.book is not None
    always, *others = imported.carried.book.entries
    assert (always.content, always.constant, always.depth) == ("It is cold.", True, 4)
    assert len(others) == 2


def test_when_ccv3_is_broken_chara_is_taken_and_it_is_said() -> None:
    assert corpus("PNG, ccv3 broken and chara whole").card.version == 2
    bad = png(text_chunk("chara", SIX), text_chunk("ccv3", ["no card"]))
    assert "the other was taken" in import_card(bad, PATH).notes[0]


def test_the_nickname_is_what_it_is_called() -> None:
    imported = read(v3())
    assert imported.persona.name == "Mira"
    assert imported.notes == ("It is called by its nickname; in full it is Mira Voss.",)


def test_notes_for_people_never_reach_the_prompt() -> None:
    imported = read(v2(creator_notes="SECRET", creator="SECRET", character_version="SECRET"))
    persona = imported.persona
    assert "SECRET" not in persona.prompt + persona.one_line + persona.greeting


def test_html_is_taken_out_and_it_is_said() -> None:
    imported = corpus("Chub V2, JSON with HTML")
    assert imported.persona.prompt.startswith(
        "Write as {{char}}.\n\nMira lives here.\nAlone.\n\nPersonality"
    )
    assert "HTML or pictures were taken out of `description`." in imported.notes
    assert "What was no text in `tags` was dropped." in imported.notes


def test_f08_wrong_types_are_mended_or_dropped_and_it_is_said() -> None:
    imported = corpus("wrong types")
    persona = imported.persona
    assert persona.prompt.startswith("She keeps the light.\nShe waits.")
    assert persona.greeting == "42"
    assert persona.tags == ("sea", "storm")
    assert persona.talkativeness == 0.5
    assert imported.carried.book is None
    assert set(imported.notes) == {
        "`description` was a list: its texts were joined.",
        "`scenario` was no text and was dropped.",
        "`talkativeness` was no number and was dropped.",
        "The lorebook was none and was dropped.",
    }


def test_f08_json_that_is_none_is_mended() -> None:
    imported = corpus("NaN, two keys, BOM, CRLF, half a surrogate")
    assert imported.persona.prompt == "She keeps\tthe light.\nAlways."
    assert set(imported.notes) == {
        "A key stands twice in one object: the last one counts.",
        "A number that is none, or too long, was dropped.",
    }


def test_other_encodings_are_read_as_far_as_they_go() -> None:
    assert corpus("UTF-16").persona.name == "Mira Voss"
    latin = corpus("Latin-1")
    assert latin.persona.prompt == "Zo\ufffd keeps the caf\ufffd."
    assert latin.notes == ("Some of its letters could not be read and are lost.",)
    assert read(SIX | {"scenario": "\ufffd"}).notes == ()


def test_f08_huge_texts_are_cut_and_it_is_said() -> None:
    imported = corpus("huge texts")
    persona = imported.persona
    assert len(persona.name) <= LONGEST_NAME
    assert LONGEST_PROMPT // 2 < len(persona.prompt) <= LONGEST_PROMPT
    assert persona.prompt.endswith("ships.…")
    assert len(persona.greeting) <= LONGEST_GREETING
    assert len(persona.tags) == 24
    for what in ("name was cut", "`description` was cut", "greeting was cut", "`tags`"):
        assert any(what in note for note in imported.notes), what


def test_without_a_word_about_it_there_is_only_the_name() -> None:
    imported = corpus("only a name")
    assert imported.persona.prompt == "You are {{char}}."
    assert imported.notes == ("It does not say who that is: only the name is known.",)
    nameless = read({"description": "Waits."})
    assert nameless.persona.name == "Nameless"
    assert nameless.notes == ("It has no name.",)


@pytest.mark.parametrize("name", ["Agnai, JSON", "Faraday and Backyard, JSON"])
def test_books_of_other_programs_are_read(name: str) -> None:
    book = corpus(name).carried.book
    assert book is not None
    assert "lamp" in book.entries[0].keys.words
    assert book.entries[0].content in ("Oil.", "Whale oil.")


def test_agnai_says_who_it_is_in_attributes() -> None:
    prompt = corpus("Agnai, JSON").persona.prompt
    assert prompt.startswith("personality: patient, dry\ntrade: lighthouse keeper")
    assert "A note of the author" not in prompt


def test_what_is_told_always_at_a_depth_is_lore() -> None:
    always = {"prompt": "Whisper.", "depth": 0, "role": "king"}
    book = read(v2(extensions={"depth_prompt": always})).carried.book
    assert book is not None
    (entry,) = book.entries
    assert (entry.content, entry.depth, entry.role) == ("Whisper.", 0, "system")
    assert lore(book, at(), 100) == [entry]


def test_ours_is_taken_only_as_far_as_it_may_be() -> None:
    ours = {
        "temperature": 9,
        "words": "80",
        "emoji": "🦉",
        "colour": 4.7,
        "category": "thinkers",
        "model": "ollama/llama3.2",
        "traits": ["dry", 3],
        "expertise": "ships, lamps",
        "talkativeness": -1,
        "one_line": "Counts ships.",
    }
    imported = read(v2(extensions={"chimera": ours, "talkativeness": "0.9"}))
    persona = imported.persona
    assert (persona.temperature, persona.words, persona.colour) == (2, 80, 4)
    assert (persona.emoji, persona.category, persona.model) == ("🦉", "thinkers", "ollama/llama3.2")
    assert (persona.traits, persona.expertise) == (("dry",), ("ships", "lamps"))
    assert (persona.talkativeness, persona.one_line) == (0, "Counts ships.")
    assert "It asks to be played by `ollama/llama3.2`." in imported.notes


def test_f09_no_field_becomes_a_path_an_address_or_a_key(tmp_path: Path) -> None:
    imported = corpus("paths and keys in every field")
    persona = imported.persona
    assert persona.slug == "c-windows-system32-con"
    assert re.fullmatch(r"[\w-]+", persona.slug)
    assert persona.model == ""
    assert "203.0.113.9" not in repr(persona)
    assert "env:HOME" not in repr(persona)
    (tmp_path / f"{persona.slug}.toml").write_text(write_persona(persona), "utf-8")
    assert Library.load(tmp_path).get(persona.slug) == persona


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("The Philosopher", "philosopher"),
        ("Mira  O'Voss!", "mira-ovoss"),
        ("The", "the"),
        ("../../etc/passwd", "etc-passwd"),
        ("Ｆｕｌｌ　Width", "full-width"),  # noqa: RUF001
        ("STRASSE ß", "strasse-ss"),
        ("雨", "雨"),
        ("e\u0301cole", "\u00e9cole"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert slug_of(name) == slug == library_slug_of(name)


@pytest.mark.parametrize("name", ["CON", "nul", "COM1", "human", "", "...", "🦉", "___"])
def test_f09_names_that_leave_no_slug_get_a_number(name: str) -> None:
    assert re.fullmatch(r"persona-[0-9a-f]{8}", slug_of(name))


def test_a_slug_is_never_long() -> None:
    assert len(slug_of("雨" * 200).encode()) <= LONGEST_SLUG


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a < b and b > a", "a < b and b > a"),
        ("<START> <BOT> <Ada>x</Ada>", "<START> <BOT> <Ada>x</Ada>"),
        ("<b>bold</b> &amp; <i>thin</i>", "bold & thin"),
        ("one<br>two<p>three</p>", "one\ntwo\nthree"),
        ("a<style>b{c:d}</style>e<script>f()</script>g", "aeg"),
        ("a<!-- <b>hidden</b> -->b", "ab"),
        ("look ![x](https://example.org/a.png) here", "look  here"),
        ("a<style>never closed", "a"),
    ],
)
def test_markup(text: str, plain: str) -> None:
    assert without_markup(text) == plain


def test_a_cut_ends_with_a_sentence_where_it_can() -> None:
    assert cut("One. Two. Three.", 40) == "One. Two. Three."
    assert cut("One two. Three four five.", 14) == "One two.…"
    assert cut("a" * 50, 10) == "a" * 9 + "…"
