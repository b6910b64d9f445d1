"""One number for how good a conversation is, always beside the parts it is made of.

Each part goes from 0 to 1; the score is their weighted geometric mean times 100, so that no part
can make up for one that has failed, less what was unclean. Constants and weights come from a few
hand-made texts, not from ratings by people: the score sorts loops from talk, and no more.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chimera_tui.domain.conversation import Conversation
from chimera_tui.quality.measures import balance, clip
from chimera_tui.quality.reading import Reading
from chimera_tui.quality.voice import told_apart

FEWEST = 6
"""Turns from which on a score says anything."""
LEAST = 0.05
"""What a part that has failed counts as."""
WEIGHTS = {
    "balance": 1.5,
    "novelty": 2.0,
    "diversity": 1.0,
    "topic": 1.5,
    "response": 1.5,
    "progress": 1.0,
    "voice": 1.0,
    "friction": 1.0,
}
"""The parts, in the order in which they are shown."""
LIVELY, FAIR = 75, 55
"""Scores from which on a conversation is called so."""
DOZEN = 12
"""Turns for which the deductions are meant; in a longer talk each weighs less."""


class Grade(StrEnum):
    """A word for the score."""

    LIVELY = "lively"
    FAIR = "fair"
    WEAK = "weak"


@dataclass(frozen=True, slots=True)
class Score:
    """How good a conversation is."""

    total: float
    """0 to 100."""
    parts: Mapping[str, float]
    """Those of `WEIGHTS` that can be told, each 0 to 1."""
    deduction: float
    """Points taken off for words in other names, refusals, cut turns, wrong lengths."""

    @property
    def grade(self) -> Grade:
        """A word for it."""
        if self.total >= LIVELY:
            return Grade.LIVELY
        return Grade.FAIR if self.total >= FAIR else Grade.WEAK


def scored(turns: Sequence[Reading], conversation: Conversation) -> Score | None:
    """Score the turns of the personas; None while they are too few.

    Args:
        turns: In order, without those of the human.
        conversation: Who is there, and in which mode.
    """
    if len(turns) < FEWEST:
        return None
    parts = {
        "novelty": clip(1 - 3 * _mean([turn.reuse for turn in turns])),
        "diversity": diversity(turns),
        "topic": topic(turns),
        "response": clip(_mean([turn.responds for turn in turns]) / 0.8),
        "progress": progress(turns),
        "friction": clip(1 - (_mean([turn.opens_agreeing for turn in turns]) - 0.15) / 0.5),
    }
    if conversation.mode != "script":  # there the script shares the turns out
        parts["balance"] = _balance(turns, conversation)
    if (voice := told_apart([(turn.speaker, turn.style) for turn in turns])) is not None:
        parts["voice"] = voice
    parts = {name: parts[name] for name in WEIGHTS if name in parts}
    weight = sum(WEIGHTS[name] for name in parts)
    mean = (
        sum(WEIGHTS[name] * math.log(max(LEAST, value)) for name, value in parts.items()) / weight
    )
    deduction = _deduction(turns, conversation)
    return Score(max(0.0, 100 * math.exp(mean) - deduction), parts, deduction)


def diversity(turns: Sequence[Reading]) -> float:
    """How many of 50 words in a row are different ones (MATTR), from .55 on."""
    windows = sum(turn.windows for turn in turns)
    mattr = sum(turn.different for turn in turns) / windows if windows else 1.0
    return clip((mattr - 0.55) / 0.27)


def topic(turns: Sequence[Reading]) -> float:
    """Whether turns are about the topic, or go on from what was said."""
    held = _mean([clip(turn.on_topic / 0.25) for turn in turns])
    return 0.6 * held + 0.4 * clip(_mean([turn.shares_topic for turn in turns]) / 0.35)


def progress(turns: Sequence[Reading]) -> float:
    """Whether new things still come up in the second half."""
    return clip((_mean([turn.fresh for turn in turns[len(turns) // 2 :]]) - 0.1) / 0.35)


def _balance(turns: Sequence[Reading], conversation: Conversation) -> float:
    members = [one.persona.slug for one in conversation.cast if one.persona.talkativeness > 0]
    spoken = dict.fromkeys(members, 0)
    said = dict.fromkeys(members, 0)
    for turn in turns:
        if turn.speaker in spoken:
            spoken[turn.speaker] += 1
            said[turn.speaker] += len(turn.said)
    return balance(spoken, said)


def _deduction(turns: Sequence[Reading], conversation: Conversation) -> float:
    wanted = {persona.slug: persona.words for persona in conversation.known}
    misses = [
        abs(math.log(max(1, len(turn.said)) / wanted[turn.speaker]))
        for turn in turns
        if turn.speaker in wanted
    ]
    leaks = sum(turn.leaks for turn in turns)
    refusals = sum(turn.refuses for turn in turns)
    truncated = sum(turn.is_truncated for turn in turns)
    per_dozen = DOZEN / max(DOZEN, len(turns))
    return per_dozen * (4 * leaks + 4 * refusals + 2 * truncated) + 10 * clip(_mean(misses) - 0.5)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
