"""Prices of replies, the sums spent so far, and what the budgets still allow."""

from collections.abc import Callable
from datetime import datetime

from chimera_tui.core.providers import Providers
from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Budget, CostSource, ModelRef, Usage
from chimera_tui.domain.saved import Spent
from chimera_tui.domain.spending import Spending
from chimera_tui.providers import prices
from chimera_tui.resilience.budget import must_allow
from chimera_tui.storage.spending import spent_since
from chimera_tui.storage.store import Store


class Costs:
    """Counts what all conversations cost.

    Args:
        store: Knows what was spent.
        providers: Know what runs at home, and whose prices hold.
        daily: What may be spent in a day.
    """

    def __init__(self, store: Store, providers: Providers, daily: Budget) -> None:
        self._store = store
        self._providers = providers
        self._daily = daily
        self._today = Spent()
        """What all conversations have cost today, those of other processes as of the last turn."""

    async def cost(self, model: ModelRef, usage: Usage) -> tuple[int | None, CostSource]:
        """Say what a reply costs now, in micro-dollars, and where that comes from."""
        at = self._providers.places.get(model.provider)
        cost, source = await prices.cost(
            at.prices if at else "",
            model.model,
            usage,
            utc_now(),
            is_free=self._providers.choice.is_free(model),
        )
        self._today.cost += cost or 0  # until the database is asked again
        return cost, source

    async def allowance(
        self, budget: Callable[[], Budget], spent: Spent
    ) -> Callable[[ModelRef], None]:
        """Return what is called before each request; raises ProviderError if it may not begin."""
        self._today.cost = sum(one.cost for one in await self.spending())

        def allow(model: ModelRef) -> None:
            if not self._providers.choice.is_free(model):
                must_allow("This conversation", budget(), spent)
                must_allow("Today", self._daily, self._today)

        return allow

    async def spending(self) -> tuple[Spending, ...]:
        """What was spent today, provider by provider."""
        local = utc_now().astimezone()
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        return await self.spending_since(midnight)

    async def spending_since(self, moment: datetime) -> tuple[Spending, ...]:
        """What was spent since then, provider by provider."""
        return await spent_since(self._store, moment)
