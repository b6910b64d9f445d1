"""Whom a message addresses, as distinct from whom it only mentions.

"Comedian, what do you think?" calls the Comedian; "as the Comedian said" does not. The rules are
those of English, with the commonest of Chinese, Japanese, Korean and Thai; in other languages
`@name` and a name set off by commas are still heard. Of 45 English sentences that the rules were
not made from (`tests/engine/addressing_corpus.py`) they get 42 right, of 36 others 35; of 29 in
other scripts and languages that only mention somebody, none is taken for a call.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.persona import Persona
from chimera_tui.engine.called_names import HONOURS, SHORTEST_PART, Names, aliases, cleaned

MOST_ADDRESSED = 3
"""A message brings at most this many answers by name."""
MOST_NAMED = 40
"""Names of one sentence that are judged."""
CERTAIN, LIKELY, NAMED = 1.0, 0.8, 0.25
"""How sure it is that a name is a call: set off as one, in a question to `you`, in passing."""

_LONGEST_INVITE = 80
"""Characters before a name in which it is asked for."""
_SENTENCE = re.compile(r"[^.!?…\n]*(?:[.!?…]+(?=\s|$)|\n|$|[.!?…]+)")
_GREETING = (
    r"(?:hey|hi|hello|(?:my )?dear|so|but|and|well|thanks|thank you|ok|okay|now|yes|no|oh|ah|hmm"
    r"|look|listen|wait|careful|please|sorry|come on|right|sure|true|fine|agreed|exactly|nice|say"
    r"|good point|tell (?:me|us)|(?:over|back) to you|your turn|(?:and |what about )?you)"
)
_GREETING_ELSEWHERE = (
    r"(?:你好|您好|嗨|喂|嘿|哎|哦|请问|請問|谢谢|謝謝|那么|那麼|那|对了|對了|好的|不|是的|是啊|对|對"
    r"|こんにちは|こんばんは|おはよう(?:ございます)?|ねえ|ねぇ|おい|はい|いいえ|いや|じゃあ|では|ありがとう"
    r"|안녕(?:하세요)?|저기|자|네|아니요?|여보세요|고마워요?"
    r"|สวัสดี(?:ครับ|ค่ะ)?|เฮ้|นี่|ขอบคุณ(?:ครับ|ค่ะ)?"
    r"|hola|gracias|bonjour|salut|merci|hallo|danke|ciao|grazie|olá|obrigad[oa]|привет|спасибо)"
)
_BEFORE_NAME = r"(?:the |คุณ|พี่|น้อง|ครู|(?:dr|mr|mrs|ms|prof)\.? )?"
"""An article or a title."""
_OPENS = re.compile(
    rf"^[\s\-–—·]*(?:(?:{_GREETING}[\s,]+|{_GREETING_ELSEWHERE}[\s,!]*)){{0,3}}{_BEFORE_NAME}$"
)
_INVITES = re.compile(
    r"(?:\b(?:what|how) about|\b(?:what|how|where) (?:does|would|might) |\bwhat (?:will|says)"
    r"|\bhear(?:ing)? (?:it )?from|\bi wonder what|\bcurious (?:what|how|whether)"
    r"|\bquestion (?:is )?(?:for|to)"
    r"|\b(?:i|i'd|i would|let me|let us|let's|(?:i|i'd|i would) (?:like|want|love) to) (?:now )?"
    r"(?:ask|call on|turn to|hear|(?:hand|pass) (?:it |this )?(?:over |on )?to))"
    r" *(?:our |my |the )?$"
)
"""What stands before a name that is asked for its word."""
_PASSES_ON = re.compile(
    r"^[\s\-–—]*(?:(?:so|but|and|now|please|then),? )*(?:let|ask) (?:our |my |the )?$"
)
"""`Let the Poet answer`: an order to the room, if a word follows."""
_WORD_FOLLOWS = re.compile(r"\s+\w")
_YOU = re.compile(r"\b(?:you|your|yours|yourself|you'(?:re|d|ve|ll))\b")
_TO_ALL = re.compile(
    r"@(?:all|everyone|everybody|room)\b|@(?:大家|所有人|各位|みんな|皆さん|全員|모두|여러분|ทุกคน)"
    r"|\b(?:all|each|any|both|none) of you\b"
    r"|\byou (?:all|lot|guys|two)\b|\by'all\b"
    r"|\b(?:do|does|did|has|have|can|could|will|would|is|are) (?:any|every)(?:one|body)\b"
    r"|\bwhat (?:do|does|did|would) every(?:one|body)\b"
    r"|\bany(?:one|body) (?:here|else|want|care|up for)\b"
)
_ALL = (
    r"(?:(?:every|any)(?:one|body)|folks|friends|people|gentlemen|ladies|team|all"
    r"|大家|各位|みんな|皆さん|皆様|모두|여러분|ทุกคน)"
)
_TO_ALL_SET_OFF = re.compile(
    rf"^[\s\-–—]*(?:{_GREETING}[\s,]+){{0,2}}{_ALL}\s*[,:!?]|,\s*{_ALL}\s*[.!?…]*\s*$"
)
_ENDS_ASKING = re.compile(r"\?[\s\"'\u201d\u2019»)\]*_]*\Z")
_AND = re.compile(r"\b(?:and|or)\b|&")
_JOIN = re.compile(rf"{HONOURS}?\s*(?:,|,?\s*(?:and|or|&|와|과|和|跟|と))\s*(?:the )?")
_AFTER_CALL = re.compile(r"^\s*(?:[,:!?;~]|[-–—](?:\s|$)|…)")
_AT_END = re.compile(r"^\s*[.!?…~]*\s*$")
_SIGNS = ("So", "Sk", "Cf")
"""Stars, emoji and the like, as they stand about a name."""
_HONOURED = re.compile(rf"^\s?{HONOURS}(?![ก-๙])")
_SPOKEN_TO = re.compile(r"^\s*(?:[你您妳](?![们們])|あなた)|^(?:야|아)(?:[\s,!?~]|$)")
"""What follows a name that is called without a comma: `小蝶你好`, `철수야 뭐해?`."""
_ASKED = re.compile(
    r"^\s*(?:は|って)?\s*,?\s*(?:どう(?:思|考え|です|\s*\?)|いかが)"
    r"|^\s*,?\s*(?:[会會]?怎[么麼](?:看|想|说|說|回答|认为|認為)|(?:[觉覺]得|[认認][为為])[^.]*\?|呢\s*\?)"
    r"|^\s*(?:은|는|께서는)?\s*어떻게\s*(?:생각|보|느끼)|^\s*(?:은|는)\s*\?"
    r"|^\s*(?:คิด|ว่า)\S*\s*(?:ยังไง|อย่างไร|ไง)"
    r"|^\s+(?:คุณ|เธอ|ช่วย)|^\s.*(?:ไหม|มั้ย|ล่ะ|ยังไง|อย่างไร)\s*[?!.]*\s*$"
)
"""What follows a name that is asked for its word, as in `What does the Poet think?`."""
_AT = re.compile(r"(?<![\w@])@([\w~-]{5,60})")


@dataclass(frozen=True, slots=True)
class Hit:
    """A name in a message."""

    slug: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message says about who might speak next."""

    hits: tuple[Hit, ...] = ()
    """In the order of the text."""
    is_to_all: bool = False
    """The whole room is addressed."""
    is_question: bool = False
    """It ends with a question."""

    @property
    def addressed(self) -> tuple[str, ...]:
        """Who is called: the certain ones in the order of the text, then the likely ones."""
        certain = [hit.slug for hit in self.hits if hit.certainty == CERTAIN]
        likely = [hit.slug for hit in self.hits if hit.certainty == LIKELY]
        return tuple(dict.fromkeys(certain + likely))

    @property
    def last(self) -> str | None:
        """Who is called last: to whom the message hands over."""
        called = [hit.slug for hit in self.hits if hit.certainty >= LIKELY]
        return called[-1] if called else None

    @property
    def named(self) -> frozenset[str]:
        """Who is only spoken of."""
        return frozenset(hit.slug for hit in self.hits) - frozenset(self.addressed)

    @property
    def is_open_question(self) -> bool:
        """It asks, and nobody in particular."""
        return self.is_question and not self.addressed and not self.is_to_all


