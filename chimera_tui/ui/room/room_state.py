"""What the panels and the head show of a room; follows its events, needs no terminal."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from time import monotonic
from typing import assert_never

from chimera_tui.domain.conversation import (
    DEMO,
    HUMAN,
    Budget,
    Conversation,
    Failure,
    ModelRef,
    Turn,
)
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    EndReason,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    PauseReason,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TextWithdrawn,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.domain.text import one_line
from chimera_tui.quality.measures import balance
from chimera_tui.ui.kit.costs import Totals
from chimera_tui.ui.room.vitals_words import NOTHING
from chimera_tui.ui.room.waits import Thought, Wait
from chimera_tui.ui.transcript.conversation_entries import speakers
from chimera_tui.ui.transcript.entries import Speaker

EVEN, FAIR = 0.9, 0.5
"""From which balance on the turns are called even, or fair."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CastRow:
    """One persona in the cast panel."""

    slug: str
    speaker: Speaker
    state: str
    model: str
    share: int
    """Percent of the turns of personas."""
    is_demo: bool = False
    clock: str = ""
    """Seconds that it waits."""
    note: str = ""
    """Why it waits, or why it failed."""
    assigned: ModelRef | None = None
    fallbacks: tuple[ModelRef, ...] = ()


class RoomState:
    """What is to be seen of a conversation beside its words.

    Args:
        saved: The conversation as it was opened; this changes it as the room tells.
        read_only: Why it cannot go on here; empty if it can.
        has_plain_emoji: Whether the terminal needs emoji in their plainest form.
        clock: The monotonic clock, in seconds.
    """

    def __init__(
        self,
        saved: SavedConversation,
        *,
        read_only: str = "",
        has_plain_emoji: bool = False,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.saved = saved
        self.read_only = read_only
        self.paused: PauseReason | None = PauseReason.OPENED
        self.ended: EndReason | None = None
        self.ended_because = ""
        """Why the room cannot go on, in words, if a mistake of ours ended it."""
        self.typing: dict[int, str] = {}
        """Slugs of those chosen who have not been heard yet, by turn."""
        self.heard: dict[int, str] = {}
        """Slugs of those who are being heard, by turn."""
        self.models: dict[int, ModelRef] = {}
        """What plays the turns that are being taken."""
        self.waits: dict[int, Wait] = {}
        """What turns wait for that have not been heard yet."""
        self.thoughts: dict[int, Thought] = {}
        """What was thought so far in turns that have not been heard yet."""
        self.measures = NOTHING
        """How it is doing, as it was measured after the last turn."""
        self.totals = Totals()
        for message in self.tree.messages.values():
            self.totals.add(message)
        self._clock = clock
        self._has_plain_emoji = has_plain_emoji
        self.speakers: Mapping[str, Speaker] = self._name_all()
        self._count()

    def note(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case an event
        """Take in what happened."""
        self.saved.apply(event)
        match event:
            case TurnStarted(turn=turn):
                self.typing[turn.number] = turn.speaker
            case AttemptStarted(turn=turn, model=model) | ProviderSwitched(turn=turn, new=model):
                self.models[turn.number] = model
                self._come(turn)
            case TurnDelayed() | RetryScheduled():
                self._wait(event)
            case ThinkingReceived(turn=turn, text=text):
                self.waits.pop(turn.number, None)
                self.thoughts.setdefault(turn.number, Thought()).add(text)
            case TextReceived(turn=turn):
                self._come(turn)
                self.typing.pop(turn.number, None)
                self.heard[turn.number] = turn.speaker
            case TextWithdrawn(turn=turn):
                self.heard.pop(turn.number, None)
                self.typing[turn.number] = turn.speaker
            case MessageCompleted(message=message):
                self._over(message.turn.number)
                self.totals.add(message)
                self._turns.update([message.turn.speaker] if message.provenance else [])
            case MessageChanged():
                self._count()
            case TurnFailed(failure=Failure(turn=turn)) | TurnDropped(turn=turn):
                self._over(turn.number)
            case PathChanged():
                self._count()
            case NoticePosted() | ErrandDone():
                pass  # all of it is the conversation's
            case RoomPaused(reason=reason):
                self.paused = reason
            case RoomResumed():
                self.paused = None
            case ConversationChanged():
                self.speakers = self._name_all()
            case ConversationEnded(reason=reason):
                self.ended = reason
                for turns in (self.typing, self.heard, self.waits, self.thoughts):
                    turns.clear()
            case _:
                assert_never(event)

    @property
    def conversation(self) -> Conversation:
        """What the conversation goes by now."""
        return self.saved.conversation

    @property
    def tree(self) -> Tree:
        """What has been said."""
        return self.saved.tree

    @property
    def failure(self) -> Failure | None:
        """The failed turn that waits for a remedy."""
        return self.saved.failure

    def _name_all(self) -> Mapping[str, Speaker]:
        return speakers(self.conversation, has_plain_emoji=self._has_plain_emoji)

    def _over(self, turn: int) -> None:
        for turns in (self.typing, self.heard, self.models, self.waits, self.thoughts):
            turns.pop(turn, None)

    def _come(self, turn: Turn) -> None:
        """Something comes of the turn: it waits no more."""
        self.waits.pop(turn.number, None)
        self.thoughts.pop(turn.number, None)

    def _wait(self, event: TurnDelayed | RetryScheduled) -> None:
        """Note what a turn waits for; which attempt it waits for is said before how long."""
        number = event.turn.number
        self.thoughts.pop(number, None)
        if isinstance(event, RetryScheduled):
            why, attempt, of = WaitReason.RETRY, event.number, event.of
        else:
            before = self.waits.get(number)
            why = event.why
            attempt, of = (before.number, before.of) if before else (0, 0)
        model = self.models.get(number) or self.conversation.assignment(event.turn.speaker).model
        self.waits[number] = Wait(
            why=why,
            provider=one_line(model.provider, 40) if model else "",
            seconds=event.seconds if isfinite(event.seconds or 0) else None,
            since=self._clock(),
            number=attempt,
            of=of,
        )

    def typing_words(self) -> list[tuple[Speaker, str]]:
        """Who has the turn and is not heard yet; with what it waits for or does, in words."""
        return [(self.speakers[slug], self._words(turn)) for turn, slug in self.typing.items()]

    def _words(self, turn: int) -> str:
        if wait := self.waits.get(turn):
            return f"waits: {wait.words(self._clock())}"
        if thought := self.thoughts.get(turn):
            return f"is thinking … {thought.words:,} word{'s' if thought.words != 1 else ''}"
        return ""

    @property
    def state(self) -> str:
        """The state of the room, as a key of the glyphs."""
        if self.read_only:
            return "off"
        if self.ended:
            return "ended"
        return "paused" if self.paused else "live"

    @property
    def state_word(self) -> str:
        """The word beside the glyph of the state."""
        return "read only" if self.read_only else self.state

    @property
    def budget(self) -> Budget:
        """What may be used up; nothing is counted where all that was said is free."""
        is_free = self.totals.is_free and not self.saved.spent.cost
        said_or_demo = self.conversation.is_demo or self.totals.tokens
        return Budget() if is_free and said_or_demo else self.conversation.budget

    @property
    def is_out_of_time(self) -> bool:
        """Whether they have spoken for as long as they may."""
        minutes = self.conversation.budget.minutes
        return minutes is not None and self.saved.spent.seconds >= 60 * minutes

    @property
    def cost_label(self) -> str:
        """What all attempts cost, the failed ones too: `free`, an amount in dollars, or `n/a`."""
        if not self.saved.spent.cost:
            return self.totals.cost_label
        return replace(self.totals, cost=self.saved.spent.cost, is_free=False).cost_label

    def cast_rows(self) -> list[CastRow]:
        """The cast, in its order."""
        said, total = self._turns, self._turns.total()
        return [
            CastRow(
                slug=(slug := assignment.persona.slug),
                speaker=self.speakers[slug],
                state=self._doing(slug),
                model=self._model_of(slug, assignment.model),
                share=round(100 * said[slug] / total) if total else 0,
                is_demo=assignment.model is not None and assignment.model == DEMO,
                clock=wait.clock(self._clock()) if (wait := self._wait_of(slug)) else "",
                note=self._note_of(slug, wait),
                assigned=assignment.model,
                fallbacks=assignment.fallbacks,
            )
            for assignment in self.conversation.cast
        ]

    def balance(self) -> tuple[float, str]:
        """How evenly the turns are shared (see `quality.measures`), and a word for it."""
        cast = [assignment.persona.slug for assignment in self.conversation.cast]
        if len(cast) == 1 or self._turns.total() < len(cast):
            return 0.0, "–"  # nothing to share out, or too early to tell
        even = balance({slug: self._turns[slug] for slug in cast})
        return even, "even" if even >= EVEN else "fair" if even >= FAIR else "uneven"

    def _count(self) -> None:
        """Count the turns of each persona along the path."""
        speakers = (message.turn.speaker for message in self.tree.path)
        self._turns = Counter(speaker for speaker in speakers if speaker != HUMAN)

    def _doing(self, slug: str) -> str:
        if slug in self.heard.values():
            return "speaking"
        for turn, who in self.typing.items():
            if who == slug:
                if turn in self.waits:
                    return "held"
                return "thinking" if turn in self.thoughts else "typing"
        if self.failure and self.failure.turn.speaker == slug:
            return "failed"
        return self._rest(slug)

    def _rest(self, slug: str) -> str:
        """What somebody does who has no turn: wait for one, or for being called."""
        solo = self.conversation.solo
        if slug == solo:
            return "solo"
        muted = (one.is_muted for one in self.conversation.cast if one.persona.slug == slug)
        return "muted" if solo or any(muted) else "waiting"

    def _wait_of(self, slug: str) -> Wait | None:
        turns = (turn for turn, who in self.typing.items() if who == slug)
        return next((self.waits[turn] for turn in turns if turn in self.waits), None)

    def _note_of(self, slug: str, wait: Wait | None) -> str:
        if wait:
            return wait.words(self._clock())
        if self.failure and self.failure.turn.speaker == slug:
            return one_line(self.failure.problem)
        return ""

    def _model_of(self, slug: str, assigned: ModelRef | None) -> str:
        """The model that plays a persona: what speaks now, what is assigned, what spoke last."""
        for turn, who in (*self.heard.items(), *self.typing.items()):
            if who == slug and turn in self.models:
                return one_line(self.models[turn].model, 60)
        if assigned:
            return one_line(assigned.model, 60)
        last = (
            m.provenance.model.model
            for m in reversed(self.tree.path)
            if m.turn.speaker == slug and m.provenance
        )
        return one_line(next(last, "automatic"), 60)
