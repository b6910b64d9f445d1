"""The saved thing: a conversation, its cast, its turns and what was said in them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Self

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.rules import PLAIN, Rules

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
    is_muted: bool = False
    """Whether it speaks only when a person calls it by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a conversation may use up; None: as much as it takes.

    What runs at home, and the demo, cost nothing and count for nothing.
    """

    cost: int | None = None
    """Micro-dollars."""
    tokens: int | None = None
    """Read and written."""
    minutes: int | None = None
    """In which personas speak, even those that cost nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a conversation starts from and goes by; its messages are in a `Tree`.

    The personas of a cast have different slugs and different names: see `domain.casting`.
    """

    id: int
    title: str
    """The topic, until a person renames it."""
    topic: str
    topic_now: str = ""
    """Where a person has moved the topic; empty: nowhere."""
    cast: tuple[Assignment, ...]
    former: tuple[Persona, ...] = ()
    """Who has left the cast; what they said still bears their names."""
    solo: str = ""
    """The slug of the only persona that speaks without being called; empty: all do."""
    mode: str
    """The rule of turn-taking: a key of `engine.turn_taking.MODES`."""
    pace: float = 1.0
    """0 is instant, 1 a human pace, 2 slow."""
    seed: int = 0
    turn_limit: int = 20
    """Automatic turns after the last human word, then the room pauses."""
    budget: Budget = Budget()
    human_name: str = "Human"
    rules: Rules = PLAIN
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
        return next((p.name for p in self.known if p.slug == speaker), speaker)

    @property
    def known(self) -> tuple[Persona, ...]:
        """Who is here, in the order of the cast, then who has left."""
        return (*(assignment.persona for assignment in self.cast), *self.former)

    @property
    def current_topic(self) -> str:
        """What is talked about now."""
        return self.topic_now or self.topic

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
    attempt: int = 1
    """Which request of the turn it was: the first, or a later one."""
    leaks: int = 0
    """How often the model began to speak for another, and was cut."""
    is_refusal: bool = False
    """Whether it fell out of its part, say by "As an AI …" (told by its words)."""


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
    thinking: str = ""
    """What the model thought before it spoke; shown on demand, told to no model."""
    provenance: Provenance | None = None
    """None for what the human said."""
    to: str = ""
    """A whisper of the human: the slug of the only persona that is told it; empty: all are."""
    is_narration: bool = False
    """Whether the human told what happens, instead of speaking."""
    edited_at: datetime | None = None
    """When a person put other words in the place of what was said; None if nobody did."""
    is_deleted: bool = False
    """Whether a person took it out: then nobody sees it or is told it, until it is restored."""
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A line of the system beside the message tree: why the room paused, who was skipped."""

    after_id: int | None
    """The message it stands behind; None before the first."""
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a few messages in a row said, in short; holds for these very words."""

    digest: str
    """Of their ids and words: see `engine.summaries`."""
    first_id: int
    last_id: int
    text: str
    model: ModelRef
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
    provenance: Provenance | None = None
    """What it used up; None if nobody was asked, or nobody answered."""
