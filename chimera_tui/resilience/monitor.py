"""How providers are: asked from time to time, and learnt from every real call."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import BreakerState, Health, HealthState, ModelInfo
from chimera_tui.resilience.gate import Clock, Gate

SLOW = 2.0
"""Seconds after which the answer to a probe counts as slow."""
HISTORY = 20
"""Latencies that are remembered."""
LISTED_FOR = 600.0
"""Seconds for which a list of models is good enough."""

_ITS_OWN = frozenset({
    Fault.CONNECT, Fault.TLS, Fault.TIMEOUT, Fault.STALL, Fault.TRANSPORT, Fault.BAD_TYPE,
    Fault.SERVER, Fault.OVERLOADED, Fault.AUTH, Fault.MONEY, Fault.REDIRECT,
})  # fmt: skip
"""Faults that say something of the provider, not only of one request or model."""


class Monitor:
    """What is known of each provider.

    Attributes:
        health: By name; the breaker in it is as it stands when it is read.

    Args:
        now: The time, for people.
        clock: Seconds, monotonic: what latency is measured with.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Clock = time.monotonic,
    ) -> None:
        self._now, self._clock = now, clock
        self._known: dict[str, Health] = {}
        self._gates: dict[str, Gate] = {}
        self._listed_at: dict[str, float] = {}
        self.health: Mapping[str, Health] = _Current(self._known, self._gates)

    def follow(self, gate: Gate, models: Sequence[ModelInfo] = ()) -> None:
        """Watch a provider from now on.

        Args:
            gate: Through which it is called.
            models: What it listed when it was asked last, as far as that is kept.
        """
        self._gates[gate.name] = gate
        self._known[gate.name] = Health(
            provider=gate.name, state=HealthState.NOT_ASKED, models=tuple(models)
        )
        self._listed_at.pop(gate.name, None)
        gate.note = partial(self._learn, gate.name)

    def tell(self, health: Health) -> None:
        """Say how a provider is that cannot be asked: it lacks a key, or its address is wrong."""
        self._gates.pop(health.provider, None)
        self._known[health.provider] = health

    def refused(self, name: str, model: str, ignores: frozenset[str]) -> None:
        """A model was found not to take these parameters."""
        known = self._known[name]
        models = [
            replace(one, ignores=one.ignores | ignores) if one.name == model else one
            for one in known.models
        ]
        self._known[name] = replace(known, models=tuple(models))

    async def check(self, name: str, *, models: bool = False) -> Health:
        """Ask a provider how it is, and for its models if they were not listed for ten minutes.

        Args:
            name: Which provider; one that cannot be asked stays as it was told.
            models: Whether to list its models in any case.
        """
        if name not in self._gates:
            return self.health[name]
        provider = self._gates[name].provider
        began = self._clock()
        try:
            await provider.probe()
        except ProviderError as error:
            self._put(name, _ill(self._known[name], HealthState.DOWN, error), None)
            return self.health[name]
        latency = self._clock() - began
        is_slow = latency > SLOW
        found = replace(
            self._known[name],
            state=HealthState.SLOW if is_slow else HealthState.UP,
            reason=f"It took {latency:.1f} s to answer." if is_slow else "",
            hint="",
            fault=None,
        )
        self._put(name, found, latency)
        listed_at = self._listed_at.get(name)
        if models or listed_at is None or began - listed_at >= LISTED_FOR:
            await self._list(name)
        return self.health[name]

    async def check_now(self, name: str) -> Health:
        """Ask for a person: if the provider answers, it may be called again whatever was before."""
        found = await self.check(name, models=True)
        gate = self._gates.get(name)
        if gate and found.state in (HealthState.UP, HealthState.SLOW):
            gate.wake()
        return self.health[name]

    async def _list(self, name: str) -> None:
        """List the models; when that fails, those that were known stay."""
        provider = self._gates[name].provider
        try:
            models, note = await provider.list_models(), provider.note
        except ProviderError as error:
            models, note = self._known[name].models, f"Its models are not listed: {error.problem}"
        if models:
            self._listed_at[name] = self._clock()
        self._known[name] = replace(self._known[name], models=models, note=note)

    def _learn(self, name: str, error: ProviderError | None, latency: float | None) -> None:
        """A real call says how a provider is, too.

        A reply proves that it is up, though no slow one fast. An error that says nothing of the
        provider (a refused request, a missing model) leaves everything as it was.
        """
        before = self._known[name]
        if error is None:
            up = replace(before, state=HealthState.UP, reason="", hint="", fault=None)
            is_slow = before.state is HealthState.SLOW and (before.latency or 0) > SLOW
            self._put(name, before if is_slow else up, latency)
        elif error.kind is Fault.RATE:  # it answers, if only to say that it will not now
            self._put(name, _ill(before, HealthState.SLOW, error), None)
        elif error.kind in _ITS_OWN:
            self._put(name, _ill(before, HealthState.DOWN, error), None)

    def _put(self, name: str, health: Health, latency: float | None) -> None:
        """Keep what was found; a call that says nothing of the latency leaves that as it was."""
        if latency is not None or health.state is HealthState.DOWN:
            history = (*health.history, latency)[-HISTORY:]
            health = replace(health, latency=latency, history=history)
        self._known[name] = replace(health, checked_at=self._now())


class _Current(Mapping[str, Health]):
    """What is known of each provider, with its breaker as it stands now."""

    def __init__(self, known: Mapping[str, Health], gates: Mapping[str, Gate]) -> None:
        self._known, self._gates = known, gates

    def __getitem__(self, name: str) -> Health:
        health, gate = self._known[name], self._gates.get(name)
        if gate is None or gate.breaker.state is BreakerState.CLOSED:
            return health
        return replace(health, breaker=gate.breaker.state, retry_in=gate.breaker.retry_in)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _ill(before: Health, state: HealthState, error: ProviderError) -> Health:
    return replace(before, state=state, reason=error.problem, hint=error.hint, fault=error.kind)
