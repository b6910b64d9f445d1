"""A short title for a conversation whose topic is long; made without a model."""

import re
from collections import Counter
from collections.abc import Iterable

from chimera_tui.domain.text import one_line
from chimera_tui.quality.words import stems, words

LONG = 48
"""Characters up to which a topic is the best title that there is."""
_CLAUSE = re.compile(r"(?<=[.!?;:…])\s+|\s+[–—-]\s+|\n+")
_TRAILING = frozenset(
    ("a", "an", "and", "as", "at", "but", "for", "in", "of", "on", "or", "should", "the", "to")
)
"""Words at which a title does not end."""
_MARKS = " ,.;:–—-"


def short_title(topic: str, said: Iterable[str]) -> str:
    """The part of a long topic that was taken up, in a few words; a short topic as it is.

    Args:
        topic: What they were given to talk about.
        said: What was said first.
    """
    topic = one_line(topic)
    if len(topic) <= LONG:
        return topic
    heard = Counter(stem for text in said for stem in stems(words(text)))
    parts = [part for part in _CLAUSE.split(topic) if words(part)]
    best = max(parts, key=lambda part: _taken_up(part, heard), default=topic)
    return _cropped(best)


def _taken_up(part: str, heard: Counter[str]) -> float:
    """How often the words of a part came back; of two alike the first wins."""
    own = set(stems(words(part)))
    return sum(heard[stem] for stem in own) / len(own) if own else 0.0


def _cropped(text: str) -> str:
    """The first words of a text, at a sensible place."""
    text = text.strip()
    if len(text) > LONG:
        kept = text[:LONG].rsplit(" ", 1)[0].split(" ")
        while len(kept) > 1 and kept[-1].strip(_MARKS).casefold() in _TRAILING:
            kept.pop()
        text = " ".join(kept).rstrip(_MARKS) + " …"
    return text.rstrip(" ,;:")
