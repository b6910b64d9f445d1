"""How the room screen is laid out and drawn; what it draws comes from a `Scene`."""

from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Turn
from chimera_tui.domain.events import PauseReason
from chimera_tui.domain.health import Health
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.ui.adapter import demo_chip, key_of, remedies, tempo_chip
from chimera_tui.ui.blocks import fit, line
from chimera_tui.ui.commands import COMMANDS, HIDDEN
from chimera_tui.ui.entries import Entry, MessageEntry
from chimera_tui.ui.provider_rows import checked_label, provider_rows
from chimera_tui.ui.scene import Scene
from chimera_tui.ui.stage import Stage
from chimera_tui.ui.widgets.composer import Completion, Completions, Composer
from chimera_tui.ui.widgets.footer import KeyFooter
from chimera_tui.ui.widgets.header import RoomHeader
from chimera_tui.ui.widgets.rows import Rows
from chimera_tui.ui.widgets.side import CastList, Heading, ProviderList, RoomList, VitalsPanel
from chimera_tui.ui.widgets.status import StatusRow, waiting
from chimera_tui.ui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.ui.host import Host
    from chimera_tui.ui.widgets.columns import Columns


TICK = 0.25
"""Seconds between two steps of whatever moves."""
TICKS_A_TEMPO = 4
"""Steps after which it is told anew how fast a reply comes."""


GOES_ON = ("space", "goes on")
Pause = tuple[str, *tuple[tuple[str, str], ...]]
"""Why a room is paused, and the keys that end that, each with what it does."""
PAUSES: Mapping[PauseReason, Pause] = {
    PauseReason.OPENED: ("as you left it", GOES_ON),
    PauseReason.ASKED: ("paused", GOES_ON),
    PauseReason.TURN_LIMIT: ("{turns} turns without you", GOES_ON),
    PauseReason.FAILURE: ("the room waits for you", GOES_ON),
    PauseReason.BUDGET: ("the budget is used up", ("/budget 1.00", "allows more")),
    PauseReason.YOUR_TURN: ("it is your turn", ("⏎", "lets one speak")),
    PauseReason.LOOP: ("they go round in circles", ("/topic", "moves them on"), GOES_ON),
    PauseReason.FAREWELL: ("they have said goodbye", GOES_ON),
}
"""All reasons: a test counts them."""


def actions_on(entry: Entry) -> list[tuple[str, str]]:
    """The keys that act on an entry, as they stand below it while it has the focus."""
    if not isinstance(entry, MessageEntry) or entry.is_live:
        return []
    amending = [("e", "edit"), ("b", "branch"), ("y", "copy"), ("d", "delete")]
    if not entry.speaker.hue:  # the human
        return amending
    answers = [("a", "answers")] if any("/" in chip.label for chip in entry.chips) else []
    thought = [("t", "fold" if entry.is_unfolded else "thought")] if entry.thinking else []
    return [("r", "again"), *answers, *thought, *amending]


