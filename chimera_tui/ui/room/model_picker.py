"""Choosing which model plays a persona, and who takes over for it; holds from its next turn on."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.health import Health
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, Part, crop, fit, keys, line, link, split, state
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.room.model_offers import Offer, as_typed, facts, fitting, offers
from chimera_tui.ui.room.room_state import CastRow

MOST_FALLBACKS = 9
"""Models that may take over for one; each is shown with its place."""
COLUMNS = (("context", 7), ("in / M", 8), ("out / M", 8), ("  where", 7), ("last", 8), ("", 13))
"""Titles and cells of the columns behind the name; the later ones go first where it is narrow."""
NARROW, MIDDLE = 60, 80
"""Cells of a row under which only prices, or only prices and context and state, are shown."""
PROVIDER = 12


class Picked(NamedTuple):
    """What was chosen for a persona."""

    slug: str
    model: ModelRef | None
    """None is automatic."""
    fallbacks: tuple[ModelRef, ...]


def shown_columns(width: int) -> list[tuple[str, int]]:
    """The columns that there is room for."""
    if width < NARROW:
        return [COLUMNS[1], COLUMNS[2]]
    return [*COLUMNS[:3], COLUMNS[5]] if width < MIDDLE else list(COLUMNS)


def titles(width: int) -> Content:
    """The titles of the columns."""
    shown = shown_columns(width)
    room = width - PROVIDER - 1 - sum(cells + 1 for _, cells in shown)
    text = fit("provider", PROVIDER) + " " + fit("model", room)
    for title, cells in shown:
        text += " " + fit(title, cells, right=title != "  where")
    return crop(line((text, "$muted")), width)


class ModelRows(Rows):
    """One row a model."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "screen.search", "search", show=False),
        Binding("f", "screen.fallback", "fallback", show=False),
    ]

    is_long = True
    edge = 1

    def __init__(self) -> None:
        super().__init__(id="models")
        self.offers: list[Offer] = []
        self.fallbacks: list[ModelRef] = []

    def show(self, found: list[Offer]) -> None:
        """Draw these."""
        self.offers = found
        self.rebuild()

    def row_count(self) -> int:
        """One row an offer."""
        return len(self.offers)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Provider, model, context, prices, where it runs, latency, state."""
        offer = self.offers[index]
        bold = "bold" if index == self.cursor else ""
        if offer.model is None:
            parts = line((fit(offer.provider, PROVIDER), "$primary"), " ", (offer.name, bold))
            return [crop(parts, width)]
        shown = shown_columns(width)
        room = width - PROVIDER - 1 - sum(cells + 1 for _, cells in shown)
        colour = bold if offer.is_usable or offer.note == "as typed" else "$muted"
        place = f"{self.fallbacks.index(offer.model) + 1}" if offer.model in self.fallbacks else ""
        parts = line(
            (fit(offer.provider, PROVIDER) + " ", "$muted"),
            (fit(offer.name, room - 2), colour),
            (fit(place, 2, right=True), "bold $accent"),
        )
        for title, cells in shown:
            parts = line(parts, " ", self._cell(offer, title, cells))
        return [crop(parts, width)]

    def _cell(self, offer: Offer, title: str, cells: int) -> Part:
        quiet = "" if offer.is_usable else "$muted"
        match title:
            case "context":
                return (fit(offer.context, cells, right=True), quiet)
            case "in / M":
                return (fit(offer.price(offer.info.price_in), cells, right=True), quiet)
            case "out / M":
                price = offer.price(offer.info.price_out)
                return (fit("" if price == "free" else price, cells, right=True), quiet)
            case "  where":
                return (fit(f"  {offer.where}", cells), "$muted")
            case "last":
                return (fit(offer.latency if offer.is_usable else "–", cells, right=True), quiet)
            case _:
                return line(" ", state(offer.state, word=offer.note))


class ModelPicker(Dialog[Picked]):
    """Asks who speaks for a persona, and who takes over when that model cannot be had.

    Args:
        cast: Everybody in the room.
        healths: The providers as they are known.
        slug: For whom to choose first.
        is_local: Whether a provider runs at home.
        usual: Tokens read and written in a usual turn of this room.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "person(1)", show=False, priority=True),
        Binding("shift+tab", "person(-1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
        Binding("ctrl+f", "fallback", show=False, priority=True),
    ]

    def __init__(
        self,
        cast: list[CastRow],
        healths: list[Health],
        slug: str,
        *,
        is_local: Callable[[str], bool],
        usual: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__()
        self._cast, self._healths = cast, healths
        self._is_local, self._usual = is_local, usual
        self._person = next((i for i, row in enumerate(cast) if row.slug == slug), 0)
        self._all: list[Offer] = []

    def compose(self) -> ComposeResult:
        """For whom, the search, the models, what it does."""
        with Vertical(classes="dialog -models"):
            yield Lines(self._head, id="picker-head")
            yield LineField(
                placeholder="model, provider, local, free, or provider/model", compact=True
            )
            yield Lines(self._titles, id="picker-titles")
            yield ModelRows()
            yield Lines(self._foot, id="picker-foot")

    def on_mount(self) -> None:
        """Show all models."""
        self._begin()

    @property
    def _rows(self) -> ModelRows:
        return self.query_one(ModelRows)

    def _begin(self) -> None:
        """Show what there is for this persona, from what plays it now."""
        row = self._cast[self._person]
        self._rows.fallbacks = list(row.fallbacks)
        self._all = offers(
            self._healths, self._is_local, assigned=row.assigned, fallbacks=row.fallbacks
        )
        self._search(self.query_one(Input).value)
        if not self.query_one(Input).value and row.assigned in [o.model for o in self._all[:2]]:
            self._rows.cursor = [o.model for o in self._all].index(row.assigned)

    # Drawing

    def _head(self, width: int) -> list[Content]:
        row = self._cast[self._person]
        who = line(
            ("Who speaks for ", "bold"),
            f"{row.speaker.emoji} ",
            (row.speaker.name, f"bold $persona-{row.speaker.hue}"),
            ("?", "bold"),
        )
        now = f"now {row.model}" if row.assigned else f"automatic, now {row.model}"
        if not row.assigned and row.model == "automatic":
            now = "now automatic"
        return [split(who, line((now, "$muted")), width), Content("")]

    def _titles(self, width: int) -> list[Content]:
        count = sum(offer.where != "" for offer in self._all)
        providers = len({offer.provider for offer in self._all if offer.where})
        fitting_now = sum(offer.where != "" for offer in self._rows.offers)
        found = f"{fitting_now} of {count} models" if count else "no models yet"
        note = f"{found}, {providers} provider{'s' if providers != 1 else ''}"
        inner = self._rows.row_width if self._rows.size.width else width
        return [split(Content(""), line((note, "$muted")), width), titles(inner)]

    def _foot(self, width: int) -> list[Content]:
        rows = self._rows
        lines = [Content(""), self._about(width)]
        if rows.fallbacks:
            order = ", then ".join(
                f"{n} {one_line(m.model, 60)}" for n, m in enumerate(rows.fallbacks, 1)
            )
            lines.append(crop(line(("takes over: ", "$muted"), order), width))
        else:
            holds = "Holds from the next turn on."
            lines.append(crop(line((holds, "$muted")), width))
        pairs = [("⏎", "use", ""), ("f" if rows.has_focus else "^f", "fallback", "screen.fallback")]
        if len(self._cast) > 1:
            pairs.append(("⇥", "someone else", "screen.person(1)"))
        left = Content("   ").join(
            link(keys([(key, word)]), action) if action else keys([(key, word)])
            for key, word, action in pairs
        )
        return [
            *lines,
            Content(""),
            split(left, link(keys([("esc", "keep")]), "screen.keep"), width),
        ]

    def _about(self, width: int) -> Content:
        """What there is to know of the model under the cursor."""
        rows = self._rows
        if not rows.offers:
            typed = self.query_one(Input).value.strip()
            why = "Nothing fits. Written as provider/model, it is taken as typed."
            if "/" in typed:
                why = f"There is no provider `{one_line(typed.partition('/')[0], 40)}`."
            return crop(line((why, "$warning")), width)
        if not any(offer.where for offer in self._all):
            why = "Nobody lists a model yet: f4 in the room shows why. Write provider/model."
            return crop(line((why, "$warning")), width)
        offer = rows.offers[rows.cursor]
        said = facts(offer, self._usual)
        return crop(line((offer.name or offer.provider, "bold"), (f"  {said}", "$muted")), width)

    def _redraw(self) -> None:
        for block in self.query(Lines):
            block.refresh(layout=True)

    # Searching and choosing

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show the models that fit what is written."""
        self._search(event.value)

    def _search(self, text: str) -> None:
        found = fitting(self._all, text)
        providers = [health.provider for health in self._healths]
        if "/" in text and (typed := as_typed(text, self._all, providers)):
            found.append(typed)
        self._rows.show(found)
        self._rows.cursor = 0
        self._redraw()

    @on(Rows.Moved)
    def draw(self) -> None:
        """Say what there is to know of the row under the cursor."""
        self.query_one("#picker-foot", Lines).refresh()

    @on(Rows.Entered)
    def draw_keys(self) -> None:
        """The list has keys of its own."""
        self._redraw()

    @on(Input.Submitted)
    @on(Rows.Chosen)
    def use(self) -> None:
        """Give back the model under the cursor."""
        rows = self._rows
        if rows.offers:
            model = rows.offers[rows.cursor].model
            fallbacks = tuple(one for one in rows.fallbacks if one != model)
            self.give(Picked(self._cast[self._person].slug, model, fallbacks))

    def action_fallback(self) -> None:
        """Let the model under the cursor take over when the chosen one cannot be had, or not."""
        rows = self._rows
        model = rows.offers[rows.cursor].model if rows.offers else None
        if model is None:
            return
        if model in rows.fallbacks:
            rows.fallbacks.remove(model)
        elif len(rows.fallbacks) < MOST_FALLBACKS:
            rows.fallbacks.append(model)
        rows.rebuild()
        self._redraw()

    def action_search(self) -> None:
        """Go back to the search."""
        self.query_one(Input).focus()
        self._redraw()

    def action_move(self, by: int) -> None:
        """Move the cursor; the list has the keys then."""
        rows = self._rows
        if by < 0 and (rows.cursor == 0 or not rows.has_focus):
            self.action_search()
            return
        rows.action_move(by)
        rows.focus()

    def on_key(self, event: events.Key) -> None:
        """What is typed over the list goes on with the search."""
        field = self.query_one(Input)
        is_key = event.key in self.active_bindings
        if self._rows.has_focus and event.character and event.is_printable and not is_key:
            field.focus()
            field.value += event.character
            field.cursor_position = len(field.value)
            event.stop()

    def action_person(self, by: int) -> None:
        """Choose for the next one of the cast."""
        self._person = (self._person + by) % len(self._cast)
        self._begin()
