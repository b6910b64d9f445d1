"""The panels beside the transcript: the rooms, the cast, the providers, the vitals."""

from datetime import datetime
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content

from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import (
    STATES,
    Block,
    Part,
    crop,
    fit,
    heading,
    line,
    meter,
    sparkline,
    split,
    state,
)
from chimera_tui.ui.kit.costs import budget_label, rounded
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.providers.provider_rows import ProviderRow
from chimera_tui.ui.room.room_header import DEMO_CHIP, WIDE
from chimera_tui.ui.room.room_state import CastRow, RoomState
from chimera_tui.ui.room.vitals_words import legend, matrix
from chimera_tui.ui.transcript.conversation_entries import clock

MOST_LINES, FEW_LINES = 4, 3
"""Lines for the reason why a provider does not answer, in a high terminal and in a low one."""
HIGH = 28
"""Rows of the terminal from which on it is high."""
SPARKS = 6
"""Bars of a sparkline where there is room."""
OTHERS = 16
"""Rows of the panels that are neither cast nor providers: titles, the space between, vitals."""
FRAME = 7
"""Rows of the terminal over and under the panels."""
HEADS = 8
"""Rows of what stands over the vitals beside the lists: titles, and the space between panels."""
WHO = 15
"""Cells for who speaks, in the matrix of agreement."""
LABEL, VALUE = 10, 13
"""Cells of a vital sign: its name, and its figure at least."""
A_WEEK = 7
"""Days in which a weekday says enough."""


class Heading(Block):
    """The title of a panel, and a note at its right edge."""

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(classes="heading", id=id)
        self._title = title
        self._note = ""

    def note(self, note: str) -> None:
        """Change the note."""
        self._note = note
        self.refresh()

    def lines(self, width: int) -> list[Content]:
        """Title and gap."""
        return heading(self._title, self._note, width)


