"""Asking a provider by its cheapest call, with the evidence: what `providers` and `keys` share."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from chimera_tui.cli import output
from chimera_tui.cli.files import Files
from chimera_tui.domain.errors import ChimeraError, ProviderError
from chimera_tui.domain.exchange import Exchange
from chimera_tui.providers import faults, registry
from chimera_tui.providers.base import Provider
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.endpoints import Endpoints

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of asking a provider."""

    name: str
    title: str
    at: Endpoint | None
    """None if it has no sound address."""
    error: ChimeraError | None = None
    seconds: float | None = None
    """How long the answer took; None if nobody was asked."""
    exchanges: tuple[Exchange, ...] = ()

    @property
    def state(self) -> str:
        """In a word: up, down or no key."""
        if self.error is None:
            return "up"
        return "down" if self.seconds is not None or self.at is None else "no key"


def endpoints(files: Files) -> Endpoints:
    """The providers of the person; what is wrong with the settings is said on stderr."""
    settings, problem = files.load_settings()
    if problem:
        output.say(f"chimera-tui: {problem}")
    return Endpoints(settings, files.keys(), os.environ)


async def check(known: Endpoints, name: str) -> Checked:
    """Ask a provider by the cheapest call that proves its key."""
    title = registry.service(name).title
    try:
        at = await asyncio.to_thread(known.find, name)
    except ChimeraError as error:
        return Checked(name=name, title=title, at=None, error=error)
    if missing := faults.no_key(at):
        return Checked(name=name, title=title, at=at, error=missing)
    began = time.monotonic()
    failed: ProviderError | None = None
    try:
        await asked(at, lambda provider: provider.probe())
    except ProviderError as error:
        failed = error
    return Checked(
        name=name,
        title=title,
        at=at,
        error=failed,
        seconds=time.monotonic() - began,
        exchanges=known.exchanges(name),
    )


async def asked(at: Endpoint, question: Callable[[Provider], Awaitable[T]]) -> T:
    """Put one question to a provider.

    Raises:
        ProviderError: If it does not answer it.
    """
    provider = registry.provider(at)
    try:
        return await question(provider)
    finally:
        await provider.aclose()
