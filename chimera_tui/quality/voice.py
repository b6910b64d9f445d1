"""Whether the members can be told apart by how they write.

Each turn becomes a point of twelve style features; the point is given to the member whose other
turns are nearest (leave-one-out, nearest centroid, z-scored). What is right more often than by
chance is voice. Style features of this kind tell authors apart (function words, punctuation,
lengths: Mosteller and Wallace 1964; Burrows 2002); at a dozen turns they are all there is.
"""

import math
import re
from collections.abc import Sequence

Style = tuple[float, ...]
FEWEST = 4
"""Turns of each member from which on a voice can be heard."""
HEARD = 72
"""Turns of the end that are compared: it stays cheap, and a voice may change."""

_DIGIT = re.compile(r"\d")
_I = frozenset("i i'm i've i'd i'll me my mine myself".split())  # noqa: SIM905 - reads as it is meant
_WE = frozenset("we we're we've we'd we'll us our ours ourselves".split())  # noqa: SIM905 - the same
_YOU = frozenset("you you're you've you'd you'll your yours yourself".split())  # noqa: SIM905 - the same


def style(text: str, said: Sequence[str]) -> Style:
    """The features of a turn with the words `said`."""
    count = max(1, len(said))
    sentences = max(1, sum(text.count(mark) for mark in ".!?"))
    return (
        math.log(count),
        count / sentences,
        text.count("?") / sentences,
        text.count("!") / sentences,
        text.count(";") / sentences,
        len(_DIGIT.findall(text)) / count,
        sum("'" in word for word in said) / count,
        sum(word in _I for word in said) / count,
        sum(word in _WE for word in said) / count,
        sum(word in _YOU for word in said) / count,
        sum(map(len, said)) / count,
        text.count(",") / count,
    )


def told_apart(turns: Sequence[tuple[str, Style]]) -> float | None:
    """How far above chance speakers are identified, 0 to 1; None if somebody has said too little.

    Args:
        turns: Speaker and style of each turn, the last one last.
    """
    turns = turns[-HEARD:]
    speakers = list(dict.fromkeys(speaker for speaker, _ in turns))
    counts = {speaker: sum(one == speaker for one, _ in turns) for speaker in speakers}
    if len(speakers) <= 1 or min(counts.values()) < FEWEST:
        return None
    points = _z_scored([point for _, point in turns])
    sums = {speaker: [0.0] * len(points[0]) for speaker in speakers}
    for (speaker, _), point in zip(turns, points, strict=True):
        sums[speaker] = [a + b for a, b in zip(sums[speaker], point, strict=True)]
    centres = {s: [value / counts[s] for value in sums[s]] for s in speakers}
    right = 0
    for (speaker, _), point in zip(turns, points, strict=True):
        left = counts[speaker] - 1
        own = [(total - value) / left for total, value in zip(sums[speaker], point, strict=True)]
        to_own = math.dist(point, own)
        right += all(math.dist(point, centres[s]) > to_own for s in speakers if s != speaker)
    chance = 1 / len(speakers)
    return max(0.0, (right / len(turns) - chance) / (1 - chance))


def _z_scored(points: Sequence[Style]) -> list[list[float]]:
    columns = []
    for column in zip(*points, strict=True):
        mean = math.fsum(column) / len(column)
        spread = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
        columns.append([(value - mean) / spread if spread else 0.0 for value in column])
    return [list(point) for point in zip(*columns, strict=True)]
