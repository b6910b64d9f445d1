"""The composition root: the one place where the parts are put together."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random, SystemRandom

from chimera_tui.core.connections import MICRO, Connections
from chimera_tui.core.library_watch import LibraryWatch
from chimera_tui.core.studio import Studio
from chimera_tui.domain.casting import cast_of
from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import DEMO, Assignment, Budget, ModelRef
from chimera_tui.domain.errors import ChimeraError, StorageError, UnknownError
from chimera_tui.domain.health import Health
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.rules import PLAIN, Rules
from chimera_tui.domain.saved import ConversationSummary, Recovered, Rescue, SavedConversation
from chimera_tui.domain.text import one_line
from chimera_tui.engine import journal
from chimera_tui.engine.needs import BeforeTurn, nothing_before
from chimera_tui.engine.open_rooms import OpenRooms
from chimera_tui.engine.room import Room
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.engine.turn_taking import mode as find_mode
from chimera_tui.formats import FORMATS
from chimera_tui.library.carrying import CarriedCards
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.starters import default_cast, draw
from chimera_tui.lore.carried import Carried
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.settings.keys import Keys
from chimera_tui.settings.settings import Settings
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.impersonations import impersonations
from chimera_tui.storage.personas import PersonaRecords
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import Store, WhenStrayed, open_store
from chimera_tui.system.files import write_file


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A conversation that came out of a file."""

    id: int
    notes: tuple[str, ...]
    """What was dropped or changed, one sentence each."""


