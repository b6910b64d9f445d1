"""The room screen: lays out the panes of a conversation, and hands on what a person does."""

from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.events import PauseReason
from chimera_tui.domain.health import Health
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.domain.text import clean
from chimera_tui.ui.kit.blocks import line
from chimera_tui.ui.kit.command import Command
from chimera_tui.ui.kit.doing import do
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.palette import Entry as PaletteEntry
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.kit.paths import IMPORT_ENDINGS, dropped_path
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.room import deleting
from chimera_tui.ui.room.commands import COMMANDS
from chimera_tui.ui.room.commands.cast_commands import cast_menu, move
from chimera_tui.ui.room.commands.file_commands import import_file, offer_import
from chimera_tui.ui.room.commands.message_commands import actions_on, unfold_thought
from chimera_tui.ui.room.commands.turn_commands import choose_remedy
from chimera_tui.ui.room.completing import complete
from chimera_tui.ui.room.composer import Completion, Completions, Composer
from chimera_tui.ui.room.room_context import NARRATION, RoomContext
from chimera_tui.ui.room.room_header import RoomHeader
from chimera_tui.ui.room.room_navigation import RoomNavigation
from chimera_tui.ui.room.room_panels import CastList, Heading, ProviderList, RoomList, VitalsPanel
from chimera_tui.ui.room.room_panes import RoomPanes
from chimera_tui.ui.room.room_session import RoomSession
from chimera_tui.ui.room.room_state import RoomState
from chimera_tui.ui.room.status_row import StatusRow
from chimera_tui.ui.transcript.conversation_entries import remedies
from chimera_tui.ui.transcript.entries import Entry
from chimera_tui.ui.transcript.transcript import Transcript
from chimera_tui.ui.transcript.transcript_group import Stage

if TYPE_CHECKING:
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.app import ChimeraApp

MOST_REMEDIES = 6


