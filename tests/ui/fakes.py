"""A Chimera without files and networks, for tests of the screen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.conversation import (
    DEMO,
    HUMAN,
    Assignment,
    Budget,
    Conversation,
    CostSource,
    Finish,
    Message,
    ModelRef,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.errors import ChimeraError, StorageError, StorageFault, UnknownError
from chimera_tui.domain.events import Event
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import (
    ConversationSummary,
    Recovered,
    Rescue,
    SavedConversation,
    Tree,
)
from chimera_tui.domain.spending import Spending
from chimera_tui.engine.room import Room
from chimera_tui.formats import FORMATS
from chimera_tui.library.library import Changes
from chimera_tui.library.rooms import RoomTemplate
from chimera_tui.providers.base import Provider
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.resilience.model_choice import Facts, ModelChoice
from chimera_tui.settings.keys import KeySource, KeyState
from chimera_tui.settings.settings import Settings
from chimera_tui.storage.store import WhenStrayed
from tests.fakes import NOON, FixedModels, FullBudget, ListRecorder, a_persona, calls_to

OLLAMA = Health(
    provider="ollama",
    state=HealthState.UP,
    latency=0.038,
    models=(
        ModelInfo(name="llama3.2:3b", context=131_072, is_loaded=True),
        ModelInfo(name="qwen2.5:14b", context=32_768),
        ModelInfo(name="gemma2", context=8192),
    ),
    checked_at=NOON,
    history=(0.031, 0.034, 0.03, 0.052, 0.041, 0.038),
)
LMSTUDIO = Health(
    provider="lmstudio",
    state=HealthState.DOWN,
    reason="LM Studio does not answer at http://127.0.0.1:1234.",
    hint="Start its server (Developer tab), then try again.",
    checked_at=NOON,
)
NOT_ASKED = Health(provider="ollama", state=HealthState.NOT_ASKED)


class FakeLibrary:
    """Personas from nowhere."""

    def __init__(self, personas: Sequence[Persona]) -> None:
        self.personas = {persona.slug: persona for persona in personas}
        self.rooms: dict[str, RoomTemplate] = {}
        self.own_rooms: set[str] = set()
        self.problems: tuple[str, ...] = ()
        self.folders = (
            Path("/usr/share/chimera/personas"),
            Path("/home/ada/.config/chimera/personas"),
        )

    def __len__(self) -> int:
        return len(self.personas)

    def __iter__(self) -> Iterator[Persona]:
        return iter(self.personas.values())

    def get(self, slug: str) -> Persona:
        """The persona of that slug."""
        if slug not in self.personas:
            raise UnknownError(f"There is no persona `{slug}`.")
        return self.personas[slug]

    def room(self, slug: str) -> RoomTemplate:
        """The ready-made room of that slug."""
        return self.rooms[slug]

    def is_own_room(self, slug: str) -> bool:
        """Whether a test saved it."""
        return slug in self.own_rooms

    def save_room(self, room: RoomTemplate) -> None:
        """Keep it."""
        self.rooms[room.slug] = room
        self.own_rooms.add(room.slug)

    def remove_room(self, slug: str) -> None:
        """Forget it."""
        del self.rooms[slug]
        self.own_rooms.discard(slug)


class FakeChimera:
    """Conversations in a dictionary; every room is real."""

    def __init__(
        self,
        *saved: SavedConversation,
        provider: Provider | None = None,
        healths: Sequence[Health] = (OLLAMA, LMSTUDIO),
        personas: Sequence[Persona] | None = None,
    ) -> None:
        self.saved = {one.conversation.id: one for one in saved}
        self.provider = provider or ScriptedProvider(["Well, ", "yes."])
        self.recorder = ListRecorder()
        self.models = FixedModels()
        self.health = {
            one.provider: Health(provider=one.provider, state=HealthState.NOT_ASKED)
            for one in healths
        }
        self.found = {one.provider: one for one in healths}
        self.library = FakeLibrary(personas if personas is not None else PEOPLE)
        self.recovered: tuple[Recovered, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.rescues: list[Rescue] = []
        self.when_strayed: WhenStrayed = lambda _what: None
        self.when_changed: Callable[[Changes], object] = lambda _changes: None
        self.read_only = ""
        self.settings = Settings()
        self.keys: dict[str, KeyState] = {}
        """What `key_states` says, by provider."""
        self.said: dict[str, tuple[Exchange, ...]] = {}
        """What `exchanges` says, by provider."""
        self.spent: tuple[Spending, ...] = ()
        self.slipped: tuple[Impersonations, ...] = ()
        self.given: list[tuple[str, str]] = []
        """The keys that were set."""
        self.key_error: ChimeraError | None = None
        self.lease: AbstractContextManager[object] | None = None
        self.checks = 0
        """Times that a provider answered."""
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.is_closed = False
        self.live_pids: dict[int, int] = {}
        """Conversations that are live in another process."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator["FakeChimera"]:
        """What the app calls to open it."""
        try:
            yield self
        finally:
            self.is_closed = True

    async def check_provider(self, name: str, *, models: bool = True) -> Health:
        """It answers as it was told to."""
        await self.may_answer.wait()
        self.checks += 1
        self.health[name] = self.found[name]
        return self.found[name]

    def exchanges(self, name: str) -> tuple[Exchange, ...]:
        """What a test says that went to and fro."""
        return self.said.get(name, ())

    async def key_states(self) -> tuple[KeyState, ...]:
        """What a test says of the keys."""
        return tuple(self.keys.values())

    async def set_key(self, name: str, text: str) -> KeyState:
        """Keep its end; the provider answers from then on."""
        if self.key_error:
            raise self.key_error
        self.given.append((name, text))
        self.keys[name] = replace(
            self.keys[name], source=KeySource.FILE, place="keys.toml", end=f"…{text[-4:]}"
        )
        return self.keys[name]

    async def forget_key(self, name: str) -> KeyState:
        """It has none then."""
        self.keys[name] = replace(self.keys[name], source=None, place="", end="")
        self.health[name] = Health(provider=name, state=HealthState.NO_KEY)
        return self.keys[name]

    async def impersonations(self) -> tuple[Impersonations, ...]:
        """What a test says of how models behaved."""
        return self.slipped

    async def spending(self) -> tuple[Spending, ...]:
        """What a test says was spent today."""
        return self.spent

    async def conversations(self) -> list[ConversationSummary]:
        """All, the newest first."""
        return [
            ConversationSummary(
                id=id_,
                title=one.conversation.title,
                messages=len(one.tree.messages),
                is_demo=one.conversation.is_demo,
                updated_at=NOON,
                live_pid=self.live_pids.get(id_),
            )
            for id_, one in sorted(self.saved.items(), reverse=True)
        ]

    async def load_end(self, conversation_id: int) -> None:
        """None of them is long."""

    async def load(self, conversation_id: int) -> SavedConversation:
        """One of them."""
        try:
            return self.saved[conversation_id].copy()
        except KeyError:
            raise UnknownError(f"There is no conversation {conversation_id}.") from None

    async def delete(self, conversation_id: int) -> None:
        """One less; what is live elsewhere stays."""
        if pid := self.live_pids.get(conversation_id):
            problem = f"This conversation is live in process {pid}."
            raise StorageError(problem, pid=pid, kind=StorageFault.LIVE_ELSEWHERE)
        del self.saved[conversation_id]

    async def export(self, conversation_id: int, file_format: str, path: Path) -> None:
        """Write it to a file."""
        text = FORMATS[file_format](await self.load(conversation_id))
        path.write_text(text)  # noqa: ASYNC240 - a test may wait for the disk

    async def new_conversation(
        self,
        *,
        topic: str,
        cast: Sequence[str],
        mode: str = "round_robin",
        demo: bool = False,
        models: Mapping[str, ModelRef] | None = None,
        budget: Budget | None = None,
        **details: Any,
    ) -> SavedConversation:
        """Make one more."""
        id_ = max(self.saved, default=0) + 1
        conversation = Conversation(
            id=id_,
            title=topic,
            topic=topic,
            cast=tuple(
                replace(seat, model=(models or {}).get(seat.persona.slug, DEMO if demo else None))
                for seat in cast_of(
                    [Assignment(persona=self.library.get(slug)) for slug in cast], "Human"
                )
            ),
            mode=mode,
            pace=0.0,
            budget=budget or Budget(),
            created_at=NOON,
        )
        self.saved[id_] = SavedConversation(conversation=conversation)
        return self.saved[id_].copy()

    key_notes = ()
    changes = Changes()

    @property
    def library_watch(self) -> Self:
        """Itself: it knows of no files."""
        return self

    async def look(self) -> None:
        """What a test says, once."""
        changes, self.changes = self.changes, Changes()
        if changes:
            self.when_changed(changes)

    @property
    def connections(self) -> Self:
        """Itself: it knows no providers of its own."""
        return self

    async def allow_plain(self, unprotected: str) -> tuple[str, ...]:
        """Nobody asks any more."""
        self.health = {
            name: replace(one, unprotected="", state=HealthState.NOT_ASKED)
            for name, one in self.health.items()
        }
        return (unprotected,)

    def in_use(self, cast: Iterable[Assignment]) -> set[str]:
        """Whoever is assigned."""
        return {one.model.provider for one in cast if one.model}

    budget = Budget(cost=500_000, tokens=200_000)

    def automatic(self) -> ModelRef | None:
        """What the real choice says, where nothing is set."""
        return next(iter(self._choice.automatic()), None)

    def is_free(self, model: ModelRef) -> bool:
        """Always."""
        return self.models.is_free(model)

    def expected(self, assignment: Assignment) -> ModelRef | None:
        """What the real choice says, where nothing is set."""
        return self._choice.expected(assignment)

    @property
    def _choice(self) -> ModelChoice:
        facts = dict.fromkeys(self.health, Facts())
        return ModelChoice(facts, list(facts), self.health, self.check_provider)

    async def refresh_cast(self, room: Room) -> None:
        """The library holds what the rooms hold."""

    async def record(self, conversation_id: int, event: Event) -> None:
        """Remember it, as a database would."""
        await self.recorder.record(conversation_id, event)
        if saved := self.saved.get(conversation_id):
            saved.apply(event)

    def room(self, saved: SavedConversation, *, attended: bool = True) -> Room:
        """A real room over the scripted provider."""
        return Room(
            saved,
            replies=calls_to(self.provider),
            budget_guard=FullBudget(),
            recorder=self,
            models=self.models,
            attended=attended,
            lease=self.lease,
            now=lambda: NOON,
        )


