"""The chat format of OpenAI, which LM Studio, llama.cpp, vLLM and many others speak.

The SDK opens, reads and closes the stream. Its events are taken as plain data
and checked here: the SDK's own classes check nothing, so that a wrong shape
would surface anywhere, and to build them costs more than everything else.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import msgspec

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import faults, http
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text, Thinking
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import MOST, asking, fetch, sounds_chatty
from chimera_tui.providers.once import Once
from chimera_tui.providers.watch import count, watched

if TYPE_CHECKING:  # imported at first use: see `Once`
    import openai

MOST_STOPS = 4
"""Stop strings that the format allows."""

_FINISH = {"length": Finish.LENGTH, "content_filter": Finish.FILTER}
_BROKEN_OFF = {"error", "insufficient_system_resource"}
_VERSION = re.compile(r"/v\d\w*(/|$)")


class OpenAIChatProvider:
    """Any OpenAI-compatible service, through the openai SDK."""

    def __init__(self, at: Endpoint) -> None:
        self._at = at
        self._path = "" if _VERSION.search(at.address) else "/v1"
        self._http = Once(lambda: http.client(at))
        self._sdk = Once(self._connect)

    @property
    def name(self) -> str:
        """Its key in the settings."""
        return self._at.name

    def stream(self, request: ChatRequest) -> AsyncGenerator[StreamItem]:
        """Yield the reply as it is produced; see `Provider.stream`."""
        return watched(self._items(request), self._at)

    async def probe(self) -> None:
        """Ask for the models: no call costs less.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        await self.list_models()

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Ask which models there are, without the SDK.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        client = await asking(self._http, self._at)
        listing = None
        if self._at.facts:
            try:
                listing = await fetch(client, self._at, self._at.facts, _Listing)
            except ProviderError as error:
                if error.kind in {Fault.CONNECT, Fault.TLS, Fault.TIMEOUT}:
                    raise
        if listing is None:
            listing = await fetch(client, self._at, f"{self._path}/models", _Listing)
        return tuple(_model_info(model) for model in listing.data[:MOST])

    async def aclose(self) -> None:
        """Close its connections."""
        if self._http.made:
            await self._http.made.aclose()
        if self._sdk.made:
            await self._sdk.made.close()

    def _connect(self) -> "openai.AsyncOpenAI":
        # The openai SDK looks for httpx among the loaded modules whenever a stream ends: if the
        # ollama SDK were just loading it in another thread, it would find half of it.
        import httpx  # noqa: F401, PLC0415 - called in a worker thread
        import openai  # noqa: PLC0415

        # What the environment says about OpenAI's own service is nobody else's business.
        no_headers: dict[str, Any] = {
            "OpenAI-Organization": openai.omit,
            "OpenAI-Project": openai.omit,
        }
        return openai.AsyncOpenAI(
            api_key=self._at.key or "none",
            base_url=self._at.address + self._path,
            http_client=http.client(self._at),
            max_retries=0,
            default_headers=no_headers,
        )

    async def _items(self, request: ChatRequest) -> AsyncGenerator[StreamItem]:
        async with aclosing(self._events(request)) as events:
            async for event in events:
                if error := event.trouble():
                    raise faults.reported(self._at, error)
                for item in event.pieces():
                    yield item
                if finish := event.finish():
                    usage = await self._late_count(events) or event.count()
                    yield Finished(finish, usage, event.model or "")
                    return

    async def _events(self, request: ChatRequest) -> AsyncGenerator["_Event"]:
        sdk = await self._sdk.get()
        import openai  # noqa: PLC0415 - it is there now

        try:
            stream = await sdk.post(
                "/chat/completions",
                cast_to=object,
                body=_body(request),
                stream=True,
                stream_cls=openai.AsyncStream[object],
            )
            async with stream:
                if "application/json" in stream.response.headers.get("content-type", ""):
                    yield _whole(await stream.response.aread())
                    return
                async for data in stream:
                    yield msgspec.convert(data, _Event)
        except openai.APIConnectionError as error:
            raise faults.broken(self._at, error, began=True) from None
        except openai.APIError as error:
            raise faults.reported(self._at, error.body or error.message) from None
        except (ValueError, RecursionError):  # broken JSON, or not what the format says
            raise faults.unreadable(self._at) from None

    async def _late_count(self, events: AsyncGenerator["_Event"]) -> Usage | None:
        """Read on for the count of tokens. The reply is whole: nothing can spoil it any more."""
        usage = None
        with suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(self._at.deadlines.trailer):
                async for event in events:
                    usage = event.count() or usage
        return usage


def _whole(document: bytes) -> "_Event":
    """A server that does not stream answers with one document, whose end is its terminal mark."""
    event = msgspec.json.decode(document, type=_Event)
    for choice in event.choices or ():
        choice.finish_reason = choice.finish_reason or "stop"
    return event


def _body(request: ChatRequest) -> dict[str, object]:
    system = [{"role": "system", "content": request.system}] if request.system.strip() else []
    body: dict[str, object] = {
        "model": request.model,
        "messages": [*system, *({"role": m.role, "content": m.text} for m in request.messages)],
        "max_tokens": request.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.stop:
        body["stop"] = request.stop[:MOST_STOPS]
    return body


class _Piece(msgspec.Struct):
    """What was said or thought; the names differ by service."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct):
    delta: _Piece | None = None
    message: _Piece | None = None
    finish_reason: str | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: object = None
    completion_tokens: object = None


class _Event(msgspec.Struct):
    """One event of a stream, or a whole reply."""

    choices: list[_Choice] | None = None
    usage: object = None
    model: str | None = None
    kind: str | None = msgspec.field(default=None, name="object")
    error: object = None
    message: object = None

    def pieces(self) -> Iterator[StreamItem]:
        for choice in (self.choices or ())[:1]:
            if piece := choice.delta or choice.message:
                if thought := piece.reasoning_content or piece.reasoning:
                    yield Thinking(thought)
                if said := piece.content or piece.refusal:
                    yield Text(said)

    def finish(self) -> Finish | None:
        """How it ended; None if it goes on."""
        reason = self.choices[0].finish_reason if self.choices else None
        return _FINISH.get(reason, Finish.STOP) if reason else None

    def trouble(self) -> object:
        """An error in the place of words, in one of its shapes; None if there is none."""
        if self.error or self.kind == "error":
            return self.error or self.message or "no reason given"
        if self.choices and self.choices[0].finish_reason in _BROKEN_OFF:
            return self.choices[0].finish_reason
        return None

    def count(self) -> Usage | None:
        try:
            usage = msgspec.convert(self.usage, _Usage)
        except msgspec.ValidationError:
            return None
        sent, received = count(usage.prompt_tokens), count(usage.completion_tokens)
        return None if sent is None or received is None else Usage(input=sent, output=received)


class _Meta(msgspec.Struct):
    n_ctx: int | None = None


class _Model(msgspec.Struct):
    """A model as OpenAI lists it, with what llama.cpp (`meta`), vLLM and LM Studio add."""

    id: str
    meta: _Meta | None = None
    max_model_len: int | None = None
    type: str | None = None
    state: str | None = None
    loaded_context_length: int | None = None
    """What it is loaded with; what it could be loaded with is no promise."""


class _Listing(msgspec.Struct):
    data: list[_Model]


def _model_info(model: _Model) -> ModelInfo:
    running = model.meta.n_ctx if model.meta else None
    return ModelInfo(
        name=model.id,
        context=running or model.loaded_context_length or model.max_model_len,
        is_loaded=running is not None or model.state == "loaded",
        can_chat=model.type != "embeddings" and sounds_chatty(model.id),
    )
