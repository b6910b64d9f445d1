"""The terminal app: starts, opens the database beside the screen, ends cleanly."""

import asyncio
import gc
import importlib
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePath
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar, runtime_checkable

from rich.text import Text
from textual import events, on
from textual.app import App, ScreenStackError
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.dom import DOMNode
from textual.driver import Driver
from textual.errors import NoWidget
from textual.filter import LineFilter, NoColor
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import TextArea
from textual.worker import WorkerFailed

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.errors import ChimeraError, StorageError, StorageFault
from chimera_tui.domain.redaction import Redactor
from chimera_tui.domain.saved import Recovered, SavedConversation
from chimera_tui.domain.text import clean
from chimera_tui.settings.settings import Settings
from chimera_tui.system.garbage import settle
from chimera_tui.ui.checks import Checks
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.keeper import DatabaseKeeper, OpenChimera
from chimera_tui.ui.kit import clipboard, crash
from chimera_tui.ui.kit.glyphs import ASCII
from chimera_tui.ui.kit.telling import Severity, sentences
from chimera_tui.ui.kit.themes import variables_of
from chimera_tui.ui.openings import Openings
from chimera_tui.ui.preferences import Preferences, Save
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.terminal.driver import hearing, outliving, when_closed
from chimera_tui.ui.terminal.type_ahead import LeftOut
from chimera_tui.ui.terminal.window import Window, terminal_size

if TYPE_CHECKING:
    from rich.console import RenderableType

    from chimera_tui.core.chimera import Chimera

BORDERS = {"bar": "outer", "thin": "solid", "frame": "round"}
ASCII_BORDERS = dict.fromkeys(BORDERS, "ascii")
"""Variables of the styles: bars at the left of what has the focus, lines, frames."""
WITHOUT_COLOUR = NoColor()
SIZE_SETTLES = 0.1
"""Seconds after which a new size has been taken in."""
PATIENCE = 3.0
"""Seconds that rooms and the database have to close."""
LONGEST_MAKING = 2.0
"""Seconds that a key waits for the screen it is meant for."""
BLIND = {"quit", "suspend_process"}
"""What keys do while the window is too small to show anything."""
NEWER, CANNOT_WRITE, FAILED = 4, 5, 1
"""Exit codes: a database of a newer version, none that can be written, other failures."""

T = TypeVar("T")
Start = Callable[["Chimera"], Awaitable[SavedConversation]]


@runtime_checkable
class Leaves(Protocol):
    """A screen that has something to finish before the program ends."""

    async def leave(self) -> None:
        """Finish it."""


