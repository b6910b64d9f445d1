"""The words of the demo, and which of them suit a persona."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from chimera_tui.demo.grammar.manners import Manner
from chimera_tui.demo.grammar.nouns import nouns_in
from chimera_tui.domain.persona import Persona

_BY_CATEGORY = {
    "thinkers": ("asker", "chronicler"),
    "artists": ("imagist", "teller"),
    "performers": ("jester", "teller"),
    "makers": ("maker", "dealer"),
    "everyday": ("hearth", "teller"),
    "adventurers": ("wonderer", "teller"),
    "leaders": ("captain", "dealer"),
    "visionaries": ("wonderer", "imagist"),
    "catalysts": ("doubter", "jester"),
    "professions": ("measurer", "hearth"),
    "utility": ("diplomat", "clerk"),
}
"""The voices that a category lends to a persona whose traits do not fill an evening."""
_TRADE_OF_CATEGORY = {
    "thinkers": "philosophy",
    "artists": "painting",
    "performers": "stage",
    "makers": "engineering",
    "everyday": "family",
    "adventurers": "travel",
    "leaders": "strategy",
    "visionaries": "mysticism",
    "catalysts": "roguery",
    "professions": "office",
    "utility": "office",
}
_VOICES_OF_ONE = 4
_BY_NAME = 2.0
_LENT = (0.5, 0.3)
"""How much a name and a category count beside a trait."""
_STEM = 6
"""Letters that two traits must share at their beginning to be the same ("skeptical", "skeptic")."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A way of talking: templates by what they are for."""

    traits: tuple[str, ...]
    names: tuple[str, ...]
    """Words in the name of a persona that call for this voice."""
    sections: dict[str, tuple[str, ...]]

    def lines(self, section: str) -> tuple[str, ...]:
        """The templates of a section; none if it has no such section."""
        return self.sections.get(section, ())


@dataclass(frozen=True, slots=True)
class Trade:
    """What people of a trade have around them: choices by slot."""

    keys: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Grammar:
    """All words of the demo."""

    voices: dict[str, Voice]
    trades: dict[str, Trade]
    common: dict[str, tuple[str, ...]]
    manners: dict[str, dict[str, str]]
    """By trait: what to change of a `Manner`."""
    vivid: frozenset[str]
    """Words for things one can see: the ones worth picking up."""

    @classmethod
    def load(cls, folder: Path = Path(__file__).parent) -> Self:
        """Read the data files (takes some 30 ms)."""
        voices = {path.stem: _voice(_toml(path)) for path in sorted(folder.glob("voices/*.toml"))}
        trades = {name: _trade(table) for name, table in _toml(folder / "trades.toml").items()}
        common = {k: _lines(v) for k, v in _toml(folder / "common.toml").items()}
        things = ". ".join(". ".join(trade.choices["thing"]) for trade in trades.values())
        vivid = frozenset(noun.word.lower() for noun in nouns_in(things))
        return cls(voices, trades, common, _toml(folder / "manners.toml"), vivid)

    def voices_of(self, persona: Persona) -> dict[str, float]:
        """How much of each voice a persona has, the strongest first; they add up to 1."""
        weights = dict.fromkeys(self.voices, 0.0)
        for word in dict.fromkeys(w for trait in persona.traits for w in (trait, *trait.split())):
            self._lend(weights, word, 1.0)
        if not any(weights.values()):
            for word in re.findall(r"[a-z-]{5,}", f"{persona.one_line} {persona.prompt}".lower()):
                self._lend(weights, word, 0.5)
        for name, voice in self.voices.items():
            weights[name] += _BY_NAME * bool({*voice.names} & {*persona.name.lower().split()})
        lent = _BY_CATEGORY.get(persona.category) or _BY_CATEGORY["everyday"]
        for name, weight in zip(lent, _LENT, strict=True):
            weights[name] += weight
        best = sorted(weights, key=lambda name: -weights[name])[:_VOICES_OF_ONE]
        total = sum(weights[name] ** 2 for name in best)
        return {name: weights[name] ** 2 / total for name in best if weights[name]}

    def manner_of(self, persona: Persona) -> Manner:
        """How a persona puts its words: the first of its traits that says something counts."""
        manner = Manner()
        for trait in persona.traits:
            manner = manner.with_(self.manners.get(trait.lower(), {}))
        return manner

    def trade_of(self, persona: Persona) -> Trade:
        """The trade that shows in the name, the expertise or the description of a persona."""
        parts = (
            (5.0, persona.name),
            (2.0, " ".join(persona.expertise)),
            (1.5, persona.one_line),
            (0.5, " ".join(persona.tags)),
            (0.25, persona.prompt),
        )
        scores = dict.fromkeys(self.trades, 0.0)
        for name, trade in self.trades.items():
            for weight, text in parts:
                words = re.findall(r"[a-z-]+", text.lower())
                scores[name] += weight * sum(
                    any(w.startswith(key) for w in words) for key in trade.keys
                )
        best = max(scores, key=lambda name: scores[name])
        if scores[best] < 1:
            best = _TRADE_OF_CATEGORY.get(persona.category, "family")
        return self.trades[best]

    def _lend(self, weights: dict[str, float], trait: str, weight: float) -> None:
        """Share `weight` among the voices with this trait."""
        found = self._voices_with(trait)
        for name in found:
            weights[name] += weight / len(found)

    def _voices_with(self, trait: str) -> list[str]:
        low = trait.lower()
        return [
            name
            for name, voice in self.voices.items()
            if any(
                low == t or (len(low) > _STEM and low[:_STEM] == t[:_STEM]) for t in voice.traits
            )
        ]


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _voice(table: dict[str, str]) -> Voice:
    traits, names = table.pop("traits").split(), table.pop("names").split()
    return Voice(tuple(traits), tuple(names), {k: _lines(v) for k, v in table.items()})


def _trade(table: dict[str, str]) -> Trade:
    keys = table.pop("keys").split()
    return Trade(tuple(keys), {slot: tuple(text.split("|")) for slot, text in table.items()})


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.strip().split("\n"))
