"""What the demo can know of the room: read from the request, nothing is remembered."""

import re
from collections import Counter
from dataclasses import dataclass, field

from chimera_tui.demo.grammar.nouns import Noun, nouns_in
from chimera_tui.providers.base import ChatRequest

_LABEL = re.compile(r"\[([^\]\n]{1,60})\]: ?(.*)", re.DOTALL)
_NOTE = re.compile(r"\[.*\]")
_WHISPERED = ", to you alone"
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”*)]*\s+|\n+")
_CLAUSE_END = re.compile(r"[.!?;:,()\n—…]+")
_MARKUP = re.compile(r"[*_`>#|\"“”~]|^\s*(?:[-+]|\d+[.)]) ", re.MULTILINE)
_POLAR = re.compile(
    r"(is|are|am|was|were|do|does|did|can|could|should|shall|will|would|may|must|has|have)\b",
    re.IGNORECASE,
)
RECENT = 4
"""Messages that are near enough to be picked up."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody said; `name` is empty for the persona that is to speak now."""

    name: str
    text: str


@dataclass(slots=True)
class DemoScene:
    """The talk so far, as the persona that is to speak next has it in mind."""

    said: list[Remark]
    topic: str
    topic_nouns: list[Noun]
    sentences: set[str] = field(default_factory=set)
    """All that has been said, sentence by sentence, in plain form."""
    everything: str = ""
    """All that has been said, in one piece."""

    @property
    def last(self) -> Remark | None:
        """What another said last."""
        return next((s for s in reversed(self.said) if s.name), None)

    @property
    def own(self) -> list[str]:
        """What the persona itself has said."""
        return [s.text for s in self.said if not s.name]

    @property
    def is_polar(self) -> bool:
        """Whether the topic can be answered by yes or no."""
        return self.topic.endswith("?") and bool(_POLAR.match(self.topic))

    def others(self) -> list[str]:
        """The names of all that have spoken, the last speaker first."""
        return list(dict.fromkeys(s.name for s in reversed(self.said) if s.name))

    def fresh_nouns(self) -> list[Noun]:
        """The nouns of the last message that are not worn out by much use."""
        last = self.last
        if last is None:
            return []
        recent = " ".join(s.text.lower() for s in self.said[-RECENT:])
        uses = Counter(re.findall(r"[a-z]+", recent))
        topical = {noun.word.lower() for noun in self.topic_nouns}
        names = {word.lower() for name in self.others() for word in name.split()}
        return [
            noun
            for noun in nouns_in(plain(last.text))
            if uses[noun.word.lower()] < RECENT
            and noun.word.lower() not in topical
            and noun.word.lower() not in names
        ]

    def quotes(self) -> list[str]:
        """Some words of the last message, three to seven at a time, worth being quoted."""
        last = self.last
        text = plain(last.text) if last else ""
        clauses = [" ".join(clause.split()) for clause in _CLAUSE_END.split(text)]
        return [
            c[0].lower() + c[1:] if not c.startswith("I ") else c
            for c in clauses
            if _is_quotable(c)
        ]


def read_scene(request: ChatRequest) -> DemoScene:
    """Read who said what from the blocks of a request."""
    said: list[Remark] = []
    for block in request.messages:
        if block.role == "assistant":
            said.append(Remark("", block.text))
        else:
            said += _voices(block.text)
    topic = " ".join(request.topic.split())
    scene = DemoScene(said, topic, _topic_nouns(plain(topic)))
    scene.everything = "\n".join(s.text for s in said)
    scene.sentences = {key for s in said for key in map(sentence_key, sentences(s.text))}
    return scene


def sentences(text: str) -> list[str]:
    """The sentences of `text`."""
    return [part for part in (p.strip() for p in _SENTENCE_END.split(text)) if part]


def sentence_key(sentence: str) -> str:
    """What makes two sentences the same: their letters and figures."""
    return re.sub(r"[^a-z0-9]+", " ", sentence.lower()).strip()


def plain(text: str) -> str:
    """`text` without Markdown."""
    return _MARKUP.sub("", text)


def _topic_nouns(topic: str) -> list[Noun]:
    """What the topic is about; "Interview:" and the like before a colon only if need be."""
    _, _, rest = topic.partition(":")
    return (
        nouns_in(rest, is_topic=True) or nouns_in(topic, is_topic=True) or [Noun("question", "the")]
    )


def _voices(block: str) -> list[Remark]:
    """The messages of a user block: labelled, over several lines; notes in brackets are none."""
    said: list[Remark] = []
    is_note = False
    for line in block.split("\n"):
        if match := _LABEL.fullmatch(line):
            is_note = False
            said.append(Remark(match[1].removesuffix(_WHISPERED), match[2]))
        elif is_note or (line.startswith("[") and "]" not in line):
            is_note = not line.rstrip().endswith("]")
        elif not _NOTE.fullmatch(line.strip()) and said:
            said[-1] = Remark(said[-1].name, f"{said[-1].text}\n{line}".strip("\n"))
    return said


def _is_quotable(clause: str) -> bool:
    words = clause.split()
    return (
        3 <= len(words) <= 7  # noqa: PLR2004 - few enough to be remembered
        and all(
            word.replace("'", "").replace("\u2019", "").replace("-", "").isalpha() for word in words
        )
        and words[-1].lower() not in _WEAK_ENDS
        and words[0].lower() not in _WEAK_STARTS
        and bool(nouns_in(clause))
    )


_WEAK_ENDS = frozenset(
    "the a an of to and or but in on with for is are was that which i you".split()  # noqa: SIM905
)
_WEAK_STARTS = frozenset("and or but so then which that who because if of".split())  # noqa: SIM905