class RoomScreen(Screen[None]):
    """A conversation on the screen; alive while this process may write it."""

    app: "ChimeraApp"
    BINDINGS: ClassVar[list[BindingType]] = [
        *COMMANDS.bindings,
        *(
            Binding(str(number), f"remedy({number})", "choose", show=False, id=f"remedy-{number}")
            for number in range(1, MOST_REMEDIES + 1)
        ),
    ]
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so

    # Laying out

    def compose(self) -> ComposeResult:
        """Head, rooms, transcript with status and composer, panels, keys."""
        self.transcript = transcript = Transcript(
            self._actions_on,
            glyphs=self.app.glyphs,
            has_plain_emoji=self.app.has_plain_emoji,
            id="transcript",
        )
        stage = Stage(transcript)
        self.view = RoomNavigation(self, transcript, stage)
        self.panes = RoomPanes(self, transcript, stage, self.view)
        self.session = RoomSession(self.panes, self._new_state)
        self.context = RoomContext(self.app, self.view, self.session)
        yield RoomHeader(id="head")
        with Horizontal(id="body"):
            with Vertical(id="rooms"):
                yield Heading("Rooms")
                yield RoomList()
            with Vertical(id="talk"):
                yield transcript
                yield StatusRow(on_end="screen.end")
                yield Composer(self._complete)
            with VerticalScroll(id="side", can_focus=False):
                yield Heading("Cast")
                yield CastList()
                yield Heading("Providers", id="providers-heading")
                yield ProviderList()
                yield VitalsPanel()
        yield Completions()
        yield KeyFooter(id="foot")

    def on_mount(self) -> None:
        """Say that the database is being opened."""
        self.query_one(StatusRow).show_waiting(line(("opening …", "$muted")))

    def on_resize(self) -> None:
        """What can be opened depends on the size; it is known when all is laid out."""
        self.call_after_refresh(self.refresh_bindings)

    @property
    def focus_chain(self) -> list[Widget]:
        """Where Tab goes: from what is written to what was said, to the panels, to the rooms."""
        chain = super().focus_chain
        rooms = [widget for widget in chain if isinstance(widget, RoomList)]
        written = [widget for widget in chain if widget.id == "field"]
        first = [*written, *(w for w in chain if isinstance(w, Transcript))]
        return [*first, *(w for w in chain if w not in first and w not in rooms), *rooms]

    def column_transcript(self) -> Transcript:
        """Make the transcript of a column."""
        app = self.app
        return Transcript(heads=False, glyphs=app.glyphs, has_plain_emoji=app.has_plain_emoji)

    def _actions_on(self, entry: Entry) -> list[tuple[str, str, str]]:
        """The commands under an entry: name, the key that is bound to it, a short word."""
        return [(name, self.app.key_of(name), word) for name, word in actions_on(entry)]

    def _complete(self, sign: str, word: str) -> Sequence[Completion]:
        text = self.query_one(Composer).text
        return complete(self.context, sign, word, text)

    # The conversation

    def _new_state(self, saved: SavedConversation, read_only: str) -> RoomState:
        has_plain_emoji = self.app.has_plain_emoji
        return RoomState(
            saved, read_only=read_only, has_plain_emoji=has_plain_emoji, clock=monotonic
        )

    @property
    def room(self) -> "Room | None":
        """The room; None while the conversation on the screen cannot be changed here."""
        return self.session.room

    async def finish(self) -> None:
        """Leave for good: what was deleted goes now."""
        if self.is_mounted:
            await self.session.leave()
            await deleting.finish_all(self.context)

    @work(exit_on_error=False, group="rooms", exclusive=True)
    async def load_rooms(self) -> None:
        """Draw the list of rooms as it is now."""
        if chimera := self.session.chimera:
            rooms = await chimera.conversations()
            self.panes.draw_rooms(deleting.remaining(self.context, rooms))

    def draw_providers(self, healths: Sequence[Health]) -> None:
        """Draw how the providers are."""
        self.panes.draw_providers(healths)

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which commands there are now; the footer and the palette show only those."""
        if action == "do":
            return COMMANDS.by_name[str(parameters[0])].is_available(self.context)
        if action == "remedy":
            composer, state = self.query_one(Composer), self.session.state
            is_text = bool(composer.text) and composer.has_focus_within
            choices = remedies(state.failure) if state and state.failure else ()
            return not is_text and parameters[0] in range(1, len(choices) + 1)
        if action == "send":
            return bool(self.query_one(Composer).text.strip()) or self._may_name
        return super().check_action(action, parameters)

    @property
    def _may_name(self) -> bool:
        """Whether the room waits for a person to say who speaks."""
        return self.room is not None and self.room.paused is PauseReason.YOUR_TURN

    def palette_entries(self) -> list[PaletteEntry]:
        """Return what can be done now, by its words."""
        return [
            (command.words, command.usage, partial(self._do, command))
            for command in COMMANDS.written()
            if command.is_available(self.context)
        ]

    async def action_do(self, name: str) -> None:
        """Do a command."""
        await self._do(COMMANDS.by_name[name])

    async def action_remedy(self, number: int) -> None:
        """Choose a remedy by its number."""
        await do(self, choose_remedy(self.context, number))

    async def action_move_cast(self, by: int) -> None:
        """Let the persona under the cursor of the cast sit earlier or later."""
        if self.room and (slug := self.view.focused_persona):
            await do(self, move(self.context, slug, by))
            panel = self.query_one(CastList)
            panel.cursor = max(0, min(len(panel.cast) - 1, panel.cursor + by))

    def action_end(self) -> None:
        """Go to the end of the transcript."""
        self.view.jump_to_end()

    async def _do(self, command: "Command[RoomContext]", argument: str = "") -> None:
        if command.is_available(self.context):
            await do(self, command.run(self.context, argument if command.argument else ""))
        else:
            self.app.tell(f"`/{command.name}` has nothing to act on now.", severity="warning")

    # What the human does

    async def action_send(self) -> None:
        """Say what is written, or do the command it names; it stays written until that is done.

        With nothing written, let one speak where the room waits for a person to say who.
        """
        composer = self.query_one(Composer)
        if not (text := composer.text.strip()):
            await self._do(COMMANDS.by_name["next"])
            return
        try:
            if text.startswith("/") and not text.startswith("//"):
                command, argument = COMMANDS.find(text)
                composer.write("")
                composer.remember(text)
                await self._do(command, argument)
            elif self.room:
                await self._say(self.room, text.removeprefix("/") if text[:2] == "//" else text)
                composer.remember(text)
                composer.write("")
        except ChimeraError as error:
            self.app.tell_error(error)

    async def _say(self, room: "Room", text: str) -> None:
        """Say what was written to whom it is meant; then everybody hears again."""
        if self.view.aimed_at == NARRATION:
            await room.narrate(text)
        else:
            await room.say(text, to=self.view.aimed_at)
        self.view.aim("")
        self.view.jump_to_end()

    @on(Composer.Typed)
    def _hold(self, event: Composer.Typed) -> None:
        """While something is being written, no turn begins."""
        if self.room:
            self.room.hold(is_typing=not event.is_empty)
            self.panes.draw()

    @on(Composer.Dropped)
    async def _offer_import(self, event: Composer.Dropped) -> None:
        """A path was pasted, as terminals do with a file that is dropped on them."""

        async def offer() -> None:
            if not await offer_import(self.context, event.path):
                self.query_one(Composer).field.put(event.text)

        await do(self, offer())

    async def on_paste(self, event: events.Paste) -> None:
        """Where no text is written: a file was dropped, or words are meant for the composer."""
        event.stop()
        path = dropped_path(event.text)
        field = self.query_one(Composer).field
        if path and path.suffix.lower() in IMPORT_ENDINGS:
            await do(self, import_file(self.context, path))
        elif field.focusable:
            field.put(clean(event.text))
            field.focus()
            self.app.tell("Pasted into your line.")
        else:
            self.app.tell("Nothing was pasted: nothing can be said here now.", severity="warning")

    @on(Transcript.NewCount)
    def _show_new(self, event: Transcript.NewCount) -> None:
        """Show how much is new below."""
        if not self.view.has_columns:  # a column has no pill
            self.query_one(StatusRow).show_new(event.count)

    @on(Transcript.RemedyChosen)
    async def _choose_remedy(self, event: Transcript.RemedyChosen) -> None:
        await self.action_remedy(event.number)

    @on(Transcript.ActionChosen)
    async def _act_on_entry(self, event: Transcript.ActionChosen) -> None:
        """An action under a message, or a mark in its head, was clicked."""
        self.view.focus_entry(event.key)
        if event.action == "thought":
            unfold_thought(self.context, event.key)
        else:
            await self._do(COMMANDS.by_name[event.action])

    @on(Transcript.Focused)
    def _show_keys(self) -> None:
        """What the keys do depends on the message under the cursor."""
        self.refresh_bindings()

    @on(Rows.Entered)
    def _look_at_rooms(self, event: Rows.Entered) -> None:
        """Other programs write, too: what the list shows is new when it is used."""
        if isinstance(event.rows, RoomList):
            self.load_rooms()

    @on(Rows.Chosen)
    async def _choose_row(self, event: Rows.Chosen) -> None:
        """Open the room that was chosen; offer what can be done with the persona that was."""
        if isinstance(event.rows, RoomList):
            chosen, state = event.rows.rooms[event.index], self.session.state
            self.view.close_overlay()
            if state is None or chosen.id != state.conversation.id:
                await do(self, self.session.open_saved(chosen.id))
        elif isinstance(event.rows, CastList):
            await do(self, cast_menu(self.context, event.rows.cast[event.index].slug))
        elif isinstance(event.rows, ProviderList):
            name = event.rows.providers[event.index].name
            await self._do(COMMANDS.by_name["providers"], name)
