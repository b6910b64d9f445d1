"""The keys of lore: words to look for, or regular expressions that cannot hang."""

import math
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
_MOST_TRIES = 100
"""Places where a key stands inside longer words, after which the search is given up."""

_SLASHED = re.compile(r"/(?P<pattern>.+)/(?P<flags>[a-z]*)", re.DOTALL)
_UNTOLD = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?!:)|\\[1-9gkp])")
_ATOM = re.compile(r"\\.|\[\^?+\]?+(?:\\.|[^\]\\])*\]|\{\d{1,4}(?:,\d{0,4})?\}|.", re.DOTALL)
_LETTER_IN_CLASS = re.compile(r"(?<!\\)(?:\[|(?<=[&|~-])[&|~-])")
"""What Python may one day take for an operation on classes, and warns of."""
_REPEAT = re.compile(r"[*+]|\{\d+(?:,\d*)?\}")
_NO_ATOM = ("(", ")", "|", "^", "$", "?", "\\b", "\\B")
_FEW, _MANY = 30, 100
_REPEATED = {".": _MANY, r"\d": _FEW, r"\s": _FEW}
"""How often at most something is looked for that may repeat without end."""
_FLAGS = {"i": re.IGNORECASE, "s": re.DOTALL, "m": re.MULTILINE}
"""What the flags of JavaScript are called here; the others make no difference to a search."""
_SPACED = "\u0e00"
"""Scripts from here on (Thai, Chinese, Japanese …) put no spaces between words."""


@dataclass(frozen=True, slots=True)
class LoreKeys:
    """Some keys, of which one is enough."""

    words: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    is_case_sensitive: bool = False
    is_whole_word: bool = True
    work: float = 0
    """Steps that its regular expressions can take at one place, at worst."""

    def __len__(self) -> int:
        return len(self.words) + len(self.patterns)

    def match(self, text: "Searched") -> bool:
        """Whether one of them stands in `text`."""
        where = text.plain if self.is_case_sensitive else text.folded
        return any(self._stands(word, where) for word in self.words) or any(
            pattern.search(text.near) for pattern in self.patterns
        )

    def match_all(self, text: "Searched") -> bool:
        """Whether all of them stand in `text`."""
        where = text.plain if self.is_case_sensitive else text.folded
        return all(self._stands(word, where) for word in self.words) and all(
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


NO_KEYS = LoreKeys()


class Searched:
    """A text in which keys are looked for: its end, as it is and without case."""

    __slots__ = ("folded", "near", "plain")

    def __init__(self, texts: Sequence[str], longest: int = LONGEST_SEARCHED) -> None:
        joined = "\n".join(texts)
        self.plain = joined[-min(longest, LONGEST_SEARCHED) :] if longest else ""
        self.near = self.plain[-LONGEST_SEARCHED_BY_PATTERNS:]
        self.folded = self.plain.casefold()


@dataclass(slots=True)
class KeyBudget:
    """What the keys of one book may still take: compiling and matching both cost time."""

    keys: int = MOST_KEYS
    work: float = MOST_WORK


def keys_of(
    words: Sequence[str],
    budget: KeyBudget,
    *,
    is_regex: bool = False,
    is_case_sensitive: bool = False,
    is_whole_word: bool = True,
) -> tuple[LoreKeys, tuple[str, ...]]:
    """Make keys of `words`; return them, and what of `words` is not looked for.

    That is what `budget` does not allow, keys with macros in them, and regular expressions that
    are invalid or could hang.
    SillyTavern writes a regular expression as `/pattern/flags` among plain keys.
    """
    plain: list[str] = []
    patterns: list[re.Pattern[str]] = []
    left_out: list[str] = []
    work = budget.work
    for word in words:
        slashed = _SLASHED.fullmatch(word)
        if len(plain) + len(patterns) >= budget.keys or "{{" in word:
            left_out.append(word)
        elif not (is_regex or slashed):
            plain.append(word if is_case_sensitive else word.casefold())
        elif pattern := _pattern(slashed, word, budget, ignores_case=not is_case_sensitive):
            patterns.append(pattern)
        else:
            left_out.append(word)
    budget.keys -= len(plain) + len(patterns)
    made = LoreKeys(
        tuple(plain), tuple(patterns), is_case_sensitive, is_whole_word, work - budget.work
    )
    return made, tuple(left_out)


def _pattern(
    slashed: re.Match[str] | None, word: str, budget: KeyBudget, *, ignores_case: bool
) -> re.Pattern[str] | None:
    """Compile a regular expression that takes only a few steps at each place.

    Python's engine cannot be stopped. So at most one thing may repeat, a single letter or class,
    and not without end: what is told of by `*` or `+` is looked for up to `_REPEATED` times.
    """
    text = slashed["pattern"] if slashed else word
    flags = slashed["flags"] if slashed else "i" * ignores_case
    bounded, work = _bounded(text)
    if _UNTOLD.search(text) or work > budget.work:
        return None
    try:
        pattern = re.compile(bounded, sum(_FLAGS[flag] for flag in {*flags} & {*_FLAGS}))
    except (re.error, OverflowError, RecursionError):
        return None
    budget.work -= work
    return pattern


def _bounded(text: str) -> tuple[str, float]:
    """Return a regular expression whose repetition ends, and its work (infinite: not allowed).

    The work is the number of steps that it can take at one place, at worst.
    """
    atoms = [_as_python(atom) for atom in _ATOM.findall(text)]
    ways = 2 ** text.count("?") * (1 + text.count("|")) ** max(1, text.count("("))
    if "[" in atoms:  # a class without an end
        return text, math.inf
    repeated = [place for place, atom in enumerate(atoms) if _REPEAT.fullmatch(atom)]
    if not repeated:
        return "".join(atoms), ways * len(text)
    place = repeated[0]
    before = atoms[place - 1] if place else "("
    if len(repeated) > 1 or before in _NO_ATOM or "{" in before:
        return text, math.inf
    least, most = _range(atoms[place])
    if most is None:
        most = least + _REPEATED.get(before, _FEW if len(before) == 1 else _MANY)
    if not least <= most <= _MANY + least or least > _MANY:
        return text, math.inf
    atoms[place] = f"{{{least},{most}}}"
    return "".join(atoms), ways * most * len(atoms)


def _as_python(atom: str) -> str:
    """What means in Python what the atom means in JavaScript: there, `{` and `[[` are letters."""
    if atom == "{":
        return r"\{"
    if len(atom) > 1 and atom[0] == "[":
        return "[" + _LETTER_IN_CLASS.sub(r"\\\g<0>", atom[1:])
    return atom


def _range(repeat: str) -> tuple[int, int | None]:
    """How often at least and at most; None where there is no end."""
    if repeat in ("*", "+"):
        return int(repeat == "+"), None
    least, comma, most = repeat[1:-1].partition(",")
    return int(least), int(most) if most else (None if comma else int(least))


def _joined(left: str, right: str) -> bool:
    """Whether two letters that touch belong to one word."""
    return left.isalnum() and right.isalnum() and left < _SPACED and right < _SPACED
