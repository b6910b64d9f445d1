"""What may be spent."""

import pytest

from chimera_tui.domain.conversation import Budget
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.saved import Spent
from chimera_tui.resilience.budget import must_allow


@pytest.mark.parametrize(
    ("budget", "spent"),
    [
        (Budget(), Spent(cost=10**9, tokens=10**9)),
        (Budget(cost=500_000), Spent(cost=499_999, tokens=10**9)),
        (Budget(tokens=1000), Spent(cost=10**9, tokens=999)),
    ],
)
def test_while_there_is_something_left_calls_begin(budget: Budget, spent: Spent) -> None:
    must_allow("Today", budget, spent)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(cost=500_000, tokens=10**9), "Today has used up its budget of $0.50."),
        (Budget(cost=2_500, tokens=10**9), "Today has used up its budget of $0.0025."),
        (Budget(tokens=20_000), "Today has used up its budget of 20,000 tokens."),
        (Budget(cost=0), "Today has used up its budget of $0.00."),
    ],
)
def test_when_it_is_spent_none_does(budget: Budget, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        must_allow("Today", budget, Spent(cost=500_000, tokens=20_000))
    assert (caught.value.problem, caught.value.kind) == (words, Fault.BUDGET)
