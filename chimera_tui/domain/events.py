"""What a room reports: facts, frozen, in the past tense; a closed union at the end.

What an event tells of is in the database before it is shown (of `TextReceived`: its text
is there within a second). That a turn begins, waits or is thought about changes nothing there.
"""

from dataclasses import dataclass
from enum import StrEnum

from chimera_tui.domain.conversation import (
    Conversation,
    Failure,
    Message,
    ModelRef,
    Notice,
    Provenance,
    Summary,
    Turn,
)
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.health import WaitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStarted:
    """A persona was chosen: from now on it "is typing"."""

    turn: Turn
    replaces_id: int | None = None
    """The message to which this is to be another answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptStarted:
    """A model is asked to speak for the persona."""

    turn: Turn
    model: ModelRef
    persona_version: str
    temperature: float | None
    max_tokens: int
    replaces_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDelayed:
    """Nothing comes yet, and why."""

    turn: Turn
    why: WaitReason
    seconds: float | None
    """How long; None if nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryScheduled:
    """An attempt failed before anything was heard; the same model is asked again."""

    turn: Turn
    model: ModelRef
    kind: Fault
    problem: str
    number: int
    """Of the attempt that comes."""
    of: int
    seconds: float
    """Until then."""
    provenance: Provenance | None = None
    """What the attempt used up; None if nobody was asked, or nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSwitched:
    """An attempt failed before anything was heard; another model takes over."""

    turn: Turn
    old: ModelRef
    new: ModelRef
    kind: Fault
    problem: str
    provenance: Provenance | None = None
    """What the attempt used up; None if nobody was asked, or nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkingReceived:
    """A piece of what the model thinks before it speaks arrived."""

    turn: Turn
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReceived:
    """A piece of the reply arrived."""

    turn: Turn
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWithdrawn:
    """All that was heard of the reply so far was a thought; what comes now is the reply."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCompleted:
    """Somebody, persona or human, has said something; it stands."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChanged:
    """A person edited, deleted or restored a message; its place in the tree is the same."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFailed:
    """A turn broke; a person chooses a remedy (without one at hand it is skipped)."""

    failure: Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDropped:
    """A turn ended without a message: stopped before its first text, or skipped after it failed."""

    turn: Turn
    kind: Fault | None = None
    """What was wrong with it, if it neither failed nor was stopped."""
    provenance: Provenance | None = None
    """What it used up; None if nobody was asked, or nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePosted:
    """The system has something to say beside the messages."""

    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandDone:
    """A model was asked for the room's sake: who speaks next, what a summary says."""

    provenance: Provenance
    summary: Summary | None = None
    """What it made, if it was to make one."""


class PauseReason(StrEnum):
    """Why nobody is asked to speak."""

    OPENED = "opened"
    """The conversation was opened; nothing is sent until a person says so."""
    ASKED = "asked"
    """A person pressed pause."""
    TURN_LIMIT = "turn_limit"
    """Enough automatic turns since the last human word."""
    FAILURE = "failure"
    """A turn failed and waits for a remedy."""
    BUDGET = "budget"
    """What may be spent is spent."""
    YOUR_TURN = "your_turn"
    """The mode waits for the human: to say something, or who speaks."""
    LOOP = "loop"
    """They go round in circles, and a hint did not help."""
    FAREWELL = "farewell"
    """They have said goodbye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPaused:
    """No turn begins by itself any more."""

    reason: PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomResumed:
    """Turns begin by themselves again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathChanged:
    """The conversation goes along another branch."""

    chosen_id: int | None
    """The message through which the path was put; None if it was only cut short."""
    end_id: int | None = None
    """Behind which message it was cut short; None: before the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChanged:
    """Title, topic, mode, pace or cast are others now; they hold from the next turn."""

    conversation: Conversation


class EndReason(StrEnum):
    """Why a room came to its end."""

    FINISHED = "finished"
    """All the turns asked for were taken."""
    STOPPED = "stopped"
    """It was left."""
    FAILED = "failed"
    """Too many turns failed in a row, and nobody was there to choose a remedy."""
    BUDGET = "budget"
    """What may be spent is spent."""
    STRAYED = "strayed"
    """The database was not in its place any more, and nobody was there to be told."""
    CRASHED = "crashed"
    """A mistake in the program ended it; what was said is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationEnded:
    """The last event of a room."""

    reason: EndReason


Event = (
    TurnStarted
    | AttemptStarted
    | TurnDelayed
    | RetryScheduled
    | ProviderSwitched
    | ThinkingReceived
    | TextReceived
    | TextWithdrawn
    | MessageCompleted
    | MessageChanged
    | TurnFailed
    | TurnDropped
    | NoticePosted
    | ErrandDone
    | RoomPaused
    | RoomResumed
    | PathChanged
    | ConversationChanged
    | ConversationEnded
)

Unrecorded = (
    TurnStarted | TurnDelayed | ThinkingReceived | RoomPaused | RoomResumed | ConversationEnded
)
"""Events of which there is nothing to save."""
