"""The panels beside the transcript: the rooms, the cast, the providers, the vitals."""

from datetime import datetime

from textual.content import Content

from chimera_tui.domain.conversation import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.ui.adapter import clock
from chimera_tui.ui.blocks import (
    STATES,
    Block,
    Part,
    fit,
    heading,
    line,
    meter,
    sparkline,
    split,
    state,
)
from chimera_tui.ui.scene import CastRow, ProviderRow, Scene
from chimera_tui.ui.widgets.header import DEMO_CHIP, WIDE
from chimera_tui.ui.widgets.rows import Rows

MOST_LINES = 5
"""Lines for the reason why a provider does not answer."""
SPARKS = 6
"""Bars of a sparkline where there is room."""
ROOMY = 34
"""Rows of the terminal from which on the cast is spaced."""
A_WEEK = 7
"""Days in which a weekday says enough."""


class Heading(Block):
    """The title of a panel, and a note at its right edge."""

    def __init__(self, title: str) -> None:
        super().__init__(classes="heading")
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

    def __init__(self) -> None:
        super().__init__(id="cast")
        self.cast: list[CastRow] = []

    def show(self, cast: list[CastRow]) -> None:
        """Draw these."""
        if cast != self.cast:
            self.cast = cast
            self.rebuild()
            self.refresh(layout=True)

    def on_resize(self) -> None:
        """A blank line between them, where there is room."""
        size = self.app.size
        self.gap = 1 if size.width >= WIDE and size.height >= ROOMY else 0
        super().on_resize()
        self.refresh(layout=True)

    def row_count(self) -> int:
        """One row a persona."""
        return len(self.cast)

    def marks(self, index: int) -> bool:
        """The cursor, only while the list is used."""
        return self.has_focus and index == self.cursor

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Emoji, name and state; model and share of the turns."""
        row = self.cast[index]
        name = fit(row.speaker.name, width - 3 - 12)
        model: Part = DEMO_CHIP if row.is_demo else (row.model, "$muted")
        share: Part = (f"{row.share} %", "$muted" if row.share else "$faint")
        return [
            split(
                line(fit(row.speaker.emoji, 2), " ", (name, f"$persona-{row.speaker.hue}")),
                line(state(row.state)),
                width,
            ),
            split(line("   ", model), line(share), width),
        ]


class ProviderPanel(Block):
    """State, name, the last latencies, and the number or the reason."""

    def __init__(self) -> None:
        super().__init__(id="providers", classes="panel")
        self._rows: list[ProviderRow] = []
        self._note = ""

    def show(self, rows: list[ProviderRow], note: str) -> None:
        """Draw these; `note` says how old they are."""
        self._rows, self._note = rows, note
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """One line a provider."""
        lines = heading("Providers", self._note, width)
        for row in self._rows:
            lines += _provider(row, width)
        return lines


class VitalsPanel(Block):
    """How evenly they speak, how many turns there were, what they used."""

    scene: Scene | None = None

    def __init__(self) -> None:
        super().__init__(id="vitals", classes="panel")

    def show(self, scene: Scene) -> None:
        """Draw how `scene` is now."""
        self.scene = scene
        self.refresh(layout=True)

    def lines(self, width: int) -> list[Content]:
        """A meter, then figures."""
        if self.scene is None:
            return []
        scene, room = self.scene, width - 10 - 13
        even, word = scene.balance()
        limit = max(1, scene.conversation.turn_limit)
        rows = [
            ("balance", meter(even, room), f"{even:.2f} {word}" if word != "–" else "–"),
            ("turns", meter(scene.auto_turns / limit, room), f"{scene.auto_turns} of {limit}"),
            ("tokens", Content(" " * room), scene.totals.tokens_label),
            ("cost", Content(" " * room), scene.totals.cost_label),
        ]
        return heading("Vitals", "", width) + [
            line((fit(label, 10), "$muted"), bar, fit(value, width - 10 - room, right=True))
            for label, bar, value in rows
        ]


def _provider(row: ProviderRow, width: int) -> list[Content]:
    sparks = SPARKS if width >= 30 else 4  # noqa: PLR2004 - cells of the panel
    glyph = line(state(row.state, width=7))
    if row.state in {"ok", "slow"}:
        spark = (
            sparkline(row.history, sparks),
            STATES[row.state].colour if row.state == "slow" else "$muted",
        )
        name = fit(row.name, width - 7 - sparks - 8)
        return [line(glyph, name, spark, fit(row.latency, 8, right=True))]
    if row.state == "down":  # somebody here needs it: say why, and what to do
        why = Content(f"{row.reason} {row.hint}".strip()).wrap(max(1, width - 7))[:MOST_LINES]
        return [line(glyph, row.name), *(line(" " * 7, one.stylize("$error")) for one in why)]
    note = "no answer" if row.was_asked else "not asked"
    return [split(line(glyph, (row.name, "$muted")), line((note, "$muted")), width)]


def _when(moment: datetime, now: datetime) -> str:
    days = (now.astimezone().date() - moment.astimezone().date()).days
    if days == 0:
        return clock(moment)
    return moment.astimezone().strftime("%a" if days < A_WEEK else "%d %b")
