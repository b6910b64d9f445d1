"""Filling the slots of a template."""

import re
from dataclasses import dataclass, field
from random import Random

from chimera_tui.demo.grammar.nouns import Noun, nouns_in
from chimera_tui.demo.grammar.scene import DemoScene, plain
from chimera_tui.demo.grammar.voices import Trade
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line

_SLOT = re.compile(r"\{(?P<name>\w+)(?:\.(?P<form>[\w.]+))?\}")
_CHOICE = re.compile(r"<([^<>|]*(?:\|[^<>|]*)+)>")
_OPENING = re.compile(
    r"(?:^|(?<=[.!?…] )|(?<=[.!?…][\"”*)] )|(?<=\n))([\"“*(]*(?:- |\d\. )?[\"“*(]*)([a-z])"
)
_FIGURES = {"n": (3, 12), "m": (13, 64), "year": (1380, 1960)}
_ODDS = tuple(f"{odds}%" for odds in (5, 12, 15, 20, 30, 35, 40, 55, 60, 70, 80, 85, 90, 95))
_LONGEST_TOPIC = 120
_VIVID = 12
"""How much rather a word for a thing is picked up than another."""
_OLD = 4
"""Messages back from which on something counts as said earlier."""


class EmptySlotError(LookupError):
    """Nothing is at hand for a slot of this template."""


@dataclass(slots=True)
class Filler:
    """Fills templates for one turn; keeps to one focus, and does not use a thing twice."""

    persona: Persona
    trade: Trade
    vivid: frozenset[str]
    scene: DemoScene
    rng: Random
    focus: Noun = field(init=False)
    topics: list[Noun] = field(init=False)
    used: set[str] = field(default_factory=set)
    """The choices that earlier templates of this turn took."""

    def __post_init__(self) -> None:
        self.topics = list(self.scene.topic_nouns[:3])
        self.rng.shuffle(self.topics)
        fresh = self.scene.fresh_nouns()
        weights = [_VIVID if noun.word.lower() in self.vivid else 1 for noun in fresh]
        self.focus = self.rng.choices(fresh, weights)[0] if fresh else self.topics[0]

    def fill(self, template: str) -> str:
        """The text of `template`.

        Raises:
            EmptySlotError: If nothing is at hand for one of its slots.
        """
        values: dict[str, str | Noun] = {}

        def value(match: re.Match[str]) -> str:
            name, form = match["name"], match["form"]
            if name not in values:
                values[name] = self._value(name, values)
            found = values[name]
            return found.form(form or "") if isinstance(found, Noun) else found

        text = _CHOICE.sub(lambda match: self.rng.choice(match[1].split("|")), template)
        text = _SLOT.sub(value, text.replace("¶", "\n"))
        text = re.sub(r"([.?!])(\*?)[.,]", r"\1\2", text)
        self.used.update(v for v in values.values() if isinstance(v, str))
        return _OPENING.sub(lambda m: m[1] + m[2].upper(), text)

    def _value(self, name: str, taken: dict[str, str | Noun]) -> str | Noun:
        choices = self.trade.choices | {
            "field": self.persona.expertise,
            "pct": _ODDS,
            "q": tuple(self.scene.quotes()) if name == "q" else (),
        }
        if name in choices:
            return self._choice(choices[name])
        if name in _FIGURES:
            return str(self.rng.randint(*_FIGURES[name]))
        if name in ("topic", "ask"):
            return self._topic(name)
        if name in ("f", "t", "u"):
            return self._noun(name, taken)
        if name in ("old", "oldref"):
            self._recall(taken)
            return taken[name]
        return self._name(name)

    def _choice(self, choices: tuple[str, ...]) -> str:
        """One that has not been heard in this conversation, while there are such."""
        unused = [c for c in choices if c not in self.used]
        fresh = [c for c in unused if c not in self.scene.everything]
        if not unused:
            raise EmptySlotError
        return self.rng.choice(fresh or unused)

    def _topic(self, name: str) -> str:
        topic = one_line(re.sub(r"[\[\]*_`<>#|{}¶]", "", self.scene.topic), _LONGEST_TOPIC)
        if not topic or (name == "ask" and not topic.endswith("?")):
            raise EmptySlotError
        return topic

    def _noun(self, name: str, taken: dict[str, str | Noun]) -> Noun:
        """The noun for one of the slots f, t and u; never one that another of them has."""
        talk = self.scene.fresh_nouns() if name == "u" else []
        choices = {"f": [self.focus], "t": self.topics[:1], "u": self.topics[1:] + talk}[name]
        busy = {noun.word.lower() for noun in taken.values() if isinstance(noun, Noun)}
        busy |= {self.topics[0].word.lower(), self.focus.word.lower()} if name == "u" else set()
        free = [noun for noun in choices if noun.word.lower() not in busy]
        if not free:
            raise EmptySlotError
        return free[0]

    def _name(self, name: str) -> str:
        names = [n for n in self.scene.others() if n != self.persona.name]
        if not names or (name == "other" and len(names) == 1):
            raise EmptySlotError
        if name in ("prev", "ref"):
            who = names[0]
        else:  # somebody else to speak to or of, if there is anybody else
            who = names[1 + len(self.scene.own) % (len(names) - 1)] if len(names) > 1 else names[0]
        return vocative(who) if name in ("prev", "voc") else reference(who)

    def _recall(self, taken: dict[str, str | Noun]) -> None:
        """Find a word that somebody else said a while ago and nobody since."""
        recent = " ".join(s.text.lower() for s in self.scene.said[-_OLD:])
        topical = {noun.word.lower() for noun in self.scene.topic_nouns}
        found = [
            (noun, said.name)
            for said in self.scene.said[-4 * _OLD : -_OLD]
            if said.name
            for noun in nouns_in(plain(said.text))
            if noun.word.lower() not in recent and noun.word.lower() not in topical
        ]
        if not found:
            raise EmptySlotError
        noun, name = self.rng.choice(found)
        taken["old"], taken["oldref"] = noun, reference(name)


def vocative(name: str) -> str:
    """A name as one says it to its bearer."""
    return "friend" if name == "Human" else name.removeprefix("The ")


def reference(name: str) -> str:
    """A name as one says it of its bearer, within a sentence."""
    if name == "Human":
        return "our human"
    return f"the {name.removeprefix('The ')}" if name.startswith("The ") else name
