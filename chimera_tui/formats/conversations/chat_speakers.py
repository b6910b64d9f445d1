"""Who speaks in a chat file of another program."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chimera_tui.domain.persona import Persona
from chimera_tui.formats.cards.card_import import slug_of
from chimera_tui.formats.cards.json_reading import Notes

MOST_SPEAKERS = 100
_EMOJI = "💬"
_COLOURS = 12


@dataclass(slots=True)
class Speakers:
    """Who has spoken, told apart by name, and by card where two have the same name.

    SillyTavern names the card by its file (`original_avatar`); here that is a mark, no path.
    """

    notes: Notes
    known: Mapping[str, Persona]
    """Personas of the library, by what their names become as slugs."""
    by_name: dict[str, Persona] = field(default_factory=dict)
    by_card: dict[str, Persona] = field(default_factory=dict)
    cast: tuple[Persona, ...] = ()

    def who(self, name: str, card: str) -> Persona | None:
        """The persona that speaks; None where there are too many already."""
        same = self.by_name.get(name.casefold())
        if card:
            same = self.by_card.get(card) or (None if same in self.by_card.values() else same)
        if same is None:
            if len(self.cast) >= MOST_SPEAKERS:
                self.notes.add(f"More than {MOST_SPEAKERS} speak: the others were left out.")
                return None
            same = self._new(name)
            self.cast += (same,)
            self.by_name.setdefault(name.casefold(), same)
        if card:
            self.by_card[card] = same
        return same

    def _new(self, name: str) -> Persona:
        taken = {one.slug for one in self.cast}
        known = self.known.get(slug_of(name))
        if known and known.slug not in taken:
            return known
        self.notes.add(f"{name} is not in the library: only the name is known.")
        slug = slug_of(name)
        others = (f"{slug}-{n}" for n in range(2, MOST_SPEAKERS + 2))
        return Persona(
            slug=next(one for one in (slug, *others) if one not in taken),
            name=name,
            emoji=_EMOJI,
            colour=len(taken) % _COLOURS + 1,
            category="everyday",
            one_line="Known from an imported chat.",
            prompt=f"You are {name}. Go on as you have spoken so far.",
        )
