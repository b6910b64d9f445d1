"""A conversation as it lies in the database: the tree of its messages, and what it has used up."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from chimera_tui.domain.conversation import (
    HUMAN,
    Conversation,
    CostSource,
    Failure,
    Message,
    Notice,
    Provenance,
    Summary,
)


@dataclass(slots=True)
class Tree:
    """The messages of a conversation: each follows a parent, one child of each is chosen.

    A branch is a path through alternatives. The chosen one, `path`, is what
    screens show and what the models are told.
    """

    messages: dict[int, Message] = field(default_factory=dict)
    chosen: dict[int | None, int] = field(default_factory=dict)
    """The chosen child of each message; that of None is the first message."""
    children: dict[int | None, list[int]] = field(default_factory=dict)
    trunk: list[Message] = field(default_factory=list)
    """The messages along the choices, the deleted ones too: what comes next hangs on its end."""
    path: list[Message] = field(default_factory=list)
    """The trunk without what was deleted."""

    @classmethod
    def of(cls, messages: list[Message], chosen: dict[int | None, int]) -> Self:
        """Build the tree from its saved parts; without a choice the latest child is chosen."""
        tree = cls(messages={m.id: m for m in messages})
        for message in messages:
            tree.children.setdefault(message.parent_id, []).append(message.id)
        tree.chosen = {parent: ids[-1] for parent, ids in tree.children.items()} | chosen
        tree._walk()
        return tree

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
            for id_ in self.children.get(message.parent_id, [])
            if self.messages[id_].turn.number > message.turn.number
            and self.chosen.get(message.parent_id) == id_
        ]
        self.messages[message.id] = message
        self.children.setdefault(message.parent_id, []).append(message.id)
        self.chosen[message.parent_id] = message.id
        moved = [replace(later, parent_id=message.id) for later in moved]
        for later in moved:
            self.children[message.parent_id].remove(later.id)
            self.children.setdefault(message.id, []).append(later.id)
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
        siblings = self.children.get(message.parent_id, [message.id])
        if len(siblings) == 1:
            return siblings
        return [
            id_
            for id_ in siblings
            if self.messages[id_].turn.number == message.turn.number
            and not self.messages[id_].is_deleted
        ]

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
    """In which somebody had the turn."""

    def add(self, provenance: Provenance | None) -> None:
        """Count an attempt."""
        if provenance is None or provenance.cost_source is CostSource.FREE:
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
