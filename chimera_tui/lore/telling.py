"""What of a lorebook is told now.

Nothing is remembered from turn to turn. What depends on former turns (what stays for a while, or
may not come again for a while) is worked out from them anew, and chance follows from a seed and
the number of messages: so a conversation that is reopened, edited or branched goes on as it would
have.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from chimera_tui.domain.text import CHARACTERS_PER_TOKEN
from chimera_tui.lore.lore_entries import CERTAIN, Lorebook, LoreEntry
from chimera_tui.lore.lore_keys import LONGEST_SEARCHED, Searched
from chimera_tui.lore.macros import hidden_keys

MOST_ROUNDS = 4
"""How often what is told may call for more."""
MOST_WORKED_OUT = 3_000
"""Entries of former turns that are looked at again before a turn, or twice as many: some 20 ms."""

_WORK_OF_WORDS = 4
"""Work of regular expressions that takes as long, at worst, as looking for some words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What has been said when a persona is about to speak."""

    last: Callable[[int], Sequence[str]]
    """Returns as many of the last messages, oldest first."""
    messages: int
    """How many there were in all."""
    replies: int
    """How many of them were said by personas."""


def lore(
    book: Lorebook,
    now: Moment,
    budget: int,
    *,
    seed: str = "",
    before: Sequence[Moment] = (),
) -> list[LoreEntry]:
    """Return the entries of `book` that are to be told, in the order of telling.

    Args:
        book: The book of the persona that is about to speak.
        now: What has been said.
        budget: Tokens they may take together; the book's own budget holds besides. What is too
            much is left out, the lowest priority first, and last what is told always.
        seed: Decides, with the number of messages, what is left to chance.
        before: The moments in which the persona has spoken, oldest first.
    """
    timers = _timers(book, now, seed, before)
    limit = budget if book.token_budget is None else min(budget, book.token_budget)
    told = _within(_told(book, book.entries, now, timers, seed), limit)
    return sorted(told, key=lambda entry: entry.order)


def _timers(book: Lorebook, now: Moment, seed: str, before: Sequence[Moment]) -> "_Timers":
    """What stays and what stays away now, worked out from the former turns.

    In a very long conversation, or for a very large book, the first ones are left out, many at a
    time: so the rhythm is not another one in every turn.
    """
    timers = _Timers()
    timed = [entry for entry in book.entries if entry.rhythm.is_timed]
    if not timed:
        return timers
    depends = book.is_recursive or any(entry.groups for entry in timed)
    entries = book.entries if depends else timed
    rounds = 1 + MOST_ROUNDS * book.is_recursive
    most = max(1, int(MOST_WORKED_OUT / (sum(map(_effort, entries)) * rounds)))
    for moment in before[max(0, len(before) // most - 1) * most :]:
        timers.go_on_to(moment.messages, timed)
        timers.start(_told(book, entries, moment, timers, seed), moment.messages)
    timers.go_on_to(now.messages, timed)
    return timers


def tokens(entry: LoreEntry) -> int:
    """About how many tokens an entry takes."""
    return math.ceil(len(entry.content) / CHARACTERS_PER_TOKEN)


@dataclass(slots=True)
class _Timers:
    """Until which number of messages entries stay, or stay away; by their numbers in the book.

    As in SillyTavern: both begin when an entry is told, and the second one begins anew when the
    first is over.
    """

    stays: dict[int, float] = field(default_factory=dict)
    stays_away: dict[int, float] = field(default_factory=dict)

    def go_on_to(self, messages: int, timed: Sequence[LoreEntry]) -> None:
        """End what is over when there are so many messages."""
        for number in [number for number, end in self.stays.items() if messages >= end]:
            del self.stays[number]
            entry = next(one for one in timed if one.number == number)
            self.stays_away[number] = messages + entry.rhythm.cooldown
        self.stays_away = {n: end for n, end in self.stays_away.items() if messages < end}

    def start(self, told: Iterable[LoreEntry], messages: int) -> None:
        """Remember that these were told when there were so many messages."""
        for entry in told:
            if entry.rhythm.sticky:
                self.stays.setdefault(entry.number, messages + entry.rhythm.sticky)
            if entry.rhythm.cooldown:
                self.stays_away.setdefault(entry.number, messages + entry.rhythm.cooldown)

    def allow(self, entry: LoreEntry, moment: Moment) -> bool:
        """Whether its time has come."""
        if entry.number in self.stays_away and entry.number not in self.stays:
            return False
        has_come = (
            entry.rhythm.delay <= moment.messages and entry.rhythm.after_replies <= moment.replies
        )
        return has_come and moment.replies % entry.rhythm.every == 0


def _told(
    book: Lorebook, entries: Sequence[LoreEntry], moment: Moment, timers: _Timers, seed: str
) -> list[LoreEntry]:
    """Which of these entries are called for at that moment, by what was said or by others."""
    left = [entry for entry in entries if timers.allow(entry, moment)]
    chance = f"{seed}:{moment.messages}"
    told: list[LoreEntry] = []
    contents: list[str] = []
    for is_by_lore in [False, *[True] * (MOST_ROUNDS if book.is_recursive else 0)]:
        text = _Text(moment, contents, book)
        news = [
            entry
            for entry in left
            if (entry.is_called_by_lore if is_by_lore else entry.is_called_by_messages)
            and (entry.number in timers.stays or _is_called(entry, text))
        ]
        known = {entry.number for entry in news}
        left = [entry for entry in left if entry.number not in known]
        news = _one_a_group(news, told, timers, chance)
        news = [one for one in news if one.number in timers.stays or _is_lucky(one, chance)]
        told += news
        calling = [one for one in news if one.calls_lore]
        if not calling:
            break
        contents += [f"{one.content}\n{hidden_keys(one.content)}" for one in calling]
    return told


class _Text:
    """What is searched for keys: the last messages, and in a recursive book what is told."""

    def __init__(self, moment: Moment, contents: Sequence[str], book: Lorebook) -> None:
        self._moment, self._contents, self._depth = moment, contents, book.scan_depth
        self._known: dict[tuple[int, int], Searched] = {}

    def of(self, entry: LoreEntry) -> Searched:
        """What is searched for the keys of this entry."""
        depth = self._depth if entry.scan_depth is None else entry.scan_depth
        longest = LONGEST_SEARCHED if entry.search_range is None else entry.search_range
        if (depth, longest) not in self._known:
            texts = [*self._moment.last(depth), *self._contents]
            self._known[depth, longest] = Searched(texts, longest)
        return self._known[depth, longest]


def _is_called(entry: LoreEntry, texts: _Text) -> bool:
    text = texts.of(entry)
    if entry.exclude.match(text):
        return False
    if entry.constant:
        return True
    return (
        entry.keys.match(text)
        and (entry.secondary is None or entry.logic.allows(entry.secondary, text))
        and (entry.additional is None or entry.additional.match(text))
    )


def _is_lucky(entry: LoreEntry, chance: str) -> bool:
    is_certain = entry.probability >= CERTAIN
    return is_certain or Random(f"{chance}:{entry.number}").random() * 100 < entry.probability


def _effort(entry: LoreEntry) -> float:
    """How much work it is to look for its keys; 1 for some words."""
    all_keys = (entry.keys, entry.secondary, entry.additional, entry.exclude)
    return 1 + sum(keys.work for keys in all_keys if keys) / _WORK_OF_WORDS


def _one_a_group(
    news: Sequence[LoreEntry], told: Sequence[LoreEntry], timers: _Timers, chance: str
) -> list[LoreEntry]:
    """Leave of each group one: what stays, else what goes first, else by weight and chance."""
    out = set[int]()
    taken = {group for entry in told for group in entry.groups}
    for group in dict.fromkeys(group for entry in news for group in entry.groups):
        rivals = [one for one in news if group in one.groups and one.number not in out]
        chosen = [one for one in rivals if one.number in timers.stays]
        if not chosen and group not in taken and rivals:
            first = [one for one in rivals if one.is_group_first]
            weights = [one.group_weight or 1e-9 for one in rivals]
            drawn = Random(f"{chance}:{group}").choices(rivals, weights)
            chosen = [max(first, key=lambda one: one.order)] if first else drawn
        out |= {one.number for one in rivals} - {one.number for one in chosen}
    return [one for one in news if one.number not in out]


def _within(entries: Sequence[LoreEntry], budget: int) -> list[LoreEntry]:
    """Those that fit; one too large for what is left is passed over.

    What is told in every turn comes first, so that nothing else takes its room in some of them
    (see `briefing`); then what asks for no keys, as in SillyTavern; then the highest priority.
    """
    kept = []

    def rank(one: LoreEntry) -> tuple[bool, bool, float, float]:
        return not one.is_fixed, not one.constant, -one.priority, one.order

    for entry in sorted(entries, key=rank):
        if tokens(entry) <= budget:
            budget -= tokens(entry)
            kept.append(entry)
    return kept
