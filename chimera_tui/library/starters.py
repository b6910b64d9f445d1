"""What a room begins with, for those who have nothing in mind: topics, and a cast."""

from collections.abc import Sequence

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


def default_cast(personas: Sequence[Persona]) -> tuple[str, ...]:
    """The usual three; the first of the library where one of them is missing."""
    slugs = [persona.slug for persona in personas]
    usual = [slug for slug in CAST if slug in slugs]
    return tuple([*usual, *(slug for slug in slugs if slug not in usual)][: len(CAST)])
