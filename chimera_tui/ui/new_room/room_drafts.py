"""What is put together while a room is being opened; needs no terminal."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.engine.turn_taking import DEFAULT_MODE, MODES
from chimera_tui.library.rooms import RoomTemplate
from chimera_tui.library.slugs import free_slug
from chimera_tui.ui.new_room.room_draft import RoomDraft, RoomPlan
from chimera_tui.ui.studio.persona_search import fits, found_by, in_order

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera

OWN_CAST = "Your own choice"
"""The first row of the rooms."""


class RoomDrafts:
    """What became of each ready-made room while one looks for what to open.

    Args:
        chimera: Knows the library and the providers.
        topic: Proposed first; empty: one of the deck.
        cast: Who is in at first: slugs of the library.

    Attributes:
        slug: The room that is looked at; empty: people of one's own choice.
        own: The room of one's own choice.
        deleted: The rooms that were deleted here, and can be brought back.
    """

    def __init__(self, chimera: "Chimera", topic: str, cast: Sequence[str]) -> None:
        settings = chimera.settings
        self.slug = ""
        self.own = RoomTemplate(
            slug="",
            title=OWN_CAST,
            one_line="Whoever you like, in the order in which they come in.",
            cast=tuple(cast),
            mode=settings.mode if settings.mode in MODES else DEFAULT_MODE,
            pace=settings.pace,
            topics=(topic,) if topic else (),
        )
        self.deleted: list[RoomTemplate] = []
        self._chimera = chimera
        self._rng = Random()
        self._drafts: dict[str, RoomDraft] = {}

    @property
    def draft(self) -> RoomDraft:
        """The room that is looked at, as it is put together so far."""
        if self.slug not in self._drafts:
            template = self._chimera.library.rooms.get(self.slug, self.own)
            if template.mode not in MODES:
                template = replace(template, mode=self.own.mode)
            self._drafts[self.slug] = RoomDraft(
                self._chimera.library.personas,
                template,
                human_name=self._chimera.settings.human_name,
                budget=self._chimera.budget,
                rng=self._rng,
            )
        return self._drafts[self.slug]

    def plan(self, topic: str) -> RoomPlan:
        """Return what would be opened, about `topic` if that is written."""
        is_live = self._chimera.connections.automatic() is not None
        return self.draft.plan(topic, is_live=is_live)

    def cast_of(self, room: RoomTemplate) -> list[Persona]:
        """Return who is in a room, as it was put together here if it was."""
        personas, draft = self._chimera.library.personas, self._drafts.get(room.slug)
        slugs = [one.original for one in draft.people] if draft else room.cast
        return [personas[slug] for slug in slugs if slug in personas]

    def know(self, personas: Mapping[str, Persona]) -> None:
        """Let whoever is in be what the library holds now."""
        for draft in self._drafts.values():
            draft.know(personas)

    @property
    def is_own(self) -> bool:
        """Whether the room that is looked at is one that the person has kept."""
        return bool(self.slug) and self._chimera.library.is_own_room(self.slug)

    async def keep(self, title: str, topic: str) -> None:
        """Keep what is put together as a room of one's own; raises ChimeraError."""
        library = self._chimera.library
        room = self.draft.as_template(free_slug(title, library.rooms), title, topic)
        if not self.slug:
            room = replace(room, one_line="")
        await asyncio.to_thread(library.save_room, room)
        self._drafts.pop(self.slug, None)
        self.slug = room.slug

    async def delete(self) -> RoomTemplate:
        """Delete the room that is looked at, and return it; raises ChimeraError."""
        library, slug = self._chimera.library, self.slug
        room = library.room(slug)
        await asyncio.to_thread(library.remove_room, slug)
        self.deleted.append(room)
        self._drafts.pop(slug, None)
        self.slug = slug if slug in library.rooms else ""
        return room

    async def undo(self) -> None:
        """Bring back the room that was deleted last; raises ChimeraError."""
        room = self.deleted.pop()
        try:
            await asyncio.to_thread(self._chimera.library.save_room, room)
        except ChimeraError:
            self.deleted.append(room)
            raise
        self.slug = room.slug

    def assign(self, slug: str, model: ModelRef | None, fallbacks: Sequence[ModelRef]) -> None:
        """Let a model play the one who would be called `slug` in the room."""
        place = [seat.persona.slug for seat in self.draft.cast].index(slug)
        self.draft.assign(place, model, fallbacks)


class PeopleSearch:
    """Finds who can be cast, by words and category."""

    def __init__(self, chimera: "Chimera") -> None:
        self._chimera = chimera
        self._personas: Mapping[str, Persona] = {}
        self._found_by: list[tuple[Persona, str]] = []
        self.category = ""
        """The only one that is shown; empty: all are."""

    @property
    def categories(self) -> list[str]:
        """The categories there are; the first is all of them."""
        return ["", *in_order(persona.category for persona in self._chimera.library)]

    def next_category(self, by: int) -> None:
        """Show the next category only, or the one before."""
        names = self.categories
        place = names.index(self.category) if self.category in names else 0
        self.category = names[(place + by) % len(names)]

    def look(self) -> Mapping[str, Persona] | None:
        """Take in what the library holds; return it if that is new."""
        personas = self._chimera.library.personas
        if personas is self._personas:
            return None
        self._personas = personas
        self._found_by = [(persona, found_by(persona)) for persona in personas.values()]
        return personas

    def find(self, written: str) -> list[Persona]:
        """Return who fits what is written and the category, in the order of the categories."""
        words = written.casefold().split()
        found = [
            persona
            for persona, text in self._found_by
            if self.category in {"", persona.category} and fits(text, words)
        ]
        places = {name: place for place, name in enumerate(self.categories)}
        return sorted(found, key=lambda persona: places.get(persona.category, 0))


def title_of(drafts: RoomDrafts, topic: str) -> str:
    """Return how a room that is kept may be called: as the one it is made from, or its topic."""
    title = drafts.draft.template.title if drafts.slug else drafts.plan(topic).topic
    return one_line(title, 60)