@dataclass(frozen=True, slots=True)
class _Name:
    """A place where a name stands in a sentence."""

    slug: str
    start: int
    end: int


class RollCall:
    """The names of a cast, and how messages call them."""

    def __init__(self, cast: Sequence[Persona]) -> None:
        self._aliases = aliases(cast)
        self._names = Names(self._aliases)
        self._heard = lru_cache(maxsize=256)(self._hear)

    def hear(self, text: str, speaker: str = HUMAN) -> Heard:
        """Say whom `text`, said by `speaker`, addresses and mentions; never the speaker itself."""
        return self._heard(text, speaker)

    def _hear(self, text: str, speaker: str) -> Heard:
        said = cleaned(text)
        hits: list[Hit] = []
        is_to_all = bool(_TO_ALL.search(said))
        for sentence in _SENTENCE.findall(said):
            is_to_all = is_to_all or bool(_TO_ALL_SET_OFF.search(sentence))
            hits += self._in(sentence)
        others = tuple(hit for hit in hits if hit.slug != speaker)
        return Heard(others, is_to_all, bool(_ENDS_ASKING.search(said)))

    def _in(self, sentence: str) -> Iterator[Hit]:
        """Judge the names of one sentence, in its order."""
        judged = [(hit.start, Hit(hit.slug, CERTAIN)) for hit in self._called(sentence)]
        for row in _rows(self._named(sentence), sentence):
            certainties = _judge(row, sentence)
            judged += [
                (name.start, Hit(name.slug, certainty))
                for name, certainty in zip(row, certainties, strict=True)
            ]
        yield from (hit for _, hit in sorted(judged, key=lambda pair: pair[0]))

    def _named(self, sentence: str) -> Iterator[_Name]:
        for name, start in islice(self._names.mentioned(sentence), MOST_NAMED):
            yield _Name(self._aliases[name], start, start + len(name))

    def _called(self, sentence: str) -> Iterator[_Name]:
        """Find `@name`, also with one letter wrong."""
        if "@" not in sentence:
            return
        sure = {start: self._aliases[name] for name, start in self._names.called(sentence)}
        for start, slug in sure.items():
            yield _Name(slug, start, start + 1)
        for match in _AT.finditer(sentence):
            meant = None if match.start() in sure else self._nearly(match[1])
            if meant:
                yield _Name(meant, match.start(), match.end())

    def _nearly(self, word: str) -> str | None:
        """Who is meant by a misspelt name, if only one can be."""
        close = {
            slug
            for alias, slug in self._aliases.items()
            if len(alias) > SHORTEST_PART and _differ_by_one(alias, word)
        }
        return close.pop() if len(close) == 1 else None


