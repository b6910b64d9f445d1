"""The room screen: opens conversations, follows what happens in them, takes what is written."""

from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual import on, work
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from chimera_tui.domain.conversation import Conversation, SavedConversation, Turn
from chimera_tui.domain.errors import LiveElsewhereError
from chimera_tui.domain.events import (
    ConversationChanged,
    ConversationEnded,
    EndReason,
    Event,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.clock import utc_now
from chimera_tui.ui import adapter
from chimera_tui.ui.commands import COMMANDS, Palette, find
from chimera_tui.ui.entries import Entry
from chimera_tui.ui.scene import Scene
from chimera_tui.ui.screens.room_actions import RoomActions
from chimera_tui.ui.widgets.composer import Composer
from chimera_tui.ui.widgets.rows import Rows
from chimera_tui.ui.widgets.side import CastList, RoomList
from chimera_tui.ui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera
    from chimera_tui.engine.room import Room

NEEDS_ROOM = {
    "pause", "resume", "next", "again", "retry", "skip", "keep", "older", "newer", "rename",
    "mode", "pace", "models", "stop", "send",
}  # fmt: skip
"""Actions for which the room must be open here."""
NEEDS_FAILURE = {"retry", "skip", "keep", "remedy"}


class RoomScreen(RoomActions):
    """A conversation on the screen; alive while this process may write it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(command.binding for command in COMMANDS if command.key and "." not in command.action),
        *(
            Binding(str(number), f"remedy({number})", "choose", show=False, id=f"remedy-{number}")
            for number in range(1, 5)
        ),
    ]
    COMMANDS = {Palette}  # noqa: RUF012 - Textual declares it so

    def __init__(self) -> None:
        super().__init__()
        self._following: Worker[None] | None = None
        self._drafts: dict[int, str] = {}

    # Opening and leaving

    async def open(
        self, chimera: "Chimera", saved: SavedConversation, *, is_live: bool = False
    ) -> None:
        """Show this conversation in place of the one on the screen, which pauses.

        Args:
            chimera: Where it comes from.
            saved: The conversation as it was loaded just now.
            is_live: Whether to let it speak at once.
        """
        await self.leave()
        self.chimera = chimera
        self._set_scene(saved, chimera.read_only)
        if not chimera.read_only:
            self._following = self.follow(chimera.room(saved), is_live=is_live)
        composer = self.query_one(Composer)
        composer.write(self._drafts.get(saved.conversation.id, ""))
        self.draw_providers(list(chimera.health.values()))
        self.draw_rooms(await chimera.conversations())
        (self.transcript if chimera.read_only else composer.field).focus()

    def _set_scene(self, saved: SavedConversation, read_only: str = "") -> None:
        self.scene = Scene(saved, read_only=read_only)
        self.ended_because = ""
        self.stage.load(self._entries())
        self.draw()

    async def leave(self) -> None:
        """Stop following; the room that is left stops, and keeps what was said."""
        if self.scene and self.is_mounted:
            self._drafts[self.scene.conversation.id] = self.query_one(Composer).text
        if self.columns:
            await self.action_columns()
        if following := self._following:
            self._following = None
            following.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await following.wait()

    @property
    def is_live(self) -> bool:
        """Whether turns begin by themselves."""
        return self.room is not None and self.room.paused is None

    @work(exit_on_error=False)
    async def follow(self, room: "Room", *, is_live: bool) -> None:
        """Draw every event of the room; leaving it stops it."""
        try:
            async with room:
                self.room = room
                if is_live:
                    await room.resume()
                async with aclosing(room.events()) as events:
                    async for event in events:
                        self.show(event)
                if room.crash:
                    self._stopped_by(room.crash)
        except LiveElsewhereError as error:
            self._show_read_only(error.problem)
        except Exception as error:  # noqa: BLE001 - the edge: a mistake ends the room, not the app
            self._stopped_by(error)
        finally:
            if self.room is room:
                self.room = None
                self.draw()

    def _show_read_only(self, why: str) -> None:
        if self.scene:
            self.scene.read_only = why
        self.room = None
        self.draw()
        self.transcript.focus()

    def _stopped_by(self, error: Exception) -> None:
        """Say that a mistake of ours ended the room, and where it is written down."""
        path = self.app.write_crash(error)
        self.ended_because = f"A mistake in Chimera stopped this room ({type(error).__name__})"
        if self.scene:
            self.scene.ended = EndReason.CRASHED
        self.draw()
        self.app.tell(f"What was said is kept. Details: {path}", severity="error")

    async def action_reopen(self) -> None:
        """Load the conversation again and try to open it."""
        if self.scene:
            async with self.telling():
                saved = await self.chimera.load(self.scene.conversation.id)
                await self.open(self.chimera, saved)

    # What happens in the room

    def show(self, event: Event) -> None:
        """Draw what happened."""
        assert self.scene
        if isinstance(event, TextReceived) and event.turn.number in self.scene.heard:
            self.stage.stream(adapter.key_of(event.turn), event.text)
            return
        if isinstance(event, TurnStarted | TurnDropped):
            self._clear(event.turn)
        self.scene.note(event)
        match event:
            case TurnStarted() | TurnDropped() | RoomPaused() | RoomResumed():
                pass  # all of it stands in the panels
            case TextReceived(turn=turn, text=text):
                self._hear(turn, text)
            case MessageCompleted(message=message):
                self._clear_failure(message.turn)
                answers = self.scene.tree.alternatives(message)
                self.stage.put(adapter.message_entry(message, self.scene.speakers, answers))
            case TurnFailed(failure=failure):
                self.stage.drop(adapter.key_of(failure.turn))
                for entry in adapter.failure_entries(failure, self.scene.speakers):
                    self.stage.put(entry)
            case NoticePosted(notice=notice):
                number = len(self.scene.notices) - 1
                self.stage.put(adapter.notice_entry(notice, number))
            case PathChanged():
                self.stage.sync(self._entries())
            case ConversationChanged(conversation=conversation):
                self._rename_in_list(conversation)
            case ConversationEnded():
                self._drop_unheard()
            case _:
                assert_never(event)
        self.scene.auto_turns = self.room.auto_turns if self.room else self.scene.auto_turns
        self.draw()

    def _hear(self, turn: Turn, text: str) -> None:
        """The first words of a turn: from now on it stands in the transcript."""
        assert self.scene
        entry = adapter.live_entry(
            turn,
            self.scene.models.get(turn.number),
            self.scene.speakers,
            text="",
            time=adapter.clock(utc_now()),
        )
        self.stage.put(entry)
        self.stage.stream(entry.key, text)

    def _clear(self, turn: Turn) -> None:
        """Take away what stood there of a turn that is taken again, or is over."""
        self._clear_failure(turn)
        if self.scene and turn.number not in {m.turn.number for m in self.scene.tree.path}:
            self.stage.drop(adapter.key_of(turn))

    def _clear_failure(self, turn: Turn) -> None:
        if self.scene and (failure := self.scene.failure) and failure.turn.number == turn.number:
            self.stage.drop(adapter.failure_key(failure))

    def _drop_unheard(self) -> None:
        """A room that crashed leaves no message of who was speaking: show the path as it is."""
        assert self.scene
        self.stage.sync(self._entries())

    def _entries(self) -> list[Entry]:
        assert self.scene
        scene = self.scene
        entries = adapter.path_entries(scene.tree, scene.notices, scene.failure, scene.speakers)
        live = [entry for key, entry in self.stage.shown.items() if self._is_heard(key)]
        return [*entries, *live]

    def _is_heard(self, key: object) -> bool:
        assert self.scene
        heard = self.scene.heard.items()
        return key in {adapter.key_of(Turn(number=turn, speaker=slug)) for turn, slug in heard}

    @work(exit_on_error=False, group="rooms", exclusive=True)
    async def _rename_in_list(self, _conversation: Conversation) -> None:
        self.draw_rooms(await self.chimera.conversations())

    # What the human does

    async def action_send(self) -> None:
        """Say what is written, or do the command it names; it stays written until that is done."""
        composer = self.query_one(Composer)
        text = composer.text.strip()
        if not text:
            return
        async with self.telling():
            if text.startswith("/") and not text.startswith("//"):
                command, argument = find(text)
                composer.write("")
                composer.remember(text)
                await self.perform(command, argument)
            elif self.room:
                await self.room.say(text.removeprefix("/") if text.startswith("//") else text)
                composer.remember(text)
                composer.write("")

    def action_write_command(self) -> None:
        """Go to the composer and begin a command."""
        composer = self.query_one(Composer)
        composer.field.focus()
        if not composer.text:
            composer.write("/")

    async def action_stop(self) -> None:
        """Close what is open; else stop who is speaking."""
        if self.close_overlay():
            return
        if self.room and self.room.speaking:
            await self.room.stop()
        elif self.columns:
            await self.action_columns()

    @on(Composer.Typed)
    def hold(self, event: Composer.Typed) -> None:
        """While something is being written, no turn begins."""
        if self.room is None:
            return
        if event.is_empty:
            self.room.release()
        else:
            self.room.hold()
        self.draw()

    @on(Composer.PasteCut)
    def say_cut(self, event: Composer.PasteCut) -> None:
        """A paste was longer than what is taken."""
        self.app.tell(
            f"The paste had {event.length:,} characters; the first 256 KiB were taken.",
            severity="warning",
        )

    @on(Transcript.RemedyChosen)
    async def choose_remedy(self, event: Transcript.RemedyChosen) -> None:
        """A remedy was clicked."""
        await self.action_remedy(event.number)

    @on(Transcript.ActionChosen)
    async def act_on_entry(self, event: Transcript.ActionChosen) -> None:
        """An action under a message was clicked."""
        match event.action:
            case "r":
                await self.action_again()
            case "y":
                self.action_copy()
            case _:
                await self.action_newer()

    @on(Transcript.Focused)
    def show_keys(self) -> None:
        """What the keys do depends on the message under the cursor."""
        self.refresh_bindings()

    @on(Rows.Chosen)
    async def choose_row(self, event: Rows.Chosen) -> None:
        """Open the room that was chosen; choose a model for the persona that was."""
        if isinstance(event.rows, RoomList):
            chosen = event.rows.rooms[event.index]
            self.close_overlay()
            if self.scene is None or chosen.id != self.scene.conversation.id:
                async with self.telling():
                    await self.open(self.chimera, await self.chimera.load(chosen.id))
        elif isinstance(event.rows, CastList):
            await self._pick_model(event.rows.cast[event.index].slug)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which actions there are now; the footer and the palette show only those."""
        scene, room = self.scene, self.room
        if action in NEEDS_ROOM and room is None:
            return False
        if action in NEEDS_FAILURE and not (scene and scene.failure):
            return False
        match action:
            case "pause":
                return bool(room and not room.paused)
            case "resume":
                return bool(room and room.paused and not room.failure)
            case "next":
                return bool(room and not room.failure)
            case "keep":
                return bool(scene and scene.failure and scene.failure.text)
            case "send":
                return bool(self.query_one(Composer).text.strip())
            case "panels":
                return self.has_class("-narrow")
            case "reopen":
                return scene is not None and room is None
            case _:
                return super().check_action(action, parameters)
