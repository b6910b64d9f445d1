"""Opening a room: what about, who, how. Everything has a default: Enter, Enter, talking."""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from chimera_tui.domain.health import Health
from chimera_tui.ui.kit.blocks import Lines
from chimera_tui.ui.kit.carrying_out import carry_out
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.palette import Entry, ScreenPalette
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.new_room import new_room_commands as commands
from chimera_tui.ui.new_room.new_room_commands import NewRoomContext
from chimera_tui.ui.new_room.new_room_panes import NewRoomPanes
from chimera_tui.ui.new_room.room_draft import RoomDraft, RoomPlan
from chimera_tui.ui.new_room.room_drafts import PeopleSearch, RoomDrafts
from chimera_tui.ui.new_room.room_fields import SearchField, TopicField
from chimera_tui.ui.new_room.room_lists import HowRows, SeatRows, TemplateRows
from chimera_tui.ui.room.room_panels import Heading
from chimera_tui.ui.studio.persona_grid import PersonaGrid

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.app import ChimeraApp


class NewRoom(Screen[RoomPlan]):
    """Asks what a new room is to be; gives a plan back, or nothing.

    Args:
        chimera: Knows the library and the providers.
        topic: Proposed first; empty: one of the deck.
        cast: Who is in at first: slugs of the library.
    """

    app: "ChimeraApp"
    CSS_PATH = "new_room.tcss"
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [*commands.COMMANDS.bindings]

    def __init__(self, chimera: "Chimera", topic: str, cast: Sequence[str]) -> None:
        super().__init__()
        self._chimera = chimera
        self._people = PeopleSearch(chimera)
        self.drafts = RoomDrafts(chimera, topic, cast)

    def compose(self) -> ComposeResult:
        """Head, rooms, page, cast and how, keys."""
        app = self.app
        self.panes = panes = NewRoomPanes(
            self,
            self._chimera,
            self.drafts,
            self._people,
            key_of=app.key_of,
            has_plain_emoji=app.has_plain_emoji,
            finish=partial(close, self),
        )
        self.context = NewRoomContext(app, self._chimera, self.drafts, panes)
        yield Lines(panes.head, id="head")
        with Horizontal(id="new"):
            with Vertical(id="new-rooms"):
                yield Heading("Rooms", id="rooms-heading")
                yield TemplateRows()
            with Vertical(id="new-page"):
                yield Lines(panes.title, id="title")
                yield TopicField()
                yield Lines(panes.topic_keys, id="topic-keys")
                yield Lines(panes.who, id="who")
                yield SearchField()
                yield Lines(panes.nobody, id="nobody")
                yield PersonaGrid(has_plain_emoji=app.has_plain_emoji)
                yield Lines(panes.about, id="about")
            with VerticalScroll(id="new-side", can_focus=False):
                yield Heading("Cast", id="cast-heading")
                yield SeatRows()
                yield Heading("How", id="how-heading")
                yield HowRows()
                yield Lines(panes.begin, id="begin")
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    def on_mount(self) -> None:
        """Show the rooms and the people."""
        self.panes.find_people()
        self.panes.draw()
        self.panes.go_to(TemplateRows)

    def _on_descendant_focus(self) -> None:
        """Which key talks depends on where one is."""
        self.query_one("#begin").refresh()

    @property
    def draft(self) -> RoomDraft:
        """The room under the cursor, as it is put together so far."""
        return self.drafts.draft

    @property
    def plan(self) -> RoomPlan:
        """What Enter would open."""
        return self.context.plan

    @property
    def stops(self) -> list[tuple[str, Widget]]:
        """Where Tab goes, and the pane each is in."""
        return self.panes.stops

    def draw_providers(self, _healths: Sequence[Health]) -> None:
        """A provider was checked: other models may play them now."""
        self.panes.draw()

    def draw_library(self) -> None:
        """The library has changed: others may be cast now."""
        self.panes.find_people()
        self.panes.draw()

    # Commands

    def palette_entries(self) -> list[Entry]:
        """Return what can be done now, by its words."""
        return [
            (
                command.words.capitalize(),
                self.app.key_of(command.name),
                partial(self._action_do, command.name),
            )
            for command in commands.COMMANDS.by_name.values()
        ]

    async def _action_do(self, name: str) -> None:
        """Do a command."""
        await self._do(commands.COMMANDS.by_name[name].run(self.context, ""))

    async def _do(self, doing: Awaitable[object]) -> None:
        await carry_out(self.app, self, doing)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say what can be done now."""
        if action == "delete_room":
            return self.drafts.is_own
        if action == "undo_delete":
            return bool(self.drafts.deleted)
        return super().check_action(action, parameters)

    # What the lists and fields call

    @on(Rows.Moved, "#templates")
    def _look_at_room(self, event: Rows.Moved) -> None:
        """Show the room under the cursor, as it was left."""
        slug = self.query_one(TemplateRows).rooms[event.index].slug
        if slug != self.drafts.slug:
            self.drafts.slug = slug
            self.panes.topic = ""
            self.panes.draw()

    @on(Rows.Chosen, "#templates")
    def _take_room(self) -> None:
        self.panes.go_to(TopicField)

    async def _action_delete_room(self) -> None:
        await self._do(commands.delete_room(self.context))

    async def _action_undo_delete(self) -> None:
        await self._do(commands.undo_delete(self.context))

    @on(Input.Changed, "#topic")
    def _write_topic(self) -> None:
        """What is proposed goes when something is written."""
        self.query_one("#topic-keys").refresh(layout=True)

    async def _action_topic(self, by: int) -> None:
        """Propose another topic, or the one before."""
        if by > 0:
            await commands.another_topic(self.context)
        else:
            await commands.topic_before(self.context)

    @on(Input.Changed, "#search")
    def _search(self) -> None:
        self.panes.find_people()

    def _action_search(self) -> None:
        self.query_one(SearchField).focus()

    def _action_people(self) -> None:
        self.panes.go_to_people()

    def _action_category(self, by: int) -> None:
        """Show the next category only."""
        self._people.next_category(by)
        self.panes.find_people()

    @on(PersonaGrid.Moved)
    def _show_persona(self) -> None:
        self.query_one("#about").refresh(layout=True)

    @on(PersonaGrid.Typed)
    def _go_on_searching(self, event: PersonaGrid.Typed) -> None:
        """What is typed over the grid goes on with the search."""
        field = self.query_one(SearchField)
        field.focus()
        field.insert_text_at_cursor(event.text)

    @on(PersonaGrid.Wanted)
    def _change_cast(self, event: PersonaGrid.Wanted) -> None:
        commands.change_cast(self.context, event.slug, event.by)

    @on(Input.Submitted, "#search")
    def _take_first(self) -> None:
        """Take in, or let go, whom the search has found."""
        grid = self.query_one(PersonaGrid)
        if grid.current:
            grid.action_cast()
            self.query_one(SearchField).value = ""

    @property
    def _place(self) -> int | None:
        """The seat under the cursor."""
        seats = self.query_one(SeatRows)
        return seats.cursor if seats.cursor < len(self.draft.cast) else None

    def _action_seat(self, by: int) -> None:
        """Let the persona under the cursor come earlier or later."""
        if (place := self._place) is not None:
            to = self.draft.move(place, by)
            self.panes.draw()
            self.query_one(SeatRows).cursor = to

    def _action_twin(self) -> None:
        """Take one more of the persona under the cursor in."""
        if (place := self._place) is not None:
            commands.take_in(self.context, self.draft.people[place].original)

    def _action_unseat(self) -> None:
        """Let the persona under the cursor go."""
        if (place := self._place) is not None:
            self.draft.drop(place)
            self.panes.draw()

    @on(Rows.Chosen, "#seats")
    async def _choose_model(self, event: Rows.Chosen) -> None:
        await self._do(commands.choose_model(self.context, event.index))

    async def _action_step(self, by: int) -> None:
        """Choose the next mode, pace or kind of voices."""
        await commands.step(self.context, self.query_one(HowRows).cursor, by)

    @on(Rows.Chosen, "#how")
    async def _change_how(self, event: Rows.Chosen) -> None:
        await self._do(commands.change_how(self.context, event.index))

    @on(Input.Submitted, "#topic")
    async def _action_talk(self) -> None:
        """Enter over the topic, or a persona, talks."""
        await commands.talk(self.context)
