"""How a provider is, as far as we know."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HealthState(StrEnum):
    """The state of a provider in one word."""

    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    NOT_ASKED = "not asked"


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
    models: tuple[ModelInfo, ...] = ()
    checked_at: datetime | None = None
    history: tuple[float | None, ...] = ()
    """Latencies of the last checks in seconds, oldest first; None where it did not answer."""
