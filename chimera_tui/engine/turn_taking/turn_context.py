"""What a mode of turn-taking may know, and what it is."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from chimera_tui.domain.conversation import HUMAN, Conversation, Message
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.addressing import RollCall


async def ask_nobody(_system: str, _question: str) -> str:
    """Stands for the helping model where there is none."""
    raise ProviderError("No model is set to help.", kind=Fault.MODEL, hint="Choose one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """The room at the moment in which somebody is to be chosen."""

    conversation: Conversation
    path: Sequence[Message]
    rng: Random
    """The randomness of the coming turn: the same room chooses the same speaker again."""
    roll: RollCall
    """Hears who is called."""
    passed_over: str | None = None
    """Whose turn just came to nothing: stopped at once, or failed and skipped."""
    is_attended: bool = False
    """Whether a person is there, who can be waited for."""
    ask: Callable[[str, str], Awaitable[str]] = field(default=ask_nobody)
    """Asks the helping model: instructions, question; raises ProviderError."""

    @property
    def personas(self) -> list[Persona]:
        """The cast, in its order."""
        return [assignment.persona for assignment in self.conversation.cast]

    @property
    def present(self) -> list[Persona]:
        """Who may take automatic turns: the one place that knows of mute, solo and caps."""
        conversation, taken = self.conversation, Counter(self.since_human)
        most = conversation.rules.most_turns
        heard = (
            one.persona
            for one in conversation.cast
            if (one.persona.slug == conversation.solo if conversation.solo else not one.is_muted)
        )
        return [persona for persona in heard if most is None or taken[persona.slug] < most]

    @property
    def eligible(self) -> list[Persona]:
        """Of those present: not the last speaker, and nobody who speaks only when addressed.

        Where that leaves nobody, the last speaker may go on, then those of talkativeness 0.
        """
        talkative = [p for p in self.present if p.talkativeness > 0] or self.present
        return [p for p in talkative if p.slug != self.just_spoke] or talkative

    @property
    def just_spoke(self) -> str | None:
        """Who would speak twice running; None if the human spoke last."""
        if self.passed_over:
            return self.passed_over
        tip = self.path[-1].turn.speaker if self.path else HUMAN
        return None if tip == HUMAN else tip

    @property
    def last_speaker(self) -> str | None:
        """The slug of the persona that had the last turn; None if none has."""
        return self.passed_over or next(reversed(self.spoken), None)

    @property
    def spoken(self) -> list[str]:
        """The slugs of the personas that have spoken, turn by turn."""
        return [m.turn.speaker for m in self.path if m.turn.speaker != HUMAN]

    @property
    def since_human(self) -> list[str]:
        """Those of them that came after the last human word."""
        speakers = [message.turn.speaker for message in self.path]
        begin = next((i for i in range(len(speakers), 0, -1) if speakers[i - 1] == HUMAN), 0)
        return speakers[begin:]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnChoice:
    """Who is to speak."""

    speakers: tuple[str, ...] = ()
    """Side by side; empty: it is the human's turn."""
    beat: str = ""
    """What the turn is to do, as the speaker alone is told."""
    notice: str = ""
    """What a person should know of how it was chosen."""


Mode = Callable[[TurnContext], Awaitable[TurnChoice]]
"""Chooses who takes the next turn."""
