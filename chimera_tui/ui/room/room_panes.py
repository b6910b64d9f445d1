"""The panes of a room, drawn as its conversation goes on."""

from itertools import takewhile
from time import monotonic
from typing import TYPE_CHECKING, assert_never

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Turn
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TextWithdrawn,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line
from chimera_tui.system.garbage import collections_paused
from chimera_tui.ui.kit.blocks import STATES
from chimera_tui.ui.kit.glyphs import ASCII, ASCII_MARKS
from chimera_tui.ui.providers.provider_rows import checked_label, provider_rows
from chimera_tui.ui.room.composer import Composer
from chimera_tui.ui.room.room_header import RoomHeader
from chimera_tui.ui.room.room_panels import CastList, Heading, ProviderList, RoomList, VitalsPanel
from chimera_tui.ui.room.room_state import RoomState
from chimera_tui.ui.room.status_row import StatusRow
from chimera_tui.ui.room.waiting import why_nobody_speaks
from chimera_tui.ui.terminal.window import show_title
from chimera_tui.ui.transcript import conversation_entries as adapter
from chimera_tui.ui.transcript.entries import Item
from chimera_tui.ui.transcript.transcript import Transcript
from chimera_tui.ui.transcript.transcript_group import Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chimera_tui.domain.health import Health
    from chimera_tui.ui.room.room_navigation import RoomNavigation
    from chimera_tui.ui.room.room_screen import RoomScreen

TICK = 0.25
"""Seconds between two steps of whatever moves."""
TICKS_A_TEMPO = 4
"""Steps after which it is told anew how fast a reply comes."""


