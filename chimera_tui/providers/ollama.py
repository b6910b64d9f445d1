"""Ollama's own chat format: one JSON object a line."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN
from chimera_tui.providers import environment, faults, http
from chimera_tui.providers.adapter import Adapter
from chimera_tui.providers.base import (
    ChatRequest,
    Finished,
    StreamItem,
    Text,
    Thinking,
)
from chimera_tui.providers.capabilities import Capability, LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.lines import json_lines
from chimera_tui.providers.listing import entries, ordered, sounds_chatty
from chimera_tui.providers.once import Once
from chimera_tui.providers.parts import fields, name, thought, told
from chimera_tui.providers.watch import count

if TYPE_CHECKING:  # imported at first use: see `Once`
    import ollama

KEEP_ALIVE = "10m"
"""How long a model stays in memory after a reply; Ollama's own 5 minutes end in a long pause."""

FAR_BELOW = 0.6
"""Share of the estimated tokens; a prompt counted shorter than this was shortened by the server."""

_LONG_LOAD = 1.0
"""Seconds; it is worth a word that a model took longer to load."""


class OllamaProvider(Adapter):
    """An Ollama server, through the ollama SDK.

    Every request says how much context it needs: Ollama's own default is small,
    and what does not fit is dropped without a word. What was said first of a
    model holds as long as the program runs, or the model would be loaded anew.
    """

    def __init__(self, at: Endpoint, learned: LearnedCapabilities) -> None:
        super().__init__(at, learned)
        self._sdk = Once(self._connect)
        self._contexts: dict[str, int] = {}
        self._listed: tuple[_Model, ...] | None = None
        """The models there are, as last listed; None if never."""

    async def probe(self) -> None:
        """Ask for its version: no call costs less.

        Raises:
            ProviderError: If it does not answer within 3 s, or with something else.
        """
        await self._fetch("/api/version", self._at.deadlines.probe)

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Ask which models there are and which are loaded, without the SDK, which drops half of it.

        Raises:
            ProviderError: If it does not answer in time, or with something else.
        """
        within = self._at.deadlines.listing
        self._listed = await self._models("/api/tags", within)
        note = self.note
        try:
            loaded = {model.name for model in await self._models("/api/ps", within)}
        except ProviderError:
            loaded = set()
        self.note = note
        return ordered((self._info(model, loaded) for model in self._listed), self._at)

    async def aclose(self) -> None:
        """Close its connections."""
        await super().aclose()
        if self._sdk.made:
            await self._sdk.made.close()  # type: ignore[no-untyped-call]  # it has no annotations

    def _info(self, model: "_Model", loaded: set[str]) -> ModelInfo:
        price = 0.0 if self._at.is_local and not model.remote_host else None
        return ModelInfo(
            name=model.name,
            is_loaded=model.name in loaded,
            can_chat=model.can_chat(),
            price_in=price,
            price_out=price,
            ignores=self._learned.of(self._at.name, model.name).ignores,
        )

    async def _models(self, path: str, within: float) -> tuple["_Model", ...]:
        found, self.note = entries(await self._fetch(path, within), self._at)
        return tuple(map(_model, found))

    async def _must_load(self, model: str) -> bool:
        within = self._at.deadlines.aside
        with suppress(ProviderError):
            if self._listed is None:
                self._listed = await self._models("/api/tags", within)
            loaded = await self._models("/api/ps", within)
            known = self._known(model)
            is_remote = known is not None and bool(known.remote_host)
            return not is_remote and all(_full(one.name) != _full(model) for one in loaded)
        return False

    def _known(self, model: str) -> "_Model | None":
        return next((m for m in self._listed or () if _full(m.name) == _full(model)), None)

    def _connect(self) -> "ollama.AsyncClient":
        import httpx  # noqa: PLC0415 - called in a worker thread

        options = http.options(httpx, self._at, _LINES)
        with environment.hidden():
            import ollama  # noqa: PLC0415

            return ollama.AsyncClient(self._at.address, **options)

    def _known_names(self) -> list[str]:
        return [model.name for model in self._listed or ()]

    async def _reply(self, request: ChatRequest, takes: Capability) -> AsyncGenerator[StreamItem]:
        context = self._contexts.setdefault(request.model, request.context)
        async with self._parts(request, takes, context) as parts:
            async for part in parts:
                if part.message.thinking:
                    yield Thinking(part.message.thinking)
                if part.message.content:
                    yield Text(part.message.content)
                if part.done:
                    yield _finished(part, request, context)
                    return

    def _think(self, request: ChatRequest, takes: Capability) -> bool | None:
        """Whether to think, for a model that can; nothing for others, which would refuse."""
        known = self._known(request.model)
        can = known and "thinking" in known.capabilities and takes.calm is not None
        return request.think if can else None

    @asynccontextmanager
    async def _parts(
        self, request: ChatRequest, takes: Capability, context: int
    ) -> AsyncIterator[AsyncGenerator["ollama.ChatResponse"]]:
        """The parts of a reply; what the SDK stumbles over is a fault."""
        sdk = await self._sdk.get()
        import ollama  # noqa: PLC0415 - it is there now

        try:
            parts = await sdk.chat(
                model=request.model,
                messages=_messages(request),
                stream=True,
                think=self._think(request, takes),
                options=_options(request, takes, context),
                keep_alive=KEEP_ALIVE,
            )
            async with aclosing(cast("AsyncGenerator[ollama.ChatResponse]", parts)) as stream:
                yield stream
        except ollama.ResponseError as error:
            raise faults.reported(self._at, error.error) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            # Broken JSON, or not what the format says: the SDK stumbles over either.
            raise faults.unreadable(self._at) from None


def _full(model: str) -> str:
    """The name as the server lists it: without a tag, `latest` is meant."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def _needed(document: object) -> dict[str, object]:
    """What we need of a line, in the types that the SDK wants.

    Raises:
        ValueError: If it is no object, or its words cannot be read.
    """
    if not isinstance(document, dict):
        raise ValueError  # noqa: TRY004 - data that is not what the format says
    if error := document.get("error"):
        return {"error": error if isinstance(error, str) else str(error)}
    message = document.get("message")
    inside = fields(message)
    items = list(told(inside.get("content") if inside else message))
    thoughts = thought(inside.get("thinking")) or thought(inside.get("reasoning"))
    said = "".join(item.text for item in items if isinstance(item, Text))
    thoughts += "".join(item.text for item in items if isinstance(item, Thinking))
    needed: dict[str, object] = {
        "message": {"role": "assistant", "content": said, "thinking": thoughts or None},
    }
    if document.get("done") is True:
        needed |= {"done": True, "model": name(document.get("model"))}
        needed |= {key: count(document.get(key)) for key in _COUNTS}
        needed["done_reason"] = name(document.get("done_reason"))
        needed["load_duration"] = (
            load if isinstance(load := document.get("load_duration"), int) else None
        )
    return needed


