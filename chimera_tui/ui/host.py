"""What screens ask of the app: to tell, to copy, to change its colours, to show another screen."""

import asyncio
import os
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, runtime_checkable

from textual import events, work
from textual.app import App, ScreenStackError
from textual.command import CommandPalette
from textual.errors import NoWidget
from textual.filter import LineFilter, NoColor
from textual.screen import Screen
from textual.widgets import TextArea

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.health import Health
from chimera_tui.domain.names import nearest
from chimera_tui.domain.redaction import Redactor
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.domain.text import clean, one_line
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.kit import clipboard, crash
from chimera_tui.ui.kit.blocks import STATES
from chimera_tui.ui.kit.glyphs import ASCII, ASCII_MARKS, UNICODE, wants_plain_emoji
from chimera_tui.ui.kit.palette import ThemePalette
from chimera_tui.ui.kit.themes import DARK, THEMES, variables_of
from chimera_tui.ui.terminal.window import Window

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.command import ProviderSource

    from chimera_tui.core.chimera import Chimera
    from chimera_tui.engine.room import Room

BORDERS = {"bar": "outer", "thin": "solid", "frame": "round"}
ASCII_BORDERS = dict.fromkeys(BORDERS, "ascii")
"""Variables of the styles: bars at the left of what has the focus, lines, frames."""
PLAIN_THEME = "ansi-dark"
"""What NO_COLOR starts with."""
WITHOUT_COLOUR = NoColor()
LONGEST_MAKING = 2.0
"""Seconds that a key waits for the screen it is meant for."""
BLIND = {"quit", "suspend_process"}
"""What keys do while the window is too small to show anything."""

T = TypeVar("T")
Severity = Literal["information", "warning", "error"]
Save = Callable[[str, str | tuple[str, ...]], None]


@runtime_checkable
class ShowsProviders(Protocol):
    """A screen on which providers stand."""

    def draw_providers(self, healths: Sequence[Health]) -> None:
        """Draw how they are; called as each check comes back."""


@runtime_checkable
class ShowsLibrary(Protocol):
    """A screen on which the library stands."""

    def draw_library(self) -> None:
        """Draw it anew: others have changed it."""


@runtime_checkable
class Leaves(Protocol):
    """A screen that has something to finish before the program ends."""

    async def leave(self) -> None:
        """Finish it."""