class RoomPanes:
    """Draws a conversation on the widgets of the room screen."""

    def __init__(
        self, screen: "RoomScreen", transcript: Transcript, stage: Stage, view: "RoomNavigation"
    ) -> None:
        self._screen = screen
        self._transcript = transcript
        self._stage = stage
        self._view = view
        self._drafts: dict[int, str] = {}
        """What was being written, by conversation."""
        self._ticking = screen.set_interval(TICK, self._tick, pause=True)
        self._ticks = 0
        self._heard_since: dict[int, tuple[float, int]] = {}
        """When a turn was heard first, and with how many characters."""

    # What the session tells

    def load(self, state: RoomState) -> None:
        """Show this conversation in place of the one before."""
        self._heard_since.clear()
        self._transcript.hues = {s.name: s.hue for s in state.speakers.values() if s.hue}
        with collections_paused():
            self._stage.load(self._items(state))
        self.draw()

    def opened(self, state: RoomState) -> None:
        """Take up what was being written to this conversation; show the panels beside it."""
        self._composer.write(self._drafts.get(state.conversation.id, ""))
        self._draw_known_providers()
        self._screen.load_rooms()
        (self._transcript if state.read_only else self._composer.field).focus()

    def left(self, state: RoomState) -> None:
        """Keep what is being written to the conversation that is left."""
        for composer in self._screen.query(Composer):  # none is left when the app has failed
            self._drafts[state.conversation.id] = composer.text

    def changed(self, state: RoomState) -> None:
        """Draw whether the conversation can be changed here."""
        self.draw()
        if state.read_only:
            self._transcript.focus()

    def crashed(self, error: Exception) -> None:
        """Say that a mistake of ours ended the room, and where it is written down."""
        path = self._screen.app.write_crash(error)
        self._screen.app.tell(f"What was said is kept. Details: {path}", severity="error")

    def stream(self, event: TextReceived) -> None:
        """Write more of a reply of which the beginning stands already."""
        self._stage.stream(adapter.key_of(event.turn), event.text)

    def show(self, state: RoomState, event: Event) -> None:
        """Draw what happened."""
        self._show_in_transcript(state, event)
        self.draw()

    def _show_in_transcript(self, state: RoomState, event: Event) -> None:  # noqa: C901 - one case an event
        match event:
            case TurnStarted(turn=turn) | TurnDropped(turn=turn) | TextWithdrawn(turn=turn):
                self._stage.drop(adapter.failure_key(turn))
                if all(message.turn.number != turn.number for message in state.tree.path):
                    self._stage.drop(adapter.key_of(turn))
            case RoomPaused() | RoomResumed() | ThinkingReceived() | ErrandDone():
                pass  # all of it stands in the panels
            case AttemptStarted() | TurnDelayed() | RetryScheduled() | ProviderSwitched():
                self._draw_known_providers()
            case TextReceived(turn=turn, text=text):
                self._begin_reply(state, turn, text)
            case MessageCompleted(message=message):
                self._stage.drop(adapter.failure_key(message.turn))
                answers = state.tree.alternatives(message)
                self._stage.put(adapter.message_entry(message, state.speakers, answers))
                self._draw_known_providers()
            case TurnFailed(failure=failure):
                self._stage.drop(adapter.key_of(failure.turn))
                for entry in adapter.failure_entries(failure, state.speakers):
                    self._stage.put(entry)
                self._draw_known_providers()
            case NoticePosted(notice=notice):
                self._stage.put(adapter.notice_entry(notice, len(state.saved.notices) - 1))
            case PathChanged() | MessageChanged() | ConversationEnded():
                self._stage.sync(self._items(state))
            case ConversationChanged():
                self._screen.load_rooms()
            case _:
                assert_never(event)

    def _begin_reply(self, state: RoomState, turn: Turn, text: str) -> None:
        """The first words of a turn: from now on it stands in the transcript.

        What was said meanwhile belongs to a later turn, and stands behind it.
        """
        said = takewhile(lambda m: m.turn.number > turn.number, reversed(state.tree.path))
        later = [adapter.key_of(message.turn) for message in said]
        model, time = state.models.get(turn.number), adapter.clock(utc_now())
        entry = adapter.live_entry(turn, model, state.speakers, text="", time=time)
        self._stage.put(entry, before=later[-1] if later else None)
        self._stage.stream(entry.key, text)
        self._heard_since[turn.number] = (monotonic(), len(text))

    def _items(self, state: RoomState) -> list[Item]:
        """All that stands, then what is being said."""
        saved = state.saved
        items = adapter.path_items(saved.tree, saved.notices, saved.failure, state.speakers)
        heard = (Turn(number=turn, speaker=slug) for turn, slug in state.heard.items())
        live = (self._stage.shown.get(adapter.key_of(turn)) for turn in heard)
        return [*items, *(item for item in live if item)]

    # Drawing

    @property
    def _composer(self) -> Composer:
        return self._screen.query_one(Composer)

    @property
    def _state(self) -> RoomState | None:
        return self._screen.session.state

    def draw(self) -> None:
        """Draw head, panels and status."""
        if (state := self._state) is None:
            return
        screen = self._screen
        screen.query_one(RoomHeader).show(state)
        screen.query_one("#side Heading", Heading).note(f"{len(state.conversation.cast)} here")
        screen.query_one(VitalsPanel).show(state)
        said = len(state.tree.path)
        words = f"{said} said" if said else "empty"
        screen.query_one(RoomList).show_state(state.state, words)
        if columns := self._view.columns:
            columns.show(state)
        self._draw_turns(state)
        self._composer.has_remedies = bool(state.failure)
        self._composer.close_because(state.read_only or state.ended_because)
        is_written = bool(self._composer.text)
        screen.query_one(StatusRow).show_waiting(
            why_nobody_speaks(state, screen.app.key_of, is_written=is_written)
        )
        if state.typing or state.heard:
            self._ticking.resume()
        else:
            self._ticking.pause()
        self._show_title(state)
        screen.refresh_bindings()

    def _show_title(self, state: RoomState) -> None:
        """Let the title of the terminal say which room it is, and how it is."""
        app, glyph = self._screen.app, STATES[state.state].glyph
        if app.glyphs is ASCII:
            glyph = glyph.translate(ASCII_MARKS)
        show_title(app, f"{glyph} {one_line(state.conversation.title, 60)}")

    def show_measures(self, state: RoomState) -> None:
        """Draw how the conversation is doing."""
        self._screen.query_one(VitalsPanel).show(state)

    def _draw_turns(self, state: RoomState) -> None:
        """Draw who has the turn, and what it waits for: that changes every second."""
        self._screen.query_one(StatusRow).show_typing(state.typing_words())
        self._screen.query_one(CastList).show(state.cast_rows())

    def _tick(self) -> None:
        """Runs only while somebody types or speaks, and somebody looks."""
        if not self._screen.app.app_focus:
            return
        self._ticks += 1
        if self._state and (self._state.waits or self._state.thoughts):
            self._draw_turns(self._state)
        self._screen.query_one(StatusRow).step()
        if self._ticks % TICKS_A_TEMPO == 0:
            self._draw_tempo(monotonic())

    def _draw_tempo(self, now: float) -> None:
        """Show how fast each reply has come so far; of the first second nothing can be said."""
        if (state := self._state) is None:
            return
        for number, slug in state.heard.items():
            since, at_first = self._heard_since.get(number, (now, 0))
            if (seconds := now - since) >= 1:
                key = adapter.key_of(Turn(number=number, speaker=slug))
                characters = len(self._stage.source_of(key)) - at_first
                tempo = adapter.tempo_chip(characters, seconds)
                chips = (tempo, *adapter.demo_chip(state.models.get(number)))
                self._stage.set_chips(key, chips)

    def _draw_known_providers(self) -> None:
        """Draw what is known of the providers: real calls tell of them, too."""
        if chimera := self._screen.session.chimera:
            self.draw_providers(list(chimera.health.values()))

    def draw_providers(self, healths: "Sequence[Health]") -> None:
        """Draw how the providers are."""
        cast = self._state.conversation.cast if self._state else ()
        wanted = {one.model.provider for one in cast if one.model}
        note = checked_label(healths, utc_now())
        self._screen.query_one("#providers-heading", Heading).note(note)
        self._screen.query_one(ProviderList).show(provider_rows(healths, wanted))

    def draw_rooms(self, rooms: list[ConversationSummary]) -> None:
        """Draw the list of conversations."""
        self._screen.query_one("#rooms Heading", Heading).note(str(len(rooms)))
        current = self._state.conversation.id if self._state else None
        self._screen.query_one(RoomList).show(rooms, current, utc_now())
