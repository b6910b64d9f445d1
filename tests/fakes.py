"""What tests put in the place of a database, a model and the clock; everything else is real."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime
from math import inf
from typing import Any

from chimera_tui.domain.conversation import (
    Assignment,
    Budget,
    Conversation,
    CostSource,
    ModelRef,
    Usage,
)
from chimera_tui.domain.errors import ProviderError, StorageError, StorageFault
from chimera_tui.domain.events import ConversationEnded, Event, TextReceived
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation, Spent, Tree
from chimera_tui.engine.room import Room
from chimera_tui.providers.base import Provider
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.gate import Gate

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MODEL = ModelRef("scripted", "model")


PROVIDERS = ("scripted", "other", "demo", "ollama", "lmstudio")
"""The providers there are for `FixedModels`."""


class ListRecorder:
    """Keeps the events it is given; fails when told to."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.error: Exception | None = None

    async def record(self, conversation_id: int, event: Event) -> None:
        """Remember `event`, or raise."""
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        self.events.append(event)


class FixedModels:
    """Everyone is played by what is assigned, else by `scripted/model`; all is free."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def candidates(self, assignment: Assignment) -> tuple[ModelRef, ...]:
        """The assigned model, or the one there is."""
        if self.error:
            raise self.error
        return (assignment.model or MODEL, *assignment.fallbacks)

    def context(self, model: ModelRef) -> int:
        """8,192 tokens."""
        return 8192

    def has_provider(self, name: str) -> bool:
        """Those of `PROVIDERS`."""
        return name in PROVIDERS

    def is_free(self, model: ModelRef) -> bool:
        """Always."""
        return True

    async def cost(self, model: ModelRef, usage: Usage) -> tuple[int | None, CostSource]:
        """Nothing."""
        return 0, CostSource.FREE


class FullBudget:
    """Allows everything, until it is told not to."""

    def __init__(self) -> None:
        self.error: ProviderError | None = None

    async def allowance(
        self, budget: Callable[[], Budget], spent: Spent
    ) -> Callable[[ModelRef], None]:
        """Raise what it was told, if anything."""

        def allow(model: ModelRef) -> None:
            if self.error:
                raise self.error

        return allow


def a_persona(name: str, colour: int = 1, **details: Any) -> Persona:
    """A persona called `The <name>`."""
    about: dict[str, Any] = {
        "emoji": "🦉",
        "category": "thinkers",
        "one_line": f"{name} says little.",
        "prompt": f"You speak as {name} would.",
    }
    slug = name.casefold().replace(" ", "-")
    return Persona(slug=slug, name=f"The {name}", colour=colour, **(about | details))


def a_conversation(*names: str, **details: Any) -> Conversation:
    """A conversation with a persona for each name, without delays, in turn."""
    cast = tuple(Assignment(persona=a_persona(n, i)) for i, n in enumerate(names or ("Ada",), 1))
    about: dict[str, Any] = {
        "id": 1,
        "title": "Jokes",
        "topic": "Is a joke a kind of knowledge?",
        "cast": cast,
        "mode": "round_robin",
        "pace": 0.0,
        "seed": 7,
        "created_at": NOON,
    }
    return Conversation(**(about | details))


def saved(*names: str, tree: Tree | None = None, **details: Any) -> SavedConversation:
    """A saved conversation, empty unless a tree is given."""
    tree = tree or Tree()
    turns = max((m.turn.number for m in tree.messages.values()), default=0)
    return SavedConversation(conversation=a_conversation(*names, **details), tree=tree, turns=turns)


def calls_to(provider: Provider) -> Calls:
    """Calls that reach one provider by all names, without a second attempt."""
    gate = Gate(provider, per_minute=inf, at_once=inf)
    gate.attempts = 1
    return Calls(dict.fromkeys((provider.name, *PROVIDERS), gate))


def a_room(
    provider: Provider | None = None,
    recorder: ListRecorder | None = None,
    *names: str,
    models: FixedModels | None = None,
    budget_guard: FullBudget | None = None,
    attended: bool = True,
    start: SavedConversation | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    **details: Any,
) -> Room:
    """A room over a scripted provider; `details` go to its conversation."""
    provider = provider or ScriptedProvider(["Hello."])
    return Room(
        start or saved(*(names or ("Ada", "Bob")), **details),
        replies=calls_to(provider),
        budget_guard=budget_guard or FullBudget(),
        recorder=recorder or ListRecorder(),
        models=models or FixedModels(),
        attended=attended,
        now=lambda: NOON,
        clock=clock,
    )


async def play(room: Room) -> list[Event]:
    """Let an unattended room run to its end; what it reported, without the pieces of text."""
    async with room:
        return [e async for e in room.events() if not isinstance(e, TextReceived)]


class Watcher:
    """Reads the events of a room one by one, as a screen would."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.seen: list[Event] = []
        self._events = room.events()

    async def until(self, wanted: type[Any] | Callable[[Event], bool]) -> Any:
        """Read on until an event of this type, or one that fulfils the condition, and return it."""
        async with asyncio.timeout(10):
            async for event in self._events:
                self.seen.append(event)
                if isinstance(event, wanted) if isinstance(wanted, type) else wanted(event):
                    return event
        raise AssertionError(f"the room ended without it: {self.seen}")

    async def rest(self) -> list[Event]:
        """Read to the end of the room."""
        async with aclosing(self._events), asyncio.timeout(10):
            if not (self.seen and isinstance(self.seen[-1], ConversationEnded)):
                self.seen += [event async for event in self._events]
        return self.seen


def is_a(kind: StorageFault) -> Callable[[StorageError], bool]:
    """What `pytest.raises` checks: that the database failed in this way."""
    return lambda error: error.kind is kind