class Host(App[None]):
    """The app as its screens know it.

    Args:
        log_folder: Where crash files go, and what is too long for a clipboard.
        redact: Knows the keys of the person, and takes them out of what is said of a crash.
        settings: How to draw, and the keys of the person.
        theme: The name of a theme, in place of the one that is set.
        save: Keeps a setting, by its key, for the next time; blocks. Raises ChimeraError.
        problems: What is wrong already: with the settings file, for instance.
    """

    def __init__(
        self,
        *,
        log_folder: Path,
        redact: Redactor | None,
        settings: Settings,
        theme: str,
        save: Save | None,
        problems: Iterable[str],
    ) -> None:
        self.is_ascii = settings.ascii
        super().__init__()
        for ours in THEMES:
            self.register_theme(ours)
        self.chimera: Chimera | None = None
        self.problems = list(problems)
        """What is wrong with the files of the person, in sentences."""
        self.glyphs = ASCII if settings.ascii else UNICODE
        safe_emoji = settings.safe_emoji
        self.has_plain_emoji = wants_plain_emoji(os.environ) if safe_emoji is None else safe_emoji
        if settings.reduced_motion:
            self.animation_level = "none"
        self.window = Window()
        self.unless_asked: asyncio.Event | None = None
        """Set as soon as a question is asked: who waits for a command waits no longer."""
        self._log_folder = log_folder
        self.redact = redact or Redactor()
        self._save = save
        self.no_color = bool(os.environ.get("NO_COLOR"))  # Textual: even an empty one
        self.theme = DARK.name
        self.use_theme(PLAIN_THEME if self.no_color else theme or settings.theme)
        self.set_keymap(settings.keys)

    # The window

    async def on_event(self, event: events.Event) -> None:
        """Lay nothing out for a window that is too small; while it is, only our own keys work."""
        if isinstance(event, events.Resize):
            event = self._resized(event)
        elif self.window.is_too_small and isinstance(event, events.InputEvent):
            if isinstance(event, events.Key):
                await self._press_blind(event.key)
            return
        elif isinstance(event, events.MouseEvent) and self._is_gone_at(event):
            return
        if isinstance(event, events.InputEvent) and self.screen_stack:
            await self._made(self.screen)
        await super().on_event(event)

    def _resized(self, event: events.Resize) -> events.Resize:
        was_too_small = self.window.is_too_small
        size = self.window.take(event.size)
        if self.window.is_too_small:
            self._write_raw(self.window.picture())
        elif was_too_small and self.screen_stack:
            self.screen.refresh()
        return event if size == event.size else events.Resize(size, size)

    async def _made(self, screen: Screen[object]) -> None:
        """Wait until a screen has its widgets: a key that comes before would find none."""
        if not screen.is_mounted:
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_MAKING):
                    await screen._mounted_event.wait()  # noqa: SLF001 - there is no other way

    def _is_gone_at(self, event: events.MouseEvent) -> bool:
        """Whether the mouse is over what is removed and still drawn, where Textual fails."""
        try:
            widget, _ = self.get_widget_at(event.x, event.y)
        except (NoWidget, ScreenStackError):
            return False
        return not (event.is_forwarded or widget.is_attached)

    async def _press_blind(self, key: str) -> None:
        """Do what a key does that needs no screen: leave, or stop."""
        for node, bindings in self.screen._binding_chain:  # noqa: SLF001 - with the keys of the person
            for binding in bindings.key_to_bindings.get(key, ()) if node is self else ():
                if binding.action in BLIND and self.check_action(binding.action, ()):
                    await self.run_action(binding.action)

    def _display(self, screen: Screen[object], renderable: "RenderableType | None") -> None:
        if not self.window.is_too_small:
            super()._display(screen, renderable)

    # Job control

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where no shell could continue us, ctrl+z does not stop us: in a text it undoes."""
        if action == "suspend_process":
            return getattr(self._driver, "can_be_continued", False)
        return super().check_action(action, parameters)

    def action_suspend_process(self) -> None:
        """Stop, and give the terminal back to the shell that can continue us."""
        if suspend := getattr(self._driver, "suspend", None):
            suspend()

    def action_undo_text(self) -> None:
        """Take back what was written last, in the text that has the focus."""
        if isinstance(self.focused, TextArea):
            self.focused.undo()

    # Other screens

    @abstractmethod
    async def show_room(self, saved: SavedConversation, *, is_live: bool = False) -> None:
        """Show a conversation in the room screen."""

    @abstractmethod
    async def show_first_run(self) -> None:
        """Show what was found, and one key to begin."""

    @abstractmethod
    async def new_room(self, topic: str = "", slugs: tuple[str, ...] = ()) -> None:
        """Ask what a new room is to be, and open it."""

    @abstractmethod
    async def show_help(self) -> None:
        """Show what the keys of this screen do."""

    @abstractmethod
    async def show_diagnostics(self, provider: str = "") -> None:
        """Show how the providers are, this one first."""

    @abstractmethod
    async def show_studio(self, slug: str = "") -> None:
        """Show where personas are made, this one first."""

    @abstractmethod
    def live_rooms(self) -> "list[Room]":
        """The rooms that are open in this program; the one in sight, or behind a screen, first."""

    @abstractmethod
    async def ask_plain(self) -> None:
        """Ask for each provider that is spoken to unprotected whether it may be."""

    @abstractmethod
    async def ask_key(
        self, provider: str, then: Callable[[bool | None], Awaitable[None]] | None = None
    ) -> None:
        """Ask for a key of a provider and test it; `then` is told whether it was taken."""

    @abstractmethod
    async def set_key(self, provider: str) -> bool:
        """Ask for a key of a provider and test it; whether it was taken. From a worker only."""

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog, and return what it gives back; to be called from a worker."""
        if self.unless_asked:
            self.unless_asked.set()
        return await self.push_screen_wait(dialog)

    def key_of(self, name: str) -> str:
        """The first key that is bound to a command of the screens below, as it is shown."""
        for screen in reversed(self.screen_stack):
            for bindings in screen._bindings.key_to_bindings.values():  # noqa: SLF001 - see help
                for binding in bindings:
                    if binding.id == name:
                        return self.get_key_display(binding)
        return f"/{name}"

    @abstractmethod
    def look_again(self, names: Iterable[str] | None = None) -> object:
        """Ask providers how they are (None: all), and draw it where it stands."""

    # Telling

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        """Show a short message over the screen; what stays to be known stands elsewhere too."""
        self.notify(clean(text), severity=severity, markup=False)

    def tell_error(self, error: ChimeraError) -> None:
        """Show what is wrong, and what to do."""
        self.tell(sentences(error), severity="error")

    def show_state(self, state: str, title: str) -> None:
        """Let the terminal's title say which room it is, and how it is."""
        glyph = STATES[state].glyph
        if self.is_ascii:
            glyph = glyph.translate(ASCII_MARKS)
        self._write_raw(f"\x1b]2;{glyph} {one_line(title)} – Chimera\x07")

    def _write_raw(self, sequence: str) -> None:
        if self._driver and not self.is_headless:
            self._driver.write(sequence)

    def use_theme(self, name: str) -> None:
        """Use the theme called `name`; one that does not exist changes nothing and is said."""
        if name in self.available_themes:
            self.theme = name
        else:
            message = (
                f"There is no theme `{one_line(name)}`. {nearest(name, self.available_themes)}"
            )
            if self.is_running:
                self.tell(message, severity="warning")
            else:
                self.problems.append(message)

    def action_choose_theme(self, name: str) -> None:
        """As `choose_theme`, for the palette."""
        self.choose_theme(name)

    def choose_theme(self, name: str) -> None:
        """Use the theme called `name`, now and the next time."""
        self.use_theme(name)
        if self.theme == name:
            self.keep_setting("theme", name)

    async def search_themes(self) -> None:  # type: ignore[override] # Textual's cannot wait
        """Offer all themes."""
        await self._show_palette([ThemePalette], "Search for themes…")

    async def action_command_palette(self) -> None:  # type: ignore[override] # Textual's cannot wait
        """Offer all commands."""
        if not isinstance(self.screen, CommandPalette):
            await self._show_palette(None, "Search for commands…")

    async def _show_palette(self, providers: "ProviderSource | None", placeholder: str) -> None:
        from chimera_tui.ui.kit.palette_screen import PaletteScreen  # noqa: PLC0415 - not before the paint

        await self.push_screen(PaletteScreen(providers, placeholder=one_line(placeholder)))

    @work(thread=True, exit_on_error=False, group="settings")
    def keep_setting(self, key: str, value: str | tuple[str, ...]) -> None:
        """Save what was chosen; a settings file that is broken is left alone, and says so."""
        if self._save is None:
            return
        try:
            self._save(key, value)
        except ChimeraError as error:
            self.call_from_thread(self.tell_error, error)

    # Copying

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a selection."""
        self.copy(text, "the selection")

    @work(thread=True, exit_on_error=False, group="copy")
    def copy(self, text: str, what: str) -> None:
        """Copy `text` by the best way there is, and say which it was."""
        ask_terminal = partial(self.call_from_thread, super().copy_to_clipboard)
        try:
            copied = clipboard.copy(
                text, ask_terminal=ask_terminal, fallback=self._log_folder / "copied.txt"
            )
        except ChimeraError as error:
            self.call_from_thread(self.tell_error, error)
            return
        done = "Copied" if copied.is_sure else "Sent"
        size = f"{len(text):,} character{'s' if len(text) != 1 else ''}"
        self.call_from_thread(self.tell, f"{done} {what}, {size}, {copied.how}.")

    def action_help_quit(self) -> None:
        """Ctrl+C with nothing selected: say what it would do, and how to leave."""
        self.tell("Nothing is selected to copy. Leave with ctrl+q.")

    def action_press(self, key: str) -> None:
        """Do what a key does: for clicks on the footer."""
        self.simulate_key(key)

    # Colours

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What the colours of all lines pass. Where there are to be none, none is sent.

        Textual's `Monochrome` sends greys in place of the terminal's own colours, ends the app at
        a blank without a style, and takes the terminal's own ink and paper both for black.
        """
        return (WITHOUT_COLOUR,) if self.no_color else super().get_line_filters()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours for whatever theme is in use, and the kinds of borders."""
        return variables_of(self.current_theme) | (ASCII_BORDERS if self.is_ascii else BORDERS)

    def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002 - as Textual has it
        """Draw in the colours of the theme; before the first screen only take note of them.

        Textual would read all styles for a theme that is set before there is anything to draw,
        and once more for the first screen.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def write_crash(self, error: BaseException) -> str:
        """Write down where a mistake of ours happened; returns where, in words."""
        path = crash.write_crash(error, self._log_folder, utc_now(), self.redact)
        return str(path) if path else "no crash file could be written"


def sentences(error: ChimeraError) -> str:
    """What is wrong and what to do, safe to show."""
    return clean(f"{error.problem} {error.hint}".strip())
