"""What a turn makes of a fault: in a real room, recorded in a real database, over real sockets.

Only the pauses are skipped: they pass at once, on a clock of their own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from chimera_tui.domain.conversation import Assignment, Failure, Message, ModelRef
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import PauseReason, RoomPaused
from chimera_tui.domain.health import BreakerState
from chimera_tui.engine.room import Room
from chimera_tui.providers.base import Provider
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.gate import Gate
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import Store, open_store
from tests.fakes import FixedModels, FullBudget, Watcher, a_persona

MODEL = "m-1"


@dataclass(frozen=True, slots=True)
class Then:
    """What has to follow: the column of this name in the fault catalogue."""

    requests: int = 1
    """Made of one turn, as long as nothing of the reply was to be seen."""
    counts: bool = False
    """Whether the breaker counts it (H)."""
    holds: str = ""
    """`stop`: the provider, until a person acts; `park`: the model, `wait`: the provider, until a
    known time."""

    def words(self) -> str:
        """As the table says it."""
        times = f"x{self.requests}" if self.requests > 1 else ""
        return " ".join(word for word in (times, "H" if self.counts else "", self.holds) if word)


DONE = Then()
"""Nothing: the turn ends here, in a message or in a failure that a person has to mend."""
RETRY = Then(requests=3, counts=True)
ONCE_MORE = Then(requests=2, counts=True)
BROKEN = Then(counts=True)
STOP = Then(holds="stop")
PARK = Then(holds="park")
WAIT = Then(requests=3, holds="park")
AGAIN = Then(requests=3)
TWICE = Then(requests=2)


@dataclass(frozen=True, slots=True)
class Taken:
    """A turn that was taken, and what is left of it."""

    then: Then
    message: Message | None
    failure: Failure | None
    attempts: list[tuple[str, str, str]]
    """Outcome, fault and draft of each, as the database has them."""


class Skipping:
    """A clock on which all pauses are over at once."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Be later."""
        self.now += seconds


class Turns:
    """Takes turns, one after the other, in one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, provider: Provider) -> Taken:
        """Let one persona speak once, with a person there who would choose remedies."""
        clock = Skipping()
        gate = Gate(provider, clock=clock, sleep=clock.sleep)
        model = ModelRef(provider.name, MODEL)
        start = await Conversations(self._store).new_conversation(
            topic="Is a joke a kind of knowledge?",
            cast=[Assignment(persona=a_persona("Ada"), model=model)],
            mode="round_robin",
            pace=0,
            turn_limit=1,
        )
        room = Room(
            start,
            replies=Calls({provider.name: gate}, clock=clock),
            budget_guard=FullBudget(),
            recorder=Recorder(self._store),
            models=FixedModels(),
        )
        async with room:
            watcher = Watcher(room)
            room.resume()
            await watcher.until(
                lambda event: (
                    isinstance(event, RoomPaused)
                    and event.reason in {PauseReason.FAILURE, PauseReason.TURN_LIMIT}
                )
            )
            failure = room.failure
        attempts = await self._attempts(start.conversation.id)
        then = Then(len(attempts), _counts(gate), _holds(gate))
        return Taken(then, room.tree.tip, failure, attempts)

    async def _attempts(self, conversation_id: int) -> list[tuple[str, str, str]]:
        query = "SELECT outcome, fault, draft FROM attempt WHERE conversation_id = ? ORDER BY key"
        return await self._store.read(lambda db: db.execute(query, (conversation_id,)).fetchall())


@asynccontextmanager
async def some_turns(folder: Path) -> AsyncIterator[Turns]:
    """Turns in a database of their own."""
    async with open_store(folder / "chimera.db") as store:
        yield Turns(store)


def _counts(gate: Gate) -> bool:
    return gate.breaker.error is not None and gate.breaker.state is BreakerState.CLOSED


def _holds(gate: Gate) -> str:
    if gate.breaker.state is BreakerState.STOPPED:
        return "stop"
    if not gate.is_passable:
        return "wait"
    return "" if gate.is_ready(MODEL) else "park"


def faults_of(taken: Taken) -> set[Fault]:
    """How its attempts failed."""
    return {Fault(fault) for _, fault, _ in taken.attempts if fault}
