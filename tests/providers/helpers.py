"""Asking providers in tests: an endpoint with much patience, and a whole reply at once."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import anthropic  # noqa: F401 - loaded before any deadline of a test begins
import google.genai  # noqa: F401
import ollama  # noqa: F401
import openai  # noqa: F401

from chimera_tui.domain.persona import Persona
from chimera_tui.providers import registry
from chimera_tui.providers.base import (
    ChatMessage,
    ChatRequest,
    Finished,
    Provider,
    Text,
    Thinking,
    Withdrawn,
)
from chimera_tui.providers.endpoint import Deadlines, Endpoint

Wire = Literal["openai", "anthropic", "gemini", "ollama"]
WIRES: tuple[Wire, ...] = ("openai", "anthropic", "gemini", "ollama")
PATIENT = Deadlines(connect=20, first_content=20, gap=20, turn=60, probe=20, listing=20, trailer=20)
"""A busy machine must not look like a fault: a test shortens only the wait it is about."""
SOON = 0.3
"""Seconds."""
NAMES = {"openai": "lmstudio", "anthropic": "anthropic", "gemini": "gemini", "ollama": "ollama"}

ADA = Persona(
    slug="ada", name="Ada", emoji="A", colour=1, category="", one_line="", prompt="You are Ada."
)
HELLO = ChatRequest(
    model="m-1",
    system="You are Ada.",
    messages=(ChatMessage("user", "[Bob]: hi"),),
    max_tokens=100,
    temperature=0.5,
    stop=("\n[Bob]",),
    context=4096,
    persona=ADA,
)


def an_endpoint(
    address: str, wire: Wire = "openai", *, key: str = "", deadlines: Deadlines = PATIENT
) -> Endpoint:
    """The service of that wire format, at `address`."""
    name = NAMES[wire]
    return Endpoint(
        name=name,
        title=name.title(),
        address=address,
        key=key,
        key_env="A_KEY",
        deadlines=deadlines,
    )


@asynccontextmanager
async def a_provider(at: Endpoint) -> AsyncIterator[Provider]:
    """What speaks to `at`, closed at the end."""
    provider = registry.provider(at)
    try:
        yield provider
    finally:
        await provider.aclose()


@dataclass
class Heard:
    """A whole reply."""

    text: str = ""
    thought: str = ""
    finished: Finished | None = None
    pieces: list[str] = field(default_factory=list)


async def hear(
    provider: Provider, request: ChatRequest = HELLO, *, heard: Heard | None = None
) -> Heard:
    """Listen to a reply to its end; what `stream` raises is raised, and `heard` has the rest."""
    heard = heard or Heard()
    async with aclosing(provider.stream(request)) as items:
        async for item in items:
            assert heard.finished is None, "something came after the end"
            match item:
                case Text():
                    heard.text += item.text
                    heard.pieces.append(item.text)
                case Thinking():
                    heard.thought += item.text
                case Withdrawn():
                    heard.thought += heard.text
                    heard.text = ""
                case Finished():
                    heard.finished = item
    return heard
