"""The chat format of OpenAI, which LM Studio, llama.cpp, vLLM and many others speak.

The SDK opens, reads and closes the stream. Its events are taken as plain data
and checked here: the SDK's own classes check nothing, so that a wrong shape
would surface anywhere, and to build them costs more than everything else.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import environment, faults, http, prices
from chimera_tui.providers.adapter import Adapter
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem
from chimera_tui.providers.capabilities import Capability, LearnedCapabilities
from chimera_tui.providers.documents import Documents, documents
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import entries, ordered
from chimera_tui.providers.once import Once
from chimera_tui.providers.openai_events import OpenAIEvent
from chimera_tui.providers.openai_models import Model, model_info
from chimera_tui.providers.parts import ReplySoFar

if TYPE_CHECKING:  # imported at first use: see `Once`
    import openai

_VERSION = re.compile(r"/v\d\w*(/|$)")


class OpenAIChatProvider(Adapter):
    """Any OpenAI-compatible service, through the openai SDK."""

    def __init__(self, at: Endpoint, learned: LearnedCapabilities) -> None:
        super().__init__(at, learned)
        self._path = "" if _VERSION.search(at.address) else "/v1"
        self._sdk = Once(self._connect)
        self._has_facts = bool(at.facts)
        self._names: tuple[str, ...] = ()
        """The models there are, as last listed."""

    async def probe(self) -> None:
        """Ask for what proves the key, and the credit where the service tells of it.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        if not self._at.probe:
            try:
                await self._prove(f"{self._path}/models")
            except ProviderError as error:
                # A key that may not list models, or a server that has no list, can be used.
                if not error.is_listless or (self._at.has_list and error.kind is not Fault.AUTH):
                    raise
            return
        match await self._fetch(self._at.probe, self._at.deadlines.probe):
            case {"is_available": False}:
                raise faults.no_credit(self._at)
            case {"data": {"limit_remaining": int() | float() as left}} if left <= 0:
                raise faults.no_credit(self._at)

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Ask which models there are, without the SDK; the price list says what the service leaves.

        Raises:
            ProviderError: If it does not answer in time, or with something else.
        """
        listed = sorted(await self._list(), key=Model.age)
        unpriced = [model.id for model in listed if model.prices()[0] is None]
        known = await prices.facts(self._at.prices, unpriced) if self._at.prices else {}
        found = await asyncio.to_thread(self._infos, listed, known)
        self._names = tuple(info.name for info in found)
        return found

    async def aclose(self) -> None:
        """Close its connections."""
        await super().aclose()
        if self._sdk.made:
            await self._sdk.made.close()

    def _infos(
        self, listed: Sequence[Model], known: Mapping[str, prices.Listed]
    ) -> tuple[ModelInfo, ...]:
        """In a worker thread: it takes 20 ms for a thousand."""
        nothing = prices.Listed()
        infos = (
            model_info(model, self._at, self._learned, known.get(model.id, nothing))
            for model in listed
        )
        return ordered(infos, self._at)

    async def _list(self) -> list[Model]:
        within = self._at.deadlines.listing
        try:
            facts = await self._facts(within)
        except ProviderError as error:
            if error.kind in {Fault.CONNECT, Fault.TLS, Fault.TIMEOUT}:
                raise
            facts = None
        if facts is not None:
            return facts
        try:
            return self._read(await self._fetch(f"{self._path}/models", within))
        except ProviderError as error:
            if self._at.has_list or not error.is_listless:
                raise
            return []

    def _read(self, document: object) -> list[Model]:
        found, self.note = entries(document, self._at)
        return [Model(about) for about in found]

    async def _facts(self, within: float) -> list[Model] | None:
        """The list that says more than the usual one; None if this server has none."""
        if not self._has_facts:
            return None
        try:
            return self._read(await self._fetch(self._at.facts, within))
        except ProviderError as error:
            if not error.is_listless:
                raise
            self._has_facts = False
            return None

    async def _must_load(self, model: str) -> bool:
        with suppress(ProviderError):
            facts = await self._facts(self._at.deadlines.aside) or ()
            return any(m.id == model and m.state == "not-loaded" for m in facts)
        return False

    def _connect(self) -> "openai.AsyncOpenAI":
        client = http.client(self._at)
        with environment.hidden():
            # The openai SDK looks for httpx among the loaded modules whenever a stream ends: if the
            # ollama SDK were just loading it in another thread, it would find half of it.
            import httpx  # noqa: F401, PLC0415 - called in a worker thread
            import openai  # noqa: PLC0415

            return openai.AsyncOpenAI(
                api_key=self._at.key or "none",
                base_url=self._at.address + self._path,
                http_client=client,
                max_retries=0,
            )

    def _known_names(self) -> tuple[str, ...]:
        return self._names

    async def _reply(self, request: ChatRequest, takes: Capability) -> AsyncGenerator[StreamItem]:
        found, said, usage, is_counted = Documents(), ReplySoFar(), None, False
        async with (
            self._answer(_body(request, takes)) as answer,
            aclosing(documents(answer, found)) as came,
        ):
            async for document in came:
                event = OpenAIEvent(document, said)
                is_counted = is_counted or event.is_counted()
                usage = self._count(event) or usage  # the last count wins, wherever it comes
                if error := event.trouble():
                    raise faults.reported(self._at, error)
                for item in event.items:
                    yield item
                if finish := event.finish():
                    late = await self._late(came, said)
                    for item in (item for after in late for item in after.items):
                        yield item
                    usage = next(filter(None, map(self._count, reversed(late))), usage)
                    yield Finished(finish, usage, event.model)
                    return
        # A document alone is a whole reply. Some servers give no reason at the end of a stream.
        if said and (found.is_one or (found.is_over and is_counted)):
            yield Finished(Finish.STOP, usage)

    @asynccontextmanager
    async def _answer(self, body: dict[str, object]) -> AsyncIterator[Any]:
        """The answer to a request, open; what the SDK and the format stumble over is a fault."""
        sdk = await self._sdk.get()
        import openai  # noqa: PLC0415 - it is there now

        try:
            stream = await sdk.post(
                "/chat/completions",
                cast_to=object,
                body=body,
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with stream:
                yield stream.response
        except openai.APIConnectionError as error:
            raise faults.broken(self._at, error, began=True) from None
        except openai.APIError as error:
            raise faults.reported(self._at, error.body or error.message) from None
        except (ValueError, RecursionError):  # broken JSON, or not what the format says
            raise faults.unreadable(self._at) from None

    async def _late(self, came: AsyncGenerator[Any], said: ReplySoFar) -> list[OpenAIEvent]:
        """Read on for the count of tokens, and for words that came behind the reason to end.

        The reply is whole: nothing can spoil it any more.
        """
        late = []
        with suppress(TimeoutError, ProviderError, ValueError, RecursionError):
            async with asyncio.timeout(self._at.deadlines.trailer):
                async for document in came:
                    late.append(OpenAIEvent(document, said))  # noqa: PERF401 - what came in time counts
        return late

    def _count(self, event: OpenAIEvent) -> Usage | None:
        return event.count(reports_cost=self._at.reports_cost)


def _body(request: ChatRequest, takes: Capability) -> dict[str, object]:
    system = [{"role": "system", "content": request.system}] if request.system.strip() else []
    body: dict[str, object] = {
        "model": request.model,
        "messages": [*system, *({"role": m.role, "content": m.text} for m in request.messages)],
        takes.room: request.max_tokens,
        "stream": True,
    }
    if takes.counts:
        body["stream_options"] = {"include_usage": True}
    if takes.calm and not request.think:
        body |= takes.calm
    heat = takes.heat(request.temperature, think=request.think)
    if heat is not None:
        body["temperature"] = heat
    if stop := request.stop[: takes.stops]:
        body["stop"] = stop
    return body
