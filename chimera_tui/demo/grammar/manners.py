"""How somebody puts words: the same thought, in another rhythm.

What voices say is shared by many personas; this is what makes two of one voice sound different.
It is applied sentence by sentence as they are made, so that what was said is known as it was said.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Self

_FULL = {
    "can't": "cannot",
    "won't": "will not",
    "shan't": "shall not",
    "let's": "let us",
    "i'm": "I am",
    "it's": "it is",
    "that's": "that is",
    "there's": "there is",
    "what's": "what is",
    "who's": "who is",
    "here's": "here is",
    "he's": "he is",
    "she's": "she is",
}
_ENDINGS = {"n't": " not", "'re": " are", "'ve": " have", "'ll": " will"}
_SHORT = {
    "cannot": "can't",
    "will not": "won't",
    "do not": "don't",
    "does not": "doesn't",
    "did not": "didn't",
    "is not": "isn't",
    "I am": "I'm",
    "I have": "I've",
    "it is": "it's",
    "that is": "that's",
    "there is": "there's",
    "we are": "we're",
    "you are": "you're",
}
_LONG_FORM = re.compile(r"\b(?:" + "|".join(_SHORT) + r")(?= [a-z])(?! to\b)", re.IGNORECASE)
_CONTRACTION = re.compile(
    r"\b(?:" + "|".join(_FULL) + r")\b|(?<=\w)(?:" + "|".join(_ENDINGS) + r")\b", re.IGNORECASE
)
_COMMA = re.compile(r",(?= (?:and|or|but|so|too)\b)")
_STOP = re.compile(
    r"(?<=[a-z])\. (?=(?:It|That|This|The|A|An|There|He|She|We|You|They|And|But|So|If|Then|Not|One"
    r"|Nobody|Some|What|Most)\b)(\w)"
)
_CALLED_OUT = 7
"""Words of a sentence that somebody loud calls out."""
_JOINED = 0.5
_BEGUN = 0.45
"""How many of the turns begin, and of the full stops give way, as the manner says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """See `manners.toml`."""

    marks: str = ""
    short: str = ""
    commas: str = ""
    letters: str = ""
    join: str = ""
    lines: str = ""
    drop: str = ""
    begin: str = ""

    def with_(self, more: Mapping[str, str]) -> Self:
        """This, and what `more` says where this says nothing."""
        return replace(self, **{key: getattr(self, key) or value for key, value in more.items()})

    def sentence(self, text: str) -> str:
        """One thought, as it is put."""
        if self.short == "no":
            text = _CONTRACTION.sub(lambda match: _cased(match[0], _full(match[0])), text)
        elif self.short == "yes":
            text = _LONG_FORM.sub(lambda match: _cased(match[0], _short(match[0])), text)
        if self.commas == "few":
            text = _COMMA.sub("", text)
        if self.marks == "calm":
            text = text.replace("!", ".")
        elif self.marks == "loud" and len(text.split()) <= _CALLED_OUT and text.endswith("."):
            text = f"{text[:-1]}!"
        if self.drop and (match := re.match(rf"{self.drop} (\w)(\w+ )", text)):
            text = match[1].upper() + match[2] + text[match.end() :]
        return text.lower() if self.letters == "small" else text

    def turn(self, text: str, rng: Random, said: Callable[[str], bool]) -> str:
        """A whole turn, as it is put; `said` knows which sentences have been said before."""
        first = [one for one in self.begin.split("|") if one and not said(one)]
        if first and rng.random() < _BEGUN:
            text = f"{rng.choice(first)} {text}"
        if self.join:
            text = _STOP.sub(
                lambda match: (
                    f"{self.join} {match[1].lower()}" if rng.random() < _JOINED else match[0]
                ),
                text,
            )
        if self.lines == "apart":
            text = re.sub(r"(?<=[.?]) (?=[A-Z])", "\n\n", text)
        elif self.lines == "verse":
            text = re.sub(r"(?:,|;|(?<=\.)) ", "\n", text)
        return text.lower() if self.letters == "small" else text


def _full(word: str) -> str:
    low = word.lower()
    return _FULL.get(low) or _ENDINGS[low]


def _short(words: str) -> str:
    return next(short for long, short in _SHORT.items() if long.lower() == words.lower())


def _cased(before: str, after: str) -> str:
    return after[0].upper() + after[1:] if before[0].isupper() else after
