"""Measures of how a conversation is shared out; numbers only, from 0 to 1."""

import math
from collections.abc import Mapping

EVENNESS_OF_NOBODY = 0.4
"""Below this evenness one voice holds the floor: balance 0."""
EVENNESS_OF_ALL = 0.9
"""From this evenness on nobody feels left out: balance 1."""


def clip(value: float) -> float:
    """`value`, or the nearest number from 0 to 1."""
    return min(1.0, max(0.0, value))


def shares(turns: Mapping[str, int]) -> dict[str, float]:
    """The share of each member in all turns; all 0 if there were none."""
    total = sum(turns.values())
    return {member: count / total if total else 0.0 for member, count in turns.items()}


def evenness(turns: Mapping[str, int]) -> float:
    """The entropy of the shares, divided by its greatest value for so many members.

    With fewer than two members, or before the first turn, it is 1: nobody is left out.
    """
    if len(turns) <= 1 or not any(turns.values()):
        return 1.0
    entropy = -sum(share * math.log(share) for share in shares(turns).values() if share)
    return entropy / math.log(len(turns))


def balance(turns: Mapping[str, int], words: Mapping[str, int] | None = None) -> float:
    """How evenly the turns, and the words if they are given, are shared: 1 is even, 0 one voice.

    `clip((E - 0.4) / 0.5)`, E being the evenness (the mean of both). Perfect evenness is not the
    aim: a member may well be quieter than the others.

    Args:
        turns: Turns by member; those who have not spoken count with 0.
        words: Words by member.
    """
    even = evenness(turns) if words is None else (evenness(turns) + evenness(words)) / 2
    return clip((even - EVENNESS_OF_NOBODY) / (EVENNESS_OF_ALL - EVENNESS_OF_NOBODY))
