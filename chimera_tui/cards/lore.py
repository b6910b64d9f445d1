"""What of a lorebook is told now."""

import math
from collections.abc import Sequence

from chimera_tui.cards.keys import Searched
from chimera_tui.cards.lorebook import Lorebook, LoreEntry
from chimera_tui.cards.macros import hidden_keys
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN

MOST_ROUNDS = 4
"""How often what is told may call for more."""


def lore(
    book: Lorebook, texts: Sequence[str], budget: int, *, replies: int | None = None
) -> list[LoreEntry]:
    """Return the entries of `book` that are to be told, in the order of telling.

    Args:
        book: The book of the persona that is about to speak.
        texts: What has been said, oldest first; only the last few are searched.
        budget: Tokens they may take together; the book's own budget holds besides. What is too
            much is left out, the lowest priority first, and last what is told always.
        replies: How often personas have spoken; by default all of `texts` are theirs.
    """
    spoken = len(texts) if replies is None else replies
    searched: dict[int, Searched] = {}

    def ending(depth: int) -> Searched:
        if depth not in searched:
            searched[depth] = Searched(texts[-depth:] if depth else ())
        return searched[depth]

    left = [entry for entry in book.entries if entry.after_replies <= spoken]
    told = [entry for entry in left if _is_called(entry, ending(_depth(entry, book)))]
    news = told
    for _ in range(MOST_ROUNDS if book.is_recursive else 0):
        known = set(map(id, told))
        left = [entry for entry in left if id(entry) not in known]
        contents = Searched([f"{entry.content}\n{hidden_keys(entry.content)}" for entry in news])
        news = [entry for entry in left if _is_called(entry, contents)]
        if not news:
            break
        told = told + news
    limit = budget if book.token_budget is None else min(budget, book.token_budget)
    return sorted(_within(told, limit), key=lambda entry: entry.order)


def tokens(entry: LoreEntry) -> int:
    """About how many tokens an entry takes."""
    return math.ceil(len(entry.content) / CHARACTERS_PER_TOKEN)


def _depth(entry: LoreEntry, book: Lorebook) -> int:
    return book.scan_depth if entry.scan_depth is None else entry.scan_depth


def _is_called(entry: LoreEntry, text: Searched) -> bool:
    if entry.exclude.match(text):
        return False
    if entry.constant:
        return True
    return (
        entry.keys.match(text)
        and (entry.secondary is None or entry.secondary.match(text))
        and (entry.additional is None or entry.additional.match(text))
    )


def _within(entries: Sequence[LoreEntry], budget: int) -> list[LoreEntry]:
    """Those that fit; one too large for what is left is passed over.

    What is told always comes first, as in SillyTavern, then the highest priority.
    """
    kept = []
    for entry in sorted(entries, key=lambda one: (not one.constant, -one.priority, one.order)):
        if tokens(entry) <= budget:
            budget -= tokens(entry)
            kept.append(entry)
    return kept
