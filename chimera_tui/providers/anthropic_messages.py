"""Anthropic's messages format.

The SDK opens, reads and closes the stream; its events are taken as plain data
and checked here, as in `openai_chat`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import environment, faults, http, prices
from chimera_tui.providers.adapter import Adapter
from chimera_tui.providers.anthropic_events import AnthropicEvent, Count
from chimera_tui.providers.base import ChatRequest, StreamItem
from chimera_tui.providers.capabilities import Capability, LearnedCapabilities
from chimera_tui.providers.documents import Documents, documents
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import MOST, entries, ordered
from chimera_tui.providers.once import Once
from chimera_tui.providers.parts import ReplySoFar, fields, name
from chimera_tui.providers.watch import count

if TYPE_CHECKING:  # imported at first use: see `Once`
    import anthropic

VERSION = "2026-10-21"
"""Of the API; it knows no temperature."""
VERSION_WITH_TEMPERATURE = "2023-06-01"
"""The last one that did, which older models still answer."""
_MOST_PAGES = 5


class AnthropicProvider(Adapter):
    """Anthropic, through the anthropic SDK."""

    def __init__(self, at: Endpoint, learned: LearnedCapabilities) -> None:
        super().__init__(at, learned, lambda: http.client(at, _headers(at)))
        self._sdk = Once(self._connect)
        self._names: tuple[str, ...] = ()
        """The models there are, as last listed."""

    async def probe(self) -> None:
        """Ask for one model, which proves the key and costs nothing.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        await self._prove("/v1/models?limit=1")

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Ask which models there are, without the SDK; the price list says what they cost.

        Raises:
            ProviderError: If it does not answer in time, or with something else.
        """
        models: list[dict[str, Any]] = []
        within, after = self._at.deadlines.listing, ""
        for _ in range(_MOST_PAGES):
            page = await self._fetch(f"/v1/models?limit={MOST}{after}", within)
            found, self.note = entries(page, self._at)
            models += (model for model in found if model.get("lifecycle") != "retired")
            last = name(fields(page).get("last_id"))
            if fields(page).get("has_more") is not True or not last or len(models) >= MOST:
                break
            after = f"&after_id={quote(last)}"
        known = await prices.facts(self._at.prices, [model["id"] for model in models])
        infos = ordered((self._info(model, known[model["id"]]) for model in models), self._at)
        self._names = tuple(info.name for info in infos)
        return infos

    def _info(self, model: Mapping[str, Any], listed: prices.Listed) -> ModelInfo:
        takes = self._learned.of(self._at.name, model["id"])
        return ModelInfo(
            name=model["id"],
            context=count(model.get("max_input_tokens")) or listed.context,
            can_chat=takes.can_chat,
            price_in=listed.price_in,
            price_out=listed.price_out,
            ignores=takes.ignores,
        )

    def _connect(self) -> "anthropic.AsyncAnthropic":
        with environment.hidden():
            import anthropic  # noqa: PLC0415 - called in a worker thread

            # With a key given, the SDK looks for no other in files.
            return anthropic.AsyncAnthropic(
                api_key=self._at.key or "none",
                base_url=self._at.address,
                http_client=self._http.made,
                max_retries=0,
            )

    def _known_names(self) -> tuple[str, ...]:
        return self._names

    async def _reply(self, request: ChatRequest, takes: Capability) -> AsyncGenerator[StreamItem]:
        count, found, said, is_said = Count(), Documents(), ReplySoFar(), False
        async with (
            self._answer(_body(request, takes)) as answer,
            aclosing(documents(answer, found)) as came,
        ):
            async for document in came:
                event = AnthropicEvent(document, said)
                if error := event.trouble():
                    raise faults.reported(self._at, error)
                for item in event.items:
                    yield item
                if finished := count.take(event):
                    yield finished
                    return
                is_said = is_said or bool(event.items)
        if found.is_one and is_said:  # a document alone is a whole message
            yield count.finished()

    @asynccontextmanager
    async def _answer(self, body: dict[str, object]) -> AsyncIterator[Any]:
        """The answer to a request, open; what the SDK and the format stumble over is a fault."""
        await self._http.get()
        sdk = await self._sdk.get()
        import anthropic  # noqa: PLC0415 - it is there now

        version = VERSION_WITH_TEMPERATURE if "temperature" in body else VERSION
        try:
            stream = await sdk.post(
                "/v1/messages",
                cast_to=object,
                body=body,
                options={"headers": _headers(self._at, version)},
                stream=True,
                stream_cls=anthropic.AsyncStream[object],
            )
            async with stream:
                yield stream.response
        except anthropic.APIConnectionError as error:
            if isinstance(error.__cause__, ProviderError):  # raised by our transport
                raise error.__cause__ from None
            raise faults.broken(self._at, error, began=True) from None
        except anthropic.APIError as error:
            raise faults.reported(self._at, error.body or error.message) from None
        except (ValueError, RecursionError):  # broken JSON, or not what the format says
            raise faults.unreadable(self._at) from None


def _headers(at: Endpoint, version: str = VERSION) -> dict[str, Any]:
    return {"Authorization": f"Bearer {at.key or 'none'}", "anthropic-version": version}


def _body(request: ChatRequest, takes: Capability) -> dict[str, object]:
    body: dict[str, object] = {
        "model": request.model,
        "messages": [
            {"role": role, "content": [{"type": "text", "text": text} for text in texts]}
            for role, texts in request.turns()
        ],
        takes.room: request.max_tokens,
        "stream": True,
        # What is sent again in the next turn is kept there, and read for a tenth of the price.
        "cache_control": {"type": "ephemeral"},
    }
    if request.system.strip():
        body["system"] = request.system
    if takes.calm and not request.think:
        body |= takes.calm
    heat = takes.heat(request.temperature, think=request.think)
    if heat is not None:
        body["temperature"] = heat
    if stop := request.stop[: takes.stops]:
        body["stop_sequences"] = stop
    return body