def _rows(names: Iterable[_Name], sentence: str) -> Iterator[list[_Name]]:
    """Put names that are listed (`A, B and C`) into one row."""
    row: list[_Name] = []
    for name in names:
        if row and not _JOIN.fullmatch(sentence[row[-1].end : name.start]):
            yield row
            row = []
        row.append(name)
    if row:
        yield row


def _judge(row: list[_Name], sentence: str) -> list[float]:
    """Say how sure it is, of each name of a row, that it is a call.

    `A and B, …` calls both or nobody; `A, B is wrong` calls A.
    """
    joints = (sentence[a.end : b.start] for a, b in pairwise(row))
    if any(map(_AND.search, joints)) or _AFTER_CALL.match(sentence[row[-1].end :]):
        return [_certainty(row[0], row[-1], sentence)] * len(row)
    return [_certainty(name, name, sentence) for name in row]


def _certainty(first: _Name, last: _Name, sentence: str) -> float:
    """Say how sure it is that what stands from the one name to the other is a call."""
    before, after = sentence[: first.start], sentence[last.end :]
    while before and unicodedata.category(before[-1]) in _SIGNS:
        before = before[:-1]
    while after and unicodedata.category(after[0]) in _SIGNS:
        after = after[1:]
    after = _HONOURED.sub("", after, count=1)
    opens = bool(_OPENS.match(before))
    if opens and _SPOKEN_TO.match(after):
        return CERTAIN
    if (opens or before.rstrip().endswith(",")) and _ASKED.match(after):
        return LIKELY
    has_article = before.endswith("the ") or sentence.startswith("the ", first.start)
    asks_you = bool(_YOU.search(before) or _YOU.search(after))
    is_question = "?" in after
    if opens and _AFTER_CALL.match(after):
        return CERTAIN if asks_you or is_question or not has_article else NAMED
    if not has_article and _is_set_off(before, after, asks_you=asks_you):
        return CERTAIN
    if _INVITES.search(before[-_LONGEST_INVITE:]) or (
        _PASSES_ON.search(before) and _WORD_FOLLOWS.match(after)
    ):
        return LIKELY
    return LIKELY if is_question and asks_you and not has_article else NAMED


def _is_set_off(before: str, after: str, *, asks_you: bool) -> bool:
    """Whether a name stands between commas or before the end, as in `I doubt it, Poet.`."""
    if _OPENS.match(before):
        return bool(before.strip()) and bool(_AT_END.match(after))  # `Hey Poet`
    follows_comma = before.rstrip().endswith(",")
    return follows_comma and bool(_AT_END.match(after) or (asks_you and after.startswith(",")))


def _differ_by_one(one: str, other: str) -> bool:
    """Whether two words differ by one letter that is wrong, missing, too many or swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return one == other
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return True
    rest, others = one[start:], other[start:]
    is_swapped = rest[1::-1] + rest[2:] == others
    return is_swapped or rest[1:] in (others[1:], others) or others[1:] == rest
