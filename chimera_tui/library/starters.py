"""What a room begins with, for those who have nothing in mind: topics, and a cast."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import Persona

CAST = ("philosopher", "comedian", "scientist")
"""Who is in the first room, as far as the library has them."""

STARTERS = (
    "Is a joke a kind of knowledge?",
    "Which invention should be un-invented?",
    "What would the first evening on Mars be like?",
    "Should a machine ever say that it is bored?",
    "What does a perfect lunch cost?",
    "Why do people lie to their doctors?",
    "Can a city have a good memory?",
    "How do you return a stolen painting unnoticed?",
    "Is silence an answer?",
    "What do maps leave out on purpose?",
    "Would you rather be early or be right?",
    "When is a mistake finished?",
)
"""Topics that suit anybody; of the deck, and known without reading it."""

_PER_MEMBER = 3.0
"""How much rather a starter is drawn for each member of the cast who knows about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """A question or a claim that people disagree about."""

    text: str
    category: str
    tags: tuple[str, ...]
    """Words of the expertise of those who would like to talk about it."""

    def suits(self, persona: Persona) -> bool:
        """Whether the persona knows about it."""
        return not {*self.tags}.isdisjoint((*persona.expertise, *persona.tags))


@functools.cache  # data of the package, which does not change while the program runs
def deck() -> tuple[Starter, ...]:
    """All starters (read in 3 ms, once)."""
    import tomllib  # noqa: PLC0415 - not before the first paint, which knows `STARTERS`

    text = Path(__file__).with_name("starters.toml").read_text(encoding="utf-8")
    return tuple(
        Starter(text=starter["text"], category=category, tags=tuple(starter["tags"]))
        for category, starters in tomllib.loads(text).items()
        for starter in starters
    )


def categories() -> tuple[str, ...]:
    """The categories of the deck, in its order."""
    return tuple(dict.fromkeys(starter.category for starter in deck()))


def draw(
    cast: Sequence[Persona],
    rng: Random,
    category: str | None = None,
    avoid: Collection[str] = (),
) -> Starter:
    """Draw a starter, rather one that many of the cast know about.

    Args:
        cast: Who will talk about it; may be empty.
        rng: Decides.
        category: One of `categories()`; None for all of them.
        avoid: Texts not to be drawn, as far as others are left.

    Raises:
        UnknownError: If there is no such category.
    """
    if category is not None and category not in categories():
        problem = f"There is no category `{category}` of starters."
        raise UnknownError(problem, hint=nearest(category, categories()))
    all_of_it = [s for s in deck() if category in (None, s.category)]
    left = [s for s in all_of_it if s.text not in avoid] or all_of_it
    weights = [1 + _PER_MEMBER * sum(s.suits(persona) for persona in cast) for s in left]
    return rng.choices(left, weights)[0]


def default_cast(personas: Sequence[Persona]) -> tuple[str, ...]:
    """The usual three; the first of the library that speak unasked where one is missing."""
    slugs = [persona.slug for persona in personas]
    usual = [slug for slug in CAST if slug in slugs]
    others = [p.slug for p in personas if p.slug not in usual and p.talkativeness > 0]
    return tuple(dict.fromkeys([*usual, *others, *slugs]))[: len(CAST)]
