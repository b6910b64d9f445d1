"""The composition root: the one place where the parts are put together."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import SystemRandom

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import (
    DEMO,
    Assignment,
    Conversation,
    ConversationSummary,
    ModelRef,
    Recovered,
    SavedConversation,
    Spent,
)
from chimera_tui.domain.errors import ChimeraError, Fault, ProviderError, UnknownError
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.domain.names import nearest
from chimera_tui.domain.text import one_line
from chimera_tui.engine.room import Room
from chimera_tui.engine.turn_taking import mode as find_mode
from chimera_tui.formats import FORMATS
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.providers import faults, registry
from chimera_tui.providers.base import Provider
from chimera_tui.providers.demo import DemoProvider
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.resilience import health as checks
from chimera_tui.resilience.calls import Calls
from chimera_tui.resilience.model_choice import Facts, ModelChoice
from chimera_tui.resilience.observed import Observed
from chimera_tui.settings.files import write_file
from chimera_tui.settings.keys import Keys, KeyState
from chimera_tui.settings.settings import ProviderSettings, Settings
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.recorder import Recorder
from chimera_tui.storage.store import Store, open_store


class _Purse:
    async def allowance(
        self, conversation: Conversation, spent: Spent
    ) -> Callable[[ModelRef], None]:
        return lambda _: None


class Chimera:
    """The parts of the program, for one front end.

    Attributes:
        settings: What the person has set.
        library: The personas that can be cast.
        health: What is known of each provider, by name, in the order of the settings.
        models: Which model plays whom.
    """

    def __init__(
        self, settings: Settings, library: Library, store: Store, endpoints: Endpoints
    ) -> None:
        self.settings = settings
        self.library = library
        self.health: dict[str, Health] = {}
        self._store = store
        self._conversations = Conversations(store)
        self._recorder = Recorder(store)
        self._providers: dict[str, Provider] = {DEMO.provider: DemoProvider()}
        self._retired: list[Provider] = []
        self._endpoints = endpoints
        self._facts: dict[str, Facts] = {}
        for name in settings.names:
            self._connect(name, self._find(name))
        self.models = ModelChoice(self._facts, settings.order, self.health, self.check_provider)

    @property
    def recovered(self) -> tuple[Recovered, ...]:
        """What was being said when the program ended last, as this start found it."""
        return self._store.recovered

    @property
    def read_only(self) -> str:
        """Why nothing can be saved; empty if it can."""
        return self._store.read_only

    @property
    def key_notes(self) -> tuple[str, ...]:
        """What a person should know of where the keys lie: who else can read them, for instance."""
        return self._endpoints.notes

    # Providers

    async def check_provider(self, name: str) -> Health:
        """Ask a provider how it is; it may take three seconds."""
        provider = self._providers.get(name)
        if provider is not None and name != DEMO.provider:
            self.health[name] = await checks.check(provider, self.health[name], at=utc_now())
        return self.health[name]

    async def check_providers(self) -> tuple[Health, ...]:
        """Ask all providers at once how they are."""
        return tuple(await asyncio.gather(*(self.check_provider(name) for name in self.health)))

    def exchanges(self, name: str) -> tuple[Exchange, ...]:
        """The last requests to a provider and what came back, without keys; the newest last."""
        return self._endpoints.exchanges(name)

    async def key_states(self) -> tuple[KeyState, ...]:
        """Say of every provider where its key lies, and how it ends."""
        names = self._endpoints.names
        return tuple(
            await asyncio.to_thread(lambda: [self._endpoints.key_state(name) for name in names])
        )

    async def set_key(self, name: str, text: str) -> KeyState:
        """Keep a key for a provider and use it from the next request on; `check_provider` tests it.

        Raises:
            UnknownError: If there is no such provider.
            ChimeraError: If this can be no key, or it cannot be kept.
        """
        state = await asyncio.to_thread(self._endpoints.keep_key, name, text)
        await self._reconnect(name)
        return state

    async def forget_key(self, name: str) -> KeyState:
        """Forget the kept key of a provider; one in the environment stays.

        Raises:
            UnknownError: If there is no such provider.
            ChimeraError: If what keeps it cannot be changed.
        """
        await asyncio.to_thread(self._endpoints.forget_key, name)
        await self._reconnect(name)
        return await asyncio.to_thread(self._endpoints.key_state, name)

    async def _reconnect(self, name: str) -> None:
        """Use the key that a provider has now; what is said to it with the old one goes on."""
        found = await asyncio.to_thread(self._find, name)
        self._facts.pop(name, None)
        if name in self._providers:
            self._retired.append(self._providers.pop(name))
        self._connect(name, found)

    def _find(self, name: str) -> Endpoint | ChimeraError:
        """Where a provider is; or why it cannot be used, because it has no address, or no key."""
        try:
            at = self._endpoints.find(name)
        except ChimeraError as error:
            return error
        return faults.no_key(at) or at

    def _connect(self, name: str, at: Endpoint | ChimeraError) -> None:
        """Make what speaks to a provider, if it can be used."""
        if isinstance(at, ChimeraError):
            is_without_key = isinstance(at, ProviderError) and at.kind is Fault.AUTH
            state = HealthState.NO_KEY if is_without_key else HealthState.DOWN
            self.health[name] = Health(provider=name, state=state, reason=at.problem, hint=at.hint)
            return
        own = self.settings.providers.get(name, ProviderSettings())
        self._facts[name] = Facts(model=own.model, context=own.context, is_free=at.is_local)
        self._providers[name] = Observed(registry.provider(at), self._learn)
        self.health[name] = Health(provider=name, state=HealthState.NOT_ASKED)

    def _learn(self, name: str, error: ProviderError | None) -> None:
        """A real call says how a provider is, too."""
        self.health[name] = checks.learnt(self.health[name], error, at=utc_now())

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

    async def new_conversation(
        self,
        *,
        topic: str,
        cast: Sequence[str],
        mode: str | None = None,
        pace: float | None = None,
        seed: int | None = None,
        models: Mapping[str, ModelRef] | None = None,
        demo: bool = False,
        turn_limit: int | None = None,
    ) -> SavedConversation:
        """Begin a conversation; what is not given comes from the settings.

        Args:
            topic: What it starts from.
            cast: The slugs of the personas.
            mode: The rule of turn-taking.
            pace: 0 instant, 1 human, 2 slow.
            seed: Makes it repeatable; drawn by lot if None.
            models: Who is played by what; the others are played automatically.
            demo: Let the demo play all others.
            turn_limit: Automatic turns after the last human word.

        Raises:
            UnknownError: If there is no such persona, mode or provider.
            StorageError: If it cannot be saved.
        """
        models = models or {}
        personas = self.library.cast(cast)
        slugs = [persona.slug for persona in personas]
        for slug, model in models.items():
            self._must_exist(slug, slugs, "persona in this cast")
            self._must_exist(model.provider, self._providers, "provider")
        mode = mode or self.settings.mode
        find_mode(mode)
        otherwise = DEMO if demo else None
        return await self._conversations.new_conversation(
            topic=topic.strip(),
            cast=[Assignment(persona=p, model=models.get(p.slug, otherwise)) for p in personas],
            mode=mode,
            pace=self.settings.pace if pace is None else pace,
            seed=SystemRandom().getrandbits(32) if seed is None else seed,
            turn_limit=turn_limit or self.settings.turn_limit,
            human_name=self.settings.human_name,
        )

    def room(self, saved: SavedConversation, *, attended: bool = True) -> Room:
        """Make a conversation live again; entering the room opens it.

        Args:
            saved: As `load` or `new_conversation` returned it; the room goes on with it.
            attended: Whether a person is there to choose remedies.
        """
        return Room(
            saved,
            replies=Calls(self._providers),
            purse=_Purse(),
            recorder=self._recorder,
            models=self.models,
            attended=attended,
            lease=self._store.leases.hold(saved.conversation.id),
        )

    async def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation another title.

        Raises:
            UnknownError: If there is none of this number.
            LiveElsewhereError: If it is live; then its room can rename it.
        """
        await self._conversations.rename(conversation_id, title)

    async def delete(self, conversation_id: int) -> None:
        """Delete a conversation and all that was said in it.

        Raises:
            UnknownError: If there is none of this number.
            LiveElsewhereError: If it is live.
        """
        await self._conversations.delete(conversation_id)

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

    async def aclose(self) -> None:
        """Close all connections to providers."""
        for provider in (*self._providers.values(), *self._retired):
            await provider.aclose()

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
        # A keyring that is locked may take three seconds to say so.
        chimera = await asyncio.to_thread(Chimera, settings, library, store, endpoints)
        try:
            yield chimera
        finally:
            await chimera.aclose()
