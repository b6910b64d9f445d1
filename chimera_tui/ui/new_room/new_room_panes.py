"""How the screen that opens a room is drawn, and where one is on it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from chimera_tui.domain.conversation import Assignment
from chimera_tui.domain.text import one_line
from chimera_tui.library.rooms import RoomTemplate
from chimera_tui.ui.kit.blocks import Lines, Part, crop, keys, line, link, split, state
from chimera_tui.ui.kit.themes import assign_hues
from chimera_tui.ui.new_room.room_draft import RoomPlan
from chimera_tui.ui.new_room.room_drafts import OWN_CAST, PeopleSearch, RoomDrafts
from chimera_tui.ui.new_room.room_fields import SearchField, TopicField
from chimera_tui.ui.new_room.room_lists import HowRows, RoomChoice, SeatRows, TemplateRows
from chimera_tui.ui.new_room.room_words import (
    MODE_WORDS,
    budget_words,
    mode_name,
    pace_name,
    voices,
)
from chimera_tui.ui.room.room_header import NORMAL, WIDE
from chimera_tui.ui.room.room_panels import Heading
from chimera_tui.ui.room.room_state import CastRow
from chimera_tui.ui.studio.persona_grid import PersonaGrid
from chimera_tui.ui.transcript.conversation_entries import emoji_of
from chimera_tui.ui.transcript.entries import Speaker

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera

MOST_LINES = 3
"""Lines of a proposal below the first."""


class NewRoomPanes:
    """Draws the room that is put together, and goes from pane to pane.

    Args:
        screen: Where the panes stand.
        chimera: Knows the library and the providers.
        drafts: The rooms as they are put together.
        people: Who can be cast.
        key_of: Says which key is bound to a command.
        has_plain_emoji: Whether only emoji are drawn that every terminal draws alike.
        finish: Closes the screen, and gives a plan back.
    """

    def __init__(
        self,
        screen: Screen[RoomPlan],
        chimera: "Chimera",
        drafts: RoomDrafts,
        people: PeopleSearch,
        *,
        key_of: Callable[[str], str],
        has_plain_emoji: bool,
        finish: Callable[[RoomPlan | None], None],
    ) -> None:
        self.finish = finish
        self._screen = screen
        self._chimera = chimera
        self._drafts = drafts
        self._people = people
        self._key_of = key_of
        self._is_plain = has_plain_emoji

    # What is known

    @property
    def topic(self) -> str:
        """What is written about what; empty: what is proposed holds."""
        return self._screen.query_one(TopicField).value

    @topic.setter
    def topic(self, text: str) -> None:
        self._screen.query_one(TopicField).value = text

    @property
    def _plan(self) -> RoomPlan:
        return self._drafts.plan(self.topic)

    def seats(self) -> list[CastRow]:
        """Return the cast, with what plays each as far as is known."""
        people, is_demo = self._drafts.draft.people, self._plan.is_demo
        hues = assign_hues([persona.colour for persona in people])
        return [
            CastRow(
                slug=seat.persona.slug,
                speaker=Speaker(
                    name=one_line(seat.persona.short_name, 40),
                    emoji=emoji_of(seat.persona, is_plain=self._is_plain),
                    hue=hue,
                ),
                state="waiting",
                model=self._model_of(seat),
                share=0,
                is_demo=seat.model is None and is_demo,
                assigned=seat.model,
                fallbacks=seat.fallbacks,
            )
            for seat, hue in zip(self._drafts.draft.cast, hues, strict=True)
        ]

    def _model_of(self, seat: Assignment) -> str:
        model = self._chimera.connections.expected(seat)
        return one_line(model.model, 60) if model else "automatic"

    # Drawing

    def draw(self) -> None:
        """Draw all that depends on the draft."""
        self._draw_rooms()
        screen, draft, seats = self._screen, self._drafts.draft, self.seats()
        screen.query_one("#cast-heading", Heading).note(
            f"{len(seats)} here" if seats else "✕ nobody yet"
        )
        screen.query_one(SeatRows).show(seats)
        screen.query_one(HowRows).show(self._how())
        originals = [
            (persona.original, row) for persona, row in zip(draft.people, seats, strict=True)
        ]
        screen.query_one(PersonaGrid).show_cast(
            {slug: [place + 1 for place in draft.places(slug)] for slug, _ in originals},
            {slug: row.speaker.hue for slug, row in reversed(originals)},
        )
        screen.query_one(TopicField).propose(draft.topics.text)
        self.redraw()

    def redraw(self) -> None:
        """Draw the lines anew."""
        for block in self._screen.query(Lines):
            block.refresh(layout=True)
        self._screen.refresh_bindings()

    def _draw_rooms(self) -> None:
        """Draw the list of rooms, the cursor where it was."""
        library, drafts = self._chimera.library, self._drafts

        def emoji(room: RoomTemplate) -> tuple[str, ...]:
            people = drafts.cast_of(room)
            return tuple(emoji_of(persona, is_plain=self._is_plain) for persona in people)

        rooms = [
            RoomChoice(
                slug=slug,
                title=one_line(room.title),
                emoji=emoji(room),
                about=one_line(room.one_line),
                is_own=library.is_own_room(slug),
            )
            for slug, room in library.rooms.items()
        ]
        rooms.sort(key=lambda room: not room.is_own)
        own = RoomChoice(slug="", title=OWN_CAST, emoji=emoji(drafts.own))
        rows = self._screen.query_one(TemplateRows)
        rows.show([own, *rooms])
        self._screen.query_one("#rooms-heading", Heading).note(str(len(rooms)))
        slugs = [room.slug for room in rows.rooms]
        rows.cursor = slugs.index(drafts.slug) if drafts.slug in slugs else 0

    def find_people(self) -> None:
        """Show who fits the search and the category."""
        if (personas := self._people.look()) is not None:
            self._drafts.know(personas)
        found = self._people.find(self._screen.query_one(SearchField).value)
        self._screen.query_one(PersonaGrid).show(found)
        self._screen.query_one("#nobody").display = not found
        self.redraw()

    def show_all(self) -> bool:
        """Show all people again; False if all are shown."""
        field = self._screen.query_one(SearchField)
        if not (field.value or self._people.category):
            return False
        field.value, self._people.category = "", ""
        self.find_people()
        return True

    # The lines

    def head(self, width: int) -> list[Content]:
        """Where one is, and who would play."""
        columns = self._screen.app.size.width
        brand: list[Part] = [("◆ ", "$primary")]
        if columns >= WIDE:
            brand += [("chimera", "$muted"), "    "]
        said = voices(self._plan, self._chimera.connections, short=columns < NORMAL)
        return [split(line(*brand, ("New room", "bold")), said, width)]

    def title(self, width: int) -> list[Content]:
        """The room that is looked at."""
        draft = self._drafts.draft
        name = line((one_line(draft.template.title), "bold"))
        about = line((one_line(draft.template.one_line), "$muted"))
        label = split(line(("What about?", "$muted")), line((draft.topics.source, "$muted")), width)
        if self._screen.has_class("-low"):
            return [crop(line(name, "  ", about), width), label]
        return [crop(name, width), crop(about, width), Content(""), label]

    def topic_keys(self, width: int) -> list[Content]:
        """The rest of the proposal, and how to get another."""
        category = self._drafts.draft.topics.category or "any category"
        another = link(keys([(self._key_of("new.topic"), "another")]), "screen.topic(1)")
        of = link(keys([(self._key_of("new.category"), category)]), "screen.do('new.category')")
        field = self._screen.query_one(TopicField)
        rest = [] if field.value else field.rest[:MOST_LINES]
        return [
            *(line(("  " + one, "$muted")) for one in rest),
            crop(line(another, "   ", of), width),
        ]

    def who(self, width: int) -> list[Content]:
        """The category, and how many are in it."""
        count = len(self._screen.query_one(PersonaGrid).personas)
        name = one_line(self._people.category, 24) or "all"
        chip = line(
            link(line(("‹ ", "$primary")), "screen.category(-1)"),
            link(line(name), "screen.category(1)"),
            link(line((" ›", "$primary")), "screen.category(1)"),
            (f"  {count:,}", "$muted"),
        )
        return [split(line(("Who?", "$muted")), chip, width)]

    def nobody(self, width: int) -> list[Content]:
        """In the place of the people, where none fit."""
        words = one_line(self._screen.query_one(SearchField).value, 40)
        if not len(self._chimera.library):
            return [
                crop(line(("The library is empty: there is nobody to cast.", "$warning")), width)
            ]
        category = one_line(self._people.category, 24)
        where = f" in {category}" if category else ""
        again = keys([(self._key_of("back"), "shows all again")])
        return [
            crop(line((f"Nobody{where} fits “{words}”.", "$warning")), width),
            crop(link(again, "screen.do('back')"), width),
        ]

    def about(self, width: int) -> list[Content]:
        """Who is under the cursor of the grid."""
        if (persona := self._screen.query_one(PersonaGrid).current) is None:
            return [Content("")]
        traits = " · ".join(one_line(trait, 24) for trait in persona.traits[:4])
        known = f"{one_line(persona.category, 24)}   {traits}"
        first = crop(
            line(
                (one_line(persona.short_name), "bold"),
                (f"  {one_line(persona.one_line)}", "$muted"),
            ),
            width,
        )
        is_low = self._screen.has_class("-low")
        return [first] if is_low else [first, crop(line((known, "$muted")), width)]

    def _how(self) -> list[tuple[str, Content, str]]:
        plan = self._plan
        source: Part = state("demo") if plan.is_demo else state("live")
        return [
            ("mode", Content(mode_name(plan.mode)), MODE_WORDS.get(plan.mode, "")),
            ("pace", Content(pace_name(plan.pace)), ""),
            ("budget", Content(budget_words(plan.budget)), ""),
            ("voices", line(source), ""),
        ]

    def begin(self, width: int) -> list[Content]:
        """How to go on: which key talks depends on where one is."""
        if not self._drafts.draft.cast:
            return [crop(line(("Take somebody in first.", "$error")), width)]
        if self._chimera.read_only:
            return [crop(line((one_line(self._chimera.read_only), "$error")), width)]
        match self._screen.focused:
            case TopicField():
                key = self._key_of("topic.talk")
            case PersonaGrid():
                key = self._key_of("grid.talk")
            case TemplateRows():
                key = f"{self._key_of('rooms.take')} {self._key_of('topic.talk')}"
            case _:
                key = self._key_of("new.talk")
        talk = link(line((key, "$primary"), ("  Start talking", "bold")), "screen.talk")
        save = keys([(self._key_of("new.save"), "keep as a room")])
        return [crop(talk, width), crop(link(save, "screen.do('new.save')"), width)]

    # Panes

    @property
    def stops(self) -> list[tuple[str, Widget]]:
        """Where Tab goes, and the pane each is in."""
        kinds: list[tuple[str, type[Widget]]] = [
            ("rooms", TemplateRows),
            ("page", TopicField),
            ("page", PersonaGrid),
            ("side", SeatRows),
            ("side", HowRows),
        ]
        return [(pane, self._screen.query_one(kind)) for pane, kind in kinds]

    def go_to(self, target: type[Widget]) -> None:
        """Show the pane of a widget, and give it the focus."""
        for pane, widget in self.stops:
            if isinstance(widget, target):
                self._show_pane(pane)
                self._screen.call_after_refresh(widget.focus)  # hidden, it cannot have it yet

    def go_to_people(self) -> None:
        """Go to the people."""
        self.go_to(PersonaGrid)

    def go_on(self, by: int) -> None:
        """Go to the next list or field, or to the one before."""
        widgets = [widget for _, widget in self.stops]
        focused = self._screen.focused
        if isinstance(focused, SearchField):
            focused = self._screen.query_one(PersonaGrid if by < 0 else TopicField)
        place = widgets.index(focused) if focused in widgets else -1
        self.go_to(type(widgets[(place + by) % len(widgets)]))

    def _show_pane(self, pane: str) -> None:
        if not self._screen.has_class(f"-at-{pane}"):
            self._screen.remove_class("-at-rooms", "-at-page", "-at-side")
            self._screen.add_class(f"-at-{pane}")
