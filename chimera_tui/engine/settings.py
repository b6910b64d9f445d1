"""What a conversation goes by, changed while it is alive."""

from dataclasses import replace

from chimera_tui.domain.conversation import Budget, Conversation, ModelRef
from chimera_tui.domain.events import PauseReason
from chimera_tui.domain.rules import Rules
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.needs import Models, must_know
from chimera_tui.engine.turn_scheduler import TurnScheduler
from chimera_tui.engine.turn_taking import mode
from chimera_tui.engine.turns import Turns


class RoomSettings:
    """Changes title, topic, mode, rules, pace and budget of one room.

    All of it holds from the next turn on. Each raises StorageError if it cannot be saved; then
    nothing has changed.
    """

    def __init__(
        self, journal: Journal, models: Models, turns: Turns, scheduler: TurnScheduler
    ) -> None:
        self._journal = journal
        self._models = models
        self._turns = turns
        self._scheduler = scheduler

    @property
    def offered_topic(self) -> str:
        """Another topic, offered when they left theirs; empty if none was."""
        return self._scheduler.offered

    async def rename(self, title: str) -> None:
        """Give the conversation another title; an empty one gives it its topic back."""

        def renamed(now: Conversation) -> Conversation:
            return replace(now, title=title.strip() or now.topic)

        await self._journal.change_conversation(renamed)

    async def set_topic(self, topic: str) -> None:
        """Let them talk about something else, and say so; an empty topic: about the first one."""

        def moved(now: Conversation) -> Conversation:
            return replace(now, topic_now=topic.strip())

        await self._journal.change_conversation(moved)
        current = self._journal.conversation.current_topic
        await self._journal.post_notice(f"the topic moves: {current}")

    async def set_mode(self, name: str) -> None:
        """Take turns by another rule; a script begins at its beginning.

        A room that waited because of its former mode goes on.

        Raises:
            UnknownError: If there is no such mode.
        """
        mode(name)

        def ruled(now: Conversation) -> Conversation:
            rules = replace(now.rules, script_from=self._journal.state.turns)
            return replace(now, mode=name, rules=rules)

        await self._journal.change_conversation(ruled)
        if self._turns.paused is PauseReason.YOUR_TURN:
            self._turns.resume()

    async def set_rules(self, **rules: object) -> None:
        """Keep to other rules; another script begins at its beginning.

        Args:
            rules: Fields of `Rules`, with their new values.

        Raises:
            UnknownError: If there is no such provider for the helper.
        """

        def ruled(now: Conversation) -> Conversation:
            changed: Rules = replace(now.rules, **rules)  # type: ignore[arg-type]
            if changed.helper:
                must_know(self._models, ModelRef.parse(changed.helper))
            if changed.script != now.rules.script:
                changed = replace(changed, script_from=self._journal.state.turns)
            return replace(now, rules=changed)

        await self._journal.change_conversation(ruled)

    async def set_pace(self, pace: float) -> None:
        """Speak slower or faster: 0 instant, 1 human, 2 slow."""

        def paced(now: Conversation) -> Conversation:
            return replace(now, pace=max(0.0, pace))

        await self._journal.change_conversation(paced)

    async def set_budget(self, budget: Budget) -> None:
        """Let the conversation use up more or less than before; who waited for that goes on."""
        await self._journal.change_conversation(lambda now: replace(now, budget=budget))
        if self._turns.paused is PauseReason.BUDGET:
            self._turns.resume()
