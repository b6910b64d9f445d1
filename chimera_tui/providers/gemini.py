"""Google's Gemini format.

google-genai offers no way to take its events as plain data, so they come as its own
objects; what it stumbles over is broken data to us.
"""

import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import environment, faults, http, prices
from chimera_tui.providers.adapter import Adapter
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text, Thinking
from chimera_tui.providers.capabilities import Capability, LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.lines import plain_events
from chimera_tui.providers.listing import MOST, entries, ordered, sounds_chatty
from chimera_tui.providers.once import Once
from chimera_tui.providers.parts import fields, first, name, told
from chimera_tui.providers.watch import count

if TYPE_CHECKING:  # imported at first use: see `Once`
    import httpx2
    from google.genai import Client
    from google.genai.types import GenerateContentResponse

VERSION = "v1beta"
"""Of the API; the newer ones lack what models think."""
_MOST_PAGES = 5

_FINISH = {
    "STOP": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "CONTINUATION": Finish.LENGTH,
}
"""All other reasons to end are those of a filter, or of `_BROKEN_OFF`."""
_BROKEN_OFF = {"MALFORMED_RESPONSE", "MALFORMED_FUNCTION_CALL", "MISSING_THOUGHT_SIGNATURE"}


_opened: ContextVar[list["httpx2.Response"]] = ContextVar("_opened")
"""The answers to the request of this task: the SDK does not close one that nobody reads on."""


class GeminiProvider(Adapter):
    """Gemini, through the google-genai SDK."""

    def __init__(self, at: Endpoint, learned: LearnedCapabilities) -> None:
        at = replace(at, address=at.address.removesuffix(f"/{VERSION}"))
        super().__init__(at, learned, self._client)
        self._sdk = Once(self._connect)
        self._names: tuple[str, ...] = ()
        """The models there are, as last listed."""

    async def probe(self) -> None:
        """Ask for one model, which proves the key and costs nothing.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        await self._prove(f"/{VERSION}/models?pageSize=1")

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Ask which models there are, without the SDK; the price list says what they cost.

        Raises:
            ProviderError: If it does not answer in time, or with something else.
        """
        models: list[dict[str, Any]] = []
        within, after = self._at.deadlines.listing, ""
        for _ in range(_MOST_PAGES):
            page = await self._fetch(f"/{VERSION}/models?pageSize={MOST}{after}", within)
            found, self.note = entries(page, self._at)
            models += (model | {"id": _id(model["id"])} for model in found)
            following = name(fields(page).get("nextPageToken"))
            if not following or len(models) >= MOST:
                break
            after = f"&pageToken={quote(following)}"
        known = await prices.facts(self._at.prices, [model["id"] for model in models])
        infos = ordered((self._info(model, known[model["id"]]) for model in models), self._at)
        self._names = tuple(info.name for info in infos)
        return infos

    async def aclose(self) -> None:
        """Close its connections."""
        await super().aclose()
        if self._sdk.made:
            self._sdk.made.close()

    def _info(self, model: Mapping[str, Any], listed: prices.Listed) -> ModelInfo:
        takes = self._learned.of(self._at.name, model["id"])
        return ModelInfo(
            name=model["id"],
            context=count(model.get("inputTokenLimit")) or listed.context,
            can_chat=_can_chat(model) and takes.can_chat,
            price_in=listed.price_in,
            price_out=listed.price_out,
            ignores=takes.ignores,
        )

    def _client(self) -> "httpx2.AsyncClient":
        client = http.client(self._at, {"x-goog-api-key": self._at.key or "none"}, _LINES)
        client.event_hooks = {"response": [_note_opened]}
        return client

    def _connect(self) -> "Client":
        # A reason to end that the SDK does not know is no matter for the screen.
        warnings.filterwarnings("ignore", message=".* is not a valid ", module=r"google\.genai\.")
        with environment.hidden():
            from google import genai  # noqa: PLC0415 - called in a worker thread
            from google.genai import types  # noqa: PLC0415

            return genai.Client(
                api_key=self._at.key or "none",
                vertexai=False,
                http_options=types.HttpOptions(
                    base_url=self._at.address,
                    api_version=VERSION,
                    httpx_async_client=self._http.made,
                ),
            )

    def _known_names(self) -> tuple[str, ...]:
        return self._names

    async def _reply(self, request: ChatRequest, takes: Capability) -> AsyncGenerator[StreamItem]:
        async with self._events(request, takes) as events:
            async for event in events:
                for item in _pieces(event):
                    yield item
                if reason := _reason(event):
                    if reason in _BROKEN_OFF:
                        raise faults.reported(self._at, f"the reply broke off ({reason})")
                    finish = _FINISH.get(reason, Finish.FILTER)
                    note = f"Ended by a filter ({reason})." if finish is Finish.FILTER else ""
                    yield Finished(finish, _count(event), event.model_version or "", note)
                    return

    @asynccontextmanager
    async def _events(
        self, request: ChatRequest, takes: Capability
    ) -> AsyncIterator[AsyncGenerator["GenerateContentResponse"]]:
        """The events of a reply; what the SDK stumbles over is a fault."""
        await self._http.get()
        sdk = await self._sdk.get()
        from google.genai import errors  # noqa: PLC0415 - it is there now

        opened: list[httpx2.Response] = []
        _opened.set(opened)
        try:
            events = await sdk.aio.models.generate_content_stream(
                model=request.model, contents=_contents(request), config=_config(request, takes)
            )
            stream = cast("AsyncGenerator[GenerateContentResponse]", events)
            async with aclosing(stream):
                yield stream
        except errors.APIError as error:
            raise faults.reported(self._at, error.details) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            # Broken JSON, or not what the format says: the SDK stumbles over either.
            raise faults.unreadable(self._at) from None
        finally:
            for response in opened:
                await response.aclose()


