"""What the commands of a room act on: the conversation, the screen, and whom they ask and tell."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chimera_tui.domain.arguments import parse_persona
from chimera_tui.domain.conversation import HUMAN, Message
from chimera_tui.domain.errors import UnknownError
from chimera_tui.ui.kit.services import Services
from chimera_tui.ui.kit.undo import UndoStack
from chimera_tui.ui.transcript.conversation_entries import key_of

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.domain.persona import Persona
    from chimera_tui.domain.saved import ConversationSummary
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.room.deleting import Deletion
    from chimera_tui.ui.room.room_session import RoomSession
    from chimera_tui.ui.room.room_state import RoomState
    from chimera_tui.ui.transcript.transcript_group import Stage

NARRATION = "*"
"""Stands for everybody where words are told as nobody's; no slug is written so."""


class View(Protocol):
    """What commands ask of the screen of a room."""

    stage: "Stage"
    """What is shown of the conversation."""

    @property
    def focused_key(self) -> Hashable | None:
        """The key of the entry under the cursor of the transcript."""

    def focus_entry(self, key: Hashable) -> None:
        """Put the cursor on an entry."""

    def jump_to_end(self) -> None:
        """Show the end, and follow it."""

    @property
    def focused_persona(self) -> str:
        """The slug of the persona under the cursor of the cast; empty if that has no focus."""

    @property
    def focused_room(self) -> "ConversationSummary | None":
        """The conversation under the cursor of the list; None if that has no focus."""

    def begin_writing(self, text: str = "") -> None:
        """Give the composer the focus, with `text` in it if it is empty."""

    def aim(self, slug: str) -> None:
        """Let what is written next be for one persona alone, for nobody (`NARRATION`), for all."""

    def close_overlay(self) -> bool:
        """Close what lies over the transcript; False if nothing did."""

    async def toggle_columns(self) -> None:
        """Show one column a persona, or all in one again."""

    @property
    def has_columns(self) -> bool:
        """Whether the columns are shown."""

    def move_columns(self, by: int) -> None:
        """Show the columns before or after those in sight."""

    @property
    def has_hidden_panels(self) -> bool:
        """Whether there is no room for the panels beside the transcript."""

    def toggle_panels(self) -> None:
        """Show or hide the panels over the transcript."""

    def toggle_rooms(self) -> None:
        """Go to the list of rooms, or back."""

    def redraw_rooms(self) -> None:
        """Draw the list of rooms as it is now."""


@dataclass(slots=True)
class RoomContext:
    """What the commands of a room act on."""

    app: Services
    view: View
    session: "RoomSession"
    undo: UndoStack = field(default_factory=UndoStack)
    deletions: "dict[int, Deletion]" = field(default_factory=dict)
    """Conversations that go, by their ids, while that can be undone."""

    @property
    def chimera(self) -> "Chimera | None":
        """The program behind the screen; None while it is being opened."""
        return self.session.chimera

    @property
    def room(self) -> "Room | None":
        """The room; None while the conversation on the screen cannot be changed here."""
        return self.session.room

    @property
    def state(self) -> "RoomState | None":
        """What is known of the conversation on the screen; None if there is none."""
        return self.session.state

    @property
    def live_room(self) -> "Room":
        """The room, for a command that needs one.

        Raises:
            UnknownError: If the conversation on the screen cannot be changed here.
        """
        if self.room is None:
            raise UnknownError("This conversation cannot be changed here.")
        return self.room

    @property
    def known(self) -> "RoomState":
        """What is known of the conversation; raises UnknownError if there is none."""
        if self.state is None:
            raise UnknownError("There is no conversation here.")
        return self.state

    @property
    def library(self) -> "Chimera":
        """The program behind the screen; raises UnknownError while it is being opened."""
        if self.chimera is None:
            raise UnknownError("The database is being opened.")
        return self.chimera

    @property
    def cast(self) -> "list[Persona]":
        """The personas of the room."""
        return [one.persona for one in self.known.conversation.cast]

    def persona(self, name: str) -> str:
        """Return the slug of the persona of this room called `name`; raises UnknownError."""
        return parse_persona(name, self.cast).slug

    def name_of(self, slug: str) -> str:
        """Return how somebody in this room is called on the screen."""
        return self.known.speakers[slug].name

    def message(self) -> Message | None:
        """Return the message under the cursor, else the last one.

        Raises:
            UnknownError: If it is still being said.
        """
        if self.state is None:
            return None
        focused = self.view.focused_key
        if (message := self._focused()) is not None:
            return message
        if focused is not None and focused in self.view.stage.shown:
            raise UnknownError("It is still being said. Stop it first; then it can be changed.")
        return self.state.tree.tip

    def reply(self) -> Message | None:
        """Return the message under the cursor, else the last one if a persona said it."""
        if self.state is None:
            return None
        if (message := self._focused()) is not None:
            return message
        last = self.state.tree.tip
        return last if last and last.turn.speaker != HUMAN else None

    def _focused(self) -> Message | None:
        focused, path = self.view.focused_key, self.known.tree.path
        return next((m for m in path if key_of(m.turn) == focused), None)
