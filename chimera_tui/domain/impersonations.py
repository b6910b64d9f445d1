"""How models behaved in company."""

from dataclasses import dataclass

from chimera_tui.domain.conversation import ModelRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Impersonations:
    """What one model did that it was asked not to do, over all conversations."""

    model: ModelRef
    replies: int
    """Messages it spoke."""
    leaks: int
    """Replies that were cut because it began to speak for others."""
    retries: int
    """Requests it was made again, or dropped, since it said nothing of its own."""
    refusals: int
    """Replies in which it fell out of its part."""
