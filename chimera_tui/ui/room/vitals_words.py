"""How a conversation is doing, in words and small pictures; needs no terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from textual.content import Content

from chimera_tui.ui.kit.blocks import Part, fit, line
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.transcript.entries import Speaker

if TYPE_CHECKING:  # not read before the first paint
    from chimera_tui.quality.score import Score
    from chimera_tui.quality.vitals import Affinity, Vitals

HEAT_WORDS = ((0.6, "heated"), (0.35, "lively"), (0.12, "warm"), (0.0, "calm"))
"""What heat is called from which value on."""
CLEAR = 0.15
"""The mean stance from which on somebody is said to agree or to dispute."""
AGREES: Part = ("+", "$success")
DISPUTES: Part = ("-", "$error")
NEITHER: Part = (UNICODE.off, "$muted")
NEVER: Part = ("·", "$faint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What was measured after the last turn."""

    heat: float | None = None
    """0 to 1; None before anybody has spoken."""
    score: "Score | None" = None
    bonds: "Mapping[tuple[str, str], Affinity]"

    @classmethod
    def of(cls, vitals: "Vitals") -> Self:
        """Take what `vitals` says now."""
        heat = vitals.heat if vitals.turns else None
        return cls(heat=heat, score=vitals.score(), bonds=vitals.affinities())

    @property
    def heat_word(self) -> str:
        """A word for the heat."""
        heat = self.heat or 0.0
        return next(word for value, word in HEAT_WORDS if heat >= value)

    @property
    def score_words(self) -> str:
        """`81 lively`, or what is missing for a score."""
        return f"{self.score.total:.0f} {self.score.grade}" if self.score else "too early to tell"


NOTHING = Measures(bonds={})
"""What is known before anything was measured."""


def stance(bond: "Affinity | None") -> Part:
    """The mark for what one says to another."""
    if bond is None:
        return NEVER
    if bond.stance >= CLEAR:
        return AGREES
    return DISPUTES if bond.stance <= -CLEAR else NEITHER


def matrix(
    bonds: "Mapping[tuple[str, str], Affinity]",
    cast: Sequence[tuple[str, Speaker]],
    width: int,
    *,
    names: int,
) -> list[Content]:
    """Who agrees with whom: a row for each who speaks, a column for whom it is said to.

    Args:
        bonds: What was measured.
        cast: Slugs and speakers, in order; as many as fit are drawn.
        width: Cells there are.
        names: Cells for the name of who speaks, its emoji included.
    """
    shown = cast[: max(0, (width - names) // 3)]
    heads = "".join(f"{fit(speaker.emoji, 2)} " for _, speaker in shown)
    lines = [line(" " * names, heads.rstrip())]
    for slug, speaker in shown:
        name = fit(speaker.name, names - 4)
        parts: list[Part] = [
            fit(speaker.emoji, 2),
            " ",
            (name, f"$persona-{speaker.hue}"),
            " ",
        ]
        for other, _ in shown:
            parts += [" " if slug == other else stance(bonds.get((slug, other))), "  "]
        lines.append(line(*parts[:-1]))
    return lines


def legend(width: int) -> Content:
    """What the marks mean, as many of them as fit."""
    pairs = ((AGREES, "agree"), (DISPUTES, "dispute"), (NEITHER, "neither"))
    said = Content("")
    for mark, word in pairs:
        longer = line(said, "  " if said else "", mark, (f" {word}", "$muted"))
        said = longer if longer.cell_length <= width else said
    return said
