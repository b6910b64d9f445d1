"""A provider whose real calls are watched: they, too, say how it is."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.base import ChatRequest, Provider, StreamItem


class Observed:
    """Passes everything on, and tells `note` how each reply ended.

    Args:
        provider: Who is asked.
        note: Called with its name and the error, None for a whole reply. Not called for a reply
            that somebody stopped.
    """

    def __init__(
        self, provider: Provider, note: Callable[[str, ProviderError | None], None]
    ) -> None:
        self._provider = provider
        self._note = note

    @property
    def name(self) -> str:
        """The name of the provider."""
        return self._provider.name

    async def stream(self, request: ChatRequest) -> AsyncGenerator[StreamItem]:
        """Yield the reply of the provider."""
        try:
            async with aclosing(self._provider.stream(request)) as items:
                async for item in items:
                    yield item
        except ProviderError as error:
            self._note(self.name, error)
            raise
        self._note(self.name, None)

    async def probe(self) -> None:
        """See that the provider can be used."""
        await self._provider.probe()

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """The models of the provider."""
        return await self._provider.list_models()

    async def aclose(self) -> None:
        """Close the connections of the provider."""
        await self._provider.aclose()
