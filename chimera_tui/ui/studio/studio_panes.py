"""The panes of the studio, drawn as personas are found, edited and tried."""

import asyncio
from typing import TYPE_CHECKING

from textual.widgets import Input

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, fit
from chimera_tui.ui.kit.closing import stands
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.persona_form import PersonaForm
from chimera_tui.ui.studio.persona_list import Entry, PersonaList, fitting
from chimera_tui.ui.studio.studio_session import LINE
from chimera_tui.ui.studio.try_pane import TrySide
from chimera_tui.ui.transcript.entries import MessageEntry
from chimera_tui.ui.transcript.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.ui.studio.studio_screen import StudioScreen

CARD = "card"
"""The key of what the card shows."""


class StudioPanes:
    """Draws what is known in the studio on the widgets of its screen."""

    def __init__(self, screen: "StudioScreen") -> None:
        self._screen = screen
        self._all: dict[str, Entry] = {}
        """What the list can show, by slug."""

    @property
    def persons(self) -> PersonaList:
        """The list."""
        return self._screen.query_one(PersonaList)

    @property
    def form(self) -> PersonaForm:
        """The form."""
        return self._screen.query_one(PersonaForm)

    # Who is there

    def draw_library(self) -> None:
        """Draw all of it anew: the library has changed, or what is known of it."""
        if stands(self._screen):
            self._all = {entry.slug: entry for entry in self._screen.state.entries()}
            self.draw_found()

    def draw_found(self) -> None:
        """Draw those that the search finds, and who is under the cursor then."""
        self._draw_list()
        self.show_current()

    def draw_entry(self) -> None:
        """Draw anew how the list shows who is in the form; the form stays."""
        if entry := self._screen.state.entry():
            self._all[entry.slug] = entry
            self._draw_list()

    def _draw_list(self) -> None:
        text = self._screen.query_one("#studio-search", Input).value
        with self._screen.prevent(Rows.Moved):
            self.persons.show(fitting(self._all.values(), text), self._screen.state.slug)

    def show_current(self) -> None:
        """Put the persona under the cursor into the form."""
        state = self._screen.state
        if state.show(self.persons.current):
            self._screen.session.forget_replies()
        self._screen.query_one("#studio").set_class(not state.slug, "-empty")
        if state.slug:
            self.form.show(state.fields, state.problems)
        self.draw_edit()

    # Who is in the form

    def draw_edited(self) -> None:
        """Draw what is wrong in the form, and all that depends on it."""
        self.form.tell(self._screen.state.problems)
        self.draw_edit()

    def draw_edit(self) -> None:
        """Draw what depends on the form, on who answers, and on what was said in the room."""
        screen = self._screen
        if not stands(screen):
            return
        room, field = screen.session.room, screen.query_one("#try-line", Input)
        tip = room.tree.tip if room else None
        said = one_line(tip.text, 200) if tip else LINE
        field.placeholder = one_line(fit(f"to: {said}", field.content_size.width or len(said)))
        if screen.state.slug:
            self._draw_card()
        for block in screen.query(Lines):
            if (block.id or "").startswith(("head", "studio-", "try-")):
                height = len(block.lines(block.content_size.width))
                block.refresh(layout=height != block.content_size.height)
        screen.refresh_bindings()

    def _draw_card(self) -> None:
        state = self._screen.state
        fields = state.fields
        text = fields["greeting"] or fields["one_line"]
        model = one_line(fields["model"].partition("/")[2], 40) or "automatic"
        entry = MessageEntry(key=CARD, speaker=state.speaker, model=model, time="12:01", text=text)
        card = self._screen.query_one("#studio-card", Transcript)
        card.load([entry])
        card.scroll_home(animate=False)

    # What is answered

    @property
    def before(self) -> TrySide:
        """Where the saved persona, or an older version of it, answers."""
        return self._screen.query_one("#try-before", TrySide)

    @property
    def after(self) -> TrySide:
        """Where the persona answers as it stands in the form."""
        return self._screen.query_one("#try-after", TrySide)

    async def lay_out_replies(self, *, are_two: bool) -> None:
        """Bring one or both of them into sight; return when they have a width."""
        self._screen.query_one("#try-sides").set_class(not are_two, "-one")
        is_laid_out = asyncio.Event()  # what comes into sight has a width only then
        self._screen.call_after_refresh(is_laid_out.set)
        await is_laid_out.wait()

    def clear_replies(self) -> None:
        """Show nothing that was said."""
        self._screen.query_one("#try-sides").add_class("-one")
        self.before.clear()
        self.after.clear()