def _needed(document: object) -> dict[str, object]:
    """What we need of an event, in the types that the SDK wants.

    Raises:
        ValueError: If it is no object, or its words cannot be read.
    """
    if not isinstance(document, dict):
        raise ValueError  # noqa: TRY004 - data that is not what the format says
    if document.get("error"):
        return {"error": document["error"]}
    candidate = first(document.get("candidates"))
    parts = [
        {"text": item.text, "thought": isinstance(item, Thinking)}
        for item in told(candidate.get("content"))
        if isinstance(item, Text | Thinking)
    ]
    reason = name(candidate.get("finishReason"))
    ends = {"finishReason": reason} if reason.lower() not in {"", "null", "none"} else {}
    counts = fields(document.get("usageMetadata"))
    counted = {key: known for key in _COUNTS if (known := count(counts.get(key))) is not None}
    block = name(fields(document.get("promptFeedback")).get("blockReason"))
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, **ends}],
        "modelVersion": name(document.get("modelVersion")),
        **({"usageMetadata": counted} if counts else {}),
        **({"promptFeedback": {"blockReason": block}} if block else {}),
    }


_COUNTS = (
    "promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "cachedContentTokenCount",
)  # fmt: skip
_LINES = plain_events(_needed)


async def _note_opened(response: "httpx2.Response") -> None:
    _opened.get([]).append(response)


def _contents(request: ChatRequest) -> Any:
    return [
        {"role": "model" if role == "assistant" else role, "parts": [{"text": t} for t in texts]}
        for role, texts in request.turns()
    ]


def _config(request: ChatRequest, takes: Capability) -> Any:
    """What goes into the body besides the messages."""
    config: dict[str, object] = {
        takes.room: request.max_tokens,
        "automatic_continuation": False,
        "automatic_function_calling": {"disable": True},
    }
    if request.system.strip():
        config["system_instruction"] = request.system
    if takes.calm is not None:
        calm = {} if request.think else dict(takes.calm)
        # To a model that does not think at all, to show its thoughts is a contradiction.
        shows = calm.get("thinking_budget") != 0
        config["thinking_config"] = calm | ({"include_thoughts": True} if shows else {})
    heat = takes.heat(request.temperature, think=request.think)
    if heat is not None:
        config["temperature"] = heat
    if stop := request.stop[: takes.stops]:
        config["stop_sequences"] = list(stop)
    return config


def _pieces(event: "GenerateContentResponse") -> Iterator[StreamItem]:
    for candidate in (event.candidates or ())[:1]:
        for part in (candidate.content and candidate.content.parts) or ():
            if part.text:
                yield Thinking(part.text) if part.thought else Text(part.text)


def _reason(event: "GenerateContentResponse") -> str:
    """Why it ended; empty if it goes on. A request that is refused gets no candidates."""
    if event.prompt_feedback and event.prompt_feedback.block_reason:
        return event.prompt_feedback.block_reason.value
    for candidate in (event.candidates or ())[:1]:
        if candidate.finish_reason:
            return candidate.finish_reason.value.removeprefix("FINISH_REASON_UNSPECIFIED")
    return ""


def _count(event: "GenerateContentResponse") -> Usage | None:
    used = event.usage_metadata
    if used is None:
        return None
    sent, said = count(used.prompt_token_count), count(used.candidates_token_count or 0)
    if sent is None or said is None:
        return None
    thought = count(used.thoughts_token_count) or 0
    return Usage(
        input=sent,
        output=said + thought,
        cache_read=min(count(used.cached_content_token_count) or 0, sent),
        thinking=thought,
    )


def _id(listed: str) -> str:
    return listed.removeprefix("models/")


def _can_chat(model: Mapping[str, Any]) -> bool:
    methods = model.get("supportedGenerationMethods")
    is_text = not isinstance(methods, list) or "generateContent" in methods
    return is_text and sounds_chatty(model["id"])
