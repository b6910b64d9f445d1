"""How the screen that opens a room is laid out and drawn."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from chimera_tui.domain.conversation import Assignment
from chimera_tui.domain.health import Health
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.engine.turn_taking import DEFAULT_MODE, MODES
from chimera_tui.library.rooms import RoomTemplate
from chimera_tui.ui.kit.blocks import Lines, Part, crop, keys, line, link, split, state
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.themes import assign_hues
from chimera_tui.ui.new_room.room_draft import RoomDraft, RoomPlan
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
from chimera_tui.ui.studio.persona_search import fits, found_by, in_order
from chimera_tui.ui.transcript.conversation_entries import emoji_of
from chimera_tui.ui.transcript.entries import Speaker

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.app import ChimeraApp

OWN_CAST = "Your own choice"
"""The first row of the rooms."""
MOST_LINES = 3
"""Lines of a proposal below the first."""


class NewRoomView(Screen[RoomPlan]):
    """The panes of the screen, drawn from the draft of the room under the cursor.

    Args:
        chimera: Knows the library and the providers.
        topic: Proposed first; empty: one of the deck.
        cast: Who is in at first: slugs of the library.
    """

    app: "ChimeraApp"

    def __init__(self, chimera: "Chimera", topic: str, cast: Sequence[str]) -> None:
        super().__init__()
        self._chimera = chimera
        self._rng = random.Random()
        self._drafts: dict[str, RoomDraft] = {}
        """What became of each room while this screen was open, by slug."""
        settings = chimera.settings
        mode = settings.mode if settings.mode in MODES else DEFAULT_MODE
        self._own = RoomTemplate(
            slug="",
            title=OWN_CAST,
            one_line="Whoever you like, in the order in which they come in.",
            cast=tuple(cast),
            mode=mode,
            pace=settings.pace,
            topics=(topic,) if topic else (),
        )
        self._slug = ""
        self._category = ""
        self._personas: Mapping[str, Persona] = {}
        """The library as it is shown."""
        self._found_by: list[tuple[Persona, str]] = []
        self._deleted: list[RoomTemplate] = []

    def compose(self) -> ComposeResult:
        """Head, rooms, page, cast and how, keys."""
        yield Lines(self._head, id="head")
        with Horizontal(id="new"):
            with Vertical(id="new-rooms"):
                yield Heading("Rooms", id="rooms-heading")
                yield TemplateRows()
            with Vertical(id="new-page"):
                yield Lines(self._title, id="title")
                yield TopicField()
                yield Lines(self._topic_keys, id="topic-keys")
                yield Lines(self._who, id="who")
                yield SearchField()
                yield Lines(self._nobody, id="nobody")
                yield PersonaGrid(has_plain_emoji=self.app.has_plain_emoji)
                yield Lines(self._about, id="about")
            with VerticalScroll(id="new-side", can_focus=False):
                yield Heading("Cast", id="cast-heading")
                yield SeatRows()
                yield Heading("How", id="how-heading")
                yield HowRows()
                yield Lines(self._begin, id="begin")
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    # What is known

    @property
    def draft(self) -> RoomDraft:
        """The room under the cursor, as it is put together so far."""
        if self._slug not in self._drafts:
            template = self._chimera.library.rooms.get(self._slug, self._own)
            if template.mode not in MODES:
                template = replace(template, mode=self._own.mode)
            self._drafts[self._slug] = RoomDraft(
                self._chimera.library.personas,
                template,
                human_name=self._chimera.settings.human_name,
                budget=self._chimera.budget,
                rng=self._rng,
            )
        return self._drafts[self._slug]

    @property
    def plan(self) -> RoomPlan:
        """What Enter would open."""
        is_live = self._chimera.connections.automatic() is not None
        return self.draft.plan(self.query_one(TopicField).value, is_live=is_live)

    def seats(self) -> list[CastRow]:
        """The cast, with what plays each as far as is known."""
        people, is_demo = self.draft.people, self.plan.is_demo
        hues = assign_hues([persona.colour for persona in people])
        return [
            CastRow(
                slug=seat.persona.slug,
                speaker=Speaker(
                    name=one_line(seat.persona.short_name, 40),
                    emoji=emoji_of(seat.persona, is_plain=self.app.has_plain_emoji),
                    hue=hue,
                ),
                state="waiting",
                model=self._model_of(seat),
                share=0,
                is_demo=seat.model is None and is_demo,
                assigned=seat.model,
                fallbacks=seat.fallbacks,
            )
            for seat, hue in zip(self.draft.cast, hues, strict=True)
        ]

    def _model_of(self, seat: Assignment) -> str:
        model = self._chimera.connections.expected(seat)
        return one_line(model.model, 60) if model else "automatic"

    # Drawing

    def draw(self) -> None:
        """Draw all that depends on the draft."""
        self.draw_rooms()
        draft, seats = self.draft, self.seats()
        self.query_one("#cast-heading", Heading).note(
            f"{len(seats)} here" if seats else "✕ nobody yet"
        )
        self.query_one(SeatRows).show(seats)
        self.query_one(HowRows).show(self._how())
        originals = [
            (persona.original, row) for persona, row in zip(draft.people, seats, strict=True)
        ]
        self.query_one(PersonaGrid).show_cast(
            {slug: [place + 1 for place in draft.places(slug)] for slug, _ in originals},
            {slug: row.speaker.hue for slug, row in reversed(originals)},
        )
        self.query_one(TopicField).propose(draft.topics.text)
        self.redraw()

    def redraw(self) -> None:
        """Draw the lines anew."""
        for block in self.query(Lines):
            block.refresh(layout=True)
        self.refresh_bindings()

    def draw_providers(self, _healths: Sequence[Health]) -> None:
        """A provider was checked: other models may play them now."""
        self.draw()

    def draw_library(self) -> None:
        """The library has changed: others may be cast now."""
        self.find_people()
        self.draw()

    def draw_rooms(self) -> None:
        """Draw the list of rooms, the cursor where it was."""
        library, is_plain = self._chimera.library, self.app.has_plain_emoji

        def emoji(room: RoomTemplate) -> tuple[str, ...]:
            draft = self._drafts.get(room.slug)
            slugs = [one.original for one in draft.people] if draft else room.cast
            people = (library.personas[slug] for slug in slugs if slug in library.personas)
            return tuple(emoji_of(persona, is_plain=is_plain) for persona in people)

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
        own = RoomChoice(slug="", title=OWN_CAST, emoji=emoji(self._own))
        rows = self.query_one(TemplateRows)
        rows.show([own, *rooms])
        self.query_one("#rooms-heading", Heading).note(str(len(rooms)))
        slugs = [room.slug for room in rows.rooms]
        rows.cursor = slugs.index(self._slug) if self._slug in slugs else 0

    def find_people(self) -> None:
        """Show who fits the search and the category."""
        personas = self._chimera.library.personas
        if personas is not self._personas:
            self._personas = personas
            self._found_by = [(persona, found_by(persona)) for persona in personas.values()]
            for draft in self._drafts.values():
                draft.know(personas)
        words = self.query_one(SearchField).value.casefold().split()
        found = [
            persona
            for persona, text in self._found_by
            if self._category in {"", persona.category} and fits(text, words)
        ]
        places = {name: place for place, name in enumerate(self.categories)}
        found.sort(key=lambda persona: places.get(persona.category, 0))
        grid = self.query_one(PersonaGrid)
        grid.show(found)
        self.query_one("#nobody").display = not found
        self.redraw()

    @property
    def categories(self) -> list[str]:
        """The categories there are; the first is all of them."""
        return ["", *in_order(persona.category for persona in self._chimera.library)]

    def _head(self, width: int) -> list[Content]:
        columns = self.app.size.width
        brand: list[Part] = [("◆ ", "$primary")]
        if columns >= WIDE:
            brand += [("chimera", "$muted"), "    "]
        said = voices(self.plan, self._chimera.connections, short=columns < NORMAL)
        return [split(line(*brand, ("New room", "bold")), said, width)]

    def _title(self, width: int) -> list[Content]:
        template = self.draft.template
        name = line((one_line(template.title), "bold"))
        about = line((one_line(template.one_line), "$muted"))
        label = split(
            line(("What about?", "$muted")), line((self.draft.topics.source, "$muted")), width
        )
        if self.has_class("-low"):
            return [crop(line(name, "  ", about), width), label]
        return [crop(name, width), crop(about, width), Content(""), label]

    def _topic_keys(self, width: int) -> list[Content]:
        category = self.draft.topics.category or "any category"
        another = link(keys([("^t", "another")]), "screen.topic(1)")
        of = link(keys([("^g", category)]), "screen.topic_category")
        field = self.query_one(TopicField)
        rest = [] if field.value else field.rest[:MOST_LINES]
        return [
            *(line(("  " + one, "$muted")) for one in rest),
            crop(line(another, "   ", of), width),
        ]

    def _who(self, width: int) -> list[Content]:
        count = len(self.query_one(PersonaGrid).personas)
        name = one_line(self._category, 24) or "all"
        chip = line(
            link(line(("‹ ", "$primary")), "screen.category(-1)"),
            link(line(name), "screen.category(1)"),
            link(line((" ›", "$primary")), "screen.category(1)"),
            (f"  {count:,}", "$muted"),
        )
        return [split(line(("Who?", "$muted")), chip, width)]

    def _nobody(self, width: int) -> list[Content]:
        words = one_line(self.query_one(SearchField).value, 40)
        if not len(self._chimera.library):
            return [
                crop(line(("The library is empty: there is nobody to cast.", "$warning")), width)
            ]
        where = f" in {one_line(self._category, 24)}" if self._category else ""
        return [
            crop(line((f"Nobody{where} fits “{words}”.", "$warning")), width),
            crop(link(keys([("esc", "shows all again")]), "screen.back"), width),
        ]

    def _about(self, width: int) -> list[Content]:
        """Who is under the cursor of the grid."""
        if (persona := self.query_one(PersonaGrid).current) is None:
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
        return [first] if self.has_class("-low") else [first, crop(line((known, "$muted")), width)]

    def _how(self) -> list[tuple[str, Content, str]]:
        plan = self.plan
        source: Part = state("demo") if plan.is_demo else state("live")
        return [
            ("mode", Content(mode_name(plan.mode)), MODE_WORDS.get(plan.mode, "")),
            ("pace", Content(pace_name(plan.pace)), ""),
            ("budget", Content(budget_words(plan.budget)), ""),
            ("voices", line(source), ""),
        ]

    def _begin(self, width: int) -> list[Content]:
        if not self.draft.cast:
            return [crop(line(("Take somebody in first.", "$error")), width)]
        if self._chimera.read_only:
            return [crop(line((one_line(self._chimera.read_only), "$error")), width)]
        field = self.focused
        is_near = isinstance(field, TopicField | PersonaGrid)
        key = "⏎" if is_near else "⏎ ⏎" if isinstance(field, TemplateRows) else "f2"
        talk = link(line((key, "$primary"), ("  Start talking", "bold")), "screen.talk")
        save = link(keys([("^s", "keep as a room")]), "screen.save_room")
        return [crop(talk, width), crop(save, width)]

    # Panes

    @property
    def stops(self) -> list[tuple[str, Widget]]:
        """Where Tab goes, and the pane each is in."""
        return [
            ("rooms", self.query_one(TemplateRows)),
            ("page", self.query_one(TopicField)),
            ("page", self.query_one(PersonaGrid)),
            ("side", self.query_one(SeatRows)),
            ("side", self.query_one(HowRows)),
        ]

    def go_to(self, target: type[Widget]) -> None:
        """Show the pane of a widget, and give it the focus."""
        for pane, widget in self.stops:
            if isinstance(widget, target):
                self._show_pane(pane)
                self.call_after_refresh(widget.focus)  # what is hidden cannot have it yet

    def _show_pane(self, pane: str) -> None:
        if self.has_class(f"-at-{pane}"):
            return
        self.remove_class("-at-rooms", "-at-page", "-at-side")
        self.add_class(f"-at-{pane}")
