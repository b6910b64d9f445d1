"""Finding personas by what is written."""

from collections.abc import Iterable

from chimera_tui.domain.persona import Persona
from chimera_tui.library.persona_file import CATEGORIES


def found_by(persona: Persona) -> str:
    """What a search for a persona looks through."""
    words = (persona.slug, persona.name, persona.category, persona.one_line, *persona.traits)
    return " ".join((*words, *persona.expertise, *persona.tags)).casefold()


def fits(found_by: str, words: Iterable[str]) -> bool:
    """Whether all of these words, without case, are found."""
    return all(word in found_by for word in words)


def in_order(categories: Iterable[str]) -> list[str]:
    """Each category once: those of the library first, in its order."""
    known = {name: place for place, name in enumerate(CATEGORIES)}
    return sorted({*categories}, key=lambda name: (known.get(name, len(known)), name))
