"""What is known in the studio: who is in the form, what is edited, who could be; no terminal."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.history import Sketch, Uses
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Library, Origin
from chimera_tui.ui.kit.glyphs import plain_emoji
from chimera_tui.ui.kit.themes import HUES
from chimera_tui.ui.studio.persona_list import BROKEN, NO_USES, Entry, safe_name
from chimera_tui.ui.studio.persona_search import found_by
from chimera_tui.ui.studio.sketchbook import Sketchbook
from chimera_tui.ui.transcript.entries import Speaker

MARKS = {Origin.OWN: "yours", Origin.CHANGED: "changed", Origin.BUILTIN: ""}
NAMELESS = "without a name"


class StudioState:
    """What can be seen and done in the studio.

    Args:
        library: The personas as they are saved.
        slug: Whom to show first; empty: the first of the list.
        has_plain_emoji: Whether the terminal needs emoji in their plainest form.
    """

    def __init__(self, library: Library, slug: str = "", *, has_plain_emoji: bool = False) -> None:
        self.library = library
        self.book = Sketchbook(library)
        self.slug = slug
        """Who is in the form; empty for nobody."""
        self.broken: Path | None = None
        """The file that is shown in place of a form, as it cannot be read."""
        self.uses: Mapping[str, Uses] = {}
        """How often each persona has spoken, by slug."""
        self.is_learned = False
        """Whether edits and uses are known: the rest is there at once."""
        self.compared_with: tuple[str, Persona] | None = None
        """An older version to try instead of the saved one, and what it is called."""
        self._has_plain_emoji = has_plain_emoji

    # Who is in the form

    def show(self, entry: Entry | None) -> bool:
        """Put another entry of the list into the form; whether somebody else was there before."""
        self.broken = entry.path if entry else None
        slug = entry.slug if entry and not entry.path else ""
        is_another, self.slug = slug != self.slug, slug
        if is_another:
            self.compared_with = None
        return is_another

    @property
    def fields(self) -> dict[str, str]:
        """The texts in the form."""
        return self.book.fields(self.slug)

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong in the form, by key."""
        return self.book.problems(self.slug)

    @property
    def saved(self) -> Persona | None:
        """The persona in the form as the library holds it; None if it is new."""
        return self.book.saved(self.slug)

    @property
    def speaker(self) -> Speaker:
        """How the room would show who is in the form."""
        fields = self.fields
        hue = int(fields["colour"]) if fields["colour"] in map(str, HUES) else 1
        return Speaker(name=_name(fields), emoji=self._emoji(fields["emoji"]), hue=hue)

    @property
    def hinted_model(self) -> ModelRef | None:
        """The model that stands in the form; None if none does."""
        try:
            return ModelRef.parse(self.fields["model"])
        except UnknownError:
            return None

    def earlier(self, now: Persona) -> tuple[str, Persona] | None:
        """What to try `now` beside: an older version, else what is saved if that is different."""
        if self.compared_with and self.compared_with[1].slug == now.slug:
            return self.compared_with
        saved = self.saved
        return ("saved", saved) if saved and saved != now else None

    # What can be done with it

    @property
    def is_edited(self) -> bool:
        """Whether something stands in the form that is not saved."""
        return self.slug in self.book.sketches

    def is_own(self, *origins: Origin) -> bool:
        """Whether the persona lies in a file of the person's, of one of these origins."""
        return self.saved is not None and self.library.origin(self.slug) in origins

    @property
    def is_removable(self) -> bool:
        """Whether there is something to delete."""
        is_new = self.is_edited and self.saved is None
        return is_new or self.broken is not None or self.is_own(Origin.OWN, Origin.CHANGED)

    # All that the list can show

    def entries(self) -> Iterator[Entry]:
        """Yield what is new, then what is saved, then the files that cannot be read."""
        for sketch in self.book.sketches.values():
            if not sketch.base:
                yield self._new_entry(sketch)
        for persona in self.library:
            yield self._entry(persona)
        for path in self.library.broken:
            name = one_line(path.name, 80)
            yield Entry(
                slug=str(path), name=name, category=BROKEN, path=path, found_by=name.casefold()
            )

    def entry(self) -> Entry | None:
        """Return who is in the form, as the list shows it; None if nobody is."""
        if saved := self.saved:
            return self._entry(saved)
        sketch = self.book.sketches.get(self.slug)
        return self._new_entry(sketch) if sketch else None

    def _entry(self, persona: Persona) -> Entry:
        is_edited = persona.slug in self.book.sketches
        origin = self.library.origin(persona.slug)
        return Entry(
            slug=persona.slug,
            name=safe_name(persona),
            emoji=self._emoji(persona.emoji),
            category=one_line(persona.category, 40) or "other",
            mark="edited" if is_edited else MARKS[origin],
            uses=self.uses.get(persona.slug, NO_USES),
            found_by=found_by(persona),
        )

    def _new_entry(self, sketch: Sketch) -> Entry:
        fields = sketch.fields
        return Entry(
            slug=sketch.slug,
            name=_name(fields),
            emoji=self._emoji(fields["emoji"]),
            category=one_line(fields["category"], 40) or "other",
            mark="new",
            found_by=" ".join(fields.values()).casefold(),
        )

    def _emoji(self, text: str) -> str:
        emoji = one_line(text, 8)
        return plain_emoji(emoji) if self._has_plain_emoji else emoji


def _name(fields: Mapping[str, str]) -> str:
    return one_line(fields["name"].removeprefix("The "), 40) or NAMELESS
