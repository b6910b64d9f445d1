"""The providers of one person: reached, guarded, watched; with what was learned of them."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import inf

from chimera_tui.demo.demo import DemoProvider
from chimera_tui.domain.conversation import DEMO, Assignment, ModelRef
from chimera_tui.domain.errors import (
    ChimeraError,
    Fault,
    ProviderError,
    StorageError,
    UnprotectedError,
)
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.providers import faults, registry
from chimera_tui.providers.base import Provider
from chimera_tui.providers.capabilities import LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.gate import Gate
from chimera_tui.resilience.model_choice import Facts, ModelChoice
from chimera_tui.resilience.monitor import Monitor
from chimera_tui.settings.settings import ProviderSettings, Settings
from chimera_tui.storage.known_models import KnownModels
from chimera_tui.storage.store import Store


class Providers:
    """Whom rooms ask for replies.

    Attributes:
        gates: What calls to each pass, by name; without those that cannot be used.
        places: Where each is, by name; without those that cannot be used.
        health: What is known of each, by name, in the order of the settings.
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
        self._retired: list[Provider] = []
        self._facts: dict[str, Facts] = {}
        self._monitor = Monitor()
        demo = Gate(DemoProvider(), per_minute=inf, at_once=inf)
        self.gates: dict[str, Gate] = {DEMO.provider: demo}
        self.places: dict[str, Endpoint] = {}
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

    def has_provider(self, name: str) -> bool:
        """Whether there is a provider called `name`, even one that cannot be asked now."""
        return name == DEMO.provider or name in self.health

    def automatic(self) -> ModelRef | None:
        """Who would play a persona without a model, as far as is known; asks nobody."""
        return next(iter(self.choice.automatic()), None)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._saving:
            await asyncio.wait(self._saving)
        for provider in (*(gate.provider for gate in self.gates.values()), *self._retired):
            await provider.aclose()

    async def reconnect(self, name: str) -> None:
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
            for known in (self.gates, self._facts, self.places):
                known.pop(name, None)
            return
        own = self._settings.providers.get(name, ProviderSettings())
        self.places[name] = at
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
