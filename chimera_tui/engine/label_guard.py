"""Keeps a model from speaking for others: watches for names in front of words, as they stream.

A label is a name at the beginning of a line, perhaps in marks, with a colon behind it (`**Ada**:`,
`[The Poet]:`, `Ada (sighs):`), or in brackets without one. The speaker's own is dropped; at
another's the reply ends. Only the beginning of a line is ever held back, and only while it can
still become a label, so that what was shown is never taken back.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product

from chimera_tui.domain.casting import RESERVED_NAMES
from chimera_tui.domain.conversation import Conversation

LONGEST_ASIDE = 40
"""Characters of a stage direction between name and colon."""
AROUND = 40
"""Marks and spaces of a label at most, and what tells that it is over."""
MOST_MARKS = 4
"""Marks around a name."""
NARRATOR = "Narrator"
"""Who tells what happens, in the name of the human."""
MOST_DROPPED = 100
"""Own labels that are dropped; more of them are no slip, and shown."""
MOST_SPACES = 3
"""Spaces at the beginning of a line that may hold a label; more of them are code."""

_OPENING, _CLOSING = "*_#[<(", "*_]>)"
_COLONS = ":\uff1a"
_BREAK = re.compile("[\n\r\v\f\x85\u2028\u2029]")
_BREAKS = re.compile(f"{_BREAK.pattern}+")


class _Kind(Enum):
    NONE = auto()
    """It is no label, whatever follows."""
    PERHAPS = auto()
    OWN = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class _Verdict:
    kind: _Kind
    end: int = 0
    """Where the words behind the label begin."""
    name: str = ""
    is_marked: bool = False
    """Of what is only perhaps one: whether it begins with a bracket."""


class LabelGuard:
    """Reads one reply.

    Args:
        own: The names of the speaker.
        others: The names of all others. The speaker's own are no names of others.

    Attributes:
        cut_at: The name at which the reply was cut; empty if it was not.
    """

    def __init__(self, own: Collection[str], others: Collection[str]) -> None:
        mine = {_bare(name) for name in own} - {""}
        whose = ("my", "the", *(f"{name}'s" for name in mine))
        reply = ("reply", "response", "turn", "answer")
        openers = product(("here is", "here's"), whose, reply)
        self._openers = set(map(" ".join, openers))
        """What a model says before it begins, as in `Here is my reply:`; dropped as its label."""
        self._own = mine
        self._others = {_bare(name) for name in (*others, *RESERVED_NAMES)} - mine - {""}
        names = self._own | self._others | self._openers
        self._longest = max(map(len, names)) + LONGEST_ASIDE + AROUND
        """Characters of a line by which it is known whether it begins with a label."""
        self._dropped = 0
        """Own labels so far."""
        self._held = ""
        """The beginning of a line that is not shown yet."""
        self._is_at_start = True
        """Whether what comes next begins a line."""
        self._is_first = True
        """Whether nothing was shown yet."""
        self.cut_at = ""

    def feed(self, piece: str) -> str:
        """Take in a piece of the reply; return what of it can be shown."""
        return "".join(self._pass(piece, is_over=False))

    def finish(self) -> str:
        """Return what was still held back when the reply ended."""
        return "".join(self._pass("", is_over=True))

    def _pass(self, piece: str, *, is_over: bool) -> Iterable[str]:
        """Yield what can be shown, line by line."""
        text, self._held, at = self._held + piece, "", 0
        while at < len(text) and not self.cut_at:
            if self._is_at_start:
                rest = len(text) - at
                begin = text[at : at + self._longest]
                verdict = self._judge(begin, is_over=is_over and rest <= self._longest)
                if verdict.kind is _Kind.OTHER:
                    self.cut_at = verdict.name
                    return
                if verdict.kind is _Kind.PERHAPS and rest < self._longest:
                    self._held = text[at:]
                    return
                if verdict.kind is _Kind.OWN and self._dropped < MOST_DROPPED:
                    self._dropped += 1
                    at += verdict.end
                    continue
                if verdict.is_marked:
                    return  # `[The Com`: the beginning of a label on which the model was stopped
            end = match.end() if (match := _BREAKS.search(text, at)) else len(text)
            self._is_at_start = match is not None
            self._is_first = self._is_first and not text[at:end].strip()
            yield text[at:end]
            at = end

    def _judge(self, text: str, *, is_over: bool) -> _Verdict:
        """Say whether `text`, the beginning of a line, begins with a label."""
        line = _BREAK.split(text, maxsplit=1)[0]
        is_whole = is_over or len(line) < len(text)
        start = len(line) - len(line.lstrip(" \t"))
        if start > MOST_SPACES:
            return _Verdict(_Kind.NONE)
        begin = start
        while begin < len(line) and begin - start < MOST_MARKS and line[begin] in _OPENING:
            begin += 1
        marks, small = line[start:begin], _small(line[begin:])
        if not small:
            is_cut_short = is_over and is_whole and "[" in marks
            kind = _Kind.NONE if is_whole else _Kind.PERHAPS
            return _Verdict(kind, is_marked=is_cut_short)
        own = self._own | self._openers if self._is_first else self._own
        verdicts = [
            _tail(line, begin + len(name), marks, name, is_own=name in own, is_whole=is_whole)
            for name in own | self._others
            if small.startswith(name)
        ]
        could_be = any(name.startswith(small) and name != small for name in own | self._others)
        certain = [one for one in verdicts if one.kind in (_Kind.OWN, _Kind.OTHER)]
        is_perhaps = could_be or any(one.kind is _Kind.PERHAPS for one in verdicts)
        if is_perhaps and not is_whole:
            return _Verdict(_Kind.PERHAPS)
        if certain:
            return max(certain, key=lambda verdict: len(verdict.name))
        return _Verdict(_Kind.NONE, is_marked=is_over and is_perhaps and "[" in marks)


def _tail(line: str, at: int, marks: str, name: str, *, is_own: bool, is_whole: bool) -> _Verdict:
    """Judge what follows a name that stands in `line` up to `at`, behind `marks`."""
    perhaps = _Verdict(_Kind.NONE if is_whole else _Kind.PERHAPS)
    at = _skip(line, at, " ")
    if line[at : at + 1] == "(":
        close = line.find(")", at, at + LONGEST_ASIDE)
        if close < 0:
            return perhaps if len(line) - at < LONGEST_ASIDE else _Verdict(_Kind.NONE)
        at = _skip(line, close + 1, " ")
    closed = _skip(line, at, _CLOSING)
    is_bracketed = ("[" in marks and "]" in line[at:closed]) or (
        "<" in marks and ">" in line[at:closed]
    )
    missing = max(0, len(marks) - (closed - at))
    at = _skip(line, closed, " ")
    after = line[at : at + 1]
    if not after and not (is_whole and is_bracketed):
        return perhaps
    if after and after in _COLONS:
        at += 1
    elif not is_bracketed or after == "(":  # a link is no label
        return _Verdict(_Kind.NONE)
    if not is_own:
        return _Verdict(_Kind.OTHER, name=name)
    end = _skip(line, _skip(line, at, _CLOSING, missing), " ")
    if end == len(line) and not is_whole:
        return _Verdict(_Kind.PERHAPS)
    return _Verdict(_Kind.OWN, end, name)


def _skip(line: str, at: int, letters: str, most: int = MOST_MARKS) -> int:
    """The place behind at most so many of these letters."""
    end = at
    while end < len(line) and end - at < most and line[end] in letters:
        end += 1
    return end


def _bare(name: str) -> str:
    """A name without what may stand around it in a label."""
    return _small(name).strip(f" {_OPENING}{_CLOSING}{_COLONS}")


def _small(text: str) -> str:
    """Small letters, one for each: places in the text stay where they are."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one if len(one := letter.lower()) == 1 else letter for letter in text)


def guard_for(conversation: Conversation, speaker: str) -> LabelGuard:
    """A guard for a reply of the persona `speaker`, which knows all names of the room."""
    own = [one for one in conversation.known if one.slug == speaker]
    others = [one for one in conversation.known if one.slug != speaker]
    return LabelGuard(
        [name for one in own for name in (one.name, one.short_name)],
        [
            *(name for one in others for name in (one.name, one.short_name)),
            conversation.human_name,
            NARRATOR,
        ],
    )
