"""A request to a provider and its answer, as evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request as it was sent and the answer as it came, without keys; safe to show."""

    at: datetime
    method: str
    """Empty if nothing was sent, because nobody listens there."""
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    """Its first 2048 characters."""
    status: int | None
    """None if no answer came."""
    response_headers: Mapping[str, str]
    response_start: str
    """The first 2048 characters."""
    seconds: float | None
    """How long it took to its end; None while it goes on."""
    error: str
    """What went wrong with it; empty if nothing did."""
