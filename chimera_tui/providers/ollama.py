"""Ollama's own chat format: one JSON object a line."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

import msgspec

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import faults, http
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text, Thinking
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.listing import MOST, asking, fetch, sounds_chatty
from chimera_tui.providers.once import Once
from chimera_tui.providers.watch import count, watched

if TYPE_CHECKING:  # imported at first use: see `Once`
    import ollama

KEEP_ALIVE = "10m"
"""How long a model stays in memory after a reply; Ollama's own 5 minutes end in a long pause."""


class OllamaProvider:
    """An Ollama server, through the ollama SDK.

    Every request says how much context it needs: Ollama's own default is small,
    and what does not fit is dropped without a word. The value must not change
    from turn to turn, or the model is loaded anew.
    """

    def __init__(self, at: Endpoint) -> None:
        self._at = at
        self._http = Once(lambda: http.client(at))
        self._sdk = Once(self._connect)
        self._thinkers: frozenset[str] = frozenset()
        """Models that think before they speak unless told not to, as last listed."""

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
        """Ask which models there are and which are loaded, without the SDK, which drops half of it.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        client = await asking(self._http, self._at)
        tags = await fetch(client, self._at, "/api/tags", _Listing)
        try:
            running = await fetch(client, self._at, "/api/ps", _Listing)
        except ProviderError:
            running = _Listing(models=[])
        loaded = {model.name for model in running.models}
        self._thinkers = frozenset(
            m.name for m in tags.models if "thinking" in (m.capabilities or ())
        )
        return tuple(
            ModelInfo(name=m.name, is_loaded=m.name in loaded, can_chat=m.can_chat())
            for m in tags.models[:MOST]
        )

    async def aclose(self) -> None:
        """Close its connections."""
        if self._http.made:
            await self._http.made.aclose()
        if self._sdk.made:
            await self._sdk.made.close()  # type: ignore[no-untyped-call]  # it has no annotations

    def _connect(self) -> "ollama.AsyncClient":
        import httpx  # noqa: PLC0415 - called in a worker thread
        import ollama  # noqa: PLC0415

        return ollama.AsyncClient(self._at.address, **http.options(httpx, self._at))

    async def _items(self, request: ChatRequest) -> AsyncGenerator[StreamItem]:
        async with aclosing(self._parts(request)) as parts:
            async for part in parts:
                if part.message.thinking:
                    yield Thinking(part.message.thinking)
                if part.message.content:
                    yield Text(part.message.content)
                if part.done:
                    yield _finished(part)
                    return

    async def _parts(self, request: ChatRequest) -> AsyncGenerator["ollama.ChatResponse"]:
        sdk = await self._sdk.get()
        import ollama  # noqa: PLC0415 - it is there now

        try:
            parts = await sdk.chat(
                model=request.model,
                messages=_messages(request),
                stream=True,
                think=False if request.model in self._thinkers else None,
                options=_options(request),
                keep_alive=KEEP_ALIVE,
            )
            async with aclosing(cast("AsyncGenerator[ollama.ChatResponse]", parts)) as stream:
                async for part in stream:
                    yield part
        except ollama.ResponseError as error:
            raise faults.reported(self._at, error.error) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            # Broken JSON, or not what the format says: the SDK stumbles over either.
            raise faults.unreadable(self._at) from None


def _messages(request: ChatRequest) -> list[dict[str, str]]:
    system = [{"role": "system", "content": request.system}] if request.system.strip() else []
    return [*system, *({"role": m.role, "content": m.text} for m in request.messages)]


def _options(request: ChatRequest) -> dict[str, object]:
    options: dict[str, object] = {"num_ctx": request.context, "num_predict": request.max_tokens}
    if request.temperature is not None:
        options["temperature"] = request.temperature
    if request.stop:
        options["stop"] = list(request.stop)
    return options


def _finished(last: "ollama.ChatResponse") -> Finished:
    sent, received = count(last.prompt_eval_count), count(last.eval_count)
    return Finished(
        Finish.LENGTH if last.done_reason == "length" else Finish.STOP,
        None if sent is None or received is None else Usage(input=sent, output=received),
        last.model or "",
    )


class _Model(msgspec.Struct):
    name: str
    capabilities: list[str] | None = None

    def can_chat(self) -> bool:
        if self.capabilities:
            return "completion" in self.capabilities
        return sounds_chatty(self.name)


class _Listing(msgspec.Struct):
    models: list[_Model]
