"""A turn that is being taken: asking the model, and letting its words be heard."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from chimera_tui.domain.conversation import (
    Assignment,
    CostSource,
    Failure,
    Finish,
    Message,
    ModelRef,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.errors import Fault, ProviderError, StorageError
from chimera_tui.domain.events import TextReceived, TurnStarted
from chimera_tui.engine import pacing
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.request import Renderer
from chimera_tui.providers.base import ChatRequest, Finished, Provider, Text

LONGEST_REPLY = 256 * 1024
"""Characters of a reply that are kept; then it is cut."""


class Models(Protocol):
    """What a room needs to know about models."""

    async def candidates(self, assignment: Assignment) -> Sequence[ModelRef]:
        """Say which model plays this assignment now, and who could take over.

        Raises:
            ProviderError: If none can.
        """

    def context(self, model: ModelRef) -> int:
        """Tokens that `model` reads at most, reply included."""

    def is_free(self, model: ModelRef) -> bool:
        """Whether its replies cost nothing."""


@dataclass(slots=True)
class Speaking:
    """A persona that has the turn, and what has been heard of it."""

    turn: Turn
    assignment: Assignment
    replaces: Message | None = None
    """The message to which this is to be another answer."""
    model: ModelRef | None = None
    text: str = ""
    finish_note: str = ""
    """Why we cut the reply; empty if we did not."""
    is_stopped: bool = False
    listening: asyncio.Task[Finished | None] | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    request: ChatRequest | None = None
    began: float = 0.0
    """When the request was made, on the room's clock."""
    first_text: float | None = None
    """Seconds from the request to the first text."""

    def failure(self, error: ProviderError | StorageError) -> Failure:
        """What is left of the turn when `error` ended it."""
        return Failure(
            turn=self.turn,
            model=self.model,
            kind=error.kind if isinstance(error, ProviderError) else Fault.STORAGE,
            problem=error.problem,
            hint=error.hint,
            text=self.text.strip(),
            replaces_id=self.replaces.id if self.replaces else None,
        )


class Listener:
    """Asks models for their turns and lets their words be heard."""

    def __init__(
        self,
        journal: Journal,
        providers: Mapping[str, Provider],
        models: Models,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._providers = providers
        self._models = models
        self._clock, self._sleep = clock, sleep
        self._renderer = Renderer()

    async def listen(self, speaking: Speaking) -> Finished | None:
        """Hear a reply to its end; None if we cut it.

        Raises:
            ProviderError: If it did not come, or not to its end.
            StorageError: If it cannot be recorded.
        """
        model = speaking.model = (await self._models.candidates(speaking.assignment))[0]
        provider = self._provider(model)
        request = await self._ask(speaking, model)
        heard_at = self._clock() + self._delay(speaking.turn)
        finished = None
        async with aclosing(provider.stream(request)) as items:
            async for item in items:
                if isinstance(item, Text):
                    await self._hear(speaking, item.text, heard_at)
                elif isinstance(item, Finished):
                    finished = item
                if speaking.finish_note:
                    return None
        if not speaking.text.strip():
            name = self._journal.conversation.name_of(speaking.turn.speaker)
            raise _said_nothing(name, finished)
        return finished

    async def save(
        self, speaking: Speaking, finish: Finish, finished: Finished | None = None
    ) -> None:
        """Make a message of what was heard."""
        await self._journal.add_message(
            speaking.turn,
            speaking.text.strip(),
            finish=finish,
            note=speaking.finish_note,
            provenance=self._provenance(speaking, finished),
            replaces=speaking.replaces,
        )

    def _provider(self, model: ModelRef) -> Provider:
        try:
            return self._providers[model.provider]
        except KeyError:
            raise ProviderError(
                f"There is no provider `{model.provider}`.",
                kind=Fault.MODEL,
                hint="Choose another model, or name the provider in the settings.",
            ) from None

    async def _ask(self, speaking: Speaking, model: ModelRef) -> ChatRequest:
        """Write the request, and report that the turn has begun."""
        conversation = self._journal.conversation
        request = speaking.request = self._renderer.render(
            conversation,
            self._journal.tree.path,
            speaking.assignment,
            model,
            context=self._models.context(model),
            seed=conversation.rng(speaking.turn.number).getrandbits(32),
        )
        started = TurnStarted(
            turn=speaking.turn,
            model=model,
            persona_version=speaking.assignment.persona.version,
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            replaces_id=speaking.replaces.id if speaking.replaces else None,
        )
        await self._journal.emit(started)
        speaking.began = self._clock()
        return request

    async def _hear(self, speaking: Speaking, piece: str, heard_at: float) -> None:
        if not speaking.text:
            piece = piece.lstrip()
        if not piece:
            return
        if speaking.first_text is None:
            speaking.first_text = self._clock() - speaking.began
            if (wait := heard_at - self._clock()) > 0:
                await self._sleep(wait)
        room_left = LONGEST_REPLY - len(speaking.text)
        if len(piece) > room_left:
            piece = piece[:room_left]
            speaking.finish_note = f"cut at {LONGEST_REPLY // 1024} KiB"
        speaking.text += piece
        await self._journal.emit(TextReceived(turn=speaking.turn, text=piece))

    def _delay(self, turn: Turn) -> float:
        conversation, tip = self._journal.conversation, self._journal.tree.tip
        words = len(tip.text.split()) if tip else 0
        return pacing.delay(words, conversation.pace, conversation.rng(turn.number))

    def _provenance(self, speaking: Speaking, finished: Finished | None) -> Provenance | None:
        if speaking.model is None:
            return None
        model, request = speaking.model, speaking.request
        usage = finished.usage if finished else None
        if usage is None and request is not None:
            usage = self._renderer.usage(model, request, speaking.text)
        elif usage is not None and request is not None:
            self._renderer.learn(model, request, usage)
        usage = usage or Usage(is_estimate=True)
        is_free = self._models.is_free(model)
        answered = finished.model if finished else ""
        return Provenance(
            model=ModelRef(model.provider, answered or model.model),
            persona_version=speaking.assignment.persona.version,
            temperature=request.temperature if request else None,
            max_tokens=request.max_tokens if request else 0,
            usage=usage,
            cost=0 if is_free else None,
            cost_source=CostSource.FREE if is_free else CostSource.UNKNOWN,
            first_text=speaking.first_text,
            duration=self._clock() - speaking.began if request else 0.0,
        )


def _said_nothing(name: str, finished: Finished | None) -> ProviderError:
    if finished and finished.reason is Finish.FILTER:
        return ProviderError(f"The provider's filter stopped {name}.", kind=Fault.FILTER)
    if finished and finished.reason is Finish.LENGTH:
        return ProviderError(
            f"{name} thought until the tokens ran out, and said nothing.",
            kind=Fault.EMPTY,
            hint="Choose a model that thinks less.",
        )
    return ProviderError(f"{name} said nothing.", kind=Fault.EMPTY)