class RoomList(Rows):
    """All conversations, the one on the screen marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "screen.do('remove-room')", "delete", id="rooms.delete")
    ]
    gap = 1
    edge = 2

    def __init__(self) -> None:
        super().__init__(id="room-list")
        self.rooms: list[ConversationSummary] = []
        self.current: int | None = None
        self._current_state: tuple[str, str] = ("off", "")

    def show(self, rooms: list[ConversationSummary], current: int | None, now: datetime) -> None:
        """Draw these; `current` is the id of the conversation on the screen."""
        self.rooms, self.current, self._now = rooms, current, now
        if not self.has_focus:
            self.cursor = next((i for i, room in enumerate(rooms) if room.id == current), 0)
        self.rebuild()

    def show_state(self, name: str, note: str) -> None:
        """Draw how the room on the screen is."""
        self._current_state = (name, note)
        self.rebuild()

    def row_count(self) -> int:
        """One row a conversation."""
        return len(self.rooms)

    def marks(self, index: int) -> bool:
        """The cursor while the list is used, else the room on the screen."""
        return index == self.cursor if self.has_focus else self.rooms[index].id == self.current

    def row_lines(self, index: int, width: int) -> list[Content]:
        """The title, then how it is."""
        room = self.rooms[index]
        is_current = room.id == self.current
        title = line((fit(one_line(room.title), width), "bold" if is_current else ""))
        if is_current:
            name, note = self._current_state
            return [title, line(state(name), (f" · {note}", "$muted"))]
        if room.live_pid is not None:
            return [title, line(state("live"), (f" · process {room.live_pid}", "$muted"))]
        said = f"{room.messages} said" if room.messages else "empty"
        if room.is_demo:
            about = line(state("demo"), (f" · {said}", "$muted"))
        else:
            about = line((f"{said} · {_when(room.updated_at, self._now)}", "$muted"))
        return [title, about.truncate(width, ellipsis=True)]


class CastList(Rows):
    """Who is in the room, what each is doing, and what plays them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "choose", id="cast.menu"),
        Binding("i", "screen.do('invite')", "invite", id="cast.invite"),
        Binding("shift+up,K", "screen.move_cast(-1)", "up", key_display="⇧↑", id="cast.up"),
        Binding("shift+down,J", "screen.move_cast(1)", "down", key_display="⇧↓", id="cast.down"),
        Binding("delete", "screen.do('remove')", "remove", key_display="del", id="cast.remove"),
        Binding("e", "screen.do('studio')", "edit persona", id="cast.edit"),
    ]

    _bar_needs_focus = True

    def __init__(self) -> None:
        super().__init__(id="cast")
        self.cast: list[CastRow] = []

    def show(self, cast: list[CastRow]) -> None:
        """Draw these; the panel is laid out anew only if it needs more lines or fewer."""
        if cast != self.cast:
            self.cast, lines = cast, self.virtual_size.height
            self.space()
            self.rebuild()
            if self.virtual_size.height != lines:
                _lay_out(self)

    @on(events.Resize)
    def _fit_the_height(self) -> None:
        self.space()
        _lay_out(self)

    def space(self) -> None:
        """A blank line between them, where that pushes the panels below not out of sight."""
        size, providers = self.app.size, self.screen.query_one(ProviderList).virtual_size.height
        rows = 3 * len(self.cast) - 1 + providers + OTHERS + FRAME
        gap = int(size.width >= WIDE and size.height >= rows)
        if gap != self.gap:
            self.gap = gap
            self.rebuild()
            _lay_out(self)

    def row_count(self) -> int:
        """One row a persona."""
        return len(self.cast)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Emoji, name and state; model and share of the turns."""
        row = self.cast[index]
        name = fit(row.speaker.name, width - 3 - 12)
        word = row.clock if row.state == "held" else ""
        model: Part = DEMO_CHIP if row.is_demo else (row.model, "$muted")
        share: Part = (f"{row.share} %", "$muted" if row.share else "$faint")
        return [
            split(
                line(fit(row.speaker.emoji, 2), " ", (name, f"$persona-{row.speaker.hue}")),
                line(state(row.state, word=word)),
                width,
            ),
            split(line("   ", model), line(share), width),
            *_note(row, width),
        ]


class ProviderList(Rows):
    """State, name, the last latencies, and the number or the reason."""

    _bar_needs_focus = True

    def __init__(self) -> None:
        super().__init__(id="providers")
        self.providers: list[ProviderRow] = []

    def show(self, rows: list[ProviderRow]) -> None:
        """Draw these."""
        if rows != self.providers:
            self.providers = rows
            self.rebuild()
            self.screen.query_one(CastList).space()
            _lay_out(self)

    @on(events.Resize)
    def _fit_the_height(self) -> None:
        """How much is said of a provider depends on the height of the terminal."""
        _lay_out(self)

    def row_count(self) -> int:
        """One row a provider."""
        return len(self.providers)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """One line; more where somebody here needs it and it does not answer."""
        most = MOST_LINES if self.app.size.height >= HIGH else FEW_LINES
        return _provider(self.providers[index], width, most)


class VitalsPanel(Block, can_focus=True):
    """How evenly they speak, how hot it is, how good it is, what they used.

    Enter or a click shows all of it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.do('vitals')", "all vitals", show=False)
    ]
    scene: RoomState | None = None

    def __init__(self) -> None:
        super().__init__(id="vitals", classes="panel")

    def show(self, scene: RoomState) -> None:
        """Draw how `scene` is now."""
        self.scene = scene
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """A meter, then figures."""
        if (scene := self.scene) is None:
            return []
        even, word = scene.balance()
        limit, turns = max(1, scene.conversation.turn_limit), scene.saved.auto_turns
        measures = scene.measures
        heat = measures.heat
        lines = [
            *heading("Vitals", measures.score_words if measures.score else "", width),
            _vital("balance", f"{even:.2f} {word}" if word != "–" else "–", width, even),
            _vital("heat", "–" if heat is None else measures.heat_word, width, heat or 0.0),
            _vital("turns", f"{turns} of {limit}", width, turns / limit),
            *_spent(scene, width),
        ]
        return [*lines, *self._agreement(scene, width, len(lines))]

    def _agreement(self, scene: RoomState, width: int, used: int) -> list[Content]:
        """Who agrees with whom, where there is room for it below the rest."""
        cast = [(row.slug, row.speaker) for row in scene.cast_rows()]
        grid = matrix(scene.measures.bonds, cast, width, names=WHO)
        above = sum(
            self.screen.query_one(one).virtual_size.height for one in (CastList, ProviderList)
        )
        room = self.screen.query_one("#side").size.height - above - HEADS - used
        if not scene.measures.bonds or room < len(grid) + 4 or len(grid) <= len(cast):
            return []
        return [Content(""), *heading("Agreement", "", width), *grid, legend(width)]

    def on_click(self) -> None:
        """Show all of it."""
        self.call_later(self.run_action, "screen.do('vitals')")


