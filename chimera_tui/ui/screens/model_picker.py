"""Choosing which model plays a persona; holds from its next turn on."""

from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.conversation import DEMO, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.domain.text import one_line
from chimera_tui.ui.blocks import Lines, fit, keys, line, split, state
from chimera_tui.ui.scene import CastRow, duration
from chimera_tui.ui.screens.dialog import Dialog
from chimera_tui.ui.widgets.rows import Rows

THOUSAND = 1000


class Offer(NamedTuple):
    """One model that can be chosen; None is automatic."""

    model: ModelRef | None
    context: str
    latency: str
    state: str
    note: str


NOTHING = Offer(None, "", "", "", "Nothing fits. Written as provider/model it is taken as it is.")


class ModelRows(Rows):
    """One row a model."""

    def __init__(self) -> None:
        super().__init__(id="models")
        self.offers: list[Offer] = []

    def show(self, offers: list[Offer]) -> None:
        """Draw these."""
        self.offers = offers
        self.rebuild()

    def row_count(self) -> int:
        """One row an offer."""
        return len(self.offers)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Provider, model, context, latency, state."""
        offer = self.offers[index]
        if offer is NOTHING:
            return [line((NOTHING.note, "$muted")).truncate(width, ellipsis=True)]
        if offer.model is None:
            parts = line((fit("automatic", 13), "$primary"), (offer.note, ""))
            return [parts.truncate(width, ellipsis=True)]
        name_width = max(8, width - 13 - 9 - 10 - 13)
        bold = "bold" if index == self.cursor else ""
        glyph = state(offer.state, word=offer.note)
        return [
            line(
                (fit(one_line(offer.model.provider), 12) + " ", "$muted"),
                (fit(one_line(offer.model.model), name_width), bold),
                fit(offer.context, 9, right=True),
                fit(offer.latency, 10, right=True),
                "  ",
                glyph,
            ).truncate(width, ellipsis=True)
        ]


class ModelPicker(Dialog[tuple[str, ModelRef | None]]):
    """Asks who speaks for a persona; gives the persona and the model back.

    Args:
        cast: Everybody in the room.
        healths: The providers as they are known.
        slug: For whom to choose first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "person(1)", show=False, priority=True),
        Binding("shift+tab", "person(-1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
    ]

    def __init__(self, cast: list[CastRow], healths: list[Health], slug: str) -> None:
        super().__init__()
        self._cast, self._healths = cast, healths
        self._person = next((i for i, row in enumerate(cast) if row.slug == slug), 0)

    def compose(self) -> ComposeResult:
        """For whom, the search, the models, what it does."""
        with Vertical(classes="dialog -wide"):
            yield Lines(self._head, id="picker-head")
            yield Input(
                placeholder="model, provider, or provider/model as you write it", compact=True
            )
            yield Lines(self._titles)
            yield ModelRows()
            yield Lines(self._foot)

    def on_mount(self) -> None:
        """Show all models."""
        self._search("")

    def _head(self, width: int) -> list[Content]:
        row = self._cast[self._person]
        who = line(
            ("Who speaks for ", "bold"),
            f"{row.speaker.emoji} ",
            (row.speaker.name, f"bold $persona-{row.speaker.hue}"),
            ("?", "bold"),
        )
        return [split(who, line((f"now {row.model}", "$muted")), width), Content("")]

    def _titles(self, width: int) -> list[Content]:
        inner = width
        titles = (
            fit("provider", 13) + fit("model", max(8, inner - 13 - 9 - 10 - 13)),
            fit("context", 9, right=True) + fit("last", 10, right=True),
        )
        return [Content(""), line(("".join(titles), "$muted")).truncate(width, ellipsis=True)]

    def _foot(self, width: int) -> list[Content]:
        left = [("⏎", "use")]
        if len(self._cast) > 1:
            left.append(("⇥", "someone else"))
        return [
            Content(""),
            line(
                ("Holds from the next turn on; what is being said is finished as it is.", "$muted")
            ).truncate(width, ellipsis=True),
            Content(""),
            split(keys(left), keys([("esc", "keep")]), width),
        ]

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show the models that fit what is written."""
        self._search(event.value)

    def _search(self, words: str) -> None:
        words = words.strip().casefold()
        offers = [offer for offer in _offers(self._healths) if _fits(offer, words)]
        if "/" in words and not any(str(offer.model).casefold() == words for offer in offers):
            offers += _as_written(self.query_one(Input).value, self._healths)
        rows = self.query_one(ModelRows)
        rows.show(offers or [NOTHING])
        rows.cursor = 0

    @on(Rows.Moved)
    def draw(self, event: Rows.Moved) -> None:
        """Show the row under the cursor in bold."""
        event.rows.rebuild()

    @on(Input.Submitted)
    def use(self) -> None:
        """Give back the model under the cursor."""
        rows = self.query_one(ModelRows)
        if rows.offers[rows.cursor] is not NOTHING:
            self.give((self._cast[self._person].slug, rows.offers[rows.cursor].model))

    @on(Rows.Chosen)
    def use_clicked(self) -> None:
        """Give back the model that was clicked."""
        self.use()

    def action_move(self, by: int) -> None:
        """Move the cursor while the search keeps the focus."""
        self.query_one(ModelRows).action_move(by)

    def action_person(self, by: int) -> None:
        """Choose for the next one of the cast."""
        self._person = (self._person + by) % len(self._cast)
        self.query_one("#picker-head", Lines).refresh()


def _offers(healths: list[Health]) -> list[Offer]:
    """Automatic, then the models of all providers that answered, then the demo."""
    offers = [Offer(None, "", "", "", "the first provider that answers, its loaded model")]
    for health in healths:
        if health.provider == DEMO.provider or health.state in {
            HealthState.DOWN,
            HealthState.NOT_ASKED,
        }:
            continue
        offers += [
            Offer(
                ModelRef(health.provider, model.name),
                _context(model.context),
                duration(health.latency),
                "slow" if health.state is HealthState.SLOW else "ok",
                "loaded" if model.is_loaded else "",
            )
            for model in health.models
            if model.can_chat
        ]
    return [*offers, Offer(DEMO, "", "", "demo", "scripted")]


def _as_written(text: str, healths: list[Health]) -> list[Offer]:
    """The model as it was written, if it names a provider there is."""
    try:
        model = ModelRef.parse(text)
    except UnknownError:
        return []
    if model.provider not in {health.provider for health in healths}:
        return []
    return [Offer(model, "", "", "off", "as written")]


def _fits(offer: Offer, words: str) -> bool:
    text = f"{offer.model or 'automatic'} {offer.note}".casefold()
    return all(word in text for word in words.split())


def _context(tokens: int | None) -> str:
    if tokens is None:
        return "–"
    return f"{tokens // THOUSAND}k" if tokens >= THOUSAND else str(tokens)
