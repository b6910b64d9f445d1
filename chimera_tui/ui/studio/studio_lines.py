"""What the studio says in its lines: of the library, of who is in the form, of what can be done."""

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Input, TextArea

from chimera_tui.domain.conversation import DEMO
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Origin
from chimera_tui.library.persona_file import meta_of
from chimera_tui.ui.kit.blocks import Part, crop, heading, line, link, split
from chimera_tui.ui.room.room_header import DEMO_CHIP, WIDE
from chimera_tui.ui.studio.commands import COMMANDS
from chimera_tui.ui.studio.persona_list import NO_USES
from chimera_tui.ui.studio.try_reply import compared

if TYPE_CHECKING:
    from pathlib import Path

    from chimera_tui.ui.studio.studio_screen import StudioScreen
    from chimera_tui.ui.studio.studio_state import StudioState

SHOWN = {
    "studio.try": "try it",
    "studio.revert": "drop edits",
    "studio.reset": "built-in",
    "studio.undo": "undo",
}
"""The commands that stand under the form, beside saving, and their words there."""


class StudioLines:
    """Draws the lines of the studio, each for a width in cells."""

    def __init__(self, screen: "StudioScreen") -> None:
        self._screen = screen

    @property
    def _state(self) -> "StudioState":
        return self._screen.state

    def _key(self, command: str) -> str:
        return self._screen.app.key_of(command)

    # The library

    def head(self, width: int) -> list[Content]:
        """Draw how many personas there are, and of what kinds."""
        library = self._state.library
        own = sum(library.origin(persona.slug) is not Origin.BUILTIN for persona in library)
        facts: list[Part] = [str(len(library) - own), (" built in", "$muted")]
        facts += ["    ", str(own), (" yours", "$muted")]
        if broken := len(library.broken):
            facts += ["    ", (f"{broken} cannot be read", "$error")]
        brand = line(("◆ ", "$primary"))
        if self._screen.app.size.width >= WIDE:
            brand = line(brand, ("chimera", "$muted"), "    ")
        return [split(line(brand, ("Persona studio", "bold")), line(*facts), width)]

    def list_title(self, width: int) -> list[Content]:
        """Draw what the list is."""
        return heading("Personas", f"{len(self._state.library)}", width)

    # Who is in the form

    def form_title(self, width: int) -> list[Content]:
        """Draw who is in the form, and how it is; or why nobody is."""
        state = self._state
        if state.broken:
            return self._broken(state.broken, width)
        if not state.slug:
            return self._nobody(width)
        speaker = state.speaker
        about = f"  {self._about()}" if state.saved else "  new"
        left = line(
            (f"{speaker.emoji} "), (speaker.name, f"bold $persona-{speaker.hue}"), (about, "$muted")
        )
        lines = [split(left, self._edited(), width)]
        if state.book.is_stale(state.slug):
            save = self._key("studio.save")
            why = f"Changed by another program meanwhile: {save} asks which to keep."
            lines.append(crop(line((why, "$warning")), width))
        return [*lines, Content("")]

    def _broken(self, path: "Path", width: int) -> list[Content]:
        said = self._state.library.broken.get(path, "")
        problem = one_line(said.replace(str(path), path.name), 600)
        title = line(("✕ ", "$error"), (one_line(path.name, 80), "bold"))
        words = Content(problem).wrap(max(8, width))
        help_ = line(("Mend it in an editor, or take it away: ", "$muted"))
        delete = self._key("studio.delete")
        return [title, Content(""), *words, Content(""), line(help_, (delete, "bold"))]

    def _nobody(self, width: int) -> list[Content]:
        text = one_line(self._screen.query_one("#studio-search", Input).value, 40)
        new, back = self._key("studio.new"), self._key("back")
        if text:
            lines = [line(("Nobody is called so.", "bold")), Content("")]
            how = f"{back} forgets “{text}”, {new} makes one."
            return [*lines, crop(line((how, "$muted")), width)]
        return [
            line(("Nobody is here yet.", "bold")),
            Content(""),
            line((f"{new} makes one.", "$muted")),
        ]

    def _about(self) -> str:
        """Where it spoke, in few words."""
        uses = self._state.uses.get(self._state.slug, NO_USES)
        if not uses.messages:
            return "never spoke"
        rooms = f"{uses.conversations} room{'s' if uses.conversations != 1 else ''}"
        return f"{uses.messages:,} said in {rooms}"

    def _edited(self) -> Content:
        if wrong := len(self._state.problems):
            return line((f"✕ {wrong} to mend", "$error"))
        if self._state.is_edited:
            return line(("edited, not saved", "$accent"))
        return line(("✓ saved", "$muted"))

    def form_foot(self, width: int) -> list[Content]:
        """Draw what the field with the focus is for, and what can be done."""
        state, screen = self._state, self._screen
        if not state.slug:
            return [Content("")]
        style = "bold $on-primary on $primary" if state.is_edited else "$muted on $panel"
        save = line((f"  {self._key('studio.save')} save  ", style))
        parts: list[Part] = [link(save, "screen.do('studio.save')")]
        is_writing = isinstance(screen.focused, Input | TextArea)  # a letter is no key then
        for name, word in SHOWN.items():
            if COMMANDS.by_name[name].is_available(screen.context):
                key = self._key(name)
                shown_key = "" if is_writing and len(key) == 1 else f"{key} "
                shown = line((shown_key, "bold $foreground"), (word, "$muted"))
                parts += ["   ", link(shown, f"screen.do('{name}')")]
        return [self._help(width), crop(line(*parts), width)]

    def _help(self, width: int) -> Content:
        """What the field with the focus is for, or what it may hold."""
        if not (key := self._screen.panes.form.focused_key):
            return Content("")
        meta = meta_of(key)
        if key in self._state.problems:
            return crop(line((f"✕ {meta.description}", "$error")), width)
        return crop(line((meta.title or "", "$muted")), width)

    # Card and tries

    def card_title(self, width: int) -> list[Content]:
        """Draw what the card is."""
        return heading("Card", "as the room shows it", width)

    def try_title(self, width: int) -> list[Content]:
        """Draw what plays who is tried, and how that is changed, or stopped."""
        session = self._screen.session
        shown: list[Part] = [("Try it", "bold"), ("  on ", "$muted")]
        model = session.model if self._state.slug else None
        if model == DEMO:
            shown.append(DEMO_CHIP)
        else:
            shown.append((one_line(model.model, 80) if model else "automatic", "$muted"))
        name, word = ("back", "stop") if session.is_trying else ("studio.model", "change")
        act = link(line((self._key(name), "bold"), (f" {word}", "$muted")), f"screen.do('{name}')")
        return [split(line(*shown), act, width)]

    def try_foot(self, width: int) -> list[Content]:
        """Draw how the two replies differ."""
        panes = self._screen.panes
        return [crop(line((compared(panes.before.reply, panes.after.reply), "$muted")), width)]