class Chimera:
    """The parts of the program, for one front end.

    Attributes:
        settings: What the person has set.
        library: The personas that can be cast.
        connections: The providers, and which model plays whom.
        library_watch: Takes in what is written to the files of the library.
        studio: Where personas are made.
    """

    def __init__(
        self, settings: Settings, library: Library, store: Store, connections: Connections
    ) -> None:
        self.settings = settings
        self.library = library
        self.connections = connections
        self._store = store
        self._conversations = Conversations(store)
        self._recorder = Recorder(store)
        self._cards = CarriedCards(library)
        self._rooms = OpenRooms()
        self.when_strayed: WhenStrayed = lambda _what: None
        """Is called when the database was not in its place any more; the rooms wait then."""
        store.held, store.when_strayed = self._rooms.snapshots, self._tell_strayed
        self.library_watch = LibraryWatch(library, self._rooms)
        self.studio = Studio(library, PersonaRecords(store), self._room, self.budget)

    @property
    def recovered(self) -> tuple[Recovered, ...]:
        """What was being said when the program ended last, as this start found it."""
        return self._store.recovered

    @property
    def notes(self) -> tuple[str, ...]:
        """On the database, a sentence each: damage, words that may be missing, rescued files."""
        return self._store.notes

    @property
    def rescues(self) -> Sequence[Rescue]:
        """Where the database went on when it was not in its place any more, in order."""
        return self._store.rescues

    def _tell_strayed(self, what: Rescue | StorageError) -> None:
        self._rooms.warn(str(what))
        self.when_strayed(what)

    @property
    def read_only(self) -> str:
        """Why nothing can be saved; empty if it can."""
        return self._store.read_only

    # Providers

    @property
    def health(self) -> Mapping[str, Health]:
        """What is known of each provider, by name, in the order of the settings."""
        return self.connections.health

    async def check_provider(self, name: str, *, models: bool = True) -> Health:
        """Ask a provider how it is, and for its models; it may take three seconds."""
        return await self.connections.check(name, models=models)

    async def impersonations(self) -> tuple[Impersonations, ...]:
        """How each model behaved in company, over all conversations."""
        return await impersonations(self._store)

    # Conversations

    async def conversations(self) -> list[ConversationSummary]:
        """All conversations, the one spoken in last first."""
        return await self._conversations.list_all()

    async def load(self, conversation_id: int) -> SavedConversation:
        """Return a conversation with all that was said in it.

        Raises:
            UnknownError: If there is none of this number.
        """
        return await self._conversations.load(conversation_id)

    async def load_end(self, conversation_id: int) -> SavedConversation | None:
        """Return the end of a long conversation, to be looked at until `load` is done.

        None if it is short, or does not exist.
        """
        return await self._conversations.load_end(conversation_id)

    async def new_conversation(  # noqa: PLR0913 - each is one thing a person may say
        self,
        *,
        room: str = "",
        topic: str = "",
        cast: Sequence[str] = (),
        mode: str | None = None,
        pace: float | None = None,
        seed: int | None = None,
        models: Mapping[str, ModelRef] | None = None,
        fallbacks: Mapping[str, Sequence[ModelRef]] | None = None,
        demo: bool = False,
        turn_limit: int | None = None,
        budget: Budget | None = None,
        rules: Rules | None = None,
    ) -> SavedConversation:
        """Begin a conversation; what is not given comes from the room, else from the settings.

        Args:
            room: The slug of a ready-made room.
            topic: What it starts from. Empty: the first topic of the room, else one of the deck.
            cast: The slugs of the personas; one that is named twice gets a twin (`comedian~2`).
                Empty: that of the room, else the usual three.
            mode: The rule of turn-taking.
            pace: 0 instant, 1 human, 2 slow.
            seed: Makes it repeatable; drawn by lot if None.
            models: Who is played by what; the others are played automatically.
            fallbacks: Who takes over for whom.
            demo: Let the demo play all others.
            turn_limit: Automatic turns after the last human word.
            budget: What it may use up.
            rules: What it keeps to, whatever its mode.

        Raises:
            UnknownError: If there is no such room, persona, mode or provider.
            StorageError: If it cannot be saved.
        """
        begins = self.library.room(room) if room else None
        if begins:
            topic, cast = topic or next(iter(begins.topics), ""), cast or begins.cast
            mode = mode or (begins.mode if begins.mode in MODES else None)
            pace = begins.pace if pace is None else pace
        rules = rules or (begins.rules if begins else PLAIN)
        mode = mode or self.settings.mode
        find_mode(mode)
        seed = SystemRandom().getrandbits(32) if seed is None else seed
        personas = self.library.cast(cast or default_cast(list(self.library)))
        return await self._conversations.new_conversation(
            topic=topic.strip() or draw(personas, Random(seed)).text,
            cast=self._assigned(personas, models or {}, fallbacks or {}, DEMO if demo else None),
            mode=mode,
            pace=self.settings.pace if pace is None else pace,
            seed=seed,
            turn_limit=turn_limit or self.settings.turn_limit,
            budget=self.budget if budget is None else budget,
            human_name=self.settings.human_name,
            rules=replace(rules, helper=rules.helper or self.settings.helper),
        )

    def _assigned(
        self,
        personas: Sequence[Persona],
        models: Mapping[str, ModelRef],
        fallbacks: Mapping[str, Sequence[ModelRef]],
        otherwise: ModelRef | None,
    ) -> list[Assignment]:
        """The cast with what plays it; twins have slugs of their own already."""
        seats = cast_of([Assignment(persona=p) for p in personas], self.settings.human_name)
        slugs = [seat.persona.slug for seat in seats]
        for slug, several in (*((s, [m]) for s, m in models.items()), *fallbacks.items()):
            self._must_exist(slug, slugs, "persona in this cast")
            for model in several:
                self._must_exist(model.provider, [DEMO.provider, *self.health], "provider")
        return [
            replace(
                seat,
                model=models.get(seat.persona.slug, otherwise),
                fallbacks=tuple(fallbacks.get(seat.persona.slug, ())),
            )
            for seat in seats
        ]

    def room(self, saved: SavedConversation, *, attended: bool = True) -> Room:
        """Make a conversation live again; entering the room opens it.

        Args:
            saved: As `load` or `new_conversation` returned it; the room goes on with it.
            attended: Whether a person is there to choose remedies.
        """
        lease = self._store.leases.hold(saved.conversation.id)
        room = self._room(
            saved,
            self._recorder,
            attended=attended,
            lease=lease,
            before_turn=lambda: self.library_watch.before_turn(room),
        )
        return self._rooms.add(room)

    def _room(
        self,
        saved: SavedConversation,
        recorder: journal.EventRecorder,
        *,
        attended: bool = True,
        lease: AbstractContextManager[object] | None = None,
        before_turn: BeforeTurn = nothing_before,
    ) -> Room:
        return Room(
            saved,
            replies=self.connections.calls,
            budget_guard=self.connections,
            recorder=recorder,
            models=self.connections,
            carrying=self._carried,
            before_turn=before_turn,
            attended=attended,
            lease=lease,
            offer=lambda cast, rng: draw(cast, rng).text,
        )

    async def _carried(self, persona: Persona) -> Carried | None:
        return await asyncio.to_thread(self._cards.of, persona)

    async def refresh_cast(self, room: Room) -> None:
        """Let the personas of a room be what the library holds now, from the next turn on."""
        await self.library_watch.recast(room)

    async def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title.

        Raises:
            UnknownError: If there is none of this number.
            StorageError: If it is live; then its room can rename it.
        """
        await self._conversations.rename(conversation_id, title)

    async def delete(self, conversation_id: int) -> None:
        """Delete a conversation and all that was said in it.

        Raises:
            UnknownError: If there is none of this number.
            StorageError: If it is live.
        """
        await self._conversations.delete(conversation_id)

    async def import_conversation(self, path: Path, group: Path | None = None) -> ImportResult:
        """Save the conversation in a file as one of ours.

        No file raises the limits and the budget of the settings.

        Args:
            path: Our own JSON, or a chat of SillyTavern (`.jsonl`).
            group: SillyTavern's file of the group whose chat it is, for its name and mode.

        Raises:
            InvalidFileError: If there is no such file, or no conversation in it.
            StorageError: If it cannot be saved.
        """
        from chimera_tui.formats.conversations.conversation_import import import_conversation  # noqa: PLC0415 - seldom needed

        read = partial(import_conversation, path, now=utc_now(), group=group, modes=MODES)
        found = await asyncio.to_thread(read, known=tuple(self.library))
        conversation = found.saved.conversation
        conversation = replace(
            conversation,
            cast=tuple(map(self._playable, conversation.cast)),
            budget=self.budget,
            turn_limit=min(max(1, conversation.turn_limit), self.settings.turn_limit),
        )
        saved = replace(found.saved, conversation=conversation)
        return ImportResult(await self._conversations.add(saved), found.notes)

    def _playable(self, assignment: Assignment) -> Assignment:
        """An assignment to models of providers that there are here; else it is automatic."""
        here = {DEMO.provider, *self.health}
        models = [m for m in (assignment.model, *assignment.fallbacks) if m and m.provider in here]
        return replace(assignment, model=next(iter(models), None), fallbacks=tuple(models[1:]))

    async def exported(self, conversation_id: int, file_format: str) -> str:
        """Return a conversation in the form of a file.

        Raises:
            UnknownError: If there is no such conversation, or no such format.
        """
        self._must_exist(file_format, FORMATS, "format")
        saved = await self.load(conversation_id)
        return await asyncio.to_thread(FORMATS[file_format], saved)

    async def export(
        self, conversation_id: int, file_format: str, path: Path, *, overwrite: bool = False
    ) -> None:
        """Write a conversation to a file, whole or not at all.

        Args:
            conversation_id: Which one.
            file_format: The name of a format.
            path: The file.
            overwrite: Whether a file that is there already may be replaced.

        Raises:
            UnknownError: If there is no such conversation, or no such format.
            ChimeraError: If the file is there already, or cannot be written.
        """
        text = await self.exported(conversation_id, file_format)
        if not overwrite and await asyncio.to_thread(os.path.lexists, path):
            problem = f"There is a file `{one_line(str(path))}` already."
            raise ChimeraError(problem, hint="Choose another name.")
        await asyncio.to_thread(write_file, path, text)

    @property
    def budget(self) -> Budget:
        """What a new conversation may use up, unless somebody says otherwise."""
        settings = self.settings
        return Budget(
            cost=round(settings.budget * MICRO) if settings.budget else None,
            tokens=settings.token_budget or None,
            minutes=settings.minutes_budget or None,
        )

    def _must_exist(
        self, name: str, names: Sequence[str] | Mapping[str, object], what: str
    ) -> None:
        if name not in names:
            raise UnknownError(f"There is no {what} `{name}`.", hint=nearest(name, names))


@asynccontextmanager
async def open_chimera(
    settings: Settings,
    *,
    db: Path,
    personas: Path | None = None,
    keys: Keys | None = None,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[Chimera]:
    """Put the parts together around the database at `db`.

    Args:
        settings: What the person has set.
        db: The database; made if it does not exist.
        personas: The folder of the person's own personas.
        keys: The keys of the person. None: those of `environ`, and of a file beside the database.
        environ: The environment: addresses of providers, and a proxy.

    Raises:
        StorageError: If the database can be neither read nor made.
    """
    folders = [builtin_folder(), *([personas] if personas else [])]
    library = await asyncio.to_thread(Library.load, *folders)
    keys = keys or Keys(db.with_name("keys.toml"), environ)
    endpoints = Endpoints(settings, keys, environ)
    async with open_store(db) as store:
        connections = Connections(settings, store, endpoints)
        chimera = Chimera(settings, library, store, connections)
        try:
            await connections.open()
            yield chimera
        finally:
            await chimera.studio.aclose()
            await connections.aclose()
