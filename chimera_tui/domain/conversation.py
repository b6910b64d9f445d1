"""The saved thing: a conversation, its cast, its turns and what was said in them."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Self

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona

HUMAN = "human"
"""The speaker that is no persona: the person at the keyboard."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model at a provider, written `provider/model`."""

    provider: str
    model: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `provider/model`, split at the first slash.

        Raises:
            UnknownError: If there is no slash, or nothing on one side of it.
        """
        provider, slash, model = text.strip().partition("/")
        if not (slash and provider and model):
            raise UnknownError(
                f"`{text}` names no model.",
                hint="Write it as `provider/model`, say `ollama/llama3.2`.",
            )
        return cls(provider, model)

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


DEMO = ModelRef("demo", "demo")
"""The one model of the built-in demo."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A persona and the model that plays it."""

    persona: Persona
    model: ModelRef | None = None
    """None: the first healthy provider of the priority list."""
    fallbacks: tuple[ModelRef, ...] = ()
    """Who takes over, in this order, when the model cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a conversation starts from and goes by; its messages are in a `Tree`."""

    id: int
    title: str
    """The topic, until a person renames it."""
    topic: str
    cast: tuple[Assignment, ...]
    mode: str
    """The rule of turn-taking: a key of `engine.turn_taking.MODES`."""
    pace: float = 1.0
    """0 is instant, 1 a human pace, 2 slow."""
    seed: int = 0
    turn_limit: int = 20
    """Automatic turns after the last human word, then the room pauses."""
    human_name: str = "Human"
    created_at: datetime

    def assignment(self, slug: str) -> Assignment:
        """Return who is played by what for the persona `slug`.

        Raises:
            UnknownError: If it is not in the cast.
        """
        for assignment in self.cast:
            if assignment.persona.slug == slug:
                return assignment
        raise UnknownError(f"`{slug}` is not in this room.")

    def name_of(self, speaker: str) -> str:
        """The full name of a speaker, as prompts and labels write it."""
        if speaker == HUMAN:
            return self.human_name
        names = (a.persona.name for a in self.cast if a.persona.slug == speaker)
        return next(names, speaker)

    def rng(self, turn: int) -> Random:
        """The randomness of turn number `turn`: the same again after reopening."""
        return Random(f"{self.seed}:{turn}")

    @property
    def is_demo(self) -> bool:
        """Whether anyone in it is played by the demo."""
        return any(a.model is not None and a.model.provider == DEMO.provider for a in self.cast)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One speaker's chance to speak; ends in a message, in a failure, or in nothing."""

    number: int
    """From 1, in the order in which turns begin. Another answer keeps the number."""
    speaker: str
    """The slug of a persona, or `HUMAN`."""


class Finish(StrEnum):
    """How a message ended."""

    STOP = "stop"
    """The model was done, or the human sent it."""
    LENGTH = "length"
    """The model used up the tokens it was given."""
    FILTER = "filter"
    """The provider's filter ended it."""
    CUT = "cut"
    """Ended early by us, or the kept part of a broken reply; the note says why."""
    STOPPED = "stopped"
    """Stopped by a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one reply. `input` is the whole prompt; `output` includes thinking."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    """Of the input: what the provider had read before, and charges less for."""
    cache_write: int = 0
    """Of the input: what it keeps for the next time, and may charge more for."""
    thinking: int = 0
    """Of the output: what was thought, not said."""
    cost: int | None = None
    """Micro-dollars that the provider itself says it charges; None if it does not say."""
    is_estimate: bool = False
    """Counted by us because the provider did not say; shown with "~"."""


class CostSource(StrEnum):
    """Where the cost of a reply comes from."""

    REPORTED = "reported"
    """The provider said it."""
    PRICED = "priced"
    """Tokens times the list price."""
    FREE = "free"
    """The model runs at home, or is the demo."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a message of a persona comes from."""

    model: ModelRef
    """The model that really answered."""
    persona_version: str
    """`Persona.version` of the persona that spoke, as it was then."""
    temperature: float | None
    max_tokens: int
    usage: Usage
    cost: int | None
    """Micro-dollars; None if unknown."""
    cost_source: CostSource
    first_text: float | None
    """Seconds from the request to the first text."""
    duration: float
    """Seconds from the request to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was said in a turn, final."""

    id: int
    """Unique within its conversation, counted from 1 in the order of being saved."""
    parent_id: int | None
    """The message it follows; None for the first."""
    turn: Turn
    text: str
    finish: Finish = Finish.STOP
    finish_note: str = ""
    """Why it was cut, in words."""
    provenance: Provenance | None = None
    """None for what the human said."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A line of the system beside the message tree: why the room paused, who was skipped."""

    after_id: int | None
    """The message it stands behind; None before the first."""
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A turn that failed and waits for a person to choose a remedy."""

    turn: Turn
    model: ModelRef | None
    """What was to play it; None if no model could be found at all."""
    kind: str
    """A `Fault`."""
    problem: str
    hint: str
    text: str = ""
    """What had been said when it failed; can be kept."""
    replaces_id: int | None = None
    """The message to which it was to be another answer."""


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
    path: list[Message] = field(default_factory=list)

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
        if message.parent_id == (self.path[-1].id if self.path else None):
            self.path.append(message)
        else:
            self._walk()
        return moved

    def cut(self, message_id: int) -> None:
        """End the path before this message, as if it were still to be said."""
        self.chosen.pop(self.messages[message_id].parent_id, None)
        self._walk()

    def choose(self, message_id: int) -> None:
        """Put the path through this message."""
        self.chosen[self.messages[message_id].parent_id] = message_id
        self._walk()

    def alternatives(self, message: Message) -> list[int]:
        """The ids of all messages of the same turn at this place, oldest first."""
        siblings = self.children.get(message.parent_id, [message.id])
        if len(siblings) == 1:
            return siblings
        return [id_ for id_ in siblings if self.messages[id_].turn.number == message.turn.number]

    def _walk(self) -> None:
        self.path = []
        at: int | None = None
        while (child := self.chosen.get(at)) is not None:
            self.path.append(self.messages[child])
            at = child


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
