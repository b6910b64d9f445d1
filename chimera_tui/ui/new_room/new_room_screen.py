"""Opening a room: what about, who, how. Everything has a default: Enter, Enter, talking."""

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input

from chimera_tui.domain.arguments import PACES, parse_budget
from chimera_tui.domain.casting import MOST_CAST
from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.text import one_line
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.library.slugs import free_slug
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.costs import budget_text, usual_usage
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.new_room.new_room_view import NewRoomView
from chimera_tui.ui.new_room.room_fields import SearchField, TopicField
from chimera_tui.ui.new_room.room_lists import HowRows, SeatRows, TemplateRows
from chimera_tui.ui.new_room.room_words import MODE_WORDS, mode_name, nearest_pace
from chimera_tui.ui.studio.persona_grid import PersonaGrid

if TYPE_CHECKING:
    from chimera_tui.ui.room.model_picker import Picked

MODE, PACE, BUDGET, VOICES = range(4)
"""The rows of how it is to go."""


class NewRoom(NewRoomView):
    """Asks what a new room is to be; gives a plan back, or nothing."""

    CSS_PATH = "new_room.tcss"
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "pane(1)", "next", key_display="⇥", id="new.next"),
        Binding("shift+tab", "pane(-1)", "back", show=False, id="new.before"),
        Binding("f2", "talk", "start talking", show=False, id="new.talk"),
        Binding("f3", "mode", "mode", show=False, id="new.mode"),
        Binding("f4", "voices", "live or demo", show=False, id="new.voices"),
        Binding("ctrl+t", "topic(1)", "another topic", show=False, id="new.topic", priority=True),
        Binding("ctrl+g", "topic_category", "topics from", show=False, id="new.category"),
        Binding("ctrl+s", "save_room", "keep as a room", show=False, id="new.save"),
        Binding("escape", "back", "room", key_display="esc", id="back"),
        Binding("question_mark,f1", "help", "help", show=False, id="help"),
    ]

    def on_mount(self) -> None:
        """Show the rooms and the people."""
        self.find_people()
        self.draw()
        self.go_to(TemplateRows)

    def on_descendant_focus(self) -> None:
        """Which key talks depends on where one is."""
        self.query_one("#begin").refresh()

    # Which room

    @on(Rows.Moved, "#templates")
    def look_at_room(self, event: Rows.Moved) -> None:
        """Show the room under the cursor, as it was left."""
        rows = self.query_one(TemplateRows)
        slug = rows.rooms[event.index].slug
        if slug != self._slug:
            self._slug = slug
            self.query_one(TopicField).value = ""
            self.draw()

    @on(Rows.Chosen, "#templates")
    def take_room(self) -> None:
        """Go on with this one."""
        self.go_to(TopicField)

    async def action_save_room(self) -> None:
        """Keep what is put together as a room of one's own."""
        if not self.draft.cast:
            return
        title = self.draft.template.title if self._slug else self.plan.topic
        question = AskText(
            "What is this room called?",
            one_line(title, 60),
            note="It stands among the ready-made rooms, marked yours.",
            done="keep",
        )
        await self.app.push_screen(question, self._save_room)

    async def _save_room(self, title: str | None) -> None:
        if not title:
            return
        library = self._chimera.library
        title = one_line(title, 60)
        room = self.draft.as_template(
            free_slug(title, library.rooms), title, self.query_one(TopicField).value
        )
        if not self._slug:
            room = replace(room, one_line="")
        try:
            await asyncio.to_thread(library.save_room, room)
        except ChimeraError as error:
            self.app.tell_error(error)
            return
        self._drafts.pop(self._slug, None)
        self._slug = room.slug
        self.draw()
        self.app.tell(f"“{title}” is among your rooms.")

    async def action_delete_room(self) -> None:
        """Delete a room of one's own."""
        library, slug = self._chimera.library, self._slug
        room = library.room(slug)
        try:
            await asyncio.to_thread(library.remove_room, slug)
        except ChimeraError as error:
            self.app.tell_error(error)
            return
        self._deleted.append(room)
        self._drafts.pop(slug, None)
        self._slug = slug if slug in library.rooms else ""
        self.draw()
        self.app.tell(f"“{one_line(room.title)}” is deleted. u brings it back.")

    async def action_undo_delete(self) -> None:
        """Bring back the room that was deleted last."""
        room = self._deleted.pop()
        try:
            await asyncio.to_thread(self._chimera.library.save_room, room)
        except ChimeraError as error:
            self._deleted.append(room)
            self.app.tell_error(error)
            return
        self._slug = room.slug
        self.draw()

    # What about

    @on(Input.Changed, "#topic")
    def write_topic(self) -> None:
        """What is proposed goes when something is written."""
        self.query_one("#topic-keys").refresh(layout=True)

    def action_topic(self, by: int) -> None:
        """Propose another topic, or the one before."""
        if by > 0:
            self.draft.topics.another(self.draft.people)
        else:
            self.draft.topics.before()
        self.query_one(TopicField).value = ""
        self.draw()

    def action_topic_category(self) -> None:
        """Draw topics from the next category."""
        self.draft.topics.next_category(self.draft.people)
        self.query_one(TopicField).value = ""
        self.draw()

    # Who

    @on(Input.Changed, "#search")
    def search(self) -> None:
        """Show who fits."""
        self.find_people()

    def action_search(self) -> None:
        """Go to the search."""
        self.query_one(SearchField).focus()

    def action_people(self) -> None:
        """Go to the people."""
        self.go_to(PersonaGrid)

    def action_category(self, by: int) -> None:
        """Show the next category only."""
        names = self.categories
        place = names.index(self._category) if self._category in names else 0
        self._category = names[(place + by) % len(names)]
        self.find_people()

    @on(PersonaGrid.Moved)
    def show_persona(self) -> None:
        """Say who is under the cursor."""
        self.query_one("#about").refresh(layout=True)

    @on(PersonaGrid.Typed)
    def go_on_searching(self, event: PersonaGrid.Typed) -> None:
        """What is typed over the grid goes on with the search."""
        field = self.query_one(SearchField)
        field.focus()
        field.insert_text_at_cursor(event.text)

    @on(PersonaGrid.Wanted)
    def change_cast(self, event: PersonaGrid.Wanted) -> None:
        """Take somebody in, or let somebody go."""
        draft, places = self.draft, self.draft.places(event.slug)
        if event.by < 0 and places:
            draft.drop(places[-1])
        elif event.by > 0 or (event.by == 0 and not places):
            self._take_in(event.slug)
        elif event.by == 0:
            draft.toggle(event.slug)
        self.draw()

    def _take_in(self, slug: str) -> None:
        if self.draft.is_full:
            self.app.tell(f"{MOST_CAST} are here already.", severity="warning")
        self.draft.add(slug)

    @on(Input.Submitted, "#search")
    def take_first(self) -> None:
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

    def action_seat(self, by: int) -> None:
        """Let the persona under the cursor come earlier or later."""
        if (place := self._place) is not None:
            to = self.draft.move(place, by)
            self.draw()
            self.query_one(SeatRows).cursor = to

    def action_twin(self) -> None:
        """Take one more of the persona under the cursor in."""
        if (place := self._place) is not None:
            self._take_in(self.draft.people[place].original)
            self.draw()

    def action_unseat(self) -> None:
        """Let the persona under the cursor go."""
        if (place := self._place) is not None:
            self.draft.drop(place)
            self.draw()

    @on(Rows.Chosen, "#seats")
    async def choose_model(self, event: Rows.Chosen) -> None:
        """Choose what plays the persona under the cursor."""
        from chimera_tui.ui.room.model_picker import ModelPicker  # noqa: PLC0415 - needed rarely

        connections, draft, seats = self._chimera.connections, self.draft, self.seats()
        picker = ModelPicker(
            seats,
            list(self._chimera.health.values()),
            seats[event.index].slug,
            is_local=lambda provider: connections.is_free(ModelRef(provider, "")),
            usual=usual_usage(()),
        )

        def use(picked: "Picked | None") -> None:
            if picked is not None:
                place = [row.slug for row in seats].index(picked.slug)
                draft.assign(place, picked.model, picked.fallbacks)
                self.draw()

        await self.app.push_screen(picker, use)

    # How

    def action_step(self, by: int) -> None:
        """Choose the next mode, pace or kind of voices."""
        draft = self.draft
        match self.query_one(HowRows).cursor:
            case row if row == MODE:
                names = list(MODES)
                draft.mode = names[(names.index(draft.mode) + by) % len(names)]
            case row if row == PACE:
                paces = tuple(PACES.values())
                draft.pace = paces[(nearest_pace(draft.pace) + by) % len(paces)]
            case row if row == VOICES:
                self.action_voices()
        self.draw()

    @on(Rows.Chosen, "#how")
    async def change_how(self, event: Rows.Chosen) -> None:
        """Choose another of what is under the cursor."""
        if event.index == MODE:
            await self.action_mode()
        elif event.index == BUDGET:
            question = AskText(
                "What may this room use up?",
                budget_text(self.draft.budget),
                note="Dollars, then tokens if you like: 1.00 200k. Or off.",
                done="set",
            )
            await self.app.push_screen(question, self._set_budget)
        else:
            self.action_step(1)

    def _set_budget(self, text: str | None) -> None:
        try:
            if text:
                self.draft.budget = parse_budget(text)
        except ChimeraError as error:
            self.app.tell_error(error)
        self.draw()

    async def action_mode(self) -> None:
        """Choose who speaks next, and how."""
        names = list(MODES)
        choices = [(mode_name(name), MODE_WORDS.get(name, "")) for name in names]

        def use(index: int | None) -> None:
            if index is not None:
                self.draft.mode = names[index]
                self.draw()

        current = names.index(self.draft.mode)
        await self.app.push_screen(Choose("Who speaks next?", choices, current), use)

    def action_voices(self) -> None:
        """Live voices, or those of the demo; live only where somebody answers."""
        if self._chimera.connections.automatic() is None:
            self.app.tell("No provider answers: the demo plays all without a model of their own.")
            return
        self.draft.is_demo = not self.plan.is_demo
        self.draw()

    # Going on

    @on(Input.Submitted, "#topic")
    def begin(self) -> None:
        """Enter over the topic talks."""
        self.action_talk()

    def action_talk(self) -> None:
        """Give the plan back."""
        if self.draft.cast and not self._chimera.read_only:
            close(self, self.plan)
        elif not self.draft.cast:
            self.go_to(PersonaGrid)

    def action_pane(self, by: int) -> None:
        """Go to the next list or field."""
        widgets = [widget for _, widget in self.stops]
        focused = self.focused
        if isinstance(focused, SearchField):
            focused = self.query_one(PersonaGrid if by < 0 else TopicField)
        place = widgets.index(focused) if focused in widgets else -1
        self.go_to(type(widgets[(place + by) % len(widgets)]))

    def action_back(self) -> None:
        """Show all people again; where all are shown, open nothing."""
        field = self.query_one(SearchField)
        if not (field.value or self._category):
            close(self)
        field.value, self._category = "", ""
        self.find_people()

    async def action_help(self) -> None:
        """Show the keys."""
        await self.app.open.help()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say what can be done now."""
        if action == "delete_room":
            return bool(self._slug) and self._chimera.library.is_own_room(self._slug)
        if action == "undo_delete":
            return bool(self._deleted)
        return super().check_action(action, parameters)