PEOPLE = (
    a_persona("Philosopher", 1, emoji="🦉", one_line="Asks what you mean by that."),
    a_persona("Comedian", 2, emoji="🎭", one_line="Finds the absurd hinge."),
    a_persona("Scientist", 3, emoji="🔬", one_line="Measures first."),
    a_persona("Grandmother", 5, emoji="👵", one_line="Has seen it all before."),
    a_persona("Diplomat", 8, emoji="🎩", one_line="Finds the words all can sign."),
)
MODELS = {
    "philosopher": ModelRef("ollama", "qwen2.5:14b"),
    "comedian": ModelRef("ollama", "llama3.2:3b"),
    "scientist": ModelRef("lmstudio", "mistral-nemo-12b"),
    "grandmother": ModelRef("ollama", "gemma2"),
}


def a_saved(
    *said: tuple[str, str],
    number: int = 1,
    title: str = "Is a joke a kind of knowledge?",
    cast: Sequence[str] = ("philosopher", "comedian", "scientist"),
    demo: bool = False,
    **details: Any,
) -> SavedConversation:
    """A conversation in which these speakers said these things."""
    people = {persona.slug: persona for persona in PEOPLE}
    models = dict.fromkeys(cast, DEMO) if demo else MODELS
    conversation = Conversation(
        id=number,
        title=title,
        topic=title,
        cast=tuple(Assignment(persona=people[slug], model=models[slug]) for slug in cast),
        mode="round_robin",
        pace=0.0,
        created_at=NOON,
        **details,
    )
    messages = [
        a_message(number, speaker, text, models.get(speaker))
        for number, (speaker, text) in enumerate(said, 1)
    ]
    return SavedConversation(conversation=conversation, tree=Tree.of(messages, {}), turns=len(said))


def a_message(
    number: int, speaker: str, text: str, model: ModelRef | None, *, message_id: int | None = None
) -> Message:
    """Something that was said, a minute after what was said before."""
    told = None
    if speaker != HUMAN and model is not None:
        told = Provenance(
            model=model,
            persona_version="",
            temperature=0.8,
            max_tokens=400,
            usage=Usage(input=40 * number, output=len(text) // 4),
            cost=0,
            cost_source=CostSource.FREE,
            first_text=0.41,
            duration=2.0,
        )
    return Message(
        id=message_id or number,
        parent_id=number - 1 or None,
        turn=Turn(number=number, speaker=speaker),
        text=text,
        finish=Finish.STOP,
        provenance=told,
        created_at=NOON.replace(minute=number % 60),
    )


def with_alternative(saved: SavedConversation, number: int, text: str) -> SavedConversation:
    """The same, with an older answer in the place of turn `number`."""
    message = next(m for m in saved.tree.path if m.turn.number == number)
    older = replace(message, id=len(saved.tree.messages) + 1, text=text)
    messages = [*saved.tree.messages.values(), older]
    chosen = {message.parent_id: message.id}
    return replace(saved, tree=Tree.of(messages, chosen))
