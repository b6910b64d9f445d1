"""Placeholder for the interface; replaced at merge."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.providers.base import ChatRequest, Provider, StreamItem


@dataclass(frozen=True, slots=True)
class AttemptBegan:
    model: ModelRef
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    model: ModelRef
    error: ProviderError
    next: ModelRef
    number: int
    of: int
    seconds: float


CallItem = StreamItem | AttemptBegan | AttemptFailed


class Ask(Protocol):
    def __call__(
        self, model: ModelRef, *, shorter: bool = False, more_room: bool = False
    ) -> ChatRequest: ...


class Calls:
    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    async def reply(
        self, models: Sequence[ModelRef], ask: Ask, allow: Callable[[ModelRef], None]
    ) -> AsyncGenerator[CallItem]:
        model = models[0]
        allow(model)
        if model.provider not in self._providers:
            raise ProviderError(
                f"There is no provider `{model.provider}`.",
                kind=Fault.MODEL,
                hint="Choose another model, or name the provider in the settings.",
            )
        request = ask(model)
        yield AttemptBegan(model, request)
        async with aclosing(self._providers[model.provider].stream(request)) as items:
            async for item in items:
                yield item
