"""The providers of one person: reached, guarded, watched; with what was learned of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from math import inf

from chimera_tui.demo.demo import DemoProvider
from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import DEMO, Assignment, Budget, CostSource, ModelRef, Usage
from chimera_tui.domain.errors import (
    ChimeraError,
    Fault,
    ProviderError,
    StorageError,
    UnprotectedError,
)
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.domain.saved import Spent
from chimera_tui.domain.spending import Spending
from chimera_tui.providers import faults, prices, registry
from chimera_tui.providers.base import Provider
from chimera_tui.providers.capabilities import LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.resilience.budget import must_allow
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.gate import Gate
from chimera_tui.resilience.model_choice import Facts, ModelChoice
from chimera_tui.resilience.monitor import Monitor
from chimera_tui.settings.keys import KeyState
from chimera_tui.settings.settings import ProviderSettings, Settings
from chimera_tui.storage.known_models import KnownModels
from chimera_tui.storage.spending import spent_since
from chimera_tui.storage.store import Store

MICRO = 1_000_000
"""Micro-dollars in a dollar."""


class Connections:
    """Whom rooms ask for replies, and what may be asked of them.

    Attributes:
        health: What is known of each provider, by name, in the order of the settings.
        calls: Makes calls over all of them.
        choice: Which model plays whom.
    """

    def __init__(self, settings: Settings, store: Store, endpoints: Endpoints) -> None:
        self._settings = settings
        self._store = store
        self._known = KnownModels(store)
        self._endpoints = endpoints
        self._learned = LearnedCapabilities(self._keep_refusal)
        self._saving = set[asyncio.Task[None]]()
        self._daily = Budget(cost=round(settings.daily_budget * MICRO) or None)
        self._today = Spent()
        """What all conversations have cost today, those of other processes as of the last turn."""
        self._retired: list[Provider] = []
        self._places: dict[str, Endpoint] = {}
        self._facts: dict[str, Facts] = {}
        demo = Gate(DemoProvider(), per_minute=inf, at_once=inf)
        self.gates: dict[str, Gate] = {DEMO.provider: demo}
        self._monitor = Monitor()
        self.health: Mapping[str, Health] = self._monitor.health
        self.calls = Calls(self.gates)
        self.choice = ModelChoice(self._facts, settings.order, self.health, self._monitor.check)

    async def open(self) -> None:
        """Look up addresses and keys, and what was learned of models before; asks nobody.

        Raises:
            StorageError: If the database cannot be read.
        """
        self._learned.load(await self._known.refusals())
        listed = await self._known.load()
        # A keyring that is locked may take three seconds to say so.
        found = await asyncio.to_thread(lambda: {n: self._find(n) for n in self._settings.names})
        for name, at in found.items():
            self._connect(name, at)
            if name in self.gates:
                models = [
                    replace(
                        model, ignores=model.ignores | self._learned.of(name, model.name).ignores
                    )
                    for model in listed.get(name, ())
                ]
                self._monitor.follow(self.gates[name], models)

    # How they are

    async def check(self, name: str, *, models: bool = True) -> Health:
        """Ask a provider how it is; it may take three seconds.

        Args:
            name: Which one.
            models: Whether a person wants to know: then it may be called again, whatever was
                before, and is asked for its models, even if that was just done.
        """
        before = self.health[name].models
        if models:
            found = await self._monitor.check_now(name)
        else:  # at home a model may have been loaded meanwhile
            is_home = name in self._facts and self._facts[name].is_free
            found = await self._monitor.check(name, models=is_home)
        if found.models != before and not self._store.read_only:
            await self._known.save({name: found.models})
        return found

    def in_use(self, cast: Iterable[Assignment]) -> set[str]:
        """The providers to look at for a cast: those assigned, and all for the others.

        Who is held back is left alone until it may be called again.
        """
        models = [model for one in cast for model in (one.model, *one.fallbacks)]
        named = {model.provider for model in models if model}
        used = named | set(self._facts) if None in models else named
        return {
            name for name in used if name not in self.gates or not self.gates[name].is_held_back
        }

    def exchanges(self, name: str) -> tuple[Exchange, ...]:
        """The last requests to a provider and what came back, without keys; the newest last."""
        return self._endpoints.exchanges(name)

    # Keys

    @property
    def key_notes(self) -> tuple[str, ...]:
        """What a person should know of where the keys lie: who else can read them, for instance."""
        return self._endpoints.notes

    async def key_states(self) -> tuple[KeyState, ...]:
        """Say of every provider where its key lies, and how it ends."""
        names = self._endpoints.names
        return tuple(
            await asyncio.to_thread(lambda: [self._endpoints.key_state(name) for name in names])
        )

    async def set_key(self, name: str, text: str) -> KeyState:
        """Keep a key for a provider and use it from the next request on; `check` tests it.

        Raises:
            UnknownError: If there is no such provider.
            ChimeraError: If this can be no key, or it cannot be kept.
        """
        state = await asyncio.to_thread(self._endpoints.keep_key, name, text)
        await self._reconnect(name)
        return state

    async def forget_key(self, name: str) -> KeyState:
        """Forget the kept key of a provider; one in the environment stays.

        Raises:
            UnknownError: If there is no such provider.
            ChimeraError: If what keeps it cannot be changed.
        """
        await asyncio.to_thread(self._endpoints.forget_key, name)
        await self._reconnect(name)
        return await asyncio.to_thread(self._endpoints.key_state, name)

    async def allow_plain(self, unprotected: str) -> tuple[str, ...]:
        """Let an address in the private network be spoken to unprotected from now on.

        Returns:
            All that are allowed, to be kept in the settings (`plain_http`).
        """
        allowed = self._endpoints.allow(unprotected)
        for name in [name for name, one in self.health.items() if one.unprotected == unprotected]:
            await self._reconnect(name)
        return allowed

    # What a room needs to know: see `engine.turn_runner.Models` and `BudgetGuard`

    async def candidates(self, assignment: Assignment) -> tuple[ModelRef, ...]:
        """Say which model plays this assignment now, and who takes over when it cannot.

        Raises:
            ProviderError: If none can.
        """
        return await self.choice.candidates(assignment)

    def automatic(self) -> ModelRef | None:
        """Who would play a persona without a model, as far as is known; asks nobody."""
        return next(iter(self.choice.automatic()), None)

    def expected(self, assignment: Assignment) -> ModelRef | None:
        """Who plays this assignment, as far as is known without asking; None if nobody is known."""
        return self.choice.expected(assignment)

    def context(self, model: ModelRef) -> int:
        """Tokens that `model` reads at most, reply included."""
        return self.choice.context(model)

    def has_provider(self, name: str) -> bool:
        """Whether there is a provider called `name`, even one that cannot be asked now."""
        return name == DEMO.provider or name in self.health

    def is_free(self, model: ModelRef) -> bool:
        """Whether its replies cost nothing."""
        return self.choice.is_free(model)

    async def cost(self, model: ModelRef, usage: Usage) -> tuple[int | None, CostSource]:
        """Say what a reply costs now, in micro-dollars, and where that comes from."""
        at = self._places.get(model.provider)
        cost, source = await prices.cost(
            at.prices if at else "", model.model, usage, utc_now(), is_free=self.is_free(model)
        )
        self._today.cost += cost or 0  # until the database is asked again
        return cost, source

    async def allowance(
        self, budget: Callable[[], Budget], spent: Spent
    ) -> Callable[[ModelRef], None]:
        """Return what is called before each request; raises ProviderError if it may not begin."""
        self._today.cost = sum(one.cost for one in await self.spending())

        def allow(model: ModelRef) -> None:
            if not self.is_free(model):
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

    async def aclose(self) -> None:
        """Close all connections."""
        if self._saving:
            await asyncio.wait(self._saving)
        for provider in (*(gate.provider for gate in self.gates.values()), *self._retired):
            await provider.aclose()

    # Connecting

    async def _reconnect(self, name: str) -> None:
        """Use the key that a provider has now; what is said to it with the old one goes on."""
        found = await asyncio.to_thread(self._find, name)
        models = self.health[name].models if name in self.health else ()
        gate = self.gates.get(name)
        self._connect(name, found)
        if gate:
            self._retired.append(gate.provider)
        if name in self.gates:
            self._monitor.follow(self.gates[name], models)

    def _find(self, name: str) -> Endpoint | ChimeraError:
        """Where a provider is; or why it cannot be used, because it has no address, or no key."""
        try:
            at = self._endpoints.find(name)
        except ChimeraError as error:
            return error
        return faults.no_key(at) or at

    def _connect(self, name: str, at: Endpoint | ChimeraError) -> None:
        """Make what speaks to a provider, if it can be used."""
        if isinstance(at, ChimeraError):
            is_without_key = isinstance(at, ProviderError) and at.kind is Fault.AUTH
            state = HealthState.NO_KEY if is_without_key else HealthState.DOWN
            asks = at.origin if isinstance(at, UnprotectedError) else ""
            told = Health(
                provider=name, state=state, reason=at.problem, hint=at.hint, unprotected=asks
            )
            self._monitor.tell(told)
            for known in (self.gates, self._facts, self._places):
                known.pop(name, None)
            return
        own = self._settings.providers.get(name, ProviderSettings())
        self._places[name] = at
        self._facts[name] = Facts(
            model=own.model, preferred=at.preferred, context=own.context, is_free=at.is_local
        )
        provider = registry.provider(at, self._learned)
        if gate := self.gates.get(name):
            gate.provider = provider
            gate.reset()
            return
        self.gates[name] = Gate(
            provider,
            is_local=at.is_local,
            per_minute=own.requests_per_minute,
            at_once=own.at_once,
        )

    def _keep_refusal(self, provider: str, model: str, parameter: str) -> None:
        """Show what a model refuses, and keep it for the next start: no harm if that fails."""
        self._monitor.refused(provider, model, self._learned.of(provider, model).ignores)
        if not self._store.read_only:
            saving = asyncio.create_task(self._save_refusal(provider, model, parameter))
            self._saving.add(saving)
            saving.add_done_callback(self._saving.discard)

    async def _save_refusal(self, provider: str, model: str, parameter: str) -> None:
        try:
            await self._known.add_refusal(provider, model, parameter)
        except StorageError:
            return
