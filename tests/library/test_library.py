from pathlib import Path

import pytest

from chimera_tui.domain.errors import UnknownError
from chimera_tui.library.library import Library, builtin_folder

GOOD = 'name = "The {}"\none_line = "Counts."\nprompt = "You count."\n'


def folder_of(place: Path, *names: str) -> Path:
    place.mkdir(exist_ok=True)
    for name in names:
        (place / f"{name}.toml").write_text(GOOD.format(name.title()))
    return place


def test_the_built_in_personas_are_whole() -> None:
    library = Library.load(builtin_folder())
    assert library.problems == ()
    assert [p.slug for p in library] == ["comedian", "philosopher", "scientist"]
    figures = [
        (p.name, p.emoji, p.colour, p.category, p.temperature, p.words, p.talkativeness)
        for p in library.cast(["philosopher", "comedian", "scientist"])
    ]
    assert figures == [
        ("The Philosopher", "🦉", 1, "thinkers", 0.7, 150, 0.5),
        ("The Comedian", "🎭", 2, "performers", 0.9, 80, 0.65),
        ("The Scientist", "🔬", 3, "thinkers", 0.3, 120, 0.5),
    ]
    for persona in library:
        assert len(persona.prompt.split()) < 250
        assert persona.greeting
        assert len(persona.expertise) >= 4
        assert len(persona.traits) == 4


def test_a_later_folder_replaces_and_adds(tmp_path: Path) -> None:
    first, second = (
        folder_of(tmp_path / "a", "bob", "ada"),
        folder_of(tmp_path / "b", "cleo", "bob"),
    )
    (second / "bob.toml").write_text(GOOD.format("Robert"))
    library = Library.load(first, second, tmp_path / "missing")
    assert [(p.slug, p.name) for p in library] == [
        ("ada", "The Ada"),
        ("bob", "The Robert"),
        ("cleo", "The Cleo"),
    ]
    assert len(library) == 3
    assert library.problems == ()


def test_a_broken_file_is_skipped_and_named(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "ada")
    (folder / "bob.toml").write_text("words = 3\n")
    (folder / "con.toml").write_text(GOOD)
    (folder / "human.toml").write_text(GOOD)
    (folder / ("x" * 90 + ".toml")).write_text(GOOD)
    library = Library.load(folder)
    assert [p.slug for p in library] == ["ada"]
    assert len(library.problems) == 4
    assert any("bob.toml" in p and "`words`" in p for p in library.problems)


def test_names_that_differ_only_in_case_or_composition_are_one(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "ada", "Ada", "caf\u00e9", "cafe\u0301")
    library = Library.load(folder)
    assert [p.slug for p in library] == ["ada", "caf\u00e9"]
    assert sum("has the name of another file" in p for p in library.problems) == 2
    assert library.get("ADA").name == "The Ada"


def test_an_unknown_name_is_met_with_the_nearest() -> None:
    library = Library.load(builtin_folder())
    with pytest.raises(UnknownError) as caught:
        library.get("comedien")
    assert caught.value.problem == "There is no persona `comedien`."
    assert caught.value.hint == "Did you mean `comedian`?"
    with pytest.raises(UnknownError, match="zz"):
        library.cast(["comedian", "zz"])
    with pytest.raises(UnknownError, match="Nobody"):
        library.cast([])


def test_a_cast_keeps_its_order_and_names_each_once() -> None:
    library = Library.load(builtin_folder())
    cast = library.cast(["scientist", "comedian", "scientist"])
    assert [p.slug for p in cast] == ["scientist", "comedian"]
