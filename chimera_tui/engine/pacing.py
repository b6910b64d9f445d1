"""How long a speaker takes before its first word is seen."""

import math
from random import Random

SHORTEST, LONGEST = 0.4, 8.0
"""Bounds of the delay, in seconds."""


def delay(words_before: int, pace: float, rng: Random) -> float:
    """Seconds between being chosen and being heard, for a speaker who read `words_before` words.

    Reading time (12 words a second, 2.5 s at most) plus a moment of thought, which is
    log-normal around 1.2 s like the gaps between people. Pace 0 is instant.
    """
    if pace == 0:
        return 0.0
    reading = min(2.5, words_before / 12)
    thought = rng.lognormvariate(math.log(1.2), 0.45)
    return min(LONGEST, max(SHORTEST, pace * (reading + thought)))
