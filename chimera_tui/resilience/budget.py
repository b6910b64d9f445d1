"""What may be spent, and whether a call may begin."""

from chimera_tui.domain.conversation import Budget
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.saved import Spent


def must_allow(whose: str, budget: Budget, spent: Spent) -> None:
    """Let a call begin only while there is something left to spend.

    What is in flight is not known yet: a budget is overdrawn by those calls at most.

    Args:
        whose: How a sentence begins that names it: `This conversation`, `Today`.
        budget: What may be spent.
        spent: What was.

    Raises:
        ProviderError: If nothing is left.
    """
    if budget.cost is not None and spent.cost >= budget.cost:
        raise _spent(whose, _in_dollars(budget.cost))
    if budget.tokens is not None and spent.tokens >= budget.tokens:
        raise _spent(whose, f"{budget.tokens:,} tokens")


def _in_dollars(cost: int) -> str:
    dollars = f"{cost / 1e6:.6f}".rstrip("0")
    whole, _, cents = dollars.partition(".")
    return f"${whole}.{cents:0<2}"


def _spent(whose: str, what: str) -> ProviderError:
    return ProviderError(
        f"{whose} has used up its budget of {what}.",
        kind=Fault.BUDGET,
        hint="Raise the budget to go on, or let models at home speak: they cost nothing.",
    )
