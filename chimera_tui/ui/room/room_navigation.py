"""Where a person is on the room screen, and how they get about; what commands ask of it."""

from collections.abc import Hashable
from typing import TYPE_CHECKING

from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.ui.kit.blocks import Part, line
from chimera_tui.ui.room.composer import Composer
from chimera_tui.ui.room.room_context import NARRATION
from chimera_tui.ui.room.room_panels import CastList, RoomList
from chimera_tui.ui.transcript.transcript import Transcript
from chimera_tui.ui.transcript.transcript_group import Stage

if TYPE_CHECKING:
    from chimera_tui.ui.room.columns import Columns
    from chimera_tui.ui.room.room_screen import RoomScreen
    from chimera_tui.ui.room.room_state import RoomState


class RoomNavigation:
    """Moves the focus and the cursor, opens and closes panes, says to whom words are written."""

    def __init__(self, screen: "RoomScreen", transcript: Transcript, stage: Stage) -> None:
        self.stage = stage
        self.columns: Columns | None = None
        """The columns view, while it is open and whole."""
        self.aimed_at = ""
        """Who alone is to know what is written next: a slug, `NARRATION`, or all."""
        self._screen = screen
        self._transcript = transcript

    @property
    def _state(self) -> "RoomState | None":
        return self._screen.session.state

    # The cursor

    @property
    def focused_key(self) -> Hashable | None:
        """The key of the entry under the cursor of the transcript."""
        return self._transcript.focused_key

    def focus_entry(self, key: Hashable) -> None:
        """Put the cursor on an entry."""
        self._transcript.focus_entry(key)

    def jump_to_end(self) -> None:
        """Show the end, and follow it."""
        self._transcript.jump_to_end()

    @property
    def focused_persona(self) -> str:
        """The slug of the persona under the cursor of the cast; empty if that has no focus."""
        panel = self._screen.query_one(CastList)
        return panel.cast[panel.cursor].slug if panel.has_focus and panel.cast else ""

    @property
    def focused_room(self) -> ConversationSummary | None:
        """The conversation under the cursor of the list; None if that has no focus."""
        panel = self._screen.query_one(RoomList)
        return panel.rooms[panel.cursor] if panel.has_focus and panel.rooms else None

    def redraw_rooms(self) -> None:
        """Draw the list of rooms as it is now."""
        self._screen.load_rooms()

    # Writing

    @property
    def _composer(self) -> Composer:
        return self._screen.query_one(Composer)

    def begin_writing(self, text: str = "") -> None:
        """Give the composer the focus, with `text` in it if it is empty; else offer the palette."""
        if not self._composer.field.focusable:
            self._screen.app.call_later(self._screen.app.open.palette)
            return
        self._composer.field.focus()
        if text and not self._composer.text:
            self._composer.write(text)

    def aim(self, slug: str) -> None:
        """Let what is written next be for one persona alone, for nobody (`NARRATION`), for all."""
        self.aimed_at = slug
        parts: list[Part] = []
        if slug == NARRATION:
            parts = [("narrate ", "italic $muted")]
        elif slug and self._state:
            speaker = self._state.speakers[slug]
            name = (speaker.name, f"bold $persona-{speaker.hue}")
            parts = [("to ", "$muted"), name, (" alone ", "$muted")]
        self._composer.address(line(*parts))

    # Panes

    def close_overlay(self) -> bool:
        """Close what lies over the transcript; else let what is written be for all again."""
        screen = self._screen
        if screen.has_class("-rooms") or screen.has_class("-panels"):
            screen.remove_class("-rooms", "-panels")
            self._transcript.focus()
            return True
        if self.aimed_at:
            self.aim("")
            return True
        return False

    @property
    def has_hidden_panels(self) -> bool:
        """Whether there is no room for the panels beside the transcript."""
        return self._screen.has_class("-narrow")

    def toggle_panels(self) -> None:
        """Show or hide the panels over the transcript."""
        screen = self._screen
        screen.toggle_class("-panels")
        screen.remove_class("-rooms")
        is_shown = screen.has_class("-panels")
        screen.call_after_refresh(
            (screen.query_one(CastList) if is_shown else self._transcript).focus
        )

    def toggle_rooms(self) -> None:
        """Go to the list of rooms; where it is hidden, show it over the transcript."""
        rooms = self._screen.query_one(RoomList)
        if rooms.has_focus:
            self.close_overlay()
            self._transcript.focus()
        else:
            self._screen.add_class("-rooms")
            self._screen.remove_class("-panels")
            self._screen.call_after_refresh(rooms.focus)  # what is hidden cannot have it yet

    @property
    def has_columns(self) -> bool:
        """Whether the columns are shown."""
        return self.columns is not None

    def move_columns(self, by: int) -> None:
        """Show the columns before or after those in sight."""
        if self.columns:
            self.columns.move(by)

    async def toggle_columns(self) -> None:
        """Show one column a persona, or all in one again. Who is writing goes on writing."""
        from chimera_tui.ui.room.columns import Columns  # noqa: PLC0415 - not before the paint

        screen, is_writing = self._screen, self._composer.field.has_focus
        if columns := self.columns:
            self.columns = None
            self.stage.leave()
            await columns.remove()
            screen.remove_class("-columns")
            if not is_writing:
                self._transcript.focus()
        elif self._state and not screen.has_class("-columns"):
            slugs = [assignment.persona.slug for assignment in self._state.conversation.cast]
            columns = Columns(slugs, screen.column_transcript)
            screen.add_class("-columns")
            await screen.query_one("#talk").mount(columns, before=0)
            for column in columns.columns:
                self.stage.join(column.transcript, column.accepts)
            self.columns = columns
            columns.show(self._state)
            if not is_writing:
                columns.columns[0].transcript.focus()
