"""The content that comes with the program: personas, ready-made rooms, starters."""

import re
import unicodedata
from itertools import combinations
from pathlib import Path

import pytest

from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_file import CATEGORIES
from chimera_tui.library.slugs import slug_of
from chimera_tui.library.starters import STARTERS, categories, deck

LIBRARY = Library.load(builtin_folder())
GIVEN = [
    [cell.strip() for cell in line.split("|")]
    for line in Path(__file__).with_name("given_figures.txt").read_text("utf-8").splitlines()[1:]
]
"""What was given for each persona; traits and line not for the three that only help."""
PARTS = ("Your moves: ", "You open", "You end", "Your rhythm: ", "Your bias: ", " blind spot: ")
"""What makes a speaker, not a topic."""


YOUNGER = {*range(0x1F6D6, 0x1F6E0), 0x1F7F0, 0x1F90C, 0x1F972, 0x1F977, 0x1F978, 0x1F979}
YOUNGER |= {0x1F9A3, 0x1F9A4, *range(0x1F9AB, 0x1F9AE), 0x1F9CB, 0x1F9CC}
"""Emoji of Unicode 13 and later among the older ones."""


def opening(persona: Persona) -> str:
    """The sentence of a prompt that says how the persona begins."""
    match = re.search(r"You open ([^.:]*[.:])", " ".join(persona.prompt.split()))
    assert match, persona.slug
    return match[1]


def test_all_are_there_with_their_figures() -> None:
    assert len(GIVEN) == 43
    for name, emoji, category, temperature, words, talkativeness, traits, line in GIVEN:
        persona = LIBRARY.get(slug_of(name))
        figures = float(temperature), int(words), float(talkativeness)
        assert (persona.temperature, persona.words, persona.talkativeness) == figures, name
        assert (persona.name, persona.emoji, persona.category) == (name, emoji, category)
        assert (", ".join(persona.traits), persona.one_line) == (traits, line) or not traits
    assert LIBRARY.problems == ()
    assert [p.slug for p in LIBRARY] == sorted(slug_of(name) for name, *_ in GIVEN)


def test_the_first_three_keep_their_hues() -> None:
    cast = LIBRARY.cast(["philosopher", "comedian", "scientist"])
    assert [persona.colour for persona in cast] == [1, 2, 3]


@pytest.mark.parametrize("persona", LIBRARY, ids=lambda p: p.slug)
def test_each_is_whole(persona: Persona) -> None:
    assert len(persona.prompt.split()) < 250
    assert all(part in persona.prompt for part in PARTS)
    assert "never" in persona.prompt.split("\n\n")[-1]
    assert "as an ai" not in persona.prompt.lower()
    assert len(persona.traits) == 4
    assert len(persona.expertise) >= (6 if persona.talkativeness else 3)
    assert len(persona.tags) >= 2
    assert persona.greeting
    assert persona.model == ""
    assert persona.category in CATEGORIES


@pytest.mark.parametrize("persona", LIBRARY, ids=lambda p: p.slug)
def test_its_emoji_takes_two_cells_in_any_terminal(persona: Persona) -> None:
    """One code point, wide, and no younger than Unicode 12."""
    assert unicodedata.east_asian_width(persona.emoji) == "W"
    assert ord(persona.emoji) not in YOUNGER
    assert ord(persona.emoji) < 0x1FA90


def test_no_two_share_an_opening_or_a_face() -> None:
    openings = {p.slug: {*re.findall(r"[a-z]{4,}", opening(p).lower())} for p in LIBRARY}
    alike = [
        (one, other)
        for one, other in combinations(openings, 2)
        if len(openings[one] & openings[other]) > len(openings[one] | openings[other]) / 3
    ]
    assert alike == []
    assert len({p.emoji for p in LIBRARY}) == len({p.one_line for p in LIBRARY}) == len(LIBRARY)


def test_likely_neighbours_differ_in_colour() -> None:
    groups = {f"room {room.slug}": LIBRARY.cast(room.cast) for room in LIBRARY.rooms.values()}
    groups |= {c: tuple(p for p in LIBRARY if p.category == c) for c in CATEGORIES}
    for name, personas in groups.items():
        assert len({p.colour for p in personas}) == len(personas), name


def test_the_twelve_rooms() -> None:
    assert len(LIBRARY.rooms) == 12
    for room in LIBRARY.rooms.values():
        assert slug_of(room.title) == room.slug
        assert 2 <= len(room.cast) <= 5
        assert len(room.topics) == len({*room.topics}) >= 4
        assert room.one_line
    modes = {room.mode for room in LIBRARY.rooms.values()}
    assert modes == {"natural", "round_robin", "pooled", "random", "director", "script"}


def test_the_deck() -> None:
    texts = [starter.text for starter in deck()]
    known = {word for persona in LIBRARY for word in persona.expertise}
    assert categories() == (
        "philosophy",
        "science",
        "technology",
        "creativity",
        "humour",
        "society",
    )
    assert len({*texts}) == len(texts) >= 120
    assert {*STARTERS} <= {*texts}
    for starter in deck():
        assert starter.text[-1] in ".?!"
        assert len(starter.text) <= 100
        assert {*starter.tags} <= known
        assert starter.tags
    for category in categories():
        assert sum(starter.category == category for starter in deck()) >= 20
    for persona in LIBRARY:
        assert sum(starter.suits(persona) for starter in deck()) >= 5, persona.slug
