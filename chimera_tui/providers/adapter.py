"""What the adapters of all wire formats share."""

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import WaitReason
from chimera_tui.providers import faults, http
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Waiting
from chimera_tui.providers.capabilities import Capability, LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import asking, entries, fetch
from chimera_tui.providers.marks import TemplateMarks
from chimera_tui.providers.once import Once
from chimera_tui.providers.watch import Watch

if TYPE_CHECKING:  # imported at first use: see `Once`
    import httpx2


class Adapter(ABC):
    """A service at an address: asked for lists by plain requests, for replies through an SDK.

    Args:
        at: Where it is.
        learned: What its models were found to refuse.
        client: Makes the HTTP client, in a worker thread; None for the usual one.

    Attributes:
        note: See `Provider.note`.
    """

    def __init__(
        self,
        at: Endpoint,
        learned: LearnedCapabilities,
        client: "Callable[[], httpx2.AsyncClient] | None" = None,
    ) -> None:
        self._at = at
        self._learned = learned
        self._http = Once(client or (lambda: http.client(at)))
        self.note = ""

    @property
    def name(self) -> str:
        """Its key in the settings."""
        return self._at.name

    async def stream(
        self, request: ChatRequest, until: float = math.inf
    ) -> AsyncGenerator[StreamItem]:
        """Yield the reply as it is produced; see `Provider.stream`."""
        marks, model, is_answered = TemplateMarks(), request.model, False
        async with aclosing(Watch(self._at, until)) as watch:
            if await watch.wait(self._must_load(model)):
                yield watch.heard(Waiting(WaitReason.LOADING))
            while True:
                try:
                    reply = self._reply(request, self._learned.of(self.name, model))
                    async with aclosing(reply) as items:
                        item: StreamItem | None = None
                        while not isinstance(item, Finished):
                            waits = self._end_of if marks.is_over else watch.next
                            item, is_answered = await waits(items), True
                            for told in marks.sort(item):
                                yield watch.heard(told)
                        return
                except ProviderError as error:
                    if not is_answered and self._learned.learn_from(error, self.name, model):
                        continue
                    for told in marks.finish():
                        yield told
                    raise faults.with_nearest(error, model, list(self._known_names())) from None

    async def aclose(self) -> None:
        """Close its connections."""
        if self._http.made:
            await self._http.made.aclose()

    @abstractmethod
    def _reply(self, request: ChatRequest, takes: Capability) -> AsyncGenerator[StreamItem]:
        """Ask once, for what the model takes."""

    def _known_names(self) -> Iterable[str]:
        """The models there are, as last listed; one that is missing is near one of them."""
        return ()

    async def _must_load(self, _model: str) -> bool:
        """Whether the service says that it has to load the model first."""
        return False

    async def _end_of(self, items: AsyncGenerator[StreamItem]) -> Finished:
        """Read on for the count of tokens: the model has ended its turn, whatever else it writes.

        What it goes on to write for others would take long, and is not listened to.
        """
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(self._at.deadlines.trailer):
                async for item in items:
                    if isinstance(item, Finished):
                        return replace(item, reason=Finish.STOP)
        return Finished(Finish.STOP)

    async def _fetch(self, path: str, within: float) -> Any:
        """Ask for a document that says something of the service or its models.

        Raises:
            ProviderError: If it does not come in time, or is something else.
        """
        client = await asking(self._http, self._at)
        return await fetch(client, self._at, path, within=within)

    async def _prove(self, path: str) -> None:
        """Ask for a list of models as proof that the service can be used.

        Where the settings name a model, a list that cannot be read proves as much.

        Raises:
            ProviderError: If it does not come.
        """
        try:
            entries(await self._fetch(path, self._at.deadlines.probe), self._at)
        except ProviderError as error:
            if not (self._at.model and error.kind is Fault.BAD_DATA):
                raise
