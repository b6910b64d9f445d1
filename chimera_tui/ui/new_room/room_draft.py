"""What a new room is to be, while it is put together; needs no terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from chimera_tui.domain.casting import MOST_CAST, cast_of
from chimera_tui.domain.conversation import Assignment, Budget, ModelRef
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.rooms import LONGEST_TOPIC, MOST_TOPICS, SLOWEST, RoomTemplate
from chimera_tui.library.starters import categories, draw


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """What a new room is to be."""

    room: str = ""
    """The slug of the ready-made room it is made from; empty: none."""
    topic: str
    cast: tuple[Assignment, ...]
    mode: str
    pace: float
    budget: Budget
    is_demo: bool


class Topics:
    """Proposals of what to talk about: those of the room first, then starters that suit the cast.

    Args:
        own: Those of the room.
        rng: Draws the others.
    """

    def __init__(self, own: Sequence[str], rng: Random) -> None:
        self.own = tuple(own)
        self.category: str | None = None
        """Whence starters are drawn; None: from all."""
        self._rng = rng
        self._seen: list[tuple[str, str]] = [(topic, "") for topic in own[:1]]
        self._place = 0

    @property
    def text(self) -> str:
        """The proposal; empty before there is one."""
        return self._seen[self._place][0] if self._seen else ""

    @property
    def source(self) -> str:
        """Where it comes from: `1 of 4 of this room`, or the category of a starter."""
        if not self._seen:
            return ""
        text, category = self._seen[self._place]
        if category:
            return category
        count = len(self.own)
        return f"{self.own.index(text) + 1} of {count} of this room" if count > 1 else ""

    def another(self, cast: Sequence[Persona]) -> None:
        """Propose another; one that was seen before only if all were."""
        if self._place + 1 < len(self._seen):
            self._place += 1
            return
        seen = [text for text, _ in self._seen]
        left = [topic for topic in self.own if topic not in seen]
        if left and self.category is None:
            self._seen.append((left[0], ""))
        else:
            starter = draw(cast, self._rng, self.category, avoid=seen)
            self._seen.append((starter.text, starter.category))
        self._place = len(self._seen) - 1

    def before(self) -> None:
        """Propose the one before this one again."""
        self._place = max(0, self._place - 1)

    def next_category(self, cast: Sequence[Persona]) -> None:
        """Draw from the next category, or after the last one from all; propose one of them."""
        names = [None, *categories()]
        self.category = names[(names.index(self.category) + 1) % len(names)]
        del self._seen[self._place + 1 :]
        self.another(cast)


class RoomDraft:
    """A room that is being put together.

    Attributes:
        template: The ready-made room it is made from.
        cast: Who is in it, in order, each with a slug and a name of its own.
        is_demo: Whether the demo plays all without a model; None: if nothing else can.

    Args:
        personas: The library, by slug.
        template: Whose cast, mode, pace and topics it begins with.
        human_name: Nobody in the cast is called so.
        budget: What it may use up.
        rng: Draws topics.
    """

    def __init__(
        self,
        personas: Mapping[str, Persona],
        template: RoomTemplate,
        *,
        human_name: str,
        budget: Budget,
        rng: Random,
    ) -> None:
        self._personas = personas
        self._human_name = human_name
        self.template = template
        self.mode, self.pace = template.mode, template.pace
        self.budget = budget
        self.is_demo: bool | None = None
        self.cast: tuple[Assignment, ...] = ()
        self._seat([Assignment(persona=personas[slug]) for slug in template.cast])
        self.topics = Topics(template.topics, rng)
        if not template.topics:
            self.topics.another(self.people)

    def know(self, personas: Mapping[str, Persona]) -> None:
        """The library has changed: whoever is in is what it holds now."""
        self._personas = personas
        self._seat(self.cast)

    @property
    def people(self) -> list[Persona]:
        """Who is in it."""
        return [seat.persona for seat in self.cast]

    @property
    def is_full(self) -> bool:
        """Whether nobody else can come in."""
        return len(self.cast) >= MOST_CAST

    def places(self, slug: str) -> list[int]:
        """Where a persona of the library sits, from 0; twins too."""
        return [i for i, seat in enumerate(self.cast) if seat.persona.original == slug]

    def toggle(self, slug: str) -> None:
        """Take a persona in; if it is in, let it go, with its twins."""
        if self.places(slug):
            self._seat([seat for seat in self.cast if seat.persona.original != slug])
        else:
            self.add(slug)

    def add(self, slug: str) -> None:
        """Take one more of a persona in: who is there already gets a twin."""
        if not self.is_full:
            self._seat([*self.cast, Assignment(persona=self._personas[slug])])

    def drop(self, place: int) -> None:
        """Let the one at this place go."""
        self._seat([seat for i, seat in enumerate(self.cast) if i != place])

    def move(self, place: int, by: int) -> int:
        """Let the one at this place come earlier or later; returns where it sits now."""
        to = max(0, min(len(self.cast) - 1, place + by))
        seats = list(self.cast)
        seats.insert(to, seats.pop(place))
        self._seat(seats)
        return to

    def assign(self, place: int, model: ModelRef | None, fallbacks: Sequence[ModelRef]) -> None:
        """Let a model play the one at this place."""
        seats = list(self.cast)
        seats[place] = replace(seats[place], model=model, fallbacks=tuple(fallbacks))
        self.cast = tuple(seats)

    def _seat(self, seats: Sequence[Assignment]) -> None:
        """Give all of them slugs and names as a room would give them."""
        originals = (
            replace(seat, persona=self._personas.get(seat.persona.original, seat.persona))
            for seat in seats
        )
        self.cast = cast_of(originals, self._human_name)

    def plan(self, topic: str, *, is_live: bool) -> RoomPlan:
        """What is to be opened.

        Args:
            topic: What was written; empty: what is proposed.
            is_live: Whether anything but the demo can speak.
        """
        return RoomPlan(
            room=self.template.slug,
            topic=topic.strip() or self.topics.text,
            cast=self.cast,
            mode=self.mode,
            pace=self.pace,
            budget=self.budget,
            is_demo=not is_live if self.is_demo is None else self.is_demo,
        )

    def as_template(self, slug: str, title: str, topic: str) -> RoomTemplate:
        """This room as a ready-made one, with what else the one has that it is made from."""
        topic = one_line(topic.strip() or self.topics.text, LONGEST_TOPIC)
        topics = tuple(dict.fromkeys([topic, *self.template.topics]))[:MOST_TOPICS]
        return replace(
            self.template,
            slug=slug,
            title=title,
            cast=tuple(seat.persona.original for seat in self.cast),
            mode=self.mode,
            pace=min(self.pace, SLOWEST),
            topics=topics,
        )
