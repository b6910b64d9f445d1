"""A persona goes into the form and comes out as it was, but for what was touched."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from chimera_tui.domain.history import Sketch
from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.ui.kit.emoji import all_emoji, found
from chimera_tui.ui.kit.paths import dropped_path
from chimera_tui.ui.studio.persona_diff import differences
from chimera_tui.ui.studio.persona_fields import persona_of, problems_of, texts_of
from chimera_tui.ui.studio.sketchbook import Sketchbook
from tests.fakes import a_persona

LIBRARY = Library.load(builtin_folder())
ODD = replace(
    a_persona("Ada"),
    temperature=1 / 3,
    traits=("calm, but only just", "exact"),
    prompt="You count.\n- one\n- two\x07",
)


@pytest.mark.parametrize("persona", [*LIBRARY, ODD], ids=lambda one: one.slug)
def test_an_untouched_form_gives_the_persona_back(persona: Persona) -> None:
    fields = texts_of(persona)
    assert problems_of(fields) == {}
    assert persona_of(persona.slug, fields, persona) == persona


def test_only_what_was_touched_is_different() -> None:
    fields = texts_of(ODD) | {"words": "60", "tags": "a; b, c"}
    assert persona_of("ada", fields, ODD) == replace(ODD, words=60, tags=("a", "b, c"))


def test_line_breaks_that_keep_lines_short_are_not_shown_and_lists_are() -> None:
    long = "word " * 20 + "end\nof it.\n\n- one\n- two"
    assert texts_of(replace(ODD, prompt=long))["prompt"].count("\n") == 3


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("words", "800", "a whole number from 20 to 300"),
        ("words", "many", "a whole number from 20 to 300"),
        ("temperature", "nan", "a number from 0 to 2"),
        ("name", "  ", "1 to 40 characters"),
        ("prompt", " \n", "1 to 8000 characters"),
        ("prompt", "", "1 to 8000 characters"),
        ("model", "gpt", "provider/model, or empty"),
        ("traits", "x" * 61, "a list of at most 24 short texts"),
        ("emoji", "", "one emoji"),
    ],
)
def test_what_cannot_be_saved_is_said_in_the_words_of_the_schema(
    key: str, text: str, problem: str
) -> None:
    assert problems_of(texts_of(ODD) | {key: text}) == {key: problem}


def test_an_edit_that_is_undone_by_hand_is_none() -> None:
    book = Sketchbook(LIBRARY)
    assert book.write("comedian", "words", "81")
    assert book.write("comedian", "words", "80") is None
    assert book.sketches == {}


def test_an_edit_of_what_was_changed_meanwhile_is_stale() -> None:
    fields = texts_of(LIBRARY.get("comedian")) | {"words": "60"}
    book = Sketchbook(LIBRARY, [Sketch(slug="comedian", fields=fields, base="0" * 12)])
    assert book.is_stale("comedian")
    assert book.base("comedian") is None
    assert not Sketchbook(LIBRARY).is_stale("comedian")


def test_a_version_taken_into_the_form_is_an_edit() -> None:
    book = Sketchbook(LIBRARY)
    comedian = LIBRARY.get("comedian")
    assert book.write_all("comedian", replace(comedian, words=44, prompt="You."))
    assert book.persona("comedian") == replace(comedian, words=44, prompt="You.")
    assert book.write_all("comedian", comedian) is None


def test_differences_name_the_field_and_both_texts() -> None:
    old = replace(ODD, words=100, prompt="One. Two. Three.")
    lines = [one.plain for one in differences(old, replace(old, words=60, prompt="One. 2."), 40)]
    assert lines == ["Words a turn", "- 100", "+ 60", "Who are you", "- Two.", "- Three.", "+ 2."]


def test_all_emoji_are_one_code_point_of_two_cells() -> None:
    assert all(len(one.character) == 1 and cell_len(one.character) == 2 for one in all_emoji())
    assert {persona.emoji for persona in LIBRARY} <= {one.character for one in all_emoji()}
    assert [one.character for one in found("marine octo")] == []
    assert "🐙" in [one.character for one in found("octo")]
    assert [one.character for one in found("🐙")] == ["🐙"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("'/home/ada/my clown.png'", "/home/ada/my clown.png"),
        ("/home/ada/my\\ clown.png ", "/home/ada/my clown.png"),
        ("file:///home/ada/my%20clown.png", "/home/ada/my clown.png"),
        ("a word", None),
        ("clown.png", None),
        ("/one\n/two", None),
        ("'", None),
        ("", None),
    ],
)
def test_a_dropped_file_is_known_by_its_path(text: str, path: str | None) -> None:
    assert dropped_path(text) == (Path(path) if path else None)
