"""The fake of all tests: a provider that plays what it is told."""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Sequence

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.base import (
    ChatRequest,
    Finished,
    StreamItem,
    Text,
    Thinking,
    Withdrawn,
)

Step = str | BaseException | asyncio.Event | Thinking | Withdrawn | Finished
"""Something said or thought, an error to raise, something to wait for, another end than `stop`."""


class ScriptedProvider:
    """Plays one script a request, in order, and remembers what it was asked.

    Each script is a list of steps. A script without a `Finished` ends with `stop`.
    After the last script it goes on with the last one, or with `otherwise`.
    """

    def __init__(
        self,
        *scripts: Sequence[Step],
        name: str = "scripted",
        otherwise: Callable[[ChatRequest], Sequence[Step]] | None = None,
    ) -> None:
        self._scripts = list(scripts)
        self._name = name
        self._otherwise = otherwise
        self.requests: list[ChatRequest] = []

    @property
    def name(self) -> str:
        """Its key among the providers."""
        return self._name

    @property
    def note(self) -> str:
        """Nothing: its list is whole."""
        return ""

    async def stream(
        self, request: ChatRequest, until: float = math.inf
    ) -> AsyncGenerator[StreamItem]:
        """Play the next script."""
        self.requests.append(request)
        for step in self._script(request):
            match step:
                case str():
                    await asyncio.sleep(0)
                    yield Text(step)
                case asyncio.Event():
                    async with asyncio.timeout_at(until if until < math.inf else None):
                        await step.wait()
                case Thinking() | Withdrawn():
                    yield step
                case Finished():
                    yield step
                    return
                case _:
                    raise step
        yield Finished(Finish.STOP, Usage(input=10, output=5))

    async def probe(self) -> None:
        """It can always be used."""

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """One model, `model`."""
        return (ModelInfo(name="model", context=8192, is_loaded=True),)

    async def aclose(self) -> None:
        """Nothing to close."""

    def _script(self, request: ChatRequest) -> Sequence[Step]:
        number = len(self.requests) - 1
        if number < len(self._scripts):
            return self._scripts[number]
        if self._otherwise:
            return self._otherwise(request)
        return self._scripts[-1]
