"""The room screen: opens conversations, follows what happens in them, takes what is written."""

from collections.abc import Callable
from contextlib import aclosing, suppress
from itertools import takewhile
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual import on, work
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Turn
from chimera_tui.domain.errors import LiveElsewhereError
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    EndReason,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    PauseReason,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.memory import collections_paused
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.ui import adapter
from chimera_tui.ui.adapter import remedies
from chimera_tui.ui.commands import COMMANDS, Palette, find
from chimera_tui.ui.entries import Item
from chimera_tui.ui.scene import Scene
from chimera_tui.ui.screens.room_actions import RoomActions
from chimera_tui.ui.screens.room_casting import NEEDS_ROOM
from chimera_tui.ui.widgets.composer import Composer
from chimera_tui.ui.widgets.rows import Rows
from chimera_tui.ui.widgets.side import CastList, ProviderList, RoomList
from chimera_tui.ui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera
    from chimera_tui.engine.room import Room


MEASURED = MessageCompleted | MessageChanged | PathChanged | ConversationChanged | RoomPaused
"""After these it is measured anew how the conversation is doing."""


class RoomScreen(RoomActions):
    """A conversation on the screen; alive while this process may write it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(command.binding for command in COMMANDS if command.key and "." not in command.action),
        *(
            Binding(str(number), f"remedy({number})", "choose", show=False, id=f"remedy-{number}")
            for number in range(1, 7)
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
        if chimera.read_only:
            self.measure()
        else:
            self._following = self.follow(chimera.room(saved), is_live=is_live)
        composer = self.query_one(Composer)
        composer.write(self._drafts.get(saved.conversation.id, ""))
        self._draw_known_providers()
        self.draw_rooms(await chimera.conversations())
        (self.transcript if chimera.read_only else composer.field).focus()

    async def open_saved(self, chimera: "Chimera", conversation_id: int) -> None:
        """Show a saved conversation; the end of a long one is there before the rest is loaded.

        Raises:
            UnknownError: If there is none of this number.
        """
        if end := await chimera.load_end(conversation_id):
            await self.leave()
            self.chimera = chimera
            self._set_scene(end)
        await self.open(chimera, await chimera.load(conversation_id))

    def _set_scene(self, saved: SavedConversation, read_only: str = "") -> None:
        self.scene = Scene(
            saved,
            read_only=read_only,
            has_plain_emoji=self.app.has_plain_emoji,
            clock=monotonic,
        )
        self._heard_since.clear()
        self.ended_because = ""
        self.transcript.hues = {s.name: s.hue for s in self.scene.speakers.values() if s.hue}
        with collections_paused():
            self.stage.load(self._items(self.scene))
        self.draw()

    async def leave(self) -> None:
        """Stop following; the room that is left stops, and keeps what was said."""
        if following := self._following:
            self._following = None
            following.cancel()
            with suppress(WorkerCancelled, WorkerFailed):
                await following.wait()
        if self.scene:
            for composer in self.query(Composer):  # none is left when the app has failed
                self._drafts[self.scene.conversation.id] = composer.text
        if self.columns:
            await self.action_columns()

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
                await self.chimera.refresh_cast(room)
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
        self.measure()
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
                await self.open_saved(self.chimera, self.scene.conversation.id)

    # What happens in the room

    def show(self, event: Event) -> None:
        """Draw what happened."""
        if (scene := self.scene) is None:
            return
        if isinstance(event, TextReceived) and event.turn.number in scene.heard:
            self.stage.stream(adapter.key_of(event.turn), event.text)
            return
        if isinstance(event, ThinkingReceived) and event.turn.number in scene.thoughts:
            scene.note(event)  # counted with the next tick
            return
        if isinstance(event, TurnStarted | TurnDropped):
            self._clear(scene, event.turn)
        if isinstance(event, MessageCompleted):
            self._clear_failure(scene, event.message.turn)
        scene.note(event)
        self._draw_entry(scene, event)
        if self.room:
            scene.auto_turns = self.room.auto_turns
        if isinstance(event, MEASURED):
            self.measure()
        self.draw()

    def _draw_entry(self, scene: Scene, event: Event) -> None:  # noqa: C901 - one case an event
        """Draw what `event` means for the transcript."""
        match event:
            case TurnStarted() | TurnDropped() | RoomPaused() | RoomResumed():
                pass  # all of it stands in the panels
            case ThinkingReceived() | ErrandDone():
                pass  # the status row counts words, the panels costs
            case AttemptStarted() | TurnDelayed() | RetryScheduled() | ProviderSwitched():
                self._draw_known_providers()
            case TextReceived(turn=turn, text=text):
                self._hear(scene, turn, text)
            case MessageCompleted(message=message):
                answers = scene.tree.alternatives(message)
                self.stage.put(adapter.message_entry(message, scene.speakers, answers))
                self._draw_known_providers()
            case TurnFailed(failure=failure):
                self.stage.drop(adapter.key_of(failure.turn))
                for entry in adapter.failure_entries(failure, scene.speakers):
                    self.stage.put(entry)
                self._draw_known_providers()
            case NoticePosted(notice=notice):
                self.stage.put(adapter.notice_entry(notice, len(scene.notices) - 1))
            case PathChanged() | MessageChanged() | ConversationEnded():
                self.stage.sync(self._items(scene))
            case ConversationChanged():
                self.draw_rooms_again()
            case _:
                assert_never(event)

    def _draw_known_providers(self) -> None:
        """Draw what is known of the providers: real calls tell of them, too."""
        self.draw_providers(list(self.chimera.health.values()))

    def _hear(self, scene: Scene, turn: Turn, text: str) -> None:
        """The first words of a turn: from now on it stands in the transcript.

        What was said meanwhile belongs to a later turn, and stands behind it.
        """
        said = takewhile(lambda m: m.turn.number > turn.number, reversed(scene.tree.path))
        later = [adapter.key_of(message.turn) for message in said]
        model, time = scene.models.get(turn.number), adapter.clock(utc_now())
        entry = adapter.live_entry(turn, model, scene.speakers, text="", time=time)
        self.stage.put(entry, before=later[-1] if later else None)
        self.stage.stream(entry.key, text)
        self._heard_since[turn.number] = (monotonic(), len(text))

    def _clear(self, scene: Scene, turn: Turn) -> None:
        """Take away what stood there of a turn that is taken again, or is over."""
        self._clear_failure(scene, turn)
        if all(message.turn.number != turn.number for message in scene.tree.path):
            self.stage.drop(adapter.key_of(turn))

    def _clear_failure(self, scene: Scene, turn: Turn) -> None:
        if (failure := scene.failure) and failure.turn.number == turn.number:
            self.stage.drop(adapter.failure_key(failure))

    def _items(self, scene: Scene) -> list[Item]:
        """All that stands, then what is being said."""
        items = adapter.path_items(scene.tree, scene.notices, scene.failure, scene.speakers)
        heard = (Turn(number=turn, speaker=slug) for turn, slug in scene.heard.items())
        live = (self.stage.shown.get(adapter.key_of(turn)) for turn in heard)
        return [*items, *(item for item in live if item)]

    @work(exit_on_error=False, group="rooms", exclusive=True)
    async def draw_rooms_again(self) -> None:
        """Draw the list of rooms as it is now."""
        self.draw_rooms(await self.chimera.conversations())

    # What the human does

    async def action_send(self) -> None:
        """Say what is written, or do the command it names; it stays written until that is done.

        With nothing written, let one speak where the room waits for a person to say who.
        """
        composer = self.query_one(Composer)
        text = composer.text.strip()
        if not text:
            self.action_next()
            return
        async with self.telling():
            if text.startswith("/") and not text.startswith("//"):
                command, argument = find(text)
                composer.write("")
                composer.remember(text)
                await self.perform(command, argument)
            elif self.room:
                await self.speak(text.removeprefix("/") if text.startswith("//") else text)
                composer.remember(text)
                composer.write("")

    def action_write_command(self) -> None:
        """Go to the composer and begin a command; where nothing can be said, to the palette."""
        composer = self.query_one(Composer)
        if not composer.field.focusable:
            self.app.action_command_palette()
            return
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

    @on(Transcript.RemedyChosen)
    async def choose_remedy(self, event: Transcript.RemedyChosen) -> None:
        """A remedy was clicked."""
        await self.action_remedy(event.number)

    @on(Transcript.Focused)
    def show_keys(self) -> None:
        """What the keys do depends on the message under the cursor."""
        self.refresh_bindings()

    @on(Rows.Chosen)
    async def choose_row(self, event: Rows.Chosen) -> None:
        """Open the room that was chosen; offer what can be done with the persona that was."""
        if isinstance(event.rows, RoomList):
            chosen = event.rows.rooms[event.index]
            self.close_overlay()
            if self.scene is None or chosen.id != self.scene.conversation.id:
                async with self.telling():
                    await self.open_saved(self.chimera, chosen.id)
        elif isinstance(event.rows, CastList):
            await self.cast_menu(event.rows.cast[event.index].slug)
        elif isinstance(event.rows, ProviderList):
            await self.action_providers(event.rows.providers[event.index].name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which actions there are now; the footer and the palette show only those."""
        if action == "remedy" and self.scene:
            is_text = (
                bool(self.query_one(Composer).text) and self.query_one(Composer).has_focus_within
            )
            choices = remedies(self.scene.failure) if self.scene.failure else ()
            return not is_text and parameters[0] in range(1, len(choices) + 1)
        if available := AVAILABLE.get(action):
            return available(self)
        return super().check_action(action, parameters)