class RoomView(Screen[None]):
    """The panes of a room and what they show."""

    app: "Host"

    def __init__(self) -> None:
        super().__init__()
        self.scene: Scene | None = None
        self.ended_because = ""
        """Why the room cannot go on, in words, once it has ended."""
        self.columns: Columns | None = None
        """The columns view, while it is open and whole."""
        self._ticks = 0
        self._heard_since: dict[int, tuple[float, int]] = {}
        """When a turn was heard first, and with how many characters."""

    def compose(self) -> ComposeResult:
        """Head, rooms, transcript with status and composer, panels, keys."""
        yield RoomHeader(id="head")
        with Horizontal(id="body"):
            with Vertical(id="rooms"):
                yield Heading("Rooms")
                yield RoomList()
            with Vertical(id="talk"):
                self.transcript = Transcript(
                    actions_on,
                    glyphs=self.app.glyphs,
                    has_plain_emoji=self.app.has_plain_emoji,
                    id="transcript",
                )
                yield self.transcript
                yield StatusRow(on_end="screen.end")
                yield Composer(self.complete)
            with VerticalScroll(id="side", can_focus=False):
                yield Heading("Cast")
                yield CastList()
                yield Heading("Providers", id="providers-heading")
                yield ProviderList()
                yield VitalsPanel()
        yield Completions()
        yield KeyFooter(id="foot")

    def on_mount(self) -> None:
        """Begin with an empty transcript."""
        self.stage = Stage(self.transcript)
        self._ticking = self.set_interval(TICK, self._tick, pause=True)
        self.query_one(StatusRow).show_waiting(line(("opening …", "$muted")))

    def on_resize(self) -> None:
        """What can be opened depends on the size; it is known when all is laid out."""
        self.call_after_refresh(self.refresh_bindings)

    # Drawing

    def draw(self) -> None:
        """Draw head, panels and status from the scene."""
        if (scene := self.scene) is None:
            return
        self.query_one(RoomHeader).show(scene)
        self.query_one("#side Heading", Heading).note(f"{len(scene.conversation.cast)} here")
        self.query_one(VitalsPanel).show(scene)
        said = len(scene.tree.path)
        self.query_one(RoomList).show_state(scene.state, f"{said} said" if said else "empty")
        if columns := self.columns:
            columns.show(scene)
        self._draw_status(scene)
        composer = self.query_one(Composer)
        composer.has_remedies = bool(scene.failure)
        composer.close_because(scene.read_only or self.ended_because)
        self.app.show_state(scene.state, one_line(scene.conversation.title, 60))
        self.refresh_bindings()

    def _draw_status(self, scene: Scene) -> None:
        self._draw_turns(scene)
        self.query_one(StatusRow).show_waiting(self._why(scene))
        if scene.typing or scene.heard:
            self._ticking.resume()
        else:
            self._ticking.pause()

    def _draw_turns(self, scene: Scene) -> None:
        """Draw who has the turn, and what it waits for: that changes every second."""
        self.query_one(StatusRow).show_typing(scene.typing_words())
        self.query_one(CastList).show(scene.cast_rows())

    def _tick(self) -> None:
        """Runs only while somebody types or speaks, and somebody looks."""
        if not self.app.app_focus:
            return
        self._ticks += 1
        if self.scene and (self.scene.waits or self.scene.thoughts):
            self._draw_turns(self.scene)
        self.query_one(StatusRow).step()
        if self._ticks % TICKS_A_TEMPO == 0:
            self.draw_tempo(monotonic())

    def draw_tempo(self, now: float) -> None:
        """Show how fast each reply has come so far; of the first second nothing can be said."""
        if (scene := self.scene) is None:
            return
        for number, slug in scene.heard.items():
            since, at_first = self._heard_since.get(number, (now, 0))
            if (seconds := now - since) >= 1:
                key = key_of(Turn(number=number, speaker=slug))
                characters = len(self.stage.source_of(key)) - at_first
                chips = (tempo_chip(characters, seconds), *demo_chip(scene.models.get(number)))
                self.stage.set_chips(key, chips)

    def _why(self, scene: Scene) -> Content:
        """Why nobody speaks, and what goes on."""
        if scene.read_only:
            return waiting("off", "read only here", ("f5", "looks again"))
        if self.ended_because:
            return waiting("failed", one_line(self.ended_because), ("f5", "opens it again"))
        if scene.paused:
            return _paused(scene, scene.paused)
        if self.query_one(Composer).text and not scene.heard:
            return line(("the next turn waits while you write", "$muted"))
        return Content("")

    def draw_providers(self, healths: Sequence[Health]) -> None:
        """Draw how the providers are."""
        wanted = set()
        if self.scene:
            cast = self.scene.conversation.cast
            wanted = {one.model.provider for one in cast if one.model}
        note = checked_label(healths, utc_now())
        self.query_one("#providers-heading", Heading).note(note)
        self.query_one(ProviderList).show(provider_rows(healths, wanted))

    def draw_rooms(self, rooms: list[ConversationSummary]) -> None:
        """Draw the list of conversations."""
        self.query_one("#rooms Heading", Heading).note(str(len(rooms)))
        current = self.scene.conversation.id if self.scene else None
        self.query_one(RoomList).show(rooms, current, utc_now())

    @on(Transcript.NewCount)
    def show_new(self, event: Transcript.NewCount) -> None:
        """Show how much is new below."""
        if not self.columns:  # a column has no pill
            self.query_one(StatusRow).show_new(event.count)

    @property
    def focus_chain(self) -> list[Widget]:
        """Where Tab goes: from what is written to what was said, to the panels, to the rooms."""
        chain = super().focus_chain
        rooms = [widget for widget in chain if isinstance(widget, RoomList)]
        written = [widget for widget in chain if widget.id == "field"]
        first = [*written, *(w for w in chain if isinstance(w, Transcript))]
        return [*first, *(w for w in chain if w not in first and w not in rooms), *rooms]

    def action_end(self) -> None:
        """Go to the end of the transcript."""
        self.transcript.jump_to_end()

    # Panes

    async def action_columns(self) -> None:
        """Show one column a persona, or all in one again. Who is writing goes on writing."""
        from chimera_tui.ui.widgets.columns import Columns  # noqa: PLC0415 - not before the paint

        is_writing = self.query_one(Composer).field.has_focus
        if columns := self.columns:
            self.columns = None
            self.stage.leave()
            await columns.remove()
            self.remove_class("-columns")
            if not is_writing:
                self.transcript.focus()
        elif self.scene and not self.has_class("-columns"):
            slugs = [assignment.persona.slug for assignment in self.scene.conversation.cast]
            columns = Columns(slugs, self._column_transcript)
            self.add_class("-columns")
            await self.query_one("#talk").mount(columns, before=0)
            for column in columns.columns:
                self.stage.join(column.transcript, column.accepts)
            self.columns = columns
            columns.show(self.scene)
            if not is_writing:
                columns.columns[0].transcript.focus()

    def _column_transcript(self) -> Transcript:
        return Transcript(
            heads=False, glyphs=self.app.glyphs, has_plain_emoji=self.app.has_plain_emoji
        )

    def action_panels(self) -> None:
        """Show or hide the panels over the transcript."""
        self.toggle_class("-panels")
        self.remove_class("-rooms")
        target = self.query_one(CastList) if self.has_class("-panels") else self.transcript
        self.call_after_refresh(target.focus)

    def action_rooms(self) -> None:
        """Go to the list of rooms; where it is hidden, show it over the transcript."""
        rooms = self.query_one(RoomList)
        if rooms.has_focus:
            self.close_overlay()
            self.transcript.focus()
        else:
            self.add_class("-rooms")
            self.remove_class("-panels")
            self.call_after_refresh(rooms.focus)  # what is hidden cannot have the focus yet

    def draw_rooms_again(self) -> object:
        """Load the list of rooms, and draw it as it is now."""
        raise NotImplementedError

    @on(Rows.Entered)
    def look_at_rooms(self, event: Rows.Entered) -> None:
        """Other programs write, too: what the list shows is new when it is used."""
        if isinstance(event.rows, RoomList):
            self.draw_rooms_again()

    def close_overlay(self) -> bool:
        """Close what lies over the transcript; False if nothing did."""
        if self.has_class("-rooms") or self.has_class("-panels"):
            self.remove_class("-rooms", "-panels")
            self.transcript.focus()
            return True
        return False

    # Completion

    def complete(self, sign: str, word: str) -> list[Completion]:
        """Find personas for `@`, commands for `/`."""
        word = word.casefold()
        if sign == "@":
            speakers = self.scene.cast_rows() if self.scene else []
            return [
                Completion(
                    f"@{row.speaker.name} ",
                    line(
                        fit(row.speaker.emoji, 2),
                        " ",
                        (row.speaker.name, f"$persona-{row.speaker.hue}"),
                    ),
                )
                for row in speakers
                if any(part.startswith(word) for part in (row.slug, row.speaker.name.casefold()))
            ]
        return [
            Completion(
                f"/{command.name} " if command.argument else f"/{command.name}",
                line((fit(f"/{command.name}", 12), "bold"), (command.words, "$muted")),
            )
            for command in COMMANDS
            if command.name.startswith(word)
            and command.name not in HIDDEN
            and self.check_action(command.action, ()) is not False
        ]


def _paused(scene: Scene, reason: PauseReason) -> Content:
    """Why the room is paused, and the keys that end that."""
    if scene.failure:
        last = len(remedies(scene.failure))
        return waiting("paused", "the room waits for you", (f"1–{last}", "choose"))
    words, *ways = PAUSES[reason]
    if reason is PauseReason.BUDGET and scene.is_out_of_time:
        words, ways = "the time is used up", [("/budget 90min", "allows more")]
    if not scene.tree.path:
        words = "nobody has spoken yet" if reason is PauseReason.OPENED else words
        ways = [("space", "begins") if way == GOES_ON else way for way in ways]
    return waiting("paused", words.format(turns=scene.auto_turns), *ways)
