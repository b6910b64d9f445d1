"""Values to save, made in one line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chimera_tui.domain.conversation import (
    HUMAN,
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
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    AttemptStarted,
    Event,
    MessageCompleted,
    TextReceived,
    TurnDropped,
    TurnFailed,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import Store, open_store

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
MODEL = ModelRef("lmstudio", "qwen/qwen3-4b")


def a_persona(slug: str) -> Persona:
    return Persona(
        slug=slug,
        name=f"The {slug.title()}",
        emoji="\N{SNAKE}",
        colour=3,
        category="science",
        one_line="Counts.",
        prompt=f"You are {slug}.\nYou count \u05e9\u05dc\u05d5\u05dd.",
        traits=("calm", "exact"),
    )


ADA, BOB = a_persona("ada"), a_persona("bob")
CAST = (Assignment(persona=ADA, model=MODEL), Assignment(persona=BOB))


def a_provenance() -> Provenance:
    return Provenance(
        model=MODEL,
        persona_version=ADA.version,
        temperature=0.7,
        max_tokens=400,
        usage=Usage(input=120, output=40, is_estimate=True),
        cost=0,
        cost_source=CostSource.FREE,
        first_text=0.25,
        duration=2.5,
    )


def a_turn(number: int, speaker: str = "ada") -> Turn:
    return Turn(number=number, speaker=speaker)


def a_message(
    number: int,
    parent_id: int | None,
    turn: int,
    text: str = "Hello.",
    *,
    speaker: str = "ada",
    finish: Finish = Finish.STOP,
) -> Message:
    return Message(
        id=number,
        parent_id=parent_id,
        turn=a_turn(turn, speaker),
        text=text,
        finish=finish,
        provenance=None if speaker == HUMAN else a_provenance(),
        created_at=NOON,
    )


def completed(
    number: int,
    parent_id: int | None,
    turn: int,
    text: str = "Hello.",
    *,
    speaker: str = "ada",
    finish: Finish = Finish.STOP,
) -> MessageCompleted:
    message = a_message(number, parent_id, turn, text, speaker=speaker, finish=finish)
    return MessageCompleted(message=message)


def started(turn: int, replaces_id: int | None = None) -> AttemptStarted:
    return AttemptStarted(
        turn=a_turn(turn),
        model=MODEL,
        persona_version=ADA.version,
        temperature=0.7,
        max_tokens=400,
        replaces_id=replaces_id,
    )


def received(turn: int, text: str) -> TextReceived:
    return TextReceived(turn=a_turn(turn), text=text)


def dropped(turn: int) -> TurnDropped:
    return TurnDropped(turn=a_turn(turn))


def a_failure(turn: int, text: str = "Hel", replaces_id: int | None = None) -> Failure:
    return Failure(
        turn=a_turn(turn),
        model=MODEL,
        kind=Fault.STALL,
        problem="Nothing came for 60 seconds.",
        hint="Try again.",
        text=text,
        replaces_id=replaces_id,
    )


def failed(turn: int, text: str = "Hel", replaces_id: int | None = None) -> TurnFailed:
    return TurnFailed(failure=a_failure(turn, text, replaces_id))


@dataclass(frozen=True)
class Saving:
    """A store with all that stands on it, and one conversation in it."""

    store: Store
    conversations: Conversations
    recorder: Recorder
    saved: SavedConversation

    @property
    def id(self) -> int:
        return self.saved.conversation.id

    async def record(self, *events: Event) -> None:
        for event in events:
            await self.recorder.record(self.id, event)

    async def load(self) -> SavedConversation:
        return await self.conversations.load(self.id)

    async def ask(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """All rows that plain SQL finds."""
        return await self.store.read(lambda db: db.execute(query, values).fetchall())


@asynccontextmanager
async def saving(path: Path) -> AsyncIterator[Saving]:
    """Open the database with a new conversation in it."""
    async with open_store(path, now=lambda: NOON) as store:
        conversations = Conversations(store)
        saved = await conversations.new_conversation(
            topic="Is zero a number?", cast=CAST, mode="round_robin", seed=7
        )
        yield Saving(store, conversations, Recorder(store), saved)