def _has_failure(screen: RoomScreen) -> bool:
    return screen.room is not None and screen.room.failure is not None


def _may_name(screen: RoomScreen) -> bool:
    """Whether the room waits for a person to say who speaks."""
    return screen.room is not None and screen.room.paused is PauseReason.YOUR_TURN


AVAILABLE: dict[str, Callable[[RoomScreen], bool]] = {
    "pause": lambda screen: screen.is_live,
    "resume": lambda s: s.room is not None and s.room.paused is not None and not s.room.failure,
    "next": lambda screen: screen.room is not None and screen.room.failure is None,
    "retry": _has_failure,
    "skip": _has_failure,
    "keep": lambda screen: bool(screen.room and screen.room.failure and screen.room.failure.text),
    "panels": lambda screen: screen.has_class("-narrow"),
    "reopen": lambda screen: screen.scene is not None and screen.room is None,
    "send": lambda screen: bool(screen.query_one(Composer).text.strip()) or _may_name(screen),
    "older": lambda screen: bool(screen.room or screen.columns),
    "newer": lambda screen: bool(screen.room or screen.columns),
    "undo": lambda screen: screen.can_undo,
    **dict.fromkeys(NEEDS_ROOM, lambda screen: screen.room is not None),
}
"""When there is something to do for an action; one that is not here can always be done."""
