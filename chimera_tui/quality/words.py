"""Words of a text, and the stems by which texts are compared: English, light, fast."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_READ = 4000
"""Characters of a text that are looked at: its first and its last half of so many."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SAYS_NOTHING = """
a about above after again against all almost also although always am among an and another any
anybody anyone anything are as at away back be became because been before began being below best
better between both but by came can cannot come could did do does doing done down each either
else enough even ever every everybody everyone everything few first for from gave get give go
goes going gone good got great had has have having he her here hers herself him himself his how
however i if in indeed instead into is it its itself just keep kind knew know known last least
less let like little long look made make making many matter may maybe me mean might mine more
most much must my myself never new next no nobody none nor not nothing now of off often oh old
on once one only or other others otherwise our ours ourselves out over own part people perhaps
put quite rather real really right said same saw say says see seem seems seen sense several
shall she should since so some somebody somehow someone something sometimes soon still such sure
take taken tell than that the their theirs them themselves then there therefore these they thing
things think this those though thought through thus till to together told too took toward try
turn two under until up upon us use used using very want was way we well went were what whatever
when whenever where whether which while who whoever whole whom whose why will with within
without word words would yes yet you your yours yourself yourselves ain't aren't can't couldn't
didn't doesn't don't hadn't hasn't haven't he'd he'll he's here's i'd i'll i'm i've isn't it'd
it'll it's let's shan't she'd she'll she's shouldn't that's there's they'd they'll they're
they've wasn't we'd we'll we're we've weren't what's who's won't wouldn't you'd you'll you're
you've
"""
_STOP = frozenset(_SAYS_NOTHING.split())
"""Words that say nothing of what a text is about."""
_SUFFIX = re.compile(r"(?<=\w{3})(?:'s|ingly|edly|ness|ings?|ies|ied|est|ers?|ed|ly|es|[sey])$")
_DOUBLE = re.compile(r"(\w)\1$")
_SHORTEST = 3
"""Letters of a word that says something."""


def ends(text: str) -> str:
    """A text, of a very long one its beginning and its end: what measures look at."""
    half = LONGEST_READ // 2
    return text if len(text) <= LONGEST_READ else f"{text[:half]} {text[-half:]}"


def words(text: str) -> list[str]:
    """The words of a text in order, small letters, apostrophes inside kept."""
    text = unicodedata.normalize("NFKC", ends(text)).casefold().replace("\u2019", "'")
    return _WORD.findall(text)


def stem(word: str) -> str:
    """The part that a word shares with its kin: `jokes`, `joking` and `joke` are `jok`.

    One suffix of a short list is cut off, then a doubled last letter (`stopped`). It is no Porter
    stemmer: what is cut too much or too little is cut alike in both texts that are compared.
    """
    return _DOUBLE.sub(r"\1", _SUFFIX.sub("", word))


def is_content(word: str) -> bool:
    """Whether a word says something of what a text is about."""
    return len(word) >= _SHORTEST and not is_stop(word)


def is_stop(word: str) -> bool:
    """Whether it is one of the words that every text is full of: `you`, `the`, `is`."""
    return word in _STOP


def stems(said: Iterable[str]) -> frozenset[str]:
    """The stems of those of these words that say something."""
    return frozenset(stem(word) for word in said if is_content(word))
