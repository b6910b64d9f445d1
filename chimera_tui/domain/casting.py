"""Who sits in a cast: everybody has a slug and a name of its own."""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import chain, count

from chimera_tui.domain.conversation import Assignment, Conversation
from chimera_tui.domain.persona import TWIN, Persona

MOST_CAST = 16
"""Personas in a room."""
RESERVED_NAMES = ("Human", "User")
"""What models call those who are no personas."""


def seated(persona: Persona, conversation: Conversation) -> Persona:
    """Return `persona` as it joins the cast of `conversation`.

    Who is there already is joined by a twin: a copy with a slug (`comedian~2`) and a name
    ("The Comedian 2") of its own. Another persona of the same name gets a number, too.
    """
    present = [assignment.persona for assignment in conversation.cast]
    return _seated(persona, present, conversation.human_name)


def cast_of(assignments: Iterable[Assignment], human_name: str) -> tuple[Assignment, ...]:
    """Return a cast of these, in this order, each with a slug and a name of its own."""
    cast: list[Assignment] = []
    for assignment in assignments:
        persona = _seated(assignment.persona, [a.persona for a in cast], human_name)
        cast.append(replace(assignment, persona=persona))
    return tuple(cast)


def recast(conversation: Conversation, persona: Persona) -> tuple[Assignment, ...]:
    """Return the cast with `persona` in the place of its former definition, twins included."""
    cast = list(conversation.cast)
    for place, assignment in enumerate(cast):
        slug = assignment.persona.slug
        if assignment.persona.original == persona.slug:
            others = [one.persona for one in cast if one is not assignment]
            name = _own_name(slug, persona.name, others, conversation.human_name)
            cast[place] = replace(assignment, persona=replace(persona, slug=slug, name=name))
    return tuple(cast)


def _seated(persona: Persona, present: Collection[Persona], human_name: str) -> Persona:
    slugs = {one.slug for one in present}
    slugs_to_have = chain([persona.original], (f"{persona.original}{TWIN}{n}" for n in count(2)))
    slug = next(slug for slug in slugs_to_have if slug not in slugs)
    return replace(persona, slug=slug, name=_own_name(slug, persona.name, present, human_name))


def _own_name(slug: str, name: str, others: Collection[Persona], human_name: str) -> str:
    """`name`, with a number for a twin, and where somebody else is called so."""
    taken = {_folded(one.name) for one in others}
    taken |= {_folded(one) for one in (*RESERVED_NAMES, human_name)}
    number = slug.partition(TWIN)[2]
    names = chain([f"{name} {number}".strip()], (f"{name} {n}" for n in count(2)))
    return next(own for own in names if _folded(own) not in taken)


def _folded(name: str) -> str:
    """A name as it is compared: without case, and however its letters are composed."""
    return unicodedata.normalize("NFC", name).casefold()
