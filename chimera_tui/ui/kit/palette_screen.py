"""Textual's command palette, with a field of ours."""

from contextlib import suppress

from textual import work
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandInput, CommandList, CommandPalette, SearchIcon
from textual.containers import Horizontal, Vertical
from textual.css.query import NoMatches
from textual.widgets import LoadingIndicator

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.closing import close, stands
from chimera_tui.ui.kit.field import LineField

GATHERING = CommandPalette._GATHER_COMMANDS_GROUP  # noqa: SLF001 - what closing it cancels


class PaletteField(CommandInput, LineField):
    """Where a command is searched for."""


class Commands(CommandList, can_focus=False):
    """What was found; a page further before it is laid out is nowhere (Textual: a KeyError)."""

    def action_page_down(self) -> None:
        """Go on by a page."""
        with suppress(KeyError):
            super().action_page_down()  # type: ignore[no-untyped-call]

    def action_page_up(self) -> None:
        """Go back by a page."""
        with suppress(KeyError):
            super().action_page_up()  # type: ignore[no-untyped-call]


class PaletteScreen(CommandPalette):
    """The palette; what is on its way to it when it is closed comes to nothing."""

    def compose(self) -> ComposeResult:
        """As Textual composes it."""
        with Vertical(id="--container"):
            with Horizontal(id="--input"):
                yield SearchIcon()
                yield PaletteField(placeholder=one_line(self._placeholder), select_on_focus=False)
            with Vertical(id="--results"):
                yield Commands()
                yield LoadingIndicator()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close it, once, and not before it is made."""
        if self.is_mounted and self.is_active:
            return super().dismiss(result)
        if not self.is_mounted:
            self.call_later(close, self)
        return AwaitComplete()

    @work(exclusive=True, group=GATHERING, exit_on_error=False)
    async def _gather_commands(self, search_value: str) -> None:
        """Search; Textual's own search ends the app if it begins when the palette is closed."""
        search = CommandPalette._gather_commands.__wrapped__  # type: ignore[attr-defined] # noqa: SLF001
        try:
            await search(self, search_value)
        except NoMatches:
            if stands(self):
                raise
