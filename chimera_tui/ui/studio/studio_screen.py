"""The studio: where personas are looked at, edited, tried, made and taken away."""

from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input

from chimera_tui.ui.kit.blocks import Lines
from chimera_tui.ui.kit.doing import do
from chimera_tui.ui.kit.footer import KeyFooter
from chimera_tui.ui.kit.palette import Entry as PaletteEntry
from chimera_tui.ui.kit.palette import ScreenPalette
from chimera_tui.ui.kit.paths import dropped_persona
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.commands import COMMANDS, choose_value, import_file
from chimera_tui.ui.studio.persona_form import PersonaForm, ShortText
from chimera_tui.ui.studio.persona_list import PersonaList
from chimera_tui.ui.studio.studio_context import StudioContext
from chimera_tui.ui.studio.studio_lines import StudioLines
from chimera_tui.ui.studio.studio_navigation import StudioNavigation
from chimera_tui.ui.studio.studio_panes import StudioPanes
from chimera_tui.ui.studio.studio_session import StudioSession
from chimera_tui.ui.studio.studio_state import StudioState
from chimera_tui.ui.studio.try_pane import TrySide
from chimera_tui.ui.transcript.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.ui.host import Host


class StudioScreen(Screen[None]):
    """All personas at the left, one of them in a form, its card and what it says at the right.

    Args:
        chimera: Knows the personas.
        slug: Whom to show first; empty: the first of the list.
    """

    app: "Host"
    CSS_PATH = "studio.tcss"
    AUTO_FOCUS = "#studio-list"
    BINDINGS: ClassVar[list[BindingType]] = [*COMMANDS.bindings]
    COMMANDS = {ScreenPalette}  # noqa: RUF012 - Textual declares it so

    def __init__(self, chimera: "Chimera", slug: str = "") -> None:
        super().__init__()
        self._chimera, self._slug = chimera, slug

    # Laying out

    def compose(self) -> ComposeResult:
        """Head, personas, form, card and tries, keys."""
        app, library = self.app, self._chimera.studio.library
        glyphs, has_plain_emoji = app.glyphs, app.has_plain_emoji
        self.state = StudioState(library, self._slug, has_plain_emoji=has_plain_emoji)
        self.view = StudioNavigation(self)
        self.panes = StudioPanes(self)
        self.session = StudioSession(self._chimera, self.state, self.panes, app)
        self.context = StudioContext(app, self.view, self.panes, self.session)
        says = StudioLines(self)
        card = Transcript(glyphs=glyphs, has_plain_emoji=has_plain_emoji, id="studio-card")
        card.can_focus = False
        yield Lines(says.head, id="head")
        with Horizontal(id="studio"):
            with Vertical(id="studio-side"):
                yield Lines(says.list_title, id="studio-list-title")
                yield ShortText(placeholder="/ search", id="studio-search")
                yield PersonaList()
            with Vertical(id="studio-page"):
                yield Lines(says.form_title, id="studio-title")
                yield PersonaForm()
                yield Lines(says.form_foot, id="studio-actions")
            with Vertical(id="studio-live"):
                yield Lines(says.card_title, id="card-title")
                yield card
                yield Lines(says.try_title, id="try-title")
                yield ShortText(id="try-line")
                with Horizontal(id="try-sides", classes="-one"):
                    for id_ in ("try-before", "try-after"):
                        yield TrySide(id=id_, glyphs=glyphs, has_plain_emoji=has_plain_emoji)
                yield Lines(says.try_foot, id="try-foot")
        yield KeyFooter(right=("command-palette", "back"), id="foot")

    def on_mount(self) -> None:
        """Show what there is, then what takes a moment to learn."""
        self.view.show_pane("list")
        self.panes.draw_library()
        self.panes.persons.focus()
        self._learn()

    @work(exclusive=True, group="learn", exit_on_error=False)
    async def _learn(self) -> None:
        await self.session.learn()

    def on_resize(self) -> None:
        """What is in sight depends on the size; it is known when all is laid out."""
        self.call_after_refresh(self.view.lay_out)

    def on_unmount(self) -> None:
        """Nobody speaks on a screen that is gone."""
        self.session.stop()

    def draw_library(self) -> None:
        """Draw all of it anew: others have changed the library."""
        self.panes.draw_library()

    async def leave(self) -> None:
        """Keep all that was written, before this screen or the program ends."""
        if self.is_mounted:
            await self.session.leave()

    # Commands

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Say which commands there are now; the footer and the palette show only those."""
        if action == "do":
            return COMMANDS.by_name[str(parameters[0])].is_available(self.context)
        return super().check_action(action, parameters)

    def palette_entries(self) -> list[PaletteEntry]:
        """Return what can be done now, by its words."""
        return [
            (command.words, self.app.key_of(command.name), partial(self.action_do, command.name))
            for command in COMMANDS.by_name.values()
            if command.is_available(self.context)
        ]

    async def action_do(self, name: str) -> None:
        """Do a command, if there is something to do for it."""
        command = COMMANDS.by_name[name]
        if command.is_available(self.context):
            await self._run(command.run(self.context, ""))

    async def _run(self, doing: Awaitable[object]) -> None:
        await do(self, doing)

    # What the human does

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """What has the focus is in sight."""
        self.view.follow_focus(event.widget)
        self.query_one("#studio-actions").refresh()

    @on(Input.Changed, "#studio-search")
    def _find(self) -> None:
        """Show who fits."""
        self.panes.draw_found()

    @on(Input.Submitted, "#studio-search")
    def _leave_search(self) -> None:
        """Enter goes to those that were found."""
        self.panes.persons.focus()

    @on(Rows.Moved, "#studio-list")
    def _show_another(self) -> None:
        """Somebody else is under the cursor."""
        self.panes.show_current()

    @on(Rows.Chosen, "#studio-list")
    def _edit_current(self) -> None:
        """Enter goes to the form."""
        if self.state.slug:
            self.view.go_to_form("name")

    @on(PersonaForm.Edited)
    def _edit(self, event: PersonaForm.Edited) -> None:
        """Something was changed in the form."""
        self.session.edit(event.key, event.text)

    @on(PersonaForm.Asked)
    async def _choose_value(self, event: PersonaForm.Asked) -> None:
        """A field is filled from a list."""
        if self.state.slug:
            await self._run(choose_value(self.context, event.key))

    @on(Input.Submitted, "#try-line")
    async def _answer(self) -> None:
        """Enter asks."""
        await self.action_do("studio.try")

    async def on_paste(self, event: events.Paste) -> None:
        """A file was dropped onto the terminal, where no text is written."""
        if path := dropped_persona(event.text):
            event.stop()
            await self._run(import_file(self.context, path))
