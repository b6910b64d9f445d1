"""What a mode of turn-taking may know, and what it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from chimera_tui.domain.conversation import HUMAN, Conversation, Message
from chimera_tui.domain.persona import Persona


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The room at the moment in which somebody is to be chosen."""

    conversation: Conversation
    path: Sequence[Message]
    rng: Random
    """The randomness of the coming turn: the same room chooses the same speaker again."""
    passed_over: str | None = None
    """Whose turn just came to nothing: stopped at once, or failed and skipped."""

    @property
    def personas(self) -> list[Persona]:
        """Who can be chosen, in the order of the cast: not the muted; with a solo, only that one.

        Where nobody is left, all can be.
        """
        cast, solo = self.conversation.cast, self.conversation.solo
        heard = [a for a in cast if (a.persona.slug == solo if solo else not a.is_muted)]
        return [assignment.persona for assignment in heard or cast]

    @property
    def last_speaker(self) -> str | None:
        """The slug of the persona that had the last turn; None if none has."""
        if self.passed_over:
            return self.passed_over
        spoken = (m.turn.speaker for m in reversed(self.path) if m.turn.speaker != HUMAN)
        return next(spoken, None)


Mode = Callable[[Floor], tuple[str, ...]]
"""Names who takes the next turns, side by side: at least one."""
