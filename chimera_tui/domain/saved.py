"""A conversation as it lies in the database: the tree of its messages, and what it has used up.

`SavedConversation.apply` is the one place that says what an event changes. The engine applies an
event once it is recorded, every front end when it hears of it: so all of them hold the same.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self, assert_never

from chimera_tui.domain.conversation import (
    HUMAN,
    Conversation,
    CostSource,
    Failure,
    Message,
    Notice,
    Provenance,
    Summary,
    Turn,
)
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
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

MOST_AUTO_TURNS = 100
"""Turns in a row without a human word, at most, whatever a conversation allows."""


@dataclass(slots=True)
class Tree:
    """The messages of a conversation: each follows a parent, one child of each is chosen.

    A branch is a path through alternatives. The chosen one, `path`, is what
    screens show and what the models are told.
    """

    messages: dict[int, Message] = field(default_factory=dict)
    chosen: dict[int | None, int] = field(default_factory=dict)
    """The chosen child of each message; that of None is the first message."""
    children: dict[int | None, tuple[int, ...]] = field(default_factory=dict)
    trunk: list[Message] = field(default_factory=list)
    """The messages along the choices, the deleted ones too: what comes next hangs on its end."""
    path: list[Message] = field(default_factory=list)
    """The trunk without what was deleted."""
    last_id: int = field(init=False)
    """The highest id of any message."""

    def __post_init__(self) -> None:
        self.last_id = max(self.messages, default=0)

    @classmethod
    def of(cls, messages: list[Message], chosen: dict[int | None, int]) -> Self:
        """Build the tree from its saved parts; without a choice the latest child is chosen."""
        tree = cls(messages={m.id: m for m in messages})
        for message in messages:
            tree._hang(message)
        tree.chosen = {parent: ids[-1] for parent, ids in tree.children.items()} | chosen
        tree._walk()
        return tree

    def copy(self) -> Self:
        """Return a tree of its own with the same messages."""
        return type(self)(
            messages=dict(self.messages),
            chosen=dict(self.chosen),
            children=dict(self.children),
            trunk=list(self.trunk),
            path=list(self.path),
        )

    @property
    def tip(self) -> Message | None:
        """The last message of the path."""
        return self.path[-1] if self.path else None

    @property
    def turns_since_human(self) -> int:
        """Messages of personas on the path since the last human word."""
        speakers = [message.turn.speaker for message in reversed(self.path)]
        return speakers.index(HUMAN) if HUMAN in speakers else len(speakers)

    def add(self, message: Message) -> list[Message]:
        """Add a message under its parent and choose it.

        A message that follows the same parent but belongs to a *later* turn was
        said while this one was being spoken: it is put behind it.

        Returns:
            The messages that were put behind it, as they are now (new parent).
        """
        moved = [
            self.messages[id_]
            for id_ in self.children.get(message.parent_id, ())
            if self.messages[id_].turn.number > message.turn.number
            and self.chosen.get(message.parent_id) == id_
        ]
        self.messages[message.id] = message
        self.last_id = max(self.last_id, message.id)
        self._hang(message)
        self.chosen[message.parent_id] = message.id
        moved = [replace(later, parent_id=message.id) for later in moved]
        for later in moved:
            siblings = self.children[message.parent_id]
            self.children[message.parent_id] = tuple(id_ for id_ in siblings if id_ != later.id)
            self._hang(later)
            self.chosen[message.id] = later.id
            self.messages[later.id] = later
        if message.parent_id == (self.trunk[-1].id if self.trunk else None):
            self.trunk.append(message)
            self.path += [] if message.is_deleted else [message]
        else:
            self._walk()
        return moved

    def change(self, message: Message) -> None:
        """Put `message` in the place of the one of its id."""
        self.messages[message.id] = message
        self._walk()

    def end_at(self, message_id: int | None) -> None:
        """End the path at this message, as if nothing had been said after it."""
        self.chosen.pop(message_id, None)
        self._walk()

    def choose(self, message_id: int) -> None:
        """Put the path through this message, from wherever it branches off."""
        at: int | None = message_id
        while at is not None:
            parent_id = self.messages[at].parent_id
            self.chosen[parent_id] = at
            at = parent_id if parent_id in self.messages else None
        self._walk()

    def alternatives(self, message: Message) -> list[int]:
        """The ids of all messages of the same turn at this place, oldest first."""
        siblings = self.children.get(message.parent_id, (message.id,))
        if len(siblings) == 1:
            return [*siblings]
        return [
            id_
            for id_ in siblings
            if self.messages[id_].turn.number == message.turn.number
            and not self.messages[id_].is_deleted
        ]

    def _hang(self, message: Message) -> None:
        """Note whose child a message is."""
        siblings = self.children.get(message.parent_id, ())
        self.children[message.parent_id] = (*siblings, message.id)

    def _walk(self) -> None:
        self.trunk = []
        at: int | None = None
        while (child := self.chosen.get(at)) is not None:
            self.trunk.append(self.messages[child])
            at = child
        self.path = [message for message in self.trunk if not message.is_deleted]


@dataclass(slots=True)
class Spent:
    """What a conversation has used up: all attempts, the failed ones too."""

    cost: int = 0
    """Micro-dollars, as far as they are known."""
    tokens: int = 0
    """Of models that are not free."""
    seconds: float = 0.0
    """In which a persona was asked, or spoke."""

    def add(self, provenance: Provenance | None, *, is_turn: bool = True) -> None:
        """Count an attempt; the time of a request that is no turn's does not count."""
        if provenance is None:
            return
        self.seconds += provenance.duration if is_turn else 0.0
        if provenance.cost_source is CostSource.FREE:
            return
        self.cost += provenance.cost or 0
        self.tokens += provenance.usage.input + provenance.usage.output


