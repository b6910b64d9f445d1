"""What the panels and the head show of a room; follows its events, needs no terminal."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from chimera_tui.domain.conversation import (
    DEMO,
    HUMAN,
    Conversation,
    CostSource,
    Failure,
    Message,
    ModelRef,
    Notice,
    SavedConversation,
    Tree,
)
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    EndReason,
    Event,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    PauseReason,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.domain.text import one_line
from chimera_tui.quality.measures import balance
from chimera_tui.ui.adapter import clock, speakers
from chimera_tui.ui.entries import Speaker

THOUSAND = 1000
JUST_NOW, A_WHILE = 5, 90
"""Seconds."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One provider in its panel, or on the first-run screen."""

    name: str
    state: str
    latency: str
    history: tuple[float | None, ...]
    reason: str
    hint: str
    models: tuple[str, ...]
    was_asked: bool = True


@dataclass(slots=True)
class Totals:
    """What the replies of a conversation used."""

    tokens: int = 0
    is_estimate: bool = False
    cost: int | None = None
    """Micro-dollars; None while nothing had a price."""
    is_free: bool = True
    is_unknown: bool = False

    def add(self, message: Message) -> None:
        """Count a reply."""
        if (told := message.provenance) is None:
            return
        self.tokens += told.usage.input + told.usage.output
        self.is_estimate |= told.usage.is_estimate
        if told.cost_source is CostSource.FREE:
            return
        self.is_free = False
        self.is_unknown |= told.cost is None
        if told.cost is not None:
            self.cost = (self.cost or 0) + told.cost

    @property
    def tokens_label(self) -> str:
        """`3.1k`; with `~` where a provider did not count."""
        if not self.tokens:
            return "0"
        number = f"{self.tokens / THOUSAND:.1f}k" if self.tokens >= THOUSAND else str(self.tokens)
        return f"~{number}" if self.is_estimate else number

    @property
    def cost_label(self) -> str:
        """`free`, an amount in dollars, or `n/a` where no price is known."""
        if self.is_free:
            return "free"
        if self.cost is None:
            return "n/a"
        return f"${self.cost / 1e6:.4f}" + ("+" if self.is_unknown else "")


class Scene:
    """What is to be seen of a conversation beside its words.

    Args:
        saved: The conversation as it was opened.
        read_only: Why it cannot go on here; empty if it can.
        has_plain_emoji: Whether the terminal needs emoji in their plainest form.
    """

    def __init__(
        self, saved: SavedConversation, *, read_only: str = "", has_plain_emoji: bool = False
    ) -> None:
        self.conversation: Conversation = saved.conversation
        self.tree: Tree = saved.tree
        self.notices: list[Notice] = list(saved.notices)
        self.failure: Failure | None = saved.failure
        self.read_only = read_only
        self.paused: PauseReason | None = PauseReason.OPENED
        self.ended: EndReason | None = None
        self.auto_turns = 0
        self.typing: dict[int, str] = {}
        """Slugs of those chosen who have not been heard yet, by turn."""
        self.heard: dict[int, str] = {}
        """Slugs of those who are being heard, by turn."""
        self.models: dict[int, ModelRef] = {}
        """What plays the turns that are being taken."""
        self.totals = Totals()
        for message in self.tree.messages.values():
            self.totals.add(message)
        self._has_plain_emoji = has_plain_emoji
        self.speakers: Mapping[str, Speaker] = self._name_all()
        self._count()

    def note(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case an event
        """Take in what happened."""
        match event:
            case TurnStarted(turn=turn):
                self.typing[turn.number] = turn.speaker
                self._drop_failure(turn.number)
            case AttemptStarted(turn=turn, model=model):
                self.models[turn.number] = model
            case ProviderSwitched(turn=turn, new=model):
                self.models[turn.number] = model
            case TurnDelayed() | RetryScheduled() | ThinkingReceived():
                pass
            case TextReceived(turn=turn):
                self.typing.pop(turn.number, None)
                self.heard[turn.number] = turn.speaker
            case MessageCompleted(message=message):
                self._over(message.turn.number)
                self.totals.add(message)
                self._turns.update([message.turn.speaker] if message.provenance else [])
            case TurnFailed(failure=failure):
                self._over(failure.turn.number)
                self.failure = failure
            case TurnDropped(turn=turn):
                self._over(turn.number)
            case PathChanged():
                self._count()
            case NoticePosted(notice=notice):
                self.notices.append(notice)
            case RoomPaused(reason=reason):
                self.paused = reason
            case RoomResumed():
                self.paused = None
            case ConversationChanged(conversation=conversation):
                self.conversation = conversation
                self.speakers = self._name_all()
            case ConversationEnded(reason=reason):
                self.ended = reason
                self.typing.clear()
                self.heard.clear()
            case _:
                assert_never(event)

    def _name_all(self) -> Mapping[str, Speaker]:
        return speakers(self.conversation, has_plain_emoji=self._has_plain_emoji)

    def _over(self, turn: int) -> None:
        for who in (self.typing, self.heard, self.models):
            who.pop(turn, None)
        self._drop_failure(turn)

    def _drop_failure(self, turn: int) -> None:
        if self.failure and self.failure.turn.number == turn:
            self.failure = None

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
        if slug in self.typing.values():
            return "typing"
        if self.failure and self.failure.turn.speaker == slug:
            return "failed"
        return "waiting"

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


def provider_rows(healths: Iterable[Health], wanted: Iterable[str] = ()) -> list[ProviderRow]:
    """The providers in their order; one that is down but not wanted by anyone is only off."""
    wanted = set(wanted)
    words = {
        HealthState.UP: "ok",
        HealthState.SLOW: "slow",
        HealthState.NOT_ASKED: "off",
        HealthState.NO_KEY: "off",
        HealthState.DOWN: "off",
    }
    return [
        ProviderRow(
            name=one_line(health.provider, 40),
            state="down"
            if health.state is HealthState.DOWN and health.provider in wanted
            else words[health.state],
            latency=duration(health.latency),
            history=health.history,
            reason=one_line(health.reason),
            was_asked=health.state is not HealthState.NOT_ASKED,
            hint=one_line(health.hint),
            models=tuple(one_line(model.name, 80) for model in health.models if model.can_chat),
        )
        for health in healths
    ]


def checked_label(healths: Iterable[Health], now: datetime) -> str:
    """When the providers were asked last: `12 s ago`, or the time of day."""
    moments = [health.checked_at for health in healths if health.checked_at]
    if not moments:
        return ""
    seconds = (now - max(moments)).total_seconds()
    if seconds < JUST_NOW:
        return "just now"
    return f"{seconds:.0f} s ago" if seconds < A_WHILE else f"at {clock(max(moments))}"


def duration(seconds: float | None) -> str:
    """`412 ms`, `2.9 s`; empty if unknown."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
