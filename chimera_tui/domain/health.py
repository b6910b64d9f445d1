"""How a provider is, as far as we know."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chimera_tui.domain.errors import Fault


class HealthState(StrEnum):
    """The state of a provider in one word."""

    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    NO_KEY = "no key"
    """It needs a key, and none is known."""
    NOT_ASKED = "not asked"


class BreakerState(StrEnum):
    """Whether calls to a provider are let through."""

    CLOSED = "closed"
    """All are."""
    OPEN = "open"
    """It failed too often in a row: calls wait until it may be tried again."""
    HALF_OPEN = "half-open"
    """One call tries it; the others wait for how that ends."""
    STOPPED = "stopped"
    """None is, until a person acts: the key or the credit is at fault."""


class WaitReason(StrEnum):
    """Why nothing comes of a turn yet."""

    LOADING = "loading"
    """A server at home loads the model."""
    LIMIT = "limit"
    """As many requests were made in this minute as the settings allow."""
    ASKED = "asked"
    """The provider asked to wait."""
    RETRY = "retry"
    """A pause before another attempt."""
    BREAKER = "breaker"
    """The provider does not answer; it is tried again after a while."""
    QUEUE = "queue"
    """As many requests are in flight as the provider may have at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A model that a provider lists."""

    name: str
    context: int | None = None
    """Tokens it reads at most; None if the provider does not say."""
    is_loaded: bool = False
    """Whether a local server has it in memory."""
    can_chat: bool = True
    """False for models that make embeddings and the like."""
    price_in: float | None = None
    """US dollars per million tokens read; None if unknown, 0 at home."""
    price_out: float | None = None
    """The same per million tokens written."""
    ignores: frozenset[str] = frozenset()
    """What of a request it refuses or ignores, and is therefore not sent: "temperature", "stop"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the last check, or the last real call, said about a provider."""

    provider: str
    state: HealthState
    latency: float | None = None
    """Seconds the last answer took."""
    reason: str = ""
    """Why it is not up, in the user's words."""
    hint: str = ""
    """What to do about it."""
    fault: Fault | None = None
    """What kind of reason that is; None if it is up, or cannot be asked."""
    unprotected: str = ""
    """The address that a person has to allow first, since it is spoken to unprotected."""
    models: tuple[ModelInfo, ...] = ()
    note: str = ""
    """What a person should know of the list of its models; empty if nothing."""
    checked_at: datetime | None = None
    breaker: BreakerState = BreakerState.CLOSED
    retry_in: float | None = None
    """Seconds until it may be tried again, while the breaker is open."""
    history: tuple[float | None, ...] = ()
    """Latencies of the last checks in seconds, oldest first; None where it did not answer."""
