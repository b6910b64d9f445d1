"""How the room screen is laid out and drawn; what it draws comes from a `Scene`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import ConversationSummary
from chimera_tui.domain.events import PauseReason
from chimera_tui.domain.health import Health
from chimera_tui.domain.text import one_line
from chimera_tui.ui.adapter import HUMAN_SPEAKER, remedies
from chimera_tui.ui.blocks import fit, line
from chimera_tui.ui.commands import COMMANDS, HIDDEN
from chimera_tui.ui.entries import Entry, MessageEntry
from chimera_tui.ui.scene import Scene, checked_label, provider_rows
from chimera_tui.ui.stage import Stage
from chimera_tui.ui.widgets.columns import Columns
from chimera_tui.ui.widgets.composer import Completion, Completions, Composer
from chimera_tui.ui.widgets.footer import KeyFooter
from chimera_tui.ui.widgets.header import RoomHeader
from chimera_tui.ui.widgets.side import CastList, Heading, ProviderPanel, RoomList, VitalsPanel
from chimera_tui.ui.widgets.small import TooSmall
from chimera_tui.ui.widgets.status import StatusRow, waiting
from chimera_tui.ui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.ui.app import ChimeraApp


def actions_on(entry: Entry) -> list[tuple[str, str]]:
    """The keys that act on an entry, as they stand below it while it has the focus."""
    if not isinstance(entry, MessageEntry) or entry.is_live:
        return []
    copying = ("y", "copy")
    if entry.speaker == HUMAN_SPEAKER:
        return [copying]
    answers = [("‹›", "answers")] if any("/" in chip.label for chip in entry.chips) else []
    return [("r", "again"), *answers, copying]


class RoomView(Screen[None]):
    """The panes of a room and what they show."""

    app: "ChimeraApp"

    def __init__(self) -> None:
        super().__init__()
        self.scene: Scene | None = None
        self.ended_because = ""
        """Why the room cannot go on, in words, once it has ended."""
        self._title = ""

    def compose(self) -> ComposeResult:
        """Head, rooms, transcript with status and composer, panels, keys."""
        yield TooSmall()
        yield RoomHeader(id="head")
        with Horizontal(id="body"):
            with Vertical(id="rooms"):
                yield Heading("Rooms")
                yield RoomList()
            with Vertical(id="talk"):
                self.transcript = Transcript(actions_on, id="transcript")
                yield self.transcript
                yield StatusRow(on_end="screen.end")
                yield Composer(self.complete)
            with VerticalScroll(id="side", can_focus=False):
                yield Heading("Cast")
                yield CastList()
                yield ProviderPanel()
                yield VitalsPanel()
        yield Completions()
        yield KeyFooter(id="foot")

    def on_mount(self) -> None:
        """Begin with an empty transcript."""
        self.stage = Stage(self.transcript)
        self.query_one(StatusRow).show_waiting(line(("opening …", "$muted")))

    # Drawing

    def draw(self) -> None:
        """Draw head, panels and status from the scene."""
        if (scene := self.scene) is None:
            return
        self.query_one(RoomHeader).show(scene)
        rows = scene.cast_rows()
        self.query_one("#side Heading", Heading).note(f"{len(rows)} here")
        self.query_one(CastList).show(rows)
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
        status = self.query_one(StatusRow)
        status.show_typing([scene.speakers[slug] for slug in scene.typing.values()])
        status.show_waiting(self._why(scene))

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
        self.query_one(ProviderPanel).show(provider_rows(healths, wanted), note)

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

    def action_end(self) -> None:
        """Go to the end of the transcript."""
        self.transcript.jump_to_end()

    # Panes

    @property
    def columns(self) -> Columns | None:
        """The columns view, if it is open."""
        found = self.query(Columns)
        return found.first() if found else None

    async def action_columns(self) -> None:
        """Show one column a persona, or all in one again."""
        if columns := self.columns:
            self.stage.leave()
            self.remove_class("-columns")
            await columns.remove()
            self.transcript.focus()
        elif self.scene:
            slugs = [assignment.persona.slug for assignment in self.scene.conversation.cast]
            columns = Columns(slugs)
            self.add_class("-columns")
            await self.query_one("#talk").mount(columns, before=0)
            for column in columns.columns:
                self.stage.join(column.transcript, column.accepts)
            columns.show(self.scene)
            columns.columns[0].transcript.focus()

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
    """Why the room is paused, and the key that ends that."""
    begun = bool(scene.tree.path)
    opened = "as you left it" if begun else "nobody has spoken yet"
    words = {
        PauseReason.OPENED: opened,
        PauseReason.ASKED: "paused",
        PauseReason.TURN_LIMIT: f"{scene.auto_turns} turns without you",
        PauseReason.FAILURE: "the room waits for you",
    }
    if scene.failure:
        last = len(remedies(scene.failure))
        return waiting("paused", words[PauseReason.FAILURE], (f"1–{last}", "choose"))
    return waiting("paused", words[reason], ("space", "goes on" if begun else "begins"))