class ChimeraApp(App[None]):
    """Chimera in a terminal.

    Args:
        open_chimera: Opens the database and all that belongs to it; called after the first paint.
        log_folder: Where crash files go, and what is too long for a clipboard.
        redact: Knows the keys of the person, and takes them out of what is said of a crash.
        is_first_run: Whether there is no database yet: begin with the screen that says what is
            there, instead of an empty room.
        settings: How to draw, and the keys of the person.
        theme: The name of a theme, in place of the one that is set.
        start: Makes the conversation to begin with, in place of the last one.
        save: Keeps a setting, by its key, for the next time; blocks. Raises ChimeraError.
        problems: What is wrong already: with the settings file, for instance.

    Attributes:
        chimera: The program behind the screens; None while the database is being opened.
        open: Opens the screens.
        checks: Looks at providers and files.
        preferences: Knows how things are drawn.
        unless_asked: Set as soon as a question is asked: who waits for a command waits no longer.
    """

    TITLE = "Chimera"
    # Textual reads the styles of the very first screen from here, not from the screen.
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "kit/app.tcss",
        "room/room.tcss",
        "first_run/first_run.tcss",
    ]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (80, "-normal"),
        (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-low"),
        (28, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "quit", id="quit", priority=True),
        Binding("ctrl+c", "help_quit", show=False, id="copy-selection"),
        Binding("ctrl+z", "suspend_process", show=False, id="suspend", priority=True),
        Binding("ctrl+underscore,ctrl+slash", "undo_text", show=False, id="undo-text"),
    ]

    def __init__(
        self,
        open_chimera: OpenChimera,
        *,
        log_folder: Path,
        redact: Redactor | None = None,
        is_first_run: bool = False,
        settings: Settings = Settings(),  # noqa: B008 - frozen
        theme: str = "",
        start: Start | None = None,
        save: Save | None = None,
        problems: Iterable[str] = (),
    ) -> None:
        # Textual asks for the borders before it is made.
        self.preferences = Preferences(self, settings, save)
        self.glyphs = self.preferences.glyphs
        super().__init__(driver_class=_driver_class(App.get_driver_class(self)))
        self.has_plain_emoji = self.preferences.has_plain_emoji
        self.chimera: Chimera | None = None
        self.open = Openings(self)
        self.checks = Checks(self, problems)
        self.unless_asked: asyncio.Event | None = None
        self._keeper = DatabaseKeeper(open_chimera, opened=self._opened, failed=self._failed)
        self._window = Window()
        self._settling: Timer | None = None
        self._log_folder = log_folder
        self._redact = redact or Redactor()
        self._is_first_run = is_first_run
        self._start = start
        if problem := self.preferences.dress(theme):
            self.checks.problems.append(problem)
        self.set_keymap(settings.keys)

    # Starting

    def get_default_screen(self) -> Screen[None]:
        """What is painted first, before the database is open."""
        screen = FirstRunScreen() if self._is_first_run else RoomScreen()
        # Textual would set them when it is laid out already, and lay out and paint it once more.
        for size, steps in zip(
            self._window.take(self.size),
            (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS),
            strict=True,
        ):
            screen.add_class([name for at_least, name in steps if size >= at_least][-1])
        return screen

    def _on_mount(self) -> None:
        """Paint first; then open the database."""
        if not self.is_headless:
            self._hold_terminal()
        self.call_after_refresh(self._open_database)

    def _open_database(self) -> None:
        gc.enable()  # who starts us may have put it off until now
        for problem in self.checks.problems:
            self.tell(problem, severity="warning")
        self._keeper.start()

    def _opened(self, chimera: "Chimera") -> None:
        self.chimera = chimera
        chimera.when_strayed = lambda what: self.run_worker(self.open.strayed(what))
        self.call_later(self._begin, chimera)

    def _failed(self, error: Exception) -> None:
        """End: there is no database to go on with."""
        if not isinstance(error, ChimeraError):
            self._handle_exception(error)
            return
        code = FAILED
        if isinstance(error, StorageError):
            code = NEWER if error.kind is StorageFault.NEWER else CANNOT_WRITE
        self.exit(return_code=code, message=Text(sentences(error)))

    async def _begin(self, chimera: "Chimera") -> None:
        """Show the last conversation, paused where it was; or what there is to begin with."""
        self.checks.problems += chimera.library.problems
        self.checks.begin(chimera)
        self._tell_recovered(chimera.recovered)
        self.checks.problems += chimera.notes
        for note in (*chimera.notes, *chimera.connections.key_notes):
            self.tell(note, severity="warning")
        try:
            if self._start:
                await self.open.room(await self._start(chimera), is_live=True)
            elif rooms := await chimera.conversations():
                await (await self.open.room_screen()).session.open_saved(rooms[0].id, chimera)
            else:
                await self.open.first_run()
        except ChimeraError as error:
            self.tell_error(error)
            await self.open.first_run()
        if not isinstance(self.screen, FirstRunScreen):
            self.checks.tell_problems(chimera.library.problems)
        for problem in await self.preferences.key_problems():
            self.tell(problem, severity="warning")
        self.run_worker(self.checks.ask_plain())
        await asyncio.to_thread(
            importlib.import_module, "chimera_tui.ui.transcript.markdown_lines"
        )  # for later
        settle()

    def _tell_recovered(self, recovered: Iterable[Recovered]) -> None:
        for one in recovered:
            kept = f"{one.characters} characters are kept" if one.characters else "nothing was said"
            self.tell(
                f"The last exit cut {one.speaker} off in “{one.title}”: {kept}. "
                "Nothing is sent again by itself."
            )

    # The window

    def _settle(self) -> None:
        """Take in the size that the terminal has by now, and paint all of it anew."""
        tells_itself = getattr(self._driver, "tells_sizes_itself", False)
        size = None if tells_itself else terminal_size()
        if size is not None and size != self._window.size:
            self.post_message(events.Resize(size, size))
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Lay nothing out for a window that is too small; while it is, only our own keys work."""
        if isinstance(event, events.Resize):
            event = self._resized(event)
        elif self._window.is_too_small and isinstance(event, events.InputEvent):
            if isinstance(event, events.Key):
                await self._press_blind(event.key)
            return
        elif self._is_gone_at(event) or self._is_held(event):
            return
        if isinstance(event, events.InputEvent) and self.screen_stack:
            await self._made(self.screen)
        await super().on_event(event)

    def _is_held(self, event: events.Event) -> bool:
        """Whether a key comes too soon to be meant for a dialog; ctrl+q and the like never do."""
        if not (isinstance(event, events.Key | events.Paste) and self.screen_stack):
            return False
        until: float = getattr(self.screen, "held_until", 0.0)
        is_command = isinstance(event, events.Key) and event.key.startswith("ctrl+")
        return monotonic() < until and not is_command

    def _handle_exception(self, error: Exception) -> None:
        """Let a screen that was on its way when the app ended miss its widgets.

        Once it is to end Textual makes no more widgets, but mounts the screens they belong to.
        """
        if not (self._exit and isinstance(error, NoMatches)):
            super()._handle_exception(error)

    def _resized(self, event: events.Resize) -> events.Resize:
        """Take a new size; look again soon.

        Linux tells of a new size of a terminal before the terminal has it, and a quick change of
        size and back Textual takes for none.
        """
        was_too_small = self._window.is_too_small
        size = self._window.take(event.size)
        if self._window.is_too_small:
            self._write_raw(self._window.picture(self.key_of("quit")))
        elif was_too_small and self.screen_stack:
            self.screen.refresh()
        if self._settling:
            self._settling.stop()
        if not self.is_headless:
            self._settling = self.set_timer(SIZE_SETTLES, self._settle)
        return event if size == event.size else events.Resize(size, size)

    async def _made(self, screen: Screen[object]) -> None:
        """Wait until a screen has its widgets: a key that comes before would find none."""
        if not screen.is_mounted:
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_MAKING):
                    await screen._mounted_event.wait()  # noqa: SLF001 - there is no other way

    def _is_gone_at(self, event: events.Event) -> bool:
        """Whether the mouse is over what is removed and still drawn, where Textual fails."""
        if not isinstance(event, events.MouseEvent):
            return False
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
        if not self._window.is_too_small:
            super()._display(screen, renderable)

    def _write_raw(self, sequence: str) -> None:
        if self._driver and not self.is_headless:
            self._driver.write(sequence)

    def _action_quit(self) -> None:
        """Leave; ask first while what was said is in memory alone."""
        self.run_worker(self.open.end(), group="quit")

    def _hold_terminal(self) -> None:
        """Keep the title that the terminal has, and end when the terminal does."""
        self._write_raw("\x1b[22;2t")
        if sys.__stdin__ is not None:
            when_closed(sys.__stdin__.fileno(), partial(self.exit, return_code=128 + 1))

    # Keys of all screens

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where no shell could continue us, ctrl+z does not stop us: in a text it undoes."""
        if action == "suspend_process":
            return getattr(self._driver, "can_be_continued", False)
        return super().check_action(action, parameters)

    def _action_suspend_process(self) -> None:
        """Stop, and give the terminal back to the shell that can continue us."""
        if suspend := getattr(self._driver, "suspend", None):
            suspend()

    def _action_undo_text(self) -> None:
        """Take back what was written last, in the text that has the focus."""
        if isinstance(self.focused, TextArea):
            self.focused.undo()

    def _action_choose_theme(self, name: str) -> None:
        """Use a theme, for the palette."""
        self.preferences.choose_theme(name)

    async def _action_command_palette(self) -> None:
        """Offer all commands."""
        await self.open.palette()

    def _action_help_quit(self) -> None:
        """Ctrl+C with nothing selected: say what it would do, and how to leave."""
        self.tell(f"Nothing is selected to copy. Leave with {self.key_of('quit')}.")

    def _action_press(self, key: str) -> None:
        """Do what a key does: for clicks on the footer."""
        self.simulate_key(key)

    def key_of(self, command: str) -> str:
        """Return the key that does a command, as it is bound now and shown: `u`, `^b`."""
        if moved := self._keymap.get(command):  # not in the bindings of a pane without focus yet
            return self.get_key_display(Binding(moved.partition(",")[0].strip(), ""))
        nodes: list[DOMNode] = [*reversed(self.screen_stack), self]
        if "." in command:  # of a pane, perhaps
            nodes += self.screen.query("*")
        for node in nodes:
            for bindings in node._bindings.key_to_bindings.values():  # noqa: SLF001 - see help
                for binding in bindings:
                    if binding.id == command:
                        return self.get_key_display(binding)
        return f"/{command}"

    # Asking and telling

    async def ask(self, dialog: Screen[T]) -> T | None:
        """Show a dialog, and return what it gives back; to be called from a worker."""
        if self.unless_asked:
            self.unless_asked.set()
        return await self.push_screen_wait(dialog)

    def tell(self, text: str, *, severity: Severity = "information") -> None:
        """Show a short message over the screen; what stays to be known stands elsewhere too."""
        self.notify(clean(text), severity=severity, markup=False)

    @on(LeftOut)
    def _tell_left_out(self, event: LeftOut) -> None:
        """Say what of the input was not taken."""
        self.tell(event.what, severity="warning")

    def tell_error(self, error: ChimeraError) -> None:
        """Show what is wrong, and what to do."""
        self.tell(sentences(error), severity="error")

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a selection."""
        self.copy(text, "the selection")

    def copy(self, text: str, what: str) -> None:
        """Copy `text` by the best way there is, and say which it was."""
        ask_terminal = partial(self.call_from_thread, super().copy_to_clipboard)
        fallback = self._log_folder / "copied.txt"

        def work() -> None:
            try:
                copied = clipboard.copy(text, ask_terminal=ask_terminal, fallback=fallback)
            except ChimeraError as error:
                self.call_from_thread(self.tell_error, error)
                return
            done = "Copied" if copied.is_sure else "Sent"
            size = f"{len(text):,} character{'s' if len(text) != 1 else ''}"
            self.call_from_thread(self.tell, f"{done} {what}, {size}, {copied.how}.")

        self.run_worker(work, thread=True, group="copy", exit_on_error=False)

    # Colours

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What the colours of all lines pass. Where there are to be none, none is sent.

        Textual's `Monochrome` sends greys in place of the terminal's own colours, ends the app at
        a blank without a style, and takes the terminal's own ink and paper both for black.
        """
        return (WITHOUT_COLOUR,) if self.no_color else super().get_line_filters()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our colours for whatever theme is in use, and the kinds of borders."""
        borders = ASCII_BORDERS if self.glyphs is ASCII else BORDERS
        return variables_of(self.current_theme) | borders

    def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002 - as Textual has it
        """Draw in the colours of the theme; before the first screen only take note of them.

        Textual would read all styles for a theme that is set before there is anything to draw,
        and once more for the first screen.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    # Ending

    async def _shutdown(self) -> None:
        """Let rooms keep what is being said, then close the database, then the screen."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for screen in self.screen_stack:
                    if isinstance(screen, RoomScreen):
                        await screen.finish()
                    elif isinstance(screen, Leaves):
                        await screen.leave()
                await self._keeper.end()
        self._write_raw("\x1b[23;2t")
        await super()._shutdown()

    def write_crash(self, error: BaseException) -> str:
        """Write down where a mistake of ours happened; returns where, in words."""
        path = crash.write_crash(error, self._log_folder, utc_now(), self._redact)
        return str(path) if path else "no crash file could be written"

    def _fatal_error(self) -> None:
        """End with a short cause in place of Textual's traceback, which shows what people wrote."""
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error
        if error is not None:
            message = (
                f"Chimera stopped by a mistake of its own: {crash.cause(error, self._redact)}\n"
                f"What was said is saved. Details: {self.write_crash(error)}"
            )
            self._exit_renderables[:] = [Text(message)]
        self._close_messages_no_wait()


def _driver_class(usual: type[Driver]) -> type[Driver]:
    """A driver that neither a closed terminal stops, nor what one may send."""
    if os.name != "posix":
        return outliving(hearing(usual))
    from chimera_tui.ui.terminal.posix_driver import PosixDriver  # noqa: PLC0415 - not on Windows

    return outliving(hearing(PosixDriver))
