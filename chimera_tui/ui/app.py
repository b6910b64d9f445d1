"""The terminal app: starts, opens the database beside the screen, ends cleanly."""

import asyncio
import gc
import importlib
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on, work
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.timer import Timer
from textual.worker import WorkerFailed

from chimera_tui.domain.errors import ChimeraError, NewerDatabaseError, StorageError
from chimera_tui.domain.redaction import Redactor
from chimera_tui.domain.saved import Recovered, SavedConversation
from chimera_tui.library.starters import default_cast
from chimera_tui.settings.settings import Settings
from chimera_tui.system.garbage import settle
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.host import Leaves, Save, ShowsLibrary, ShowsProviders, sentences
from chimera_tui.ui.kit import crash
from chimera_tui.ui.openings import Openings
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.terminal.driver import hearing, outliving, when_closed
from chimera_tui.ui.terminal.type_ahead import LeftOut
from chimera_tui.ui.terminal.window import terminal_size

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.new_room.room_draft import RoomPlan

SIZE_SETTLES = 0.1
"""Seconds after which a new size has been taken in."""
LOOK_AGAIN = 30.0
"""Seconds between two checks of the providers while a room is live."""
LOOK_FOR_FILES = 5.0
"""Seconds between two looks at the files of the library."""
MOST_PROBLEMS = 3
"""Files of the library that are named, of those that were skipped."""
PATIENCE = 3.0
"""Seconds that rooms and the database have to close."""
NEWER, CANNOT_WRITE, FAILED = 4, 5, 1
"""Exit codes: a database of a newer version, none that can be written, other failures."""

OpenChimera = Callable[[], "AbstractAsyncContextManager[Chimera]"]
Start = Callable[["Chimera"], Awaitable[SavedConversation]]


