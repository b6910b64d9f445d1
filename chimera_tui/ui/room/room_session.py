"""The conversation on the screen of a room: opened, followed, left."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Protocol

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.events import (
    ConversationChanged,
    EndReason,
    Event,
    MessageChanged,
    MessageCompleted,
    PathChanged,
    RoomPaused,
    TextReceived,
    ThinkingReceived,
)
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.ui.room.room_state import RoomState
from chimera_tui.ui.room.vitals_words import Measures

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.engine.room import Room

MEASURED = MessageCompleted | MessageChanged | PathChanged | ConversationChanged | RoomPaused
"""After these it is measured anew how the conversation is doing."""


class ShowsSession(Protocol):
    """What a session asks of the screen it is on."""

    def load(self, state: RoomState) -> None:
        """Show this conversation in place of the one before."""

    def show(self, state: RoomState, event: Event) -> None:
        """Draw what happened; `state` knows it already."""

    def stream(self, event: TextReceived) -> None:
        """Write more of a reply of which the beginning stands already."""

    def show_measures(self, state: RoomState) -> None:
        """Draw how the conversation is doing."""

    def opened(self, state: RoomState) -> None:
        """The conversation stands there, whole."""

    def left(self, state: RoomState) -> None:
        """The conversation is left."""

    def changed(self, state: RoomState) -> None:
        """The conversation can be changed here from now on, or no more."""

    def crashed(self, error: Exception) -> None:
        """Say that a mistake of ours ended the room, and where it is written down."""


class RoomSession:
    """Opens one conversation at a time, and follows its room.

    Args:
        view: Where it is shown.
        new_state: Makes what is known of a conversation from what was saved.
    """

    def __init__(
        self, view: ShowsSession, new_state: Callable[[SavedConversation, str], RoomState]
    ) -> None:
        self.chimera: Chimera | None = None
        self.room: Room | None = None
        self.state: RoomState | None = None
        self._view = view
        self._new_state = new_state
        self._following: asyncio.Task[None] | None = None
        self._measuring: asyncio.Task[None] | None = None

    @property
    def is_live(self) -> bool:
        """Whether turns begin by themselves."""
        return self.room is not None and self.room.paused is None

    async def open(
        self, chimera: "Chimera", saved: SavedConversation, *, is_live: bool = False
    ) -> None:
        """Show a conversation in place of the one on the screen, which stops.

        Args:
            chimera: Where it comes from.
            saved: The conversation as it was loaded just now.
            is_live: Whether to let it speak at once.
        """
        await self.leave()
        self._load(chimera, saved, chimera.read_only)
        if chimera.read_only:
            self.measure()
        else:
            room = chimera.room(saved)
            self._following = asyncio.create_task(self._follow(room, is_live=is_live))
        if self.state:
            self._view.opened(self.state)

    async def open_saved(self, conversation_id: int, chimera: "Chimera | None" = None) -> None:
        """Show a saved conversation; the end of a long one is there before the rest is loaded.

        Raises:
            UnknownError: If there is none of this number.
        """
        chimera = chimera or self.chimera
        assert chimera is not None  # noqa: S101 - a session begins with one
        if end := await chimera.load_end(conversation_id):
            await self.leave()
            self._load(chimera, end)
        await self.open(chimera, await chimera.load(conversation_id))

    def _load(self, chimera: "Chimera", saved: SavedConversation, read_only: str = "") -> None:
        self.chimera = chimera
        self.state = self._new_state(saved, read_only)
        self._view.load(self.state)

    async def leave(self) -> None:
        """Stop following; the room that is left stops, and keeps what was said."""
        if following := self._following:
            self._following = None
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        if self.state:
            self._view.left(self.state)

    async def _follow(self, room: "Room", *, is_live: bool) -> None:
        """Show every event of the room; leaving it stops it."""
        try:
            async with room:
                self.room = room
                await self._hear_all(room, is_live=is_live)
                if room.crash:
                    self._stopped_by(room.crash)
        except StorageError as error:
            if error.kind is not StorageFault.LIVE_ELSEWHERE:
                self._stopped_by(error)
            elif self.state:
                self.state.read_only = error.problem
            self.measure()
        except Exception as error:  # noqa: BLE001 - the edge: a mistake ends the room, not the app
            self._stopped_by(error)
        finally:
            if self.room in (room, None):
                self.room = None
                if self.state:
                    self._view.changed(self.state)

    async def _hear_all(self, room: "Room", *, is_live: bool) -> None:
        async with aclosing(room.events()) as events:
            if self.chimera:
                await self.chimera.refresh_cast(room)
            if is_live:
                room.resume()
            async for event in events:
                self.hear(event)

    def hear(self, event: Event) -> None:
        """Take in what happened, and draw it."""
        if (state := self.state) is None:
            return
        if isinstance(event, TextReceived) and event.turn.number in state.heard:
            self._view.stream(event)
            return
        is_thinking = isinstance(event, ThinkingReceived) and event.turn.number in state.thoughts
        state.note(event)
        if is_thinking:
            return  # counted with the next tick
        self._view.show(state, event)
        if isinstance(event, MEASURED):
            self.measure()

    def _stopped_by(self, error: Exception) -> None:
        if self.state:
            self.state.ended = EndReason.CRASHED
            kind = type(error).__name__
            self.state.ended_because = f"A mistake in Chimera stopped this room ({kind})"
        self._view.crashed(error)

    def measure(self) -> None:
        """Take in how the conversation is doing; done once a turn, never while a word comes."""
        if self._measuring:
            self._measuring.cancel()
        self._measuring = asyncio.create_task(self._measure())

    async def _measure(self) -> None:
        if (state := self.state) is None:
            return
        if self.room:
            vitals = await self.room.vitals()
        else:
            from chimera_tui.quality.vitals import Vitals  # noqa: PLC0415 - not before the paint

            vitals = Vitals()
            await asyncio.to_thread(vitals.follow, state.conversation, list(state.tree.path))
        state.measures = Measures.of(vitals)
        if state is self.state:
            self._view.show_measures(state)
