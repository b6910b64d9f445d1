"""Whom a message addresses."""

import re

from chimera_tui.domain.conversation import Conversation

MOST_ADDRESSED = 3
"""A message brings at most this many answers by name."""


def addressed(text: str, conversation: Conversation) -> tuple[str, ...]:
    """The slugs of the personas that `text` calls with an `@`, in the order of the text.

    `@comedian`, `@The Comedian` and `@Comedian` all call the same one.
    """
    calls: dict[str, str] = {}
    for assignment in conversation.cast:
        persona = assignment.persona
        for alias in (persona.slug, persona.name, persona.short_name):
            calls[alias.casefold()] = persona.slug
    if not calls:
        return ()
    longest_first = sorted(calls, key=len, reverse=True)
    pattern = re.compile(r"(?<!\w)@(" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    found = dict.fromkeys(calls[match] for match in pattern.findall(text.casefold()))
    return tuple(found)[:MOST_ADDRESSED]
