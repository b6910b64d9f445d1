"""How a conversation is doing, kept up to date turn by turn.

All of it is counted from the words: quick, repeatable, blind to what was meant. Each turn is
read once, beside those before it; a score is a few sums over what was read. Of a long
conversation the end is what counts.
"""

import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from chimera_tui.domain.conversation import HUMAN, Conversation, Message
from chimera_tui.domain.persona import Persona
from chimera_tui.quality.measures import clip
from chimera_tui.quality.reading import Reading, read
from chimera_tui.quality.score import Score, scored
from chimera_tui.quality.words import stems, words

REMEMBERED = 300
"""Messages of the end that are read and remembered."""
STALLED = 6
"""Turns by which a loop is judged."""
MOST_REUSE = 0.35
"""Share of repeated phrases over these turns from which on they go round in circles."""
MOST_AGREEMENT = 0.6
"""Share of turns that open with agreement, above which nothing moves."""
HOT = 8
"""Turns by which heat is judged; the last weighs most."""
ADRIFT = 12
"""Turns without a stem of the topic, after which it is left."""


@dataclass(frozen=True, slots=True)
class Affinity:
    """What one member's turns said to another look like."""

    turns: int
    """How many were said to it."""
    stance: float
    """Their mean stance: -1 disputes, 1 agrees."""


class Vitals:
    """Follows a conversation and says how it is doing."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []
        self._forgotten: int | None = None
        """How many messages there are before them; None before the first look."""
        self._used: Counter[str] = Counter()
        self._names: dict[str, re.Pattern[str]] = {}
        self._conversation: Conversation | None = None
        self._reading = Lock()

    def follow(self, conversation: Conversation, path: Sequence[Message]) -> None:
        """Take in what the conversation is now; only what is new since the last time is read.

        A message takes half a millisecond. One that was edited is read anew; those after it keep
        what was read of them beside its former words. It may run in a thread: who calls it
        meanwhile finds what has been read so far.
        """
        if self._reading.acquire(blocking=False):
            try:
                self._follow(conversation, path)
            finally:
                self._reading.release()

    def _follow(self, conversation: Conversation, path: Sequence[Message]) -> None:
        if self._conversation is not conversation:
            self._names = {one.slug: _called(one) for one in conversation.known}
            self._conversation = conversation
        heard = [message for message in path if not (message.to or message.is_narration)]
        if self._forgotten is None or self._forgotten > len(heard):
            self._forgotten = max(0, len(heard) - REMEMBERED)
        heard = heard[self._forgotten :]
        topic = stems(words(conversation.current_topic))
        same = 0
        for reading, message in zip(self._readings, heard, strict=False):
            if reading.message.id != message.id:
                break
            if reading.message is not message and reading.message != message:
                self._used.subtract(reading.stems)
                before = self._readings[:same]
                self._readings[same] = read(message, before, self._used, topic, self._names)
                self._used.update(self._readings[same].stems)
            same += 1
        self._forget(self._readings[same:])
        del self._readings[same:]
        for message in heard[same:]:
            reading = read(message, self._readings, self._used, topic, self._names)
            self._readings.append(reading)
            self._used.update(reading.stems)
        self._forgotten += len(self._readings[:-REMEMBERED])
        self._forget(self._readings[:-REMEMBERED])
        del self._readings[:-REMEMBERED]

    def _forget(self, readings: Sequence[Reading]) -> None:
        for reading in readings:
            self._used.subtract(reading.stems)

    @property
    def turns(self) -> list[Reading]:
        """What the personas said."""
        return [reading for reading in self._readings if reading.speaker != HUMAN]

    def score(self) -> Score | None:
        """How good it is, with the parts; None while it is too short to say."""
        return scored(self.turns, self._conversation) if self._conversation else None

    @property
    def heat(self) -> float:
        """How controversial it is now, 0 to 1: signs of dispute in the last turns.

        Half of the signs that make a turn all dispute count as hot; the last turn weighs most.
        """
        recent = self.turns[-HOT:]
        weights = range(1, len(recent) + 1)
        hot = (w * clip(turn.dispute) for w, turn in zip(weights, recent, strict=True))
        return sum(hot) / sum(weights) if recent else 0.0

    def affinities(self) -> dict[tuple[str, str], Affinity]:
        """Who agrees with whom, and who disputes: by speaker and by whom it is said to."""
        stances: dict[tuple[str, str], list[float]] = {}
        for turn in self.turns:
            if turn.target:
                stances.setdefault((turn.speaker, turn.target), []).append(turn.stance)
        return {pair: Affinity(len(all_), sum(all_) / len(all_)) for pair, all_ in stances.items()}

    @property
    def packed(self) -> float:
        """How many times smaller the last 24 turns become when they are packed (zlib).

        About 1.8 is lively talk, from 4 on the same is said again and again.
        """
        text = "\n".join(" ".join(turn.said) for turn in self.turns[-24:]).encode()
        return len(text) / len(zlib.compress(text)) if text else 0.0

    def loop(self, since: int) -> str:
        """Say in what way the last turns go round in circles; empty if they do not.

        Args:
            since: The number of a turn; only those after it are looked at.
        """
        recent = self._after(since)[-STALLED:]
        if len(recent) < STALLED:
            return ""
        if sum(turn.reuse for turn in recent) / STALLED > MOST_REUSE:
            return "they say the same again"
        if sum(turn.opens_agreeing for turn in recent) / STALLED > MOST_AGREEMENT:
            return "they only agree"
        return ""

    def farewells(self, since: int, last: int) -> float:
        """The share of goodbyes among the last so many turns; 0 if they are not so many.

        Args:
            since: The number of a turn; only those after it are looked at.
            last: How many.
        """
        recent = self._after(since)[-last:]
        return sum(turn.takes_leave for turn in recent) / last if len(recent) == last else 0.0

    def is_adrift(self, since: int) -> bool:
        """Whether nobody has said a word of the topic for a while, after the turn `since`."""
        recent = self._after(since)[-ADRIFT:]
        return len(recent) == ADRIFT and not any(turn.shares_topic for turn in recent)

    def _after(self, since: int) -> list[Reading]:
        return [turn for turn in self.turns if turn.message.turn.number > since]


def _called(persona: Persona) -> re.Pattern[str]:
    names = {persona.name.casefold(), persona.short_name.casefold()} - {""}
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names)))})(?!\w)")
