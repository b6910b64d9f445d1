"""Making a turn: an opening that answers, some thoughts, and a way out."""

import re
from dataclasses import dataclass, field
from random import Random

from chimera_tui.demo.grammar.manners import Manner
from chimera_tui.demo.grammar.scene import DemoScene, read_scene, sentence_key, sentences
from chimera_tui.demo.grammar.slots import EmptySlotError, Filler, vocative
from chimera_tui.demo.grammar.voices import Grammar
from chimera_tui.providers.base import ChatRequest

_LITERAL = re.compile(r"\{[^}]*\}|<[^>]*>|¶|[.?!]")
_LENGTHS = (0.5, 0.95, 1.35)
"""How long a turn is meant to be, as shares of what the persona is asked for."""
_CHANCES = {
    "quip": 0.16,  # the turn is a single line
    "stand": 0.4,  # in the first two turns
    "close": 0.6,
    "hand": 0.15,  # the close hands over to somebody
    "callback": 0.25,
    "answer": 0.3,  # to a question
    "tic": 0.15,
    "open": 0.85,
}
_USUAL = 0.04
"""Share of a voice from which on a persona uses it all the time."""
_NAMES = 2
"""How often a turn says the same name at most."""
_PARAGRAPH = 50
"""Words after which a new paragraph may begin."""
_LATE = 5
"""Messages after which one can go back to what was said earlier."""
_LATELY = 16
"""Messages after which a template may serve again, in other words."""
_TRIES = 60
_LONG = 24
"""Letters of a sentence from which on it is recognised within another."""

Lines = list[tuple[float, str]]
"""Templates, each with its weight."""


def compose(request: ChatRequest, grammar: Grammar) -> str:
    """The turn of `request.persona`: the same request, the same words."""
    scene = read_scene(request)
    last = scene.last.text if scene.last else ""
    rng = Random(f"{request.seed}|{request.persona.slug}|{len(scene.said)}|{last}")
    filler = Filler(request.persona, grammar.trade_of(request.persona), grammar.vivid, scene, rng)
    manner = grammar.manner_of(request.persona)
    turn = _Turn(scene, grammar, filler, rng, grammar.voices_of(request.persona), manner)
    turn.speak(request.persona.words)
    return manner.turn(_laid_out(turn.parts, rng), rng, lambda text: turn.is_said({text}))


