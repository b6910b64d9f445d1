"""By what names the members of a cast are called, and where such a name stands in a text.

Names may be dressed up (`★Mira★`, `Mira (the Brave)`, `Dr. Mira`), and stand in scripts that put
no spaces between words, or hang endings on a name (`@小蝶你好`, `김철수님`, `山田太郎さん`).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator

from chimera_tui.domain.persona import Persona
from chimera_tui.quality.words import is_content, is_stop

SHORTEST_PART = 4
"""Letters of a first or last name that may stand for the whole, in scripts with an alphabet."""
_SHORTEST_SPACELESS = 2
"""Letters of a name that may stand within others: one alone is part of too many words."""
LONGEST_READ = 4000
"""Characters of a message that are heard; of a longer one both ends."""

_NOT_SAID = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|^[ \t]*>[^\n]*|`[^`\n]*`|https?://\S+",
    re.DOTALL | re.MULTILINE,
)
_MARKS = re.compile(r"[*_\"“”„«»()\[\]「」『』【】〈〉《》\ufe0e\ufe0f]")
_BRACKETED = re.compile(r"[(\[{<【「『〈《][^()\[\]{}<>]*?[)\]}>】」』〉》]")
_TITLE = re.compile(
    r"(?:dr|mr|mrs|ms|prof|professor|doctor|sir|lady|lord|captain|capt|miss|madam|master|mister"
    r"|saint|st|king|queen|prince|princess|don|herr|frau|คุณ)\b\.?\s*"
)
_ABBREVIATED = re.compile(r"\b(dr|mr|mrs|ms|prof|capt|st)\.(?=\s)")
"""Titles whose dot ends no sentence."""

_SIGNS = str.maketrans(
    {"。": ".\n", "।": ".\n", "、": ",", "،": ",", "؟": "?", "؛": ";", "・": "·"}
)
"""Commas and stops of other scripts."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
HIRAGANA, KATAKANA = "\u3040-\u309f", "\u30a0-\u30ff"
HANGUL = "\u1100-\u11ff\uac00-\ud7af"
SOUTHEAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
_SPACELESS = re.compile(f"[{HAN}{HIRAGANA}{KATAKANA}{SOUTHEAST}]")
_VOWELS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff"
"""Marks that are parts of words, though `\\w` does not say so; with the letters of India."""
_LETTER = re.compile(f"[^\\W{HAN}{HIRAGANA}{KATAKANA}{SOUTHEAST}{HANGUL}]|[{_VOWELS}]")
"""A letter of an alphabet: with it before or behind, a name is a part of a longer word. A letter of
a script without spaces may stand beside any name."""
_WORD_LETTER, _HANGUL, _KATAKANA = (
    re.compile(one) for one in (r"\w", f"[{HANGUL}]", f"[{KATAKANA}]")
)
_HANGUL_ENDINGS = re.compile(
    "님|씨|야|아|군|양|선생|은|는|이|가|을|를|의|와|과|도|만|에게|한테|께|랑|하고|라고|로|보다|처럼"
)
HONOURS = (
    r"(?:さん|様|さま|君|くん|ちゃん|殿|氏|先生|先輩|선생님|박사님|님|씨|군|양"
    r"|老师|老師|同学|同學|小姐|女士|博士|大人|哥|姐|ครับ|ค่ะ|คะ|จ๊ะ|จ้ะ|จ๋า)"
)
"""What is put behind a name that is called with respect."""


def cleaned(text: str) -> str:
    """Return `text` as names are looked for in it: what somebody says, in one form, without case.

    Code, quoted lines and addresses are not said.
    """
    if len(text) > LONGEST_READ:
        half = LONGEST_READ // 2
        text = f"{text[:half]}\n{text[-half:]}"
    text = _NOT_SAID.sub(" ", text)
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    text = _MARKS.sub("", unicodedata.normalize("NFC", text))
    text = _ABBREVIATED.sub(r"\1", text)
    return text.translate(_SIGNS)


def aliases(cast: Iterable[Persona]) -> dict[str, str]:
    """By what each is called: full name, name without its article, slug, a part that is unique.

    What is a whole name of one is never a part, or the undressed name, of another.
    """
    cast = list(cast)
    found: dict[str, str] = {}
    for persona in cast:
        name = cleaned(persona.name).strip()
        slug = persona.slug.casefold()
        for alias in (name, name.removeprefix("the "), slug, slug.replace("-", " ")):
            if alias:
                found.setdefault(alias, persona.slug)
    for names in (_undressed, _parts):
        each = {persona.slug: set(names(persona)) for persona in cast}
        counts = Counter(alias for one in each.values() for alias in one)
        for slug, all_of_one in each.items():
            for alias in all_of_one:
                if counts[alias] == 1:
                    found.setdefault(alias, slug)
    return found