_COUNTS = ("prompt_eval_count", "eval_count")
_LINES = json_lines(_needed)


def _messages(request: ChatRequest) -> list[dict[str, str]]:
    system = [{"role": "system", "content": request.system}] if request.system.strip() else []
    return [*system, *({"role": m.role, "content": m.text} for m in request.messages)]


def _options(request: ChatRequest, takes: Capability, context: int) -> dict[str, object]:
    options: dict[str, object] = {"num_ctx": context, "num_predict": request.max_tokens}
    heat = takes.heat(request.temperature, think=request.think)
    if heat is not None:
        options["temperature"] = heat
    if stop := request.stop[: takes.stops]:
        options["stop"] = list(stop)
    return options


def _finished(last: "ollama.ChatResponse", request: ChatRequest, context: int) -> Finished:
    sent, received = count(last.prompt_eval_count), count(last.eval_count)
    usage = None if sent is None or received is None else Usage(input=sent, output=received)
    loading = (last.load_duration or 0) / 10**9
    notes = [f"The model was loaded first, in {loading:.0f} s."] if loading > _LONG_LOAD else []
    if usage and _is_shortened(usage.input, request, context):
        notes.append(
            f"The model read only {usage.input} tokens: the conversation does not fit into the "
            f"{context} it was loaded with, and the server dropped its beginning."
        )
    return Finished(
        Finish.LENGTH if last.done_reason == "length" else Finish.STOP,
        usage,
        last.model or "",
        " ".join(notes),
    )


def _is_shortened(read: int, request: ChatRequest, context: int) -> bool:
    """Whether the server dropped a part of the request: it does not say so.

    What fits by far is never suspected: servers that count only what they had
    not read before report less, too.
    """
    characters = len(request.system) + sum(len(message.text) for message in request.messages)
    estimate = characters / CHARACTERS_PER_TOKEN
    return estimate + request.max_tokens > context and read < estimate * FAR_BELOW


@dataclass(frozen=True, slots=True)
class _Model:
    name: str
    capabilities: tuple[str, ...] = ()
    remote_host: str = ""
    """Where a model of Ollama's cloud runs."""

    def can_chat(self) -> bool:
        if self.capabilities:
            return "completion" in self.capabilities
        return sounds_chatty(self.name)


def _model(about: Mapping[str, Any]) -> _Model:
    can = about.get("capabilities")
    named = tuple(map(name, can)) if isinstance(can, list) else ()
    return _Model(about["id"], named, name(about.get("remote_host")))
