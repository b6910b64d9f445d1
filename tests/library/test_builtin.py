"""The content that comes with the program: personas, ready-made rooms, starters."""

import re
import unicodedata
from itertools import combinations

import pytest

from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.persona_file import CATEGORIES
from chimera_tui.library.slugs import slug_of
from chimera_tui.library.starters import STARTERS, categories, deck

LIBRARY = Library.load(builtin_folder())
FIGURES = [
    ("The Philosopher", "🦉", "thinkers", 0.7, 150, 0.5),
    ("The Comedian", "🎭", "performers", 0.9, 80, 0.65),
    ("The Scientist", "🔬", "thinkers", 0.3, 120, 0.5),
    ("The Historian", "📜", "thinkers", 0.5, 130, 0.45),
    ("The Painter", "🎨", "artists", 1.0, 90, 0.45),
    ("The Engineer", "🔧", "makers", 0.35, 100, 0.5),
    ("The Hacker", "💻", "makers", 0.8, 70, 0.45),
    ("The Economist", "📈", "thinkers", 0.45, 110, 0.45),
    ("The Gardener", "🌱", "everyday", 0.65, 90, 0.4),
    ("The Contrarian", "🔥", "catalysts", 0.85, 80, 0.6),
    ("The Explorer", "🧭", "adventurers", 0.85, 100, 0.5),
    ("The Poet", "📝", "artists", 1.1, 60, 0.35),
    ("The Grandmother", "👵", "everyday", 0.7, 90, 0.5),
    ("The Kid", "🧒", "everyday", 1.0, 35, 0.6),
    ("The Strategist", "🎯", "leaders", 0.45, 110, 0.45),
    ("The Musician", "🎻", "artists", 0.95, 75, 0.4),
    ("The Chef", "🍳", "makers", 0.8, 85, 0.5),
    ("The Futurist", "🚀", "visionaries", 0.95, 110, 0.5),
    ("The Skeptic", "🧊", "catalysts", 0.35, 75, 0.5),
    ("The Machine", "🤖", "visionaries", 0.25, 60, 0.4),
    ("The Mystic", "🧙", "visionaries", 1.1, 95, 0.35),
    ("The Archaeologist", "🏺", "thinkers", 0.5, 100, 0.4),
    ("The Librarian", "📚", "thinkers", 0.4, 90, 0.4),
    ("The Director", "🎬", "performers", 0.9, 85, 0.5),
    ("The Gambler", "🎲", "adventurers", 1.0, 60, 0.5),
    ("The Doctor", "🏥", "professions", 0.4, 100, 0.45),
    ("The Psychologist", "🧩", "professions", 0.6, 110, 0.45),
    ("The Activist", "📣", "catalysts", 0.8, 95, 0.55),
    ("The Diplomat", "🎩", "leaders", 0.5, 105, 0.45),
    ("The Stoic", "🗿", "thinkers", 0.4, 50, 0.3),
    ("The Storyteller", "🔮", "artists", 1.0, 130, 0.45),
    ("The Merchant", "🛒", "everyday", 0.75, 70, 0.5),
    ("The Marine Biologist", "🐙", "thinkers", 0.5, 95, 0.4),
    ("The Astronomer", "🔭", "thinkers", 0.55, 105, 0.4),
    ("The Coach", "🥋", "leaders", 0.7, 60, 0.55),
    ("The Tailor", "🧵", "makers", 0.6, 70, 0.35),
    ("The Bureaucrat", "🚦", "everyday", 0.4, 80, 0.4),
    ("The Trickster", "🦊", "catalysts", 1.2, 55, 0.45),
    ("The Sailor", "🌊", "adventurers", 0.85, 75, 0.4),
    ("The Dreamer", "🌙", "visionaries", 1.15, 70, 0.35),
    ("Moderator", "🔨", "utility", 0.4, 45, 0.0),
    ("Narrator", "📖", "utility", 0.8, 60, 0.0),
    ("Fact Checker", "🔎", "utility", 0.2, 60, 0.0),
]
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
    found = [
        (p.name, p.emoji, p.category, p.temperature, p.words, p.talkativeness) for p in LIBRARY
    ]
    assert sorted(found) == sorted(FIGURES)
    assert LIBRARY.problems == ()
    assert [p.slug for p in LIBRARY] == sorted(slug_of(name) for name, *_ in FIGURES)


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
