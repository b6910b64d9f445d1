"""How the conversation is doing: the score with its parts, heat, who agrees with whom."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from chimera_tui.quality.score import FEWEST, WEIGHTS
from chimera_tui.ui.kit.blocks import Lines, fit, keys, line, meter, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.room.vitals_words import Measures, legend, matrix
from chimera_tui.ui.transcript.entries import Speaker

MEANINGS = {
    "balance": "how evenly turns and words are shared",
    "novelty": "how rarely phrases come back that were just used",
    "diversity": "how many different words are used",
    "topic": "whether they speak of the topic, or go on from it",
    "response": "whether they take up what others said",
    "progress": "whether new things still come up",
    "voice": "whether one can tell them apart by how they write",
    "friction": "whether they do more than agree and praise",
}
"""What each part of the score looks at."""
HONEST = (
    "All of this is counted from the words, quickly and the same every time. It is blind to what "
    "was meant, made for English, and tuned on a few texts: it tells loops from talk, no more."
)
LABEL, BAR, FIGURE = 12, 16, 7
"""Cells of a name, of a meter, of a number."""
NARROW = 80
"""Cells up to which meters are short."""


class VitalsScreen(Dialog[None]):
    """All that is measured, with what it means."""

    BINDINGS = [Binding("v,q", "keep", "close", show=False)]  # noqa: RUF012 - as Textual does

    def __init__(self, measures: Measures, cast: Sequence[tuple[str, Speaker]]) -> None:
        super().__init__()
        self._measures, self._cast = measures, cast

    def compose(self) -> ComposeResult:
        """Head, everything, keys."""
        with Vertical(classes="dialog -vitals"):
            yield Lines(self._head)
            with VerticalScroll(classes="dialog-scroll"):
                yield Lines(self._body)
            yield Lines(
                lambda width: [
                    Content(""),
                    split(keys([("↑↓", "scroll")]), keys([("esc", "close")]), width),
                ]
            )

    def _head(self, width: int) -> list[Content]:
        words = line((self._measures.score_words, "bold $primary"))
        return [split(line(("How it is going", "bold")), words, width), Content("")]

    def _body(self, width: int) -> list[Content]:
        said = line((HONEST, "$muted")).wrap(width)
        return [*self._score(width), *self._heat(width), *self._bonds(width), *said]

    def _score(self, width: int) -> list[Content]:
        score = self._measures.score
        if score is None:
            words = f"A score comes after {FEWEST} turns of the personas."
            return [line((words, "$muted")), Content("")]
        lines = [
            _row(name, score.parts.get(name), MEANINGS[name], width, missing="cannot be told yet")
            for name in WEIGHTS
        ]
        if score.deduction:
            why = "others' lines, refusals, cut turns, wrong lengths"
            figure = fit(f"-{score.deduction:.0f}", _bar(width) + FIGURE, right=True)
            lines.append(
                _cropped(line(fit("taken off", LABEL), figure, "  ", (why, "$muted")), width)
            )
        return [*lines, Content("")]

    def _heat(self, width: int) -> list[Content]:
        means = f"{self._measures.heat_word}: signs of dispute in the last turns"
        return [
            _row("heat", self._measures.heat, means, width, missing="nobody has spoken yet"),
            Content(""),
        ]

    def _bonds(self, width: int) -> list[Content]:
        if not self._measures.bonds:
            return [line(("Nobody has spoken to anybody yet.", "$muted")), Content("")]
        names = min(24, 5 + max(len(speaker.name) for _, speaker in self._cast))
        title = split(line(("Who agrees with whom", "bold")), legend(width), width)
        note = line(("A row says how one speaks to the others, in the columns.", "$muted"))
        grid = matrix(self._measures.bonds, self._cast, width, names=names)
        return [title, _cropped(note, width), *grid, Content("")]


def _row(name: str, value: float | None, means: str, width: int, *, missing: str) -> Content:
    if value is None:
        return _cropped(line(fit(name, LABEL), (missing, "$muted")), width)
    return _cropped(
        line(
            fit(name, LABEL),
            meter(value, _bar(width)),
            fit(f"{value:.2f}", FIGURE, right=True),
            "  ",
            (means, "$muted"),
        ),
        width,
    )


def _bar(width: int) -> int:
    """Cells of a meter: the words are worth more."""
    return BAR if width > NARROW else BAR // 3


def _cropped(content: Content, width: int) -> Content:
    return content.truncate(width, ellipsis=True)
