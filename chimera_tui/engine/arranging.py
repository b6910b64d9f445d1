"""What a conversation goes by, changed while it is alive."""

from collections.abc import Sequence
from dataclasses import replace

from chimera_tui.domain.casting import MOST_CAST, recast, seated
from chimera_tui.domain.conversation import Assignment, Budget, Conversation, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.rules import Rules
from chimera_tui.domain.saved import Spent
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.needs import Models
from chimera_tui.engine.turn_taking import mode


class Arranging:
    """The part of a room that changes title, topic, mode, pace, budget and cast.

    All of it holds from the next turn on.
    """

    def __init__(self, journal: Journal, models: Models) -> None:
        self._journal = journal
        self._models = models

    @property
    def conversation(self) -> Conversation:
        """What the conversation goes by now."""
        return self._journal.conversation

    @property
    def spent(self) -> Spent:
        """What the conversation has used up."""
        return self._journal.spent

    async def rename(self, title: str) -> None:
        """Give the conversation another title; an empty one gives it its topic back."""
        await self._journal.change(title=title.strip() or self.conversation.topic)

    async def set_mode(self, name: str) -> None:
        """Take turns by another rule, from the next turn on; a script begins at its beginning.

        Raises:
            UnknownError: If there is no such mode.
        """
        mode(name)
        rules = replace(self.conversation.rules, script_from=self._journal.turns)
        await self._journal.change(mode=name, rules=rules)

    async def set_rules(self, rules: Rules) -> None:
        """Keep to other rules, from the next turn on; another script begins at its beginning.

        Raises:
            UnknownError: If there is no such provider for the helper.
        """
        if rules.helper:
            provider = ModelRef.parse(rules.helper).provider
            if not self._models.has_provider(provider):
                raise UnknownError(f"There is no provider `{provider}`.")
        if rules.script != self.conversation.rules.script:
            rules = replace(rules, script_from=self._journal.turns)
        await self._journal.change(rules=rules)

    async def set_pace(self, pace: float) -> None:
        """Speak slower or faster, from the next turn on: 0 instant, 1 human, 2 slow."""
        await self._journal.change(pace=max(0.0, pace))

    async def assign(
        self, slug: str, model: ModelRef | None, fallbacks: Sequence[ModelRef] = ()
    ) -> None:
        """Let another model play a persona, from its next turn on.

        Args:
            slug: The persona.
            model: None: automatic.
            fallbacks: Who takes over, in this order, when the model cannot be had.

        Raises:
            UnknownError: If it is not in the cast, or there is no such provider.
        """
        old = self.conversation.assignment(slug)
        for one in (*([model] if model else []), *fallbacks):
            if not self._models.has_provider(one.provider):
                raise UnknownError(f"There is no provider `{one.provider}`.")
        await self._replace(old, replace(old, model=model, fallbacks=tuple(fallbacks)))

    async def invite(self, persona: Persona, model: ModelRef | None = None) -> str:
        """Let a persona join, from the next turn on; who is here already is joined by a twin.

        Returns:
            Its slug in this room.

        Raises:
            UnknownError: If the room is full.
        """
        conversation = self.conversation
        if len(conversation.cast) >= MOST_CAST:
            raise UnknownError(
                f"{MOST_CAST} are here already.", hint="Let somebody go before you invite another."
            )
        persona = seated(persona, conversation)
        former = tuple(one for one in conversation.former if one.slug != persona.slug)
        cast = (*conversation.cast, Assignment(persona=persona, model=model))
        await self._journal.change(cast=cast, former=former)
        await self._journal.post_notice(f"{persona.name} joins")
        return persona.slug

    async def remove(self, slug: str) -> None:
        """Let a persona go, from the next turn on; what it says now it says to the end.

        Raises:
            UnknownError: If it is not in the cast, or is the last one.
        """
        leaving, conversation = self.conversation.assignment(slug), self.conversation
        if len(conversation.cast) == 1:
            raise UnknownError(
                "Nobody else is here.", hint="Invite another persona before you let this one go."
            )
        await self._journal.change(
            cast=tuple(one for one in conversation.cast if one is not leaving),
            former=(*conversation.former, leaving.persona),
            solo="" if conversation.solo == slug else conversation.solo,
        )
        await self._journal.post_notice(f"{leaving.persona.name} leaves")

    async def mute(self, slug: str, *, is_muted: bool = True) -> None:
        """Let a persona speak only when it is called, or let it speak again.

        Raises:
            UnknownError: If it is not in the cast.
        """
        old = self.conversation.assignment(slug)
        await self._replace(old, replace(old, is_muted=is_muted))

    async def solo(self, slug: str) -> None:
        """Let only this persona speak without being called; an empty slug: all again.

        Raises:
            UnknownError: If it is not in the cast.
        """
        if slug:
            self.conversation.assignment(slug)
        await self._journal.change(solo=slug)

    async def reorder(self, slugs: Sequence[str]) -> None:
        """Put the cast in the order of `slugs`; who is not named comes behind, as before.

        Raises:
            UnknownError: If somebody named is not in the cast.
        """
        named = [self.conversation.assignment(slug) for slug in dict.fromkeys(slugs)]
        rest = (one for one in self.conversation.cast if one not in named)
        await self._journal.change(cast=(*named, *rest))

    async def recast(self, persona: Persona) -> None:
        """Let `persona`, as it is now, speak from the next turn on wherever it is in the cast."""
        cast = recast(self.conversation, persona)
        if cast != self.conversation.cast:
            await self._journal.change(cast=cast)

    async def shift_topic(self, topic: str) -> None:
        """Let them talk about something else, from the next turn on."""
        await self._journal.change(topic_now=topic.strip())
        await self._journal.post_notice(f"the topic moves: {self.conversation.current_topic}")

    async def set_budget(self, budget: Budget) -> None:
        """Let the conversation use up more or less than before, from the next request on."""
        await self._journal.change(budget=budget)

    async def _replace(self, old: Assignment, new: Assignment) -> None:
        cast = tuple(new if one is old else one for one in self.conversation.cast)
        await self._journal.change(cast=cast)
