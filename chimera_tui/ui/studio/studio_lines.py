"""What the studio says in its lines: of the library, of who is in the form, of what can be done."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, TextArea

from chimera_tui.domain.history import Uses
from chimera_tui.domain.text import one_line
from chimera_tui.library.persona_file import meta_of
from chimera_tui.ui.kit.blocks import Part, crop, heading, line, link, split
from chimera_tui.ui.kit.glyphs import plain_emoji
from chimera_tui.ui.kit.themes import HUES
from chimera_tui.ui.room.room_header import WIDE
from chimera_tui.ui.studio.persona_form import PersonaForm
from chimera_tui.ui.studio.persona_list import NO_USES, Entry, PersonaList
from chimera_tui.ui.studio.sketchbook import Sketchbook
from chimera_tui.ui.transcript.entries import Speaker

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.app import ChimeraApp

PANES = ("list", "form", "try")
"""Of which one or two are in sight where there is no room for all."""


class StudioLines(Screen[None]):
    """What is known in the studio, in words.

    Args:
        chimera: Knows the personas.
        slug: Whom to show first; empty: the first of the list.
    """

    app: "ChimeraApp"

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

    @property
    def persons(self) -> PersonaList:
        """The list."""
        return self.query_one(PersonaList)

    @property
    def form(self) -> PersonaForm:
        """The form."""
        return self.query_one(PersonaForm)

    def speaker(self) -> Speaker:
        """How the room would show who is in the form."""
        fields = self.book.fields(self.slug)
        hue = int(fields["colour"]) if fields["colour"] in map(str, HUES) else 1
        name = one_line(fields["name"].removeprefix("The "), 40) or "without a name"
        return Speaker(name=name, emoji=self._emoji(fields["emoji"]), hue=hue)

    def _emoji(self, text: str) -> str:
        emoji = one_line(text, 8)
        return plain_emoji(emoji) if self.app.has_plain_emoji else emoji

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
        is_writing = isinstance(self.focused, Input | TextArea)  # a letter is no key then
        for key, word, action in (
            ("^t", "try it", "try"),
            ("z", "drop edits", "revert"),
            ("b", "built-in", "reset"),
            ("u", "undo", "undo"),
        ):
            if self.check_action(action, ()):
                shown_key = "" if is_writing and key.isalpha() else f"{key} "
                shown = line((shown_key, "bold $foreground"), (word, "$muted"))
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
