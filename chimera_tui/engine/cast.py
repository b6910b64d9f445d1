"""Who takes part in a conversation, changed while it is alive."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chimera_tui.domain.casting import MOST_CAST, recast, seated
from chimera_tui.domain.conversation import Assignment, Conversation, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.needs import Models, must_know
from chimera_tui.engine.turn_scheduler import TurnScheduler


class Cast:
    """Changes the cast of one room: who is here, played by which model, and who may speak.

    All of it holds from the next turn on. Each raises UnknownError if a persona that is named is
    not here, and StorageError if it cannot be saved; then nothing has changed.
    """

    def __init__(self, journal: Journal, models: Models, scheduler: TurnScheduler) -> None:
        self._journal = journal
        self._models = models
        self._scheduler = scheduler

    def suggestion(self) -> str | None:
        """The slug of who would speak next by `natural`; None if nobody may."""
        return self._scheduler.suggestion()

    async def assign(
        self, slug: str, model: ModelRef | None, fallbacks: Sequence[ModelRef] = ()
    ) -> None:
        """Let another model play a persona.

        Args:
            slug: The persona.
            model: None: automatic.
            fallbacks: Who takes over, in this order, when the model cannot be had.

        Raises:
            UnknownError: If there is no such provider.
        """
        for one in (*([model] if model else []), *fallbacks):
            must_know(self._models, one)
        await self._change_one(slug, lambda a: replace(a, model=model, fallbacks=tuple(fallbacks)))

    async def invite(self, persona: Persona, model: ModelRef | None = None) -> str:
        """Let a persona join; who is here already is joined by a twin.

        Returns:
            Its slug in this room.

        Raises:
            UnknownError: If the room is full.
        """
        joined = persona

        def with_it(now: Conversation) -> Conversation:
            nonlocal joined
            if len(now.cast) >= MOST_CAST:
                raise UnknownError(
                    f"{MOST_CAST} are here already.",
                    hint="Let somebody go before you invite another.",
                )
            joined = seated(persona, now)
            former = tuple(one for one in now.former if one.slug != joined.slug)
            cast = (*now.cast, Assignment(persona=joined, model=model))
            return replace(now, cast=cast, former=former)

        await self._journal.change_conversation(with_it)
        await self._journal.post_notice(f"{joined.name} joins")
        return joined.slug

    async def remove(self, slug: str) -> None:
        """Let a persona go; what it says now it says to the end.

        Raises:
            UnknownError: If it is the last one.
        """
        name = self._journal.conversation.assignment(slug).persona.name

        def without_it(now: Conversation) -> Conversation:
            leaving = now.assignment(slug)
            if len(now.cast) == 1:
                raise UnknownError(
                    "Nobody else is here.",
                    hint="Invite another persona before you let this one go.",
                )
            return replace(
                now,
                cast=tuple(one for one in now.cast if one is not leaving),
                former=(*now.former, leaving.persona),
                solo="" if now.solo == slug else now.solo,
            )

        await self._journal.change_conversation(without_it)
        await self._journal.post_notice(f"{name} leaves")

    async def mute(self, slug: str, *, is_muted: bool = True) -> None:
        """Let a persona speak only when it is called, or let it speak again."""
        await self._change_one(slug, lambda one: replace(one, is_muted=is_muted))

    async def solo(self, slug: str) -> None:
        """Let only this persona speak without being called; an empty slug: all again."""

        def alone(now: Conversation) -> Conversation:
            if slug:
                now.assignment(slug)
            return replace(now, solo=slug)

        await self._journal.change_conversation(alone)

    async def reorder(self, slugs: Sequence[str]) -> None:
        """Put the cast in the order of `slugs`; who is not named comes behind, as before."""

        def ordered(now: Conversation) -> Conversation:
            named = [now.assignment(slug) for slug in dict.fromkeys(slugs)]
            rest = (one for one in now.cast if one not in named)
            return replace(now, cast=(*named, *rest))

        await self._journal.change_conversation(ordered)

    async def recast(self, persona: Persona) -> None:
        """Let `persona`, as it is now, speak wherever it is in the cast."""
        await self._journal.change_conversation(lambda now: replace(now, cast=recast(now, persona)))

    async def _change_one(self, slug: str, make: Callable[[Assignment], Assignment]) -> None:
        def changed(now: Conversation) -> Conversation:
            old = now.assignment(slug)
            return replace(now, cast=tuple(make(a) if a is old else a for a in now.cast))

        await self._journal.change_conversation(changed)
