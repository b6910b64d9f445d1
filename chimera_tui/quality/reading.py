"""One turn as the measures read it: what it says by itself, and beside what was said before it."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chimera_tui.domain.conversation import HUMAN, Finish, Message
from chimera_tui.quality.signs import dispute, opens_agreeing, refuses, stance, takes_leave
from chimera_tui.quality.voice import Style, style
from chimera_tui.quality.words import ends, stems, words

GRAM = 4
"""Words of a phrase that counts as repeated."""
REMEMBERED = 24
"""Turns back in which a phrase counts as used."""
WINDOW = 50
"""Words over which different ones are counted (MATTR: Covington and McFall 2010)."""
CONTEXT = 4
"""Turns before that make up what is talked about, beside the topic."""
RARE = 0.35
"""A stem in fewer turns than this share of all says that two turns are about the same thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the measures keep of a turn."""

    message: Message
    said: tuple[str, ...]
    stems: frozenset[str]
    grams: frozenset[int]
    """Its phrases of four words, hashed."""
    style: Style
    opens_agreeing: bool
    takes_leave: bool
    refuses: bool
    is_truncated: bool
    stance: float
    dispute: float
    target: str
    """Whom it is said to: the last other member it names, else who spoke before; may be empty."""
    reuse: float
    """Share of its phrases that stand in the last turns already."""
    different: float
    """The sum, over the windows that end in it, of the share of different words."""
    windows: int
    """How many windows those are."""
    on_topic: float
    """Share of its stems that stand in the topic or the turns before."""
    shares_topic: bool
    """Whether a stem of the topic itself is in it."""
    responds: bool
    """Whether it names another member, or takes up something rare of the last two of others."""
    fresh: float
    """Share of its stems that nobody has used before."""

    @property
    def leaks(self) -> int:
        """How often its model began to speak for others."""
        return self.message.provenance.leaks if self.message.provenance else 0

    @property
    def speaker(self) -> str:
        """Who said it."""
        return self.message.turn.speaker


def read(
    message: Message,
    before: Sequence[Reading],
    used: Counter[str],
    topic: frozenset[str],
    names: Mapping[str, re.Pattern[str]],
) -> Reading:
    """Read a message behind those `before` it.

    Args:
        message: What was said.
        before: The turns before it, in order.
        used: In how many of them each stem stands.
        topic: The stems of the topic.
        names: How each member is called, by slug.
    """
    text = ends(message.text)
    said = tuple(words(text))
    own = stems(said)
    grams = frozenset(map(hash, zip(*(said[start:] for start in range(GRAM)), strict=False)))
    phrases = frozenset[int]().union(*(one.grams for one in before[-REMEMBERED:]))
    context = topic.union(*(one.stems for one in before[-CONTEXT:]))
    target, is_named = _target(text, message.turn.speaker, before, names)
    others = [one for one in before[-6:] if one.speaker != message.turn.speaker][-2:]
    most = max(2.0, RARE * (len(before) + 1))
    taken_up = own.intersection(frozenset[str]().union(*(one.stems for one in others)))
    different, windows = _different(said, before)
    return Reading(
        message=message,
        said=said,
        stems=own,
        grams=grams,
        style=style(text, said),
        opens_agreeing=opens_agreeing(text),
        takes_leave=takes_leave(text),
        refuses=refuses(text),
        is_truncated=message.finish in (Finish.LENGTH, Finish.CUT),
        stance=stance(text),
        dispute=dispute(text),
        target=target,
        reuse=_share(len(grams & phrases), len(grams)),
        different=different,
        windows=windows,
        on_topic=_share(len(own & context), len(own)),
        shares_topic=not own.isdisjoint(topic),
        responds=is_named or any(used[stem] + 1 <= most for stem in taken_up),
        fresh=_share(sum(not used[stem] for stem in own), len(own)),
    )


def _target(
    text: str, speaker: str, before: Sequence[Reading], names: Mapping[str, re.Pattern[str]]
) -> tuple[str, bool]:
    """To whom a turn is said, and whether it says so."""
    said = text.casefold()
    places = {
        slug: max((match.start() for match in pattern.finditer(said)), default=-1)
        for slug, pattern in names.items()
        if slug != speaker
    }
    last = max(places, key=lambda slug: places[slug], default="")
    if last and places[last] >= 0:
        return last, True
    previous = before[-1].speaker if before else HUMAN
    return ("" if previous in (speaker, HUMAN) else previous), False


def _different(said: Sequence[str], before: Sequence[Reading]) -> tuple[float, int]:
    """Of the windows that end in this turn: the sum of the shares of different words; how many."""
    tail: list[str] = []
    for one in reversed(before):
        if len(tail) >= WINDOW - 1:
            break
        tail = [*one.said, *tail]
    stream = [*tail[-(WINDOW - 1) :], *said] if tail else list(said)
    counts = Counter(stream[: WINDOW - 1])
    total, windows = 0.0, 0
    for end in range(WINDOW - 1, len(stream)):
        counts[stream[end]] += 1
        total += len(counts) / WINDOW
        windows += 1
        first = stream[end - WINDOW + 1]
        counts[first] -= 1
        if not counts[first]:
            del counts[first]
    return total, windows


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
