"""The keys of providers, kept and forgotten; what changes holds from the next request on."""

import asyncio

from chimera_tui.core.providers import Providers
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.settings.keys import KeyState


class ProviderKeys:
    """Changes what opens the providers.

    Args:
        endpoints: Where they are, and their keys.
        providers: Are reached anew when a key has changed.
    """

    def __init__(self, endpoints: Endpoints, providers: Providers) -> None:
        self._endpoints = endpoints
        self._providers = providers

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
        await self._providers.reconnect(name)
        return state

    async def forget_key(self, name: str) -> KeyState:
        """Forget the kept key of a provider; one in the environment stays.

        Raises:
            UnknownError: If there is no such provider.
            ChimeraError: If what keeps it cannot be changed.
        """
        await asyncio.to_thread(self._endpoints.forget_key, name)
        await self._providers.reconnect(name)
        return await asyncio.to_thread(self._endpoints.key_state, name)

    async def allow_plain(self, unprotected: str) -> tuple[str, ...]:
        """Let an address in the private network be spoken to unprotected from now on.

        Returns:
            All that are allowed, to be kept in the settings (`plain_http`).
        """
        allowed = self._endpoints.allow(unprotected)
        for name in [
            name for name, one in self._providers.health.items() if one.unprotected == unprotected
        ]:
            await self._providers.reconnect(name)
        return allowed
