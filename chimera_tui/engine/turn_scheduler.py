"""Who has the next turn and what it is told: the mode, the limits, and the model that helps."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.persona import Persona
from chimera_tui.engine import beats
from chimera_tui.engine.addressing import RollCall
from chimera_tui.engine.background_requests import BackgroundRequests
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.limits import Limits
from chimera_tui.engine.turn_taking import TurnChoice, TurnContext, next_speakers
from chimera_tui.engine.turn_taking.natural import choose, obligations
from chimera_tui.quality.vitals import Vitals

MORE_ANSWERS = 0.35
"""How likely a second answer to a human word is, and a third one."""
READ_AT_ONCE = 40
"""Messages that are read without anybody noticing."""

Offer = Callable[[Sequence[Persona], Random], str]
"""Draws a topic that suits a cast; empty if there is none."""


def offer_nothing(_cast: Sequence[Persona], _rng: Random) -> str:
    """Stands for a deck of topics where there is none."""
    return ""


@dataclass(slots=True)
class TurnScheduler:
    """Chairs one room."""

    journal: Journal
    background: BackgroundRequests
    is_attended: bool
    offer: Offer = offer_nothing
    passed_over: str | None = None
    """Whose turn just came to nothing."""
    offered: str = ""
    """The topic that was offered when they had left theirs."""
    vitals: Vitals = field(default_factory=Vitals)
    limits: Limits = field(init=False)
    _catching_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    _choosing: asyncio.Task[TurnChoice] | None = None
    _roll: tuple[list[Persona], RollCall] | None = None
    _said: str = ""
    """The last thing the mode had to say about how it chooses."""

    def __post_init__(self) -> None:
        self.limits = Limits(self.journal, self.vitals)

    async def catch_up(self) -> None:
        """Read what was said on a path that is new to it, beside the loop."""
        async with self._catching_up:
            path = list(self.journal.tree.path)
            if len(path) > READ_AT_ONCE:
                await asyncio.to_thread(self.vitals.follow, self.journal.conversation, path)

    def current_vitals(self) -> Vitals:
        """Read what is new, and return how the conversation is doing."""
        self.vitals.follow(self.journal.conversation, self.journal.tree.path)
        return self.vitals

    async def choose(self, *, is_asked: bool) -> TurnChoice | None:
        """Say who has the next turn, and what it is to do; None if that was called off.

        Args:
            is_asked: Whether somebody asked for a turn: then a mode that waits for the human
                is not waited for.
        """
        context = self.context()
        self._choosing = choosing = asyncio.create_task(next_speakers(context))
        try:
            await asyncio.wait({choosing})
        finally:
            choosing.cancel()
            self._choosing = None
        if choosing.cancelled():
            return None
        choice = choosing.result()
        if choice.notice and choice.notice != self._said:
            await self.journal.post_notice(choice.notice)
        self._said = choice.notice
        if not choice.speakers and is_asked and (speaker := choose(context)):
            choice = replace(choice, speakers=(speaker,))
        return await self._loosened(choice, context)

    def answers(self) -> list[str | None]:
        """Who answers the human word that was just said; None: whom the mode names then.

        Those who are called; else as many as come by lot, one to three of them (a burst); in
        the mode `manual` nobody: there a person says who.
        """
        context = self.context()
        if called := obligations(context):
            return [*called]
        if context.conversation.mode == "manual":
            return []
        rng = context.conversation.rng(context.path[-1].turn.number)
        return [None] * (1 + sum(rng.random() < MORE_ANSWERS for _ in range(2)))

    def suggestion(self) -> str | None:
        """Whom `natural` would choose now; None if nobody may speak."""
        return choose(self.context())

    def context(self) -> TurnContext:
        """The room as it is now."""
        conversation = self.journal.conversation
        return TurnContext(
            conversation=conversation,
            path=self.journal.tree.path,
            rng=conversation.rng(self.journal.state.turns + 1),
            roll=self._call_roll(),
            passed_over=self.passed_over,
            is_attended=self.is_attended,
            ask=self.background.ask,
        )

    def _call_roll(self) -> RollCall:
        """The names of the cast; made anew only for another cast, since it remembers much."""
        personas = [one.persona for one in self.journal.conversation.cast]
        if self._roll is None or self._roll[0] != personas:
            self._roll = personas, RollCall(personas)
        return self._roll[1]

    def call_off(self) -> None:
        """Stop asking who is next: something else has happened."""
        if self._choosing:
            self._choosing.cancel()

    async def mind_the_topic(self) -> None:
        """Notice that they have left it, and offer another."""
        if self.limits.has_drifted():
            conversation = self.journal.conversation
            rng = conversation.rng(self.journal.state.turns)
            self.offered = self.offer([one.persona for one in conversation.cast], rng)
            other = f" Or move it, say to: {self.offered}" if self.offered else ""
            topic = conversation.current_topic
            await self.journal.post_notice(f"they have left the topic ({topic}).{other}")

    async def _loosened(self, choice: TurnChoice, context: TurnContext) -> TurnChoice:
        """Give the next speaker a hint, if they go round in circles."""
        if not choice.speakers or not (loop := self.limits.needs_hint()):
            return choice
        conversation, spoken = self.journal.conversation, context.spoken
        others = [p for p in context.present if p.slug != choice.speakers[0]] or context.present
        quiet = min(others, key=lambda p: spoken[-4 * len(others) :].count(p.slug), default=None)
        beat = beats.draw(
            context.rng,
            quiet=quiet.name if quiet else conversation.human_name,
            human=conversation.name_of(HUMAN),
        )
        name = conversation.name_of(choice.speakers[0])
        await self.journal.post_notice(f"{loop}: {name} was asked to move things on")
        return replace(choice, beat=beat)