@dataclass(slots=True)
class _Turn:
    """A turn that is being made up."""

    scene: DemoScene
    grammar: Grammar
    filler: Filler
    rng: Random
    voices: dict[str, float]
    manner: Manner
    parts: list[str] = field(default_factory=list)
    said: set[str] = field(default_factory=set)
    """The sentences of this turn."""
    heard: str = field(init=False)
    """All that was said: of a template that stands in here, somebody has made use."""

    recent: str = field(init=False)
    """What was said lately: too fresh in everybody's mind to be used again."""

    plain: str = field(init=False)
    """All that was said before, as `sentence_key` writes it."""

    def __post_init__(self) -> None:
        self.plain = sentence_key(self.scene.everything)
        self.heard = self.scene.everything.lower()
        self.recent = "\n".join(s.text for s in self.scene.said[-_LATELY:]).lower()

    def speak(self, words: int) -> None:
        """Fill `parts`: about `words` words over many turns, fewer or more in this one."""
        if not (self._wants_quip(words) and self._add(self._own("quip"))):
            self._talk(words * self.rng.choice(_LENGTHS) * self.rng.uniform(0.85, 1.15))
        if not self.parts and not self._think(words):
            who = vocative(self.scene.last.name) if self.scene.last else "friends"
            self.parts.append(f"I have listened to {len(self.scene.said)} turns of this, {who}.")

    def _talk(self, target: float) -> None:
        self._open()
        if len(self.scene.own) <= 1 and self.scene.said and self._chance("stand"):
            self._add(self._stand(), longest=target)
        ends = self._chance("close")
        while (left := target - self._length() - 8 * ends) > 0 and self._add(
            self._own("say") + self._trade(), longest=max(left * 1.3, 14), again=True
        ):
            pass
        if len(self.scene.said) > _LATE and self._chance("callback"):
            self._add(self._common("callback"))
        if ends or len(self.parts) <= 1:
            hands_over = self._chance("hand")
            if not (hands_over and self._add(self._common("hand"))):
                self._add(self._own("close"))

    def _think(self, longest: float) -> bool:
        """One thought more; in an unusual voice only when the usual ones have run dry."""
        usual = self._own("say") + self._trade()
        unusual = self._own("say", least=0.0)
        return (
            self._add(usual, longest=longest, again=True)
            or self._add(self._common("last"), longest=longest, again=True)
            or self._add(unusual, longest=longest)
        )

    def _open(self) -> None:
        last = self.scene.last
        if last is None:
            self._add([] if self.scene.own else self._own("start"))
        elif last.text.rstrip(' *"”)').endswith("?") and self._chance("answer"):
            self._add(self._common("answer"))
        elif self._chance("tic") and self._own("tic"):
            self._add(self._own("tic"))
        elif self._chance("open"):
            self._add(self._own("open"))

    def _wants_quip(self, words: int) -> bool:
        """One line now and then; not first, and not twice running."""
        own = self.scene.own
        if not self.scene.said or (own and len(own[-1].split()) < words / 3):
            return False
        return self._chance("quip")

    def _stand(self) -> Lines:
        if not self.scene.is_polar:
            return self._common("stand")
        # The side depends on who speaks and on what, so that it is the same all evening.
        side = Random(f"{self.filler.persona.slug}|{self.scene.topic}").choice(("yes", "no"))
        return self._common(side)

    def _own(self, section: str, least: float = _USUAL) -> Lines:
        """The templates of the persona's voices; the weight of a voice is shared by its lines."""
        return [
            (weight / len(lines), line)
            for name, weight in self.voices.items()
            if weight >= least and (lines := self.grammar.voices[name].lines(section))
            for line in lines
        ]

    def _common(self, section: str) -> Lines:
        return [(1.0, line) for line in self.grammar.common[section]]

    def _trade(self) -> Lines:
        return [(0.02, line) for line in self.grammar.common["trade"]]

    def _chance(self, what: str) -> bool:
        return self.rng.random() < _CHANCES[what]

    def _length(self) -> int:
        return sum(len(part.split()) for part in self.parts)

    def _add(self, lines: Lines, *, longest: float = 1000, again: bool = False) -> bool:
        """Say one of `lines`, if need be one that was used `again`; False if there is none."""
        fresh = [(weight, line) for weight, line in lines if not self._stands(line, self.heard)]
        faded = [(weight, line) for weight, line in lines if not self._stands(line, self.recent)]
        for pool in (fresh, faded if again else []):
            for line in _drawn(pool, self.rng)[:_TRIES]:
                if self._names_too_often(line):
                    continue
                try:
                    text = self.manner.sentence(self.filler.fill(line))
                except EmptySlotError:
                    continue
                if len(text.split()) <= longest and not self.is_said({*sentences(text)}):
                    self.parts.append(text)
                    self.said |= {sentence_key(sentence) for sentence in sentences(text)}
                    self.heard += text.lower()
                    self.recent += text.lower()
                    return True
        return False

    def is_said(self, thoughts: set[str]) -> bool:
        """Whether one of these sentences was said, in this turn or before, alone or joined."""
        keys = {sentence_key(thought) for thought in thoughts}
        return bool(keys & (self.said | self.scene.sentences)) or any(
            len(key) >= _LONG and key in self.plain for key in keys
        )

    def _stands(self, line: str, text: str) -> bool:
        """Whether somebody has used this template in `text`: as it is, or as this persona would."""
        trace = _trace(line)
        return trace in text or self.manner.sentence(trace).lower() in text

    def _names_too_often(self, line: str) -> bool:
        if "{prev}" not in line or self.scene.last is None:
            return False
        name = vocative(self.scene.last.name)
        return sum(part.count(name) for part in self.parts) >= _NAMES


def _trace(line: str) -> str:
    """The longest piece of a template that stands in all its results."""
    return max(_LITERAL.split(line), key=len).strip().lower() or "\0"


def _drawn(lines: Lines, rng: Random) -> list[str]:
    """All lines in a random order, heavier ones rather earlier (Efraimidis and Spirakis, 2006)."""
    keyed = [(rng.random() ** (1 / weight), line) for weight, line in lines]
    return [line for _, line in sorted(keyed, reverse=True)]


def _laid_out(parts: list[str], rng: Random) -> str:
    """The parts as paragraphs: lists stand alone, long talk is broken now and then."""
    text, length, before_was_list = "", 0, False
    for part in parts:
        is_list = "\n" in part
        breaks = is_list or before_was_list or (length > _PARAGRAPH and rng.random() < 0.7)  # noqa: PLR2004
        if text:
            text += "\n\n" if breaks else " "
        text += part
        length = len(part.split()) + (0 if breaks else length)
        before_was_list = is_list
    return text
