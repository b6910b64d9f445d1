"""The keys of lore: words to look for, or regular expressions that cannot hang."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_SEARCHED = 16_000
"""Characters that are searched, from the end: some ten long messages."""
LONGEST_SEARCHED_BY_PATTERNS = 4_000
"""Characters that are searched for regular expressions."""
MOST_KEYS = 10_000
"""Keys of a book."""
MOST_WORK = 4_000
"""Of all regular expressions of a book: steps that are tried at each place, at worst."""
_MOST_WORK_OF_ONE = 1_000
_MOST_TRIES = 100
"""Places where a key stands inside longer words, after which the search is given up."""

_SLASHED = re.compile(r"/(?P<pattern>.+)/(?P<flags>[a-z]*)", re.DOTALL)
_UNTOLD = re.compile(r"(?<!\\)(?:\\\\)*(?:[*+{]|\(\?(?!:)|\\[1-9gkp])")
_SPACED = "\u0e00"
"""Scripts from here on (Thai, Chinese, Japanese …) put no spaces between words."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Some keys, of which one is enough."""

    words: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    is_case_sensitive: bool = False
    is_whole_word: bool = True

    def __len__(self) -> int:
        return len(self.words) + len(self.patterns)

    def match(self, text: "Searched") -> bool:
        """Whether one of them stands in `text`."""
        where = text.plain if self.is_case_sensitive else text.folded
        return any(self._stands(word, where) for word in self.words) or any(
            pattern.search(text.near) for pattern in self.patterns
        )

    def _stands(self, word: str, text: str) -> bool:
        at = text.find(word)
        for _ in range(_MOST_TRIES):
            if at < 0:
                break
            end = at + len(word)
            if not self.is_whole_word or not (
                _joined(text[at - 1 : at], word[0]) or _joined(word[-1], text[end : end + 1])
            ):
                return True
            at = text.find(word, end)
        return False


NO_KEYS = Keys()


class Searched:
    """A text in which keys are looked for: its end, as it is and without case."""

    __slots__ = ("folded", "near", "plain")

    def __init__(self, texts: Sequence[str]) -> None:
        self.plain = "\n".join(texts)[-LONGEST_SEARCHED:]
        self.near = self.plain[-LONGEST_SEARCHED_BY_PATTERNS:]
        self.folded = self.plain.casefold()


@dataclass(slots=True)
class Budget:
    """What the keys of one book may still take: compiling and matching both cost time."""

    keys: int = MOST_KEYS
    work: int = MOST_WORK


def keys_of(
    words: Sequence[str],
    budget: Budget,
    *,
    is_regex: bool = False,
    is_case_sensitive: bool = False,
    is_whole_word: bool = True,
) -> Keys:
    """Make keys of `words`; a regular expression that is invalid or could hang is left out.

    SillyTavern writes a regular expression as `/pattern/flags` among plain keys. What `budget`
    does not allow is left out, too.
    """
    plain: list[str] = []
    patterns: list[re.Pattern[str]] = []
    for word in words:
        if len(plain) + len(patterns) >= budget.keys:
            break
        slashed = _SLASHED.fullmatch(word)
        if not (is_regex or slashed):
            plain.append(word if is_case_sensitive else word.casefold())
            continue
        text = slashed["pattern"] if slashed else word
        work = _work(text)
        if work > min(budget.work, _MOST_WORK_OF_ONE):
            continue
        budget.work -= work
        ignores_case = "i" in slashed["flags"] if slashed else not is_case_sensitive
        if pattern := _pattern(text, ignores_case=ignores_case):
            patterns.append(pattern)
    budget.keys -= len(plain) + len(patterns)
    return Keys(tuple(plain), tuple(patterns), is_case_sensitive, is_whole_word)


def _pattern(text: str, *, ignores_case: bool) -> re.Pattern[str] | None:
    """Compile a regular expression that takes only a few steps at each place.

    Python's engine cannot be stopped, so what repeats is refused: letters, classes, `.`, `?`,
    alternatives and groups remain.
    """
    if _UNTOLD.search(text):
        return None
    try:
        return re.compile(text, re.IGNORECASE if ignores_case else 0)
    except (re.error, OverflowError, RecursionError):
        return None


def _work(text: str) -> int:
    """Steps that a regular expression without repetition can take at one place, at worst."""
    ways = 2 ** text.count("?") * (1 + text.count("|")) ** max(1, text.count("("))
    return int(ways * len(text))


def _joined(left: str, right: str) -> bool:
    """Whether two letters that touch belong to one word."""
    return left.isalnum() and right.isalnum() and left < _SPACED and right < _SPACED