class ChimeraApp(Openings):
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
    COMMANDS = set()  # noqa: RUF012 - Textual declares it so; the room brings its own
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
        super().__init__(
            log_folder=log_folder,
            redact=redact,
            settings=settings,
            theme=theme,
            save=save,
            problems=problems,
        )
        self._open_chimera = open_chimera
        self._is_first_run = is_first_run
        self._start = start
        self._leaving = asyncio.Event()
        self._settling: Timer | None = None
        self._keeper: asyncio.Task[None] | None = None

    # Starting

    def get_driver_class(self) -> type[Driver]:
        """A driver that neither a closed terminal stops, nor what one may send."""
        if os.name != "posix":
            return outliving(hearing(super().get_driver_class()))
        from chimera_tui.ui.terminal.posix_driver import PosixDriver  # noqa: PLC0415 - not on Windows

        return outliving(hearing(PosixDriver))

    def get_default_screen(self) -> Screen[None]:
        """What is painted first, before the database is open."""
        screen = FirstRunScreen() if self._is_first_run else RoomScreen()
        # Textual would set them when it is laid out already, and lay out and paint it once more.
        for size, steps in zip(
            self.window.take(self.size),
            (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS),
            strict=True,
        ):
            screen.add_class([name for at_least, name in steps if size >= at_least][-1])
        return screen

    def get_system_commands(self, _screen: Screen[object]) -> Iterable[SystemCommand]:
        """None of Textual's own: the room's commands say it in our words."""
        return ()

    def on_mount(self) -> None:
        """Paint first; then open the database."""
        if not self.is_headless:
            self._hold_terminal()
        self.call_after_refresh(self._start_keeper)

    def on_resize(self) -> None:
        """Look again soon: Linux tells of a new size of a terminal before the terminal has it.

        Then all is painted anew: a quick change of size and back Textual takes for none.
        """
        if self._settling:
            self._settling.stop()
        if not self.is_headless:
            self._settling = self.set_timer(SIZE_SETTLES, self._settle)

    def _settle(self) -> None:
        tells_itself = getattr(self._driver, "tells_sizes_itself", False)
        size = None if tells_itself else terminal_size()
        if size is not None and size != self.window.size:
            self.post_message(events.Resize(size, size))
        self.screen.refresh()

    @on(LeftOut)
    def _tell_left_out(self, event: LeftOut) -> None:
        """Say what of the input was not taken."""
        self.tell(event.what, severity="warning")

    def _start_keeper(self) -> None:
        gc.enable()  # who starts us may have put it off until now
        for problem in self.problems:
            self.tell(problem, severity="warning")
        self._keeper = asyncio.create_task(self._keep())

    async def _keep(self) -> None:
        """Hold the database open until the app closes."""
        try:
            async with self._open_chimera() as chimera:
                self.chimera = chimera
                chimera.when_strayed = partial(self.call_later, self.show_strayed)
                self.call_later(self._begin, chimera)
                await self._leaving.wait()
        except ChimeraError as error:
            code = NEWER if isinstance(error, NewerDatabaseError) else FAILED
            if code == FAILED and isinstance(error, StorageError):
                code = CANNOT_WRITE
            self.exit(return_code=code, message=Text(sentences(error)))
        except Exception as error:  # noqa: BLE001 - the edge: a task of ours, not of Textual
            self._handle_exception(error)

    async def _begin(self, chimera: "Chimera") -> None:
        """Show the last conversation, paused where it was; or what there is to begin with."""
        self.problems += chimera.library.problems
        self.look_again()
        self.set_interval(LOOK_AGAIN, self._look_while_live)
        self.set_interval(LOOK_FOR_FILES, self._reload_library)
        self._tell_recovered(chimera.recovered)
        self.problems += chimera.notes
        for note in (*chimera.notes, *chimera.connections.key_notes):
            self.tell(note, severity="warning")
        try:
            if self._start:
                await self.show_room(await self._start(chimera), is_live=True)
            elif rooms := await chimera.conversations():
                await (await self._room_screen()).session.open_saved(rooms[0].id, chimera)
            else:
                await self.show_first_run()
        except ChimeraError as error:
            self.tell_error(error)
            await self.show_first_run()
        if not isinstance(self.screen, FirstRunScreen):
            self._tell_problems(chimera.library.problems)
        await self.ask_plain()
        await asyncio.to_thread(
            importlib.import_module, "chimera_tui.ui.transcript.markdown_lines"
        )  # for later
        settle()

    async def show_room(self, saved: SavedConversation, *, is_live: bool = False) -> None:
        """Show a conversation in the room screen."""
        if self.chimera:
            session = (await self._room_screen()).session
            await session.open(self.chimera, saved, is_live=is_live)

    async def _room_screen(self) -> RoomScreen:
        """The room screen, with nothing over it."""
        rooms = [screen for screen in self.screen_stack if isinstance(screen, RoomScreen)]
        if not rooms:
            rooms = [RoomScreen()]
            await self.push_screen(rooms[0])
        while self.screen is not rooms[-1]:
            await self.pop_screen()
        return rooms[-1]

    async def show_first_run(self) -> None:
        """Show what was found, and one key to begin."""
        shown = self.screen
        first = shown if isinstance(shown, FirstRunScreen) else FirstRunScreen()
        if first is not shown:
            await self.push_screen(first)
        if self.chimera:
            first.attach(self.chimera)

    async def new_room(self, topic: str = "", slugs: tuple[str, ...] = ()) -> None:
        """Ask what a new room is to be, and open it."""
        from chimera_tui.ui.new_room.new_room_screen import NewRoom  # noqa: PLC0415 - not before the paint

        if (chimera := self.chimera) is None:
            return
        known = [slug for slug in slugs if slug in chimera.library.personas]
        screen = NewRoom(chimera, topic, known or default_cast(list(chimera.library)))

        async def begin(plan: "RoomPlan | None") -> None:
            if plan is None:
                return
            try:
                saved = await chimera.new_conversation(
                    room=plan.room,
                    topic=plan.topic,
                    cast=[one.persona.original for one in plan.cast],
                    mode=plan.mode,
                    pace=plan.pace,
                    models={one.persona.slug: one.model for one in plan.cast if one.model},
                    fallbacks={one.persona.slug: one.fallbacks for one in plan.cast},
                    demo=plan.is_demo,
                    budget=plan.budget,
                )
                await self.show_room(saved, is_live=True)
            except ChimeraError as error:
                self.tell_error(error)

        await self.push_screen(screen, begin)

    def live_rooms(self) -> "list[Room]":
        """The rooms that are open here, the one in sight or behind a screen first."""
        screens = (s for s in reversed(self.screen_stack) if isinstance(s, RoomScreen))
        return [screen.room for screen in screens if screen.room]

    def _tell_recovered(self, recovered: Iterable[Recovered]) -> None:
        for one in recovered:
            kept = f"{one.characters} characters are kept" if one.characters else "nothing was said"
            self.tell(
                f"The last exit cut {one.speaker} off in “{one.title}”: {kept}. "
                "Nothing is sent again by itself."
            )

    def _tell_problems(self, problems: Sequence[str]) -> None:
        """Say which files of the library are skipped; the first screen of all shows that itself."""
        for problem in problems[:MOST_PROBLEMS]:
            self.tell(problem, severity="warning")
        if (more := len(problems) - MOST_PROBLEMS) > 0:
            self.tell(f"And {more} more: `chimera-tui doctor` lists them.", severity="warning")

    @work(exclusive=True, group="library", exit_on_error=False)
    async def _reload_library(self) -> None:
        """Take in what was written meanwhile, here or in another program."""
        if self.chimera is None or not self.app_focus:
            return
        changes = await self.chimera.reload_library()
        self._tell_problems(changes.problems)
        for slug in changes.added:
            self.tell(f"{self.chimera.library.get(slug).name} is in the library now.")
        for slug in changes.changed:
            self.tell(f"{self.chimera.library.get(slug).name} was changed, from its next turn on.")
        for room in self.live_rooms() if changes.changed else ():
            await self.chimera.refresh_cast(room)
        for screen in self.screen_stack if changes else ():
            if isinstance(screen, ShowsLibrary) and screen.is_mounted:
                screen.draw_library()

    # Providers

    @work(exclusive=True, group="health", exit_on_error=False)
    async def look_again(self, names: Iterable[str] | None = None) -> None:
        """Ask providers how they are, and draw it where it stands.

        Args:
            names: Which ones, as a matter of course; None: all, because a person wants to know.
        """
        if self.chimera is None:
            return
        async with asyncio.TaskGroup() as checks:
            for name in list(self.chimera.health if names is None else names):
                checks.create_task(self._look_at(self.chimera, name, models=names is None))
        for screen in self.screen_stack:
            if isinstance(screen, FirstRunScreen):
                await screen.end_looking()

    async def _look_at(self, chimera: "Chimera", name: str, *, models: bool) -> None:
        await chimera.check_provider(name, models=models)
        for screen in self.screen_stack:
            if isinstance(screen, ShowsProviders) and screen.is_mounted:
                screen.draw_providers(list(chimera.health.values()))

    def _look_while_live(self) -> None:
        """A room that is paused, or not looked at, asks nobody; it says how old its news are."""
        if (chimera := self.chimera) is None:
            return
        rooms = [screen for screen in self.screen_stack if isinstance(screen, RoomScreen)]
        sessions = [room.session for room in rooms if room.session.is_live]
        live = [session.state.conversation.cast for session in sessions if session.state]
        if self.app_focus and live:
            used = {name for cast in live for name in chimera.connections.in_use(cast)}
            self.look_again([name for name in chimera.health if name in used])
            return
        for room in rooms:
            room.draw_providers(list(chimera.health.values()))

    # Ending

    async def action_quit(self) -> None:
        """Leave; ask first while what was said is in memory alone."""
        await self._ask_to_lose(self._lost) if self._lost else self.exit()

    def _hold_terminal(self) -> None:
        """Keep the title that the terminal has, and end when the terminal does."""
        self._write_raw("\x1b[22;2t")
        if sys.__stdin__ is not None:
            when_closed(sys.__stdin__.fileno(), partial(self.exit, return_code=128 + 1))

    async def _shutdown(self) -> None:
        """Let rooms keep what is being said, then close the database, then the screen."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for screen in self.screen_stack:
                    if isinstance(screen, RoomScreen):
                        await screen.finish()
                    elif isinstance(screen, Leaves):
                        await screen.leave()
                self._leaving.set()
                if self._keeper:
                    await self._keeper
        self._write_raw("\x1b[23;2t")
        await super()._shutdown()

    def _fatal_error(self) -> None:
        """End with a short cause in place of Textual's traceback, which shows what people wrote."""
        error: BaseException | None = self._exception
        if isinstance(error, WorkerFailed):
            error = error.error
        if error is not None:
            message = (
                f"Chimera stopped by a mistake of its own: {crash.cause(error, self.redact)}\n"
                f"What was said is saved. Details: {self.write_crash(error)}"
            )
            self._exit_renderables[:] = [Text(message)]
        self._close_messages_no_wait()