def _lay_out(rows: Rows) -> None:
    """Lay a list out anew, and the vitals: they fill what it leaves."""
    rows.refresh(layout=True)
    for vitals in rows.screen.query(VitalsPanel):
        vitals.refresh(layout=True)


def _vital(label: str, value: str, width: int, share: float | None = None) -> Content:
    """A figure, with a bar in front of it where it is a share of something."""
    room = width - LABEL - max(VALUE, len(value) + 1)
    bar = Content(" " * room)
    if share is not None:
        bar = meter(share, room, "$error" if share > 1 else "$muted")
    return line((fit(label, LABEL), "$muted"), bar, fit(value, width - LABEL - room, right=True))


def _spent(scene: RoomState, width: int) -> list[Content]:
    """What was used, of how much if there is a budget: that counts failed attempts too."""
    totals, spent, budget = scene.totals, scene.saved.spent, scene.budget
    tokens, cost = totals.tokens_label, scene.cost_label
    of_tokens = of_cost = None
    if budget.tokens is not None:
        tokens = f"{rounded(spent.tokens)} of {rounded(budget.tokens)}"
        of_tokens = spent.tokens / max(1, budget.tokens)
    if budget.cost is not None:
        cost = budget_label(spent.cost, budget.cost)
        of_cost = spent.cost / max(1, budget.cost)
    lines = [_vital("tokens", tokens, width, of_tokens), _vital("cost", cost, width, of_cost)]
    if (minutes := scene.conversation.budget.minutes) is not None:
        passed = spent.seconds / 60
        of_time = passed / max(1, minutes)
        lines.append(_vital("time", f"{passed:.0f} of {minutes} min", width, of_time))
    return lines


def _note(row: CastRow, width: int) -> list[Content]:
    """Why somebody waits, or failed."""
    if not row.note:
        return []
    colour = "$error" if row.state == "failed" else "$warning"
    return [crop(line("   ", (row.note, colour)), width)]


def _provider(row: ProviderRow, width: int, most: int) -> list[Content]:
    sparks = SPARKS if width >= 30 else 4  # noqa: PLR2004 - cells of the panel
    glyph = line(state(row.state, width=7))
    if row.state in {"ok", "slow"} and row.breaker:
        return [split(line(glyph, row.name), line((row.breaker, "$warning")), width)]
    if row.state in {"ok", "slow"}:
        spark = (
            sparkline(row.history, sparks),
            STATES[row.state].colour if row.state == "slow" else "$muted",
        )
        name = fit(row.name, width - 7 - sparks - 8)
        return [line(glyph, name, " ", spark, fit(row.latency, 7, right=True))]
    why = [crop(line(" " * 7, (row.breaker, "$warning")), width)] if row.breaker else []
    if row.is_wanted and row.state == "down":  # somebody here needs it: say why, and what to do
        said = Content(f"{row.reason} {row.hint}".strip()).wrap(max(1, width - 7))[:most]
        why += [line(" " * 7, one.stylize("$error")) for one in said]
    called = line(glyph, (row.name, "" if row.is_wanted else "$muted"))
    return [split(called, line((row.note, "$muted")), width), *why]


def _when(moment: datetime, now: datetime) -> str:
    days = (now.astimezone().date() - moment.astimezone().date()).days
    if days == 0:
        return clock(moment)
    return moment.astimezone().strftime("%a" if days < A_WEEK else "%d %b")
