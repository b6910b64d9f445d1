"""How providers are: asked from time to time, and learnt from every real call."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.providers.base import Provider

SLOW = 2.0
"""Seconds after which an answer counts as slow."""
HISTORY = 20
"""Latencies that are remembered."""

_ITS_OWN = frozenset({
    Fault.CONNECT, Fault.TLS, Fault.TIMEOUT, Fault.STALL, Fault.TRANSPORT, Fault.BAD_TYPE,
    Fault.SERVER, Fault.RATE, Fault.AUTH, Fault.MONEY, Fault.REDIRECT,
})  # fmt: skip
"""Faults that say something of the provider, not only of one request or model."""


async def check(
    provider: Provider,
    before: Health | None = None,
    *,
    at: datetime,
    clock: Callable[[], float] = time.monotonic,
) -> Health:
    """Ask a provider for its models and say how it is.

    Args:
        provider: Whom to ask.
        before: What was known; its history goes on.
        at: The time now.
        clock: What latency is measured with, in seconds.
    """
    history = before.history if before else ()
    began = clock()
    try:
        models = await provider.list_models()
    except ProviderError as error:
        return Health(
            provider=provider.name,
            state=HealthState.DOWN,
            reason=error.problem,
            hint=error.hint,
            models=before.models if before else (),
            checked_at=at,
            history=_grown(history, None),
        )
    latency = clock() - began
    is_slow = latency > SLOW
    return Health(
        provider=provider.name,
        state=HealthState.SLOW if is_slow else HealthState.UP,
        latency=latency,
        reason=f"It took {latency:.1f} s to answer." if is_slow else "",
        models=models,
        checked_at=at,
        history=_grown(history, latency),
    )


def learnt(health: Health, error: ProviderError | None, *, at: datetime) -> Health:
    """Return `health` after a real call: a reply that came, or the error that came instead.

    A reply proves that the provider is up. An error that says nothing of the
    provider (a refused request, a missing model) leaves everything as it was.
    """
    if error is None:
        if health.state is HealthState.SLOW:
            return replace(health, checked_at=at)
        return replace(health, state=HealthState.UP, reason="", hint="", checked_at=at)
    if error.kind not in _ITS_OWN:
        return health
    return replace(
        health,
        state=HealthState.DOWN,
        latency=None,
        reason=error.problem,
        hint=error.hint,
        checked_at=at,
    )


def _grown(history: tuple[float | None, ...], latest: float | None) -> tuple[float | None, ...]:
    return (*history, latest)[-HISTORY:]
