"""What each fault means for the call that met it, and for those that come after: one table."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from chimera_tui.domain.errors import Fault, ProviderError

LONGEST_WAIT = 120.0
"""Seconds that a turn waits because a provider asked for it; longer ones are cooldowns."""
ASKS_A_PERSON = 3600.0
"""Seconds: whoever asks for this or more is not called again before a person wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What follows from a fault."""

    attempts: float = 1
    """Requests a turn makes of one model at most; infinite: as many as its gate allows."""
    trips: bool = False
    """Whether it counts against the breaker."""
    stops: bool = False
    """Whether nobody is let through to the provider until a person acts."""
    cools_model: bool = False
    """Whether it is the model's alone: others of the same provider may be asked meanwhile."""
    falls_back: bool = True
    """Whether the next model of the list takes over when no attempt is left."""
    patience: float = 1.0
    """By how much longer the pauses between attempts are than usual."""


_AGAIN = Rule(attempts=math.inf, trips=True)
_BROKEN = Rule(trips=True)
_ONLY_HERE = Rule()
_FINAL = Rule(falls_back=False)

RULES: Mapping[Fault, Rule] = {
    Fault.CONNECT: _AGAIN,
    Fault.TLS: _ONLY_HERE,
    Fault.TIMEOUT: _AGAIN,
    Fault.STALL: _AGAIN,
    Fault.TRANSPORT: _AGAIN,
    Fault.TRUNCATED: _AGAIN,
    Fault.BAD_DATA: _AGAIN,
    Fault.BAD_TYPE: _BROKEN,
    Fault.TOO_LARGE: _BROKEN,
    Fault.EMPTY: _AGAIN,
    Fault.SERVER: _AGAIN,
    Fault.OVERLOADED: replace(_AGAIN, patience=2.0),
    Fault.CONFLICT: replace(_AGAIN, trips=False),
    Fault.RATE: Rule(attempts=math.inf, cools_model=True),
    Fault.AUTH: Rule(stops=True),
    Fault.MONEY: Rule(stops=True),
    Fault.MODEL: Rule(cools_model=True),
    Fault.CONTEXT: Rule(attempts=2, falls_back=False),
    Fault.REQUEST: _ONLY_HERE,
    Fault.REDIRECT: _ONLY_HERE,
    Fault.FILTER: _FINAL,  # nobody shops for a laxer model
    Fault.BUDGET: _FINAL,
    Fault.INTERRUPTED: _FINAL,
    Fault.LABEL: _FINAL,
    Fault.STORAGE: _FINAL,
}


def asked_wait(error: ProviderError) -> float | None:
    """Seconds that a provider asked to wait; infinite if only a person may end it, None if none.

    What is below 0 or no number is no wish that anybody could grant.
    """
    seconds = error.retry_after
    if seconds is None or math.isnan(seconds) or seconds < 0:
        return None
    return math.inf if seconds >= ASKS_A_PERSON else seconds


def in_words(seconds: float) -> str:
    """Write a wait for a person: `34 s`, `7 min`, `over an hour`."""
    if seconds >= ASKS_A_PERSON:
        return "over an hour"
    return f"{math.ceil(seconds / 60)} min" if seconds > LONGEST_WAIT else f"{math.ceil(seconds)} s"
