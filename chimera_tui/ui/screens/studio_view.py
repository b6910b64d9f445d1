"""How the studio is laid out and drawn: the personas, the form of one, its card."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.history import Sketch, Uses
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Origin
from chimera_tui.library.persona_file import meta_of
from chimera_tui.ui.blocks import Lines, Part, crop, heading, line, link, split
from chimera_tui.ui.entries import MessageEntry, Speaker
from chimera_tui.ui.glyphs import plain_emoji
from chimera_tui.ui.sketchbook import Sketchbook
from chimera_tui.ui.themes import HUES
from chimera_tui.ui.widgets.footer import KeyFooter
from chimera_tui.ui.widgets.header import WIDE
from chimera_tui.ui.widgets.persona_form import PersonaForm, ShortText
from chimera_tui.ui.widgets.persona_list import (
    BROKEN,
    NO_USES,
    Entry,
    PersonaList,
    fitting,
    found_by,
    safe_name,
)
from chimera_tui.ui.widgets.rows import Rows
from chimera_tui.ui.widgets.small import TooSmall
from chimera_tui.ui.widgets.transcript import Transcript
from chimera_tui.ui.widgets.try_pane import TrySide

if TYPE_CHECKING:
    from chimera_tui.chimera import Chimera
    from chimera_tui.ui.host import Host

CARD = "card"
"""The key of what the card shows."""
MARKS = {Origin.OWN: "yours", Origin.CHANGED: "changed", Origin.BUILTIN: ""}
PANES = ("list", "form", "try")
"""Of which one or two are in sight where there is no room for all."""


class Card(Transcript, can_focus=False):
    """A message as a room shows it."""


class StudioView(Screen[None]):
    """The panes of the studio and what they show.

    Args:
        chimera: Knows the personas.
        slug: Whom to show first; empty: the first of the list.
    """

    app: "Host"

    def __init__(self, chimera: "Chimera", slug: str = "") -> None:
        super().__init__()
        self._chimera = chimera
        self._studio = chimera.studio
        self._library = chimera.studio.library
        self.book = Sketchbook(self._library)
        self.slug = slug
        """Who is in the form; empty for nobody."""
        self.is_learned = False
        """Whether edits and uses are known: the rest is there at once."""
        self._pane = PANES[0]
        self._all: dict[str, Entry] = {}
        """What the list can show, by slug."""
        self._uses: dict[str, Uses] = {}
        self._broken: Entry | None = None
        """The file that is shown in place of a form, as it cannot be read."""

    def compose(self) -> ComposeResult:
        """Head, personas, form, card and tries, keys."""
        yield TooSmall()
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
            self.book = Sketchbook(self._library, [*await self._studio.sketches()])
            self._uses = await self._studio.uses()
        except ChimeraError as error:
            self.app.tell_error(error)
        self.is_learned = True
        self.draw_library()

    # What is where

    @property
    def persons(self) -> PersonaList:
        """The list."""
        return self.query_one(PersonaList)

    @property
    def form(self) -> PersonaForm:
        """The form."""
        return self.query_one(PersonaForm)

    def show_pane(self, pane: str) -> None:
        """Bring a pane into sight, if there is no room for all."""
        self._pane = pane
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

    def _emoji(self, text: str) -> str:
        emoji = one_line(text, 8)
        return plain_emoji(emoji) if self.app.has_plain_emoji else emoji

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

    def speaker(self) -> Speaker:
        """How the room would show who is in the form."""
        fields = self.book.fields(self.slug)
        hue = int(fields["colour"]) if fields["colour"] in map(str, HUES) else 1
        name = one_line(fields["name"].removeprefix("The "), 40) or "without a name"
        return Speaker(name=name, emoji=self._emoji(fields["emoji"]), hue=hue)

    def _draw_card(self) -> None:
        fields = self.book.fields(self.slug)
        text = fields["greeting"] or fields["one_line"]
        model = one_line(fields["model"].partition("/")[2], 40) or "automatic"
        entry = MessageEntry(key=CARD, speaker=self.speaker(), model=model, time="12:01", text=text)
        card = self.query_one(Card)
        card.load([entry])
        card.scroll_home(animate=False)

    def _head(self, width: int) -> list[Content]:
        own = sum(entry.is_own for entry in self._all.values())
        facts: list[Part] = [str(len(self._library) - own), (" built in", "$muted")]
        facts += ["    ", str(own), (" yours", "$muted")]
        if broken := len(self._library.broken):
            facts += ["    ", (f"{broken} cannot be read", "$error")]
        brand = line(("◆ ", "$primary"))
        if self.app.size.width >= WIDE:
            brand = line(brand, ("chimera", "$muted"), "    ")
        return [split(line(brand, ("Persona studio", "bold")), line(*facts), width)]

    def _list_title(self, width: int) -> list[Content]:
        total = len(self._library)
        return heading("Personas", f"{total}", width)

    def _form_title(self, width: int) -> list[Content]:
        if self._broken and self._broken.path:
            said = self._library.broken.get(self._broken.path, "")
            problem = one_line(said.replace(str(self._broken.path), self._broken.path.name), 600)
            title = line(("✕ ", "$error"), (self._broken.name, "bold"))
            words = Content(problem).wrap(max(8, width))
            help_ = line(("Mend it in an editor, or take it away: ", "$muted"))
            return [title, Content(""), *words, Content(""), line(help_, ("del", "bold"))]
        if not self.slug:
            return self._nobody(width)
        speaker, saved = self.speaker(), self.book.saved(self.slug)
        about = f"  {self._about()}" if saved else "  new"
        left = line(
            (f"{speaker.emoji} "), (speaker.name, f"bold $persona-{speaker.hue}"), (about, "$muted")
        )
        lines = [split(left, self._state(), width)]
        if self.book.is_stale(self.slug):
            why = "Changed by another program meanwhile: ^s asks which to keep."
            lines.append(crop(line((why, "$warning")), width))
        return [*lines, Content("")]

    def _nobody(self, width: int) -> list[Content]:
        text = one_line(self.query_one("#studio-search", Input).value, 40)
        if text:
            lines = [line(("Nobody is called so.", "bold")), Content("")]
            return [*lines, crop(line((f"esc forgets “{text}”, ^n makes one.", "$muted")), width)]
        return [
            line(("Nobody is here yet.", "bold")),
            Content(""),
            line(("^n makes one.", "$muted")),
        ]

    def _about(self) -> str:
        """Where it spoke, in few words."""
        uses = self._uses.get(self.slug, NO_USES)
        if not uses.messages:
            return "never spoke"
        rooms = f"{uses.conversations} room{'s' if uses.conversations != 1 else ''}"
        return f"{uses.messages:,} said in {rooms}"

    def _state(self) -> Content:
        if wrong := len(self.book.problems(self.slug)):
            return line((f"✕ {wrong} to mend", "$error"))
        if self.slug in self.book.sketches:
            return line(("edited, not saved", "$accent"))
        return line(("✓ saved", "$muted"))

    def _card_title(self, width: int) -> list[Content]:
        return heading("Card", "as the room shows it", width)

    def _form_foot(self, width: int) -> list[Content]:
        if not self.slug:
            return [Content("")]
        is_edited = self.slug in self.book.sketches
        style = "bold $on-primary on $primary" if is_edited else "$muted on $panel"
        parts: list[Part] = [link(line(("  ^s save  ", style)), "screen.save")]
        for key, word, action in (
            ("^t", "try it", "try"),
            ("z", "drop edits", "revert"),
            ("b", "built-in", "reset"),
            ("u", "undo", "undo"),
        ):
            if self.check_action(action, ()):
                shown = line((key, "bold $foreground"), (f" {word}", "$muted"))
                parts += ["   ", link(shown, f"screen.{action}")]
        return [self._help_line(width), crop(line(*parts), width)]

    def _help_line(self, width: int) -> Content:
        """What the field with the focus is for, or what it may hold."""
        if not (key := self.form.focused_key):
            return Content("")
        meta = meta_of(key)
        if key in self.book.problems(self.slug):
            return crop(line((f"✕ {meta.description}", "$error")), width)
        return crop(line((meta.title or "", "$muted")), width)

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
