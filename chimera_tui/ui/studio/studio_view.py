"""How the studio is laid out and drawn: the personas, the form of one, its card."""

from collections.abc import Iterator

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.history import Sketch
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Origin
from chimera_tui.ui.kit.blocks import Lines
from chimera_tui.ui.kit.closing import stands
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.persona_form import PersonaForm, ShortText
from chimera_tui.ui.studio.persona_list import (
    BROKEN,
    NO_USES,
    Entry,
    PersonaList,
    fitting,
    safe_name,
)
from chimera_tui.ui.studio.persona_search import found_by
from chimera_tui.ui.studio.studio_lines import PANES, StudioLines
from chimera_tui.ui.studio.try_pane import TrySide
from chimera_tui.ui.transcript.entries import MessageEntry
from chimera_tui.ui.transcript.transcript import Transcript

CARD = "card"
"""The key of what the card shows."""
MARKS = {Origin.OWN: "yours", Origin.CHANGED: "changed", Origin.BUILTIN: ""}


class Card(Transcript, can_focus=False):
    """A message as a room shows it."""


class StudioView(StudioLines):
    """The panes of the studio and what they show."""

    def compose(self) -> ComposeResult:
        """Head, personas, form, card and tries, keys."""
        yield Lines(self._head, id="head")
        with Horizontal(id="studio"):
            with Vertical(id="studio-side"):
                yield Lines(self._list_title, id="studio-list-title")
                yield ShortText(placeholder="/ search", id="studio-search")
                yield PersonaList()
            with Vertical(id="studio-page"):
                yield Lines(self._form_title, id="studio-title")
                yield PersonaForm()
                yield Lines(self._form_foot, id="studio-actions")
            with Vertical(id="studio-live"):
                yield Lines(self._card_title, id="card-title")
                yield Card(
                    glyphs=self.app.glyphs,
                    has_plain_emoji=self.app.has_plain_emoji,
                    id="studio-card",
                )
                yield Lines(self._try_title, id="try-title")
                yield ShortText(id="try-line")
                with Horizontal(id="try-sides"):
                    for id_ in ("try-before", "try-after"):
                        yield TrySide(
                            id=id_,
                            glyphs=self.app.glyphs,
                            has_plain_emoji=self.app.has_plain_emoji,
                        )
                yield Lines(self._try_foot, id="try-foot")
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    async def on_mount(self) -> None:
        """Show what there is, then what takes a moment to learn."""
        self.show_pane("list")
        self.forget_try()
        self.draw_library()
        self.persons.focus()
        self._learn()

    @work(exclusive=True, group="learn", exit_on_error=False)
    async def _learn(self) -> None:
        """Ask what was being edited, and how often each has spoken."""
        try:
            self.book.take_up(await self._studio.sketches())
            self._uses = await self._studio.uses()
        except ChimeraError as error:
            self.app.tell_error(error)
        self.is_learned = True
        self.draw_library()

    # What is where

    def show_pane(self, pane: str) -> None:
        """Bring a pane into sight, if there is no room for all."""
        self._pane = pane
        if not stands(self):
            return
        panes = self.query_one("#studio")
        if not (self.has_class("-wide") or panes.has_class(f"-{pane}")):
            panes.remove_class(*(f"-{name}" for name in PANES))
            panes.add_class(f"-{pane}")

    def on_resize(self) -> None:
        """There may be no room for all any more."""
        self.call_after_refresh(self.show_pane, self._pane)

    # Drawing

    def draw_library(self) -> None:
        """Draw all of it anew: the library has changed, or what is known of it."""
        if not stands(self):
            return
        self._all = {entry.slug: entry for entry in self._entries()}
        self.draw_found()

    def draw_found(self) -> None:
        """Draw those that the search finds, and who is under the cursor then."""
        self._draw_list()
        self._show_current()

    def _draw_list(self) -> None:
        """Draw the list anew; the form stays."""
        text = self.query_one("#studio-search", Input).value
        with self.prevent(Rows.Moved):
            self.persons.show(fitting(self._all.values(), text), self.slug)

    def _entries(self) -> Iterator[Entry]:
        """All that the list can show."""
        for sketch in self.book.sketches.values():
            if not sketch.base:
                yield self._new_entry(sketch)
        for persona in self._library:
            yield self._entry(persona)
        for path in self._library.broken:
            name = one_line(path.name, 80)
            yield Entry(
                slug=str(path), name=name, category=BROKEN, path=path, found_by=name.casefold()
            )

    def _entry(self, persona: Persona) -> Entry:
        is_edited = persona.slug in self.book.sketches
        origin = self._library.origin(persona.slug)
        return Entry(
            slug=persona.slug,
            name=safe_name(persona),
            emoji=self._emoji(persona.emoji),
            category=one_line(persona.category, 40) or "other",
            mark="edited" if is_edited else MARKS[origin],
            is_own=origin is not Origin.BUILTIN,
            uses=self._uses.get(persona.slug, NO_USES),
            found_by=found_by(persona),
        )

    def _new_entry(self, sketch: Sketch) -> Entry:
        fields = sketch.fields
        name = one_line(fields["name"].removeprefix("The "), 40) or "without a name"
        return Entry(
            slug=sketch.slug,
            name=name,
            emoji=self._emoji(fields["emoji"]),
            category=one_line(fields["category"], 40) or "other",
            mark="new",
            found_by=" ".join(fields.values()).casefold(),
        )

    def _show_current(self) -> None:
        """Put the persona under the cursor into the form."""
        entry = self.persons.current
        self._broken = entry if entry and entry.path else None
        slug = entry.slug if entry and not entry.path else ""
        if slug != self.slug:
            self.forget_try()
        self.slug = slug
        self.query_one("#studio").set_class(not slug, "-empty")
        if slug:
            self.form.show(self.book.fields(slug), self.book.problems(slug))
        self.draw_edit()

    def draw_edit(self) -> None:
        """Draw what depends on what stands in the form."""
        if self.slug:
            self._draw_card()
        for block in self.query(Lines):
            if (block.id or "").startswith(("head", "studio-", "try-")):
                height = len(block.lines(block.content_size.width))
                block.refresh(layout=height != block.content_size.height)
        self.refresh_bindings()

    def _draw_card(self) -> None:
        fields = self.book.fields(self.slug)
        text = fields["greeting"] or fields["one_line"]
        model = one_line(fields["model"].partition("/")[2], 40) or "automatic"
        entry = MessageEntry(key=CARD, speaker=self.speaker(), model=model, time="12:01", text=text)
        card = self.query_one(Card)
        card.load([entry])
        card.scroll_home(animate=False)

    # Drawn by who tries: see `StudioTry`.

    def _try_title(self, width: int) -> list[Content]:
        raise NotImplementedError

    def _try_foot(self, width: int) -> list[Content]:
        raise NotImplementedError

    def forget_try(self) -> None:
        """Show nothing that somebody else has said."""
        raise NotImplementedError

    # What is chosen and filled in

    @on(Input.Changed, "#studio-search")
    def search(self) -> None:
        """Show who fits."""
        self.draw_found()

    @on(Rows.Moved, "#studio-list")
    def show_another(self) -> None:
        """Somebody else is under the cursor."""
        self._show_current()

    @on(PersonaForm.Edited)
    def edit(self, event: PersonaForm.Edited) -> None:
        """Something was changed in the form."""
        if not self.slug:
            return
        was_edited = self.slug in self.book.sketches
        sketch = self.book.write(self.slug, event.key, event.text)
        self.keep(self.slug, sketch)
        self.form.tell(self.book.problems(self.slug))
        is_listed = event.key in {"name", "emoji", "category"} and sketch and not sketch.base
        if was_edited != (sketch is not None) or is_listed:
            if saved := self.book.saved(self.slug):
                self._all[self.slug] = self._entry(saved)
            elif sketch:
                self._all[self.slug] = self._new_entry(sketch)
            self._draw_list()
        self.draw_edit()

    @work(exit_on_error=False, group="keep")
    async def keep(self, slug: str, sketch: Sketch | None) -> None:
        """Keep an edit where a crash does not reach it; or forget it."""
        try:
            if sketch:
                await self._studio.keep_sketch(sketch)
            else:
                await self._studio.drop_sketch(slug)
        except ChimeraError as error:
            self.app.tell_error(error)
