"""The built-in demo: speaks for any persona on any topic, offline and repeatable."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from functools import partial

from chimera_tui.domain.conversation import DEMO, Finish, Usage
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text

CONTEXT = 32_768
"""Tokens of the conversation that it keeps in mind, so that it repeats nobody."""
WORDS_PER_SECOND = 32.0
"""How fast it speaks at pace 1."""
_SENTENCE_PAUSE = 6.0
_CLAUSE_PAUSE = 2.0
"""Pauses at the ends of sentences and clauses, in words."""
_CHARACTERS_PER_TOKEN = 4.0
_PIECE = re.compile(r"\s*\S+\s*\Z|\s*\S+")


class DemoProvider:
    """A provider without a model behind it; its words come from `demo_grammar`."""

    def __init__(self, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._compose: Callable[[ChatRequest], str] | None = None

    @property
    def name(self) -> str:
        """`demo`."""
        return DEMO.provider

    @property
    def note(self) -> str:
        """Nothing: its list is whole."""
        return ""

    async def stream(
        self, request: ChatRequest, _until: float = math.inf
    ) -> AsyncGenerator[StreamItem]:
        """Speak word by word, at the pace asked for; the same request gives the same words."""
        if self._compose is None:
            self._compose = await asyncio.to_thread(_composer)
        text = await asyncio.to_thread(self._compose, request)
        for piece in _PIECE.findall(text):
            yield Text(piece)
            if request.pace > 0:
                await self._sleep(_pause(piece) * request.pace / WORDS_PER_SECOND)
        yield Finished(Finish.STOP, _usage(request, text), DEMO.model)

    async def probe(self) -> None:
        """It can always be used."""

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Its one model."""
        return (ModelInfo(name=DEMO.model, context=CONTEXT, is_loaded=True),)

    async def aclose(self) -> None:
        """Nothing to close."""


def _composer() -> Callable[[ChatRequest], str]:
    """Fetch the grammar; only now, since the program should start without it."""
    from chimera_tui.demo.grammar.composer import compose  # noqa: PLC0415
    from chimera_tui.demo.grammar.voices import Grammar  # noqa: PLC0415

    return partial(compose, grammar=Grammar.load())


def _pause(piece: str) -> float:
    """How long a speaker takes for `piece`, in words."""
    if re.search(r"[.!?…][\"”*)]*\s*\Z", piece):
        return 1 + _SENTENCE_PAUSE
    return 1 + _CLAUSE_PAUSE if piece.rstrip().endswith((",", ";", ":")) else 1


def _usage(request: ChatRequest, text: str) -> Usage:
    read = len(request.system) + sum(len(message.text) for message in request.messages)
    return Usage(
        input=math.ceil(read / _CHARACTERS_PER_TOKEN),
        output=math.ceil(len(text) / _CHARACTERS_PER_TOKEN),
        is_estimate=True,
    )