@dataclass(slots=True, kw_only=True)
class SavedConversation:
    """A conversation as it lies in the database: all that a room needs to go on."""

    conversation: Conversation
    tree: Tree = field(default_factory=Tree)
    notices: list[Notice] = field(default_factory=list)
    failure: Failure | None = None
    """The turn that failed or was interrupted last, if nobody has chosen a remedy yet."""
    turns: int = 0
    """The highest number of any turn that began."""
    spent: Spent = field(default_factory=Spent)
    summaries: dict[str, Summary] = field(default_factory=dict)
    """By digest."""
    auto_turns: int = field(init=False)
    """Turns of personas since the last human word, or since somebody let them go on."""

    def __post_init__(self) -> None:
        self.auto_turns = self.tree.turns_since_human

    def copy(self) -> Self:
        """Return the same conversation as a value of its own."""
        mine = replace(
            self,
            tree=self.tree.copy(),
            notices=list(self.notices),
            spent=replace(self.spent),
            summaries=dict(self.summaries),
        )
        mine.auto_turns = self.auto_turns
        return mine

    @property
    def is_far(self) -> bool:
        """Whether as many turns were taken without a human word as may be."""
        return self.auto_turns >= min(MOST_AUTO_TURNS, self.conversation.turn_limit)

    def apply(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case an event
        """Take in what happened."""
        match event:
            case MessageCompleted(message=message):
                self._add(message)
            case MessageChanged(message=message):
                self.tree.change(message)
            case PathChanged(chosen_id=chosen_id, end_id=end_id):
                if chosen_id is None:
                    self.tree.end_at(end_id)
                else:
                    self.tree.choose(chosen_id)
                self.auto_turns = self.tree.turns_since_human
            case TurnStarted(turn=turn):
                self._settle(turn)
            case TurnFailed(failure=failure):
                self.spent.add(failure.provenance)
                self._settle(failure.turn)
                self.failure = failure
            case TurnDropped(turn=turn, provenance=used):
                self.spent.add(used)
                self._settle(turn)
            case RetryScheduled(provenance=used) | ProviderSwitched(provenance=used):
                self.spent.add(used)
            case ErrandDone(provenance=used, summary=summary):
                self.spent.add(used, is_turn=False)
                self.summaries |= {summary.digest: summary} if summary else {}
            case NoticePosted(notice=notice):
                self.notices.append(notice)
            case ConversationChanged(conversation=conversation):
                self.conversation = conversation
            case RoomResumed():
                self.auto_turns = 0 if self.is_far else self.auto_turns
            case AttemptStarted() | TurnDelayed() | ThinkingReceived():
                pass  # nothing was said yet
            case TextReceived() | TextWithdrawn():
                pass  # what comes of a turn counts when it is over
            case RoomPaused() | ConversationEnded():
                pass  # that is the room's
            case _:
                assert_never(event)

    def _add(self, message: Message) -> None:
        failure = self.failure
        if failure is None or failure.turn.number != message.turn.number:
            self.spent.add(message.provenance)  # a part that is kept was counted as it failed
        self._settle(message.turn)
        self.tree.add(message)
        self.auto_turns = 0 if message.turn.speaker == HUMAN else self.auto_turns + 1

    def _settle(self, turn: Turn) -> None:
        """The turn begins, or is over: its failure waits for nothing any more."""
        self.turns = max(self.turns, turn.number)
        if self.failure and self.failure.turn.number == turn.number:
            self.failure = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSummary:
    """One line of the list of conversations."""

    id: int
    title: str
    messages: int
    is_demo: bool
    updated_at: datetime
    live_pid: int | None = None
    """The other process in which it is live now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a start found of a reply that was being said when the program ended."""

    conversation_id: int
    title: str
    speaker: str
    characters: int
    """How much of the reply was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescue:
    """How what was said was kept when the open database was not in its place any more."""

    problem: str
    """What became of the database, one sentence."""
    path: Path
    """The new database, which is in use since then."""
    is_whole: bool
    """Whether all that the old one held is in it; else what is open alone."""

    @property
    def kept(self) -> str:
        """What is kept, and where; one sentence."""
        what = "All that it held, and all that was said since," if self.is_whole else "What is open"
        return f"{what} is kept in `{self.path}`, and goes on there (`--db` opens it)."

    def __str__(self) -> str:
        return f"{self.problem} {self.kept} What lies in the old place was left alone."
