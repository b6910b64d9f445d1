"""The edits that are not saved yet, over the personas of the library; needs no terminal."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import uuid4

from chimera_tui.domain.history import Sketch
from chimera_tui.domain.persona import TWIN, Persona
from chimera_tui.library.library import Library
from chimera_tui.library.persona_file import template_persona
from chimera_tui.ui.studio.persona_fields import KEYS, changed, persona_of, problems_of, texts_of


class Sketchbook:
    """What is being edited, by slug; a persona that is new has a slug no file can have.

    Args:
        library: What is saved.
        kept: What was being edited before.
    """

    def __init__(self, library: Library, kept: Iterable[Sketch] = ()) -> None:
        self._library = library
        self.sketches: dict[str, Sketch] = {}
        self._bases: dict[str, Persona] = {}
        """What each was begun from."""
        self.take_up(kept)

    def take_up(self, kept: Iterable[Sketch]) -> None:
        """Take up edits of before, but for what was begun meanwhile or is gone."""
        for sketch in kept:
            is_whole = {*KEYS} == {*sketch.fields}
            is_there = sketch.slug[:1] == TWIN or self.saved(sketch.slug)
            if is_whole and is_there and sketch.slug not in self.sketches:
                self.put(sketch)

    def put(self, sketch: Sketch) -> None:
        """Take up an edit again."""
        self.sketches[sketch.slug] = sketch
        saved = self.saved(sketch.slug)
        if saved and saved.version == sketch.base:
            self._bases[sketch.slug] = saved

    def saved(self, slug: str) -> Persona | None:
        """What the library holds."""
        return self._library.personas.get(slug)

    def base(self, slug: str) -> Persona | None:
        """What an edit was begun from; None if it is new, or that is not there any more."""
        return self._bases.get(slug) if slug in self.sketches else self.saved(slug)

    def is_stale(self, slug: str) -> bool:
        """Whether others have changed what an edit was begun from."""
        return slug in self.sketches and self.saved(slug) != self._bases.get(slug)

    def fields(self, slug: str) -> dict[str, str]:
        """What stands in the form."""
        if sketch := self.sketches.get(slug):
            return dict(sketch.fields)
        saved = self.saved(slug)
        return texts_of(saved) if saved else dict.fromkeys(KEYS, "")

    def problems(self, slug: str) -> dict[str, str]:
        """What is wrong with it, by key."""
        return problems_of(self.fields(slug))

    def persona(self, slug: str, *, own_slug: str = "") -> Persona:
        """The persona as it stands in the form, which must be sound."""
        return persona_of(own_slug or slug, self.fields(slug), self.base(slug))

    def begin(self, like: dict[str, str] | None = None) -> Sketch:
        """Begin a new persona, from a template or like another."""
        slug = f"{TWIN}{uuid4().hex[:8]}"  # another program may begin one at the same time
        fields = like or texts_of(template_persona(""))
        self.sketches[slug] = Sketch(slug=slug, fields=fields)
        return self.sketches[slug]

    def write(self, slug: str, key: str, text: str) -> Sketch | None:
        """Change a field; None if the form holds what is saved again."""
        if slug not in self.sketches:
            if (saved := self.saved(slug)) is None:
                return None
            self._bases[slug] = saved
            self.sketches[slug] = Sketch(slug=slug, fields=self.fields(slug), base=saved.version)
        sketch = self.sketches[slug]
        self.sketches[slug] = replace(sketch, fields={**sketch.fields, key: text})
        if sketch.base and not self.is_stale(slug) and not self._changed(slug):
            self.drop(slug)
            return None
        return self.sketches[slug]

    def write_all(self, slug: str, persona: Persona) -> Sketch | None:
        """Put another definition into the form."""
        for key, text in texts_of(persona).items():
            if self.fields(slug)[key] != text:
                self.write(slug, key, text)
        return self.sketches.get(slug)

    def _changed(self, slug: str) -> list[str]:
        return changed(self.sketches[slug].fields, self._bases.get(slug))

    def drop(self, slug: str) -> Sketch | None:
        """Take an edit out; what was saved stands again."""
        self._bases.pop(slug, None)
        return self.sketches.pop(slug, None)
