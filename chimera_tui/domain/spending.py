"""What was spent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What the attempts at one provider have used in some time."""

    provider: str
    attempts: int
    tokens: int
    """Read and written."""
    cost: int
    """Micro-dollars, of those whose price is known."""
    is_partly_unknown: bool
    """Whether some have no known price."""
    is_estimate: bool
    """Whether some were counted by us."""