class Names:
    """Some names, to be found in cleaned texts; of two that fit the longer one is meant."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = sorted(names, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, self._names)) or "(?!)")

    def mentioned(self, text: str) -> Iterator[tuple[str, int]]:
        """Find each name that stands as a word, without an `@`; and where it begins."""
        at = 0
        while found := self._any.search(text, at):
            at = found.start()
            name = self._at(text, at) if _begins(text, at) else ""
            if name:
                yield name, at
            at += len(name) or 1

    def called(self, text: str) -> Iterator[tuple[str, int]]:
        """Find each name behind an `@`, and where the `@` stands."""
        at = text.find("@")
        while at >= 0:
            name = "" if at and _LETTER.match(text, at - 1) else self._at(text, at + 1)
            if name:
                yield name, at
            at = text.find("@", at + 1)

    def _at(self, text: str, start: int) -> str:
        """The longest name that begins there and ends where a word may; else nothing."""
        fit = (name for name in self._names if text.startswith(name, start))
        return next((name for name in fit if _ends(text, start, name)), "")


def _begins(text: str, at: int) -> bool:
    """Whether a name can begin there, and not within a word."""
    if not at:
        return True
    is_within = _LETTER.match(text, at - 1) or any(
        script.match(text, at) and script.match(text, at - 1) for script in (_KATAKANA, _HANGUL)
    )
    return text[at - 1] != "@" and not is_within


def _ends(text: str, start: int, name: str) -> bool:
    """Whether the name is a word there, and not the beginning of a longer one."""
    end = start + len(name)
    if _HANGUL.match(name, len(name) - 1):
        return not _WORD_LETTER.match(text, end) or bool(_HANGUL_ENDINGS.match(text, end))
    if _KATAKANA.match(name, len(name) - 1):
        return not _KATAKANA.match(text, end)
    if not _SPACELESS.match(name, len(name) - 1):
        return not _LETTER.match(text, end)
    is_called = text[start - 1 : start] == "@"
    return is_called or len(name) >= _SHORTEST_SPACELESS or _stands_alone(text, start, end)


def _stands_alone(text: str, start: int, end: int) -> bool:
    is_joined = start and _WORD_LETTER.match(text, start - 1)
    return not is_joined and not _WORD_LETTER.match(text, end)


def undressed(name: str) -> str:
    """Return a name without the stars, signs and spaces about it."""
    inside = [place for place, char in enumerate(name) if unicodedata.category(char)[0] in "LMN"]
    return name[inside[0] : inside[-1] + 1] if inside else ""


def _undressed(persona: Persona) -> Iterator[str]:
    """The name without stars and the like, brackets, title, and the marks on its letters."""
    whole = unicodedata.normalize("NFKC", persona.name)
    for text in (whole, _BRACKETED.sub(" ", whole)):
        name = undressed(cleaned(text)).removeprefix("the ")
        for alias in (name, _TITLE.sub("", name, count=1) if _TITLE.match(name) else name):
            yield from (one for one in (alias, _without_accents(alias)) if _is_name(one))


def _is_name(alias: str) -> bool:
    """Whether it is more than a letter or a word such as `you`."""
    return len(alias) > 1 and not is_stop(alias)


def _without_accents(name: str) -> str:
    """The name as many write it: in alphabets of Europe, without the marks on letters."""
    apart = unicodedata.normalize("NFD", name)
    if any(char > "\u058f" for char in apart):
        return name
    return "".join(char for char in apart if not unicodedata.combining(char))


def _parts(persona: Persona) -> Iterator[str]:
    """First and last word of a name of several; also of what stands outside brackets."""
    whole = unicodedata.normalize("NFKC", persona.name)
    for text in (whole, _BRACKETED.sub(" ", whole)):
        said = re.split(r"[\s·]+", cleaned(text).removeprefix("the "))
        words = [*filter(None, map(undressed, said))]
        if len(words) > 1:
            yield from (one for one in (words[0], words[-1]) if _is_fit(one))


def _is_fit(part: str) -> bool:
    return (len(part) >= SHORTEST_PART and is_content(part)) or bool(_SPACELESS.search(part[1:]))
