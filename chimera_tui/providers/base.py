"""What a provider is: it lists models and streams replies."""

import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.health import ModelInfo, WaitReason
from chimera_tui.domain.persona import Persona


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One block of the request; roles strictly alternate, first and last are `user`."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What a provider is asked, in no dialect."""

    model: str
    system: str
    messages: tuple[ChatMessage, ...]
    max_tokens: int
    temperature: float | None = None
    stop: tuple[str, ...] = ()
    """At most four strings that end the reply."""
    think: bool = False
    """Whether the model may think before it speaks, where that can be turned off."""
    context: int = 8192
    """Tokens the model should be able to read; what a local server is told to make room for."""
    persona: Persona
    """Who speaks; for the demo, which makes its words from it."""
    topic: str = ""
    seed: int = 0
    """Makes the demo repeatable."""
    pace: float = 1.0
    """How fast the demo speaks: 0 instant, 1 a human pace."""

    def turns(self) -> list[tuple[Literal["user", "assistant"], list[str]]]:
        """The messages for services that refuse empty texts and two turns of one role in a row."""
        turns: list[tuple[Literal["user", "assistant"], list[str]]] = []
        for message in self.messages:
            if not message.text.strip():
                continue
            if turns and turns[-1][0] == message.role:
                turns[-1][1].append(message.text)
            else:
                turns.append((message.role, [message.text]))
        return turns


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """A piece of what the model thinks aloud; never part of the reply."""

    text: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """All that was said so far was thought: the model had left out where it began to think."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing comes yet, and why."""

    why: WaitReason
    seconds: float | None = None
    """How long; None if nobody can say."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The terminal mark was seen: the reply is whole."""

    reason: Finish
    usage: Usage | None = None
    """None if the provider did not count."""
    model: str = ""
    """The model that says it answered; empty if the provider did not say."""
    note: str = ""
    """What a person should know of it: that the server dropped a part of what it was sent."""


StreamItem = Text | Thinking | Withdrawn | Waiting | Finished


class Provider(Protocol):
    """A service, or a wrapper around one, that streams replies."""

    @property
    def name(self) -> str:
        """Its key in the settings, and what screens call it."""

    @property
    def note(self) -> str:
        """What a person should know of the models it listed last; empty if nothing."""

    def stream(self, request: ChatRequest, until: float = math.inf) -> AsyncGenerator[StreamItem]:
        """Yield the reply as it is produced; `Finished` comes last, only after the terminal mark.

        Cancelling the task, or closing the generator, ends the request.

        Args:
            request: What is asked.
            until: When the reply has to be over, by the clock of the loop.

        Raises:
            ProviderError: If the reply does not come, or not to its end.
            TimeoutError: If it is not over at `until`.
        """

    async def probe(self) -> None:
        """Make the cheapest call that proves that it can be used: address, key, credit.

        Raises:
            ProviderError: If it cannot.
        """

    async def list_models(self) -> tuple[ModelInfo, ...]:
        """Ask which models there are.

        Raises:
            ProviderError: If it does not answer.
        """

    async def aclose(self) -> None:
        """Close its connections."""
