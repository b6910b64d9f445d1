"""The providers of one person, their keys and their costs, put together."""

from chimera_tui.core.costs import Costs
from chimera_tui.core.provider_keys import ProviderKeys
from chimera_tui.core.providers import Providers
from chimera_tui.domain.conversation import Budget
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.settings.settings import Settings
from chimera_tui.storage.store import Store

MICRO = 1_000_000
"""Micro-dollars in a dollar."""


class Connections:
    """Models for rooms (as `engine.needs.Models` asks for them), and providers for front ends.

    Everything here is a part of `Providers`, `ProviderKeys` or `Costs`; they say what it does.
    """

    def __init__(self, settings: Settings, store: Store, endpoints: Endpoints) -> None:
        self._endpoints = endpoints
        providers = Providers(settings, store, endpoints)
        daily = Budget(cost=round(settings.daily_budget * MICRO) or None)
        keys = ProviderKeys(endpoints, providers)
        costs = Costs(store, providers, daily)

        self.open, self.aclose = providers.open, providers.aclose
        self.gates, self.calls, self.choice = providers.gates, providers.calls, providers.choice
        self.health, self.check = providers.health, providers.check
        self.in_use, self.has_provider = providers.in_use, providers.has_provider
        self.exchanges = endpoints.exchanges

        self.candidates, self.context = self.choice.candidates, self.choice.context
        self.automatic, self.expected = providers.automatic, self.choice.expected
        self.is_free = self.choice.is_free

        self.key_states, self.allow_plain = keys.key_states, keys.allow_plain
        self.set_key, self.forget_key = keys.set_key, keys.forget_key

        self.cost, self.allowance = costs.cost, costs.allowance
        self.spending, self.spending_since = costs.spending, costs.spending_since

    @property
    def key_notes(self) -> tuple[str, ...]:
        """Warnings on where API keys lie, such as a file that others can read: a sentence each."""
        return self._endpoints.notes
