"""Textual's command palette, with a field of ours."""

from textual.app import ComposeResult
from textual.command import CommandInput, CommandList, CommandPalette, SearchIcon
from textual.containers import Horizontal, Vertical
from textual.widgets import LoadingIndicator

from chimera_tui.ui.widgets.field import LineField


class PaletteField(CommandInput, LineField):
    """Where a command is searched for."""


class PaletteScreen(CommandPalette):
    """The palette."""

    def compose(self) -> ComposeResult:
        """As Textual composes it."""
        with Vertical(id="--container"):
            with Horizontal(id="--input"):
                yield SearchIcon()
                yield PaletteField(placeholder=self._placeholder, select_on_focus=False)
            with Vertical(id="--results"):
                yield CommandList()
                yield LoadingIndicator()
