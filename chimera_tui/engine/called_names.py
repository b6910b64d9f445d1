"""By what names the members of a cast are called, and where such a name stands in a text.

Names may be dressed up (`★Mira★`, `Mira (the Brave)`, `Dr. Mira`), and stand in scripts that put
no spaces between words, or hang endings on a name (`@小蝶你好`, `김철수님`, `山田太郎さん`).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

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
# No word of an alphabet goes on here: a letter of a script without spaces may follow any name.
_NO_LETTER_BEFORE = f"(?<![^\\W{HAN}{HIRAGANA}{KATAKANA}{SOUTHEAST}{HANGUL}])(?<![{_VOWELS}])"
_NO_LETTER_BEHIND = f"(?![^\\W{HAN}{HIRAGANA}{KATAKANA}{SOUTHEAST}{HANGUL}])(?![{_VOWELS}])"
_HANGUL_ENDINGS = (
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


def places(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds these names in a cleaned text, the longest first."""
    return _pattern(
        f"{_NO_LETTER_BEFORE}(?<!@)", [_as_word(name) for name in _longest_first(names)]
    )


def calls(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds these names behind an `@`; the name is the group `name`."""
    return _pattern(f"{_NO_LETTER_BEFORE}@", [_behind_at(name) for name in _longest_first(names)])


def _pattern(before: str, words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f"{before}(?P<name>{'|'.join(words) or '(?!)'})")


def _longest_first(names: Iterable[str]) -> list[str]:
    return sorted(names, key=len, reverse=True)


def _behind_at(name: str) -> str:
    return re.escape(name) + _end(name)


def _as_word(name: str) -> str:
    """The name where it can be told from a part of a longer word."""
    letters = len(_SPACELESS.findall(name))
    if letters == len(name) < _SHORTEST_SPACELESS:
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    begins = f"(?<![{KATAKANA}])" if re.match(f"[{KATAKANA}]", name) else ""
    begins = f"(?<![{HANGUL}])" if re.match(f"[{HANGUL}]", name) else begins
    return begins + re.escape(name) + _end(name)


def _end(name: str) -> str:
    """What must not, or must, follow the name, so that it is a word there."""
    last = name[-1:]
    if re.match(f"[{HANGUL}]", last):
        return f"(?=(?:{_HANGUL_ENDINGS})|[^\\w]|$)"
    if re.match(f"[{KATAKANA}]", last):
        return f"(?![{KATAKANA}])"
    if _SPACELESS.match(last):
        return ""
    return _NO_LETTER_BEHIND


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
