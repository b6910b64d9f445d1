"""What a conversation goes by, changed while it is alive."""

from collections.abc import Sequence
from dataclasses import replace

from chimera_tui.domain.conversation import Budget, Conversation, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.speaking import Models
from chimera_tui.engine.turn_taking import mode


class Arranging:
    """The part of a room that changes title, mode, pace, budget and cast.

    All of it holds from the next turn on.
    """

    def __init__(self, journal: Journal, models: Models) -> None:
        self._journal = journal
        self._models = models

    @property
    def conversation(self) -> Conversation:
        """What the conversation goes by now."""
        return self._journal.conversation

    async def rename(self, title: str) -> None:
        """Give the conversation another title; an empty one gives it its topic back."""
        await self._journal.change(title=title.strip() or self.conversation.topic)

    async def set_mode(self, name: str) -> None:
        """Take turns by another rule, from the next turn on.

        Raises:
            UnknownError: If there is no such mode.
        """
        mode(name)
        await self._journal.change(mode=name)

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
        new = replace(old, model=model, fallbacks=tuple(fallbacks))
        cast = tuple(new if one is old else one for one in self.conversation.cast)
        await self._journal.change(cast=cast)

    async def set_budget(self, budget: Budget) -> None:
        """Let the conversation use up more or less than before, from the next request on."""
        await self._journal.change(budget=budget)
