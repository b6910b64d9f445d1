"""Looking at what changes outside: providers, and the files of the library."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.worker import Worker

from chimera_tui.domain.health import Health
from chimera_tui.domain.text import one_line
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.room.room_screen import RoomScreen

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera
    from chimera_tui.library.library import Changes
    from chimera_tui.ui.app import ChimeraApp

LOOK_AGAIN = 30.0
"""Seconds between two checks of the providers while a room is live."""
LOOK_FOR_FILES = 5.0
"""Seconds between two looks at the files of the library."""
MOST_PROBLEMS = 3
"""Files of the library that are named, of those that were skipped."""


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


class Checks:
    """Looks from time to time, and when a person asks, and draws what is new where it stands.

    Args:
        app: The app whose screens show it.
        problems: What is wrong with the files of the person so far, in sentences.
    """

    def __init__(self, app: "ChimeraApp", problems: Iterable[str]) -> None:
        self._app = app
        self.problems = list(problems)
        """What is wrong with the files of the person, in sentences."""

    def begin(self, chimera: "Chimera") -> None:
        """Look now, and from now on."""
        # A room may have looked, before a turn: what is drawn here is none of its business.
        chimera.library_watch.when_changed = partial(self._app.call_later, self._show_library)
        self.look_again()
        self._app.set_interval(LOOK_AGAIN, self._look_while_live)
        self._app.set_interval(LOOK_FOR_FILES, self.look_for_files)

    # The library

    def look_for_files(self) -> Worker[None]:
        """Take in what was written meanwhile, here or in another program."""
        return self._app.run_worker(
            self._look_for_files(), exclusive=True, group="library", exit_on_error=False
        )

    async def _look_for_files(self) -> None:
        if self._app.chimera and self._app.app_focus:
            await self._app.chimera.library_watch.look()

    def tell_problems(self, problems: Sequence[str]) -> None:
        """Say which files of the library are skipped; the first screen of all shows that itself."""
        for problem in problems[:MOST_PROBLEMS]:
            self._app.tell(problem, severity="warning")
        if (more := len(problems) - MOST_PROBLEMS) > 0:
            self._app.tell(f"And {more} more: `chimera-tui doctor` lists them.", severity="warning")

    def _show_library(self, changes: "Changes") -> None:
        self.tell_problems(changes.problems)
        library = self._app.chimera.library.personas if self._app.chimera else {}
        for slugs, what in (
            (changes.added, "is in the library now"),
            (changes.changed, "was changed, from its next turn on"),
        ):
            for slug in slugs:
                self._app.tell(f"{library[slug].name} {what}.")
        for screen in self._app.screen_stack:
            if isinstance(screen, ShowsLibrary) and screen.is_mounted:
                screen.draw_library()

    # Providers

    def look_again(self, names: Iterable[str] | None = None) -> Worker[None]:
        """Ask providers how they are, and draw it where it stands.

        Args:
            names: Which ones, as a matter of course; None: all, because a person wants to know.
        """
        return self._app.run_worker(
            self._look_again(names), exclusive=True, group="health", exit_on_error=False
        )

    async def _look_again(self, names: Iterable[str] | None) -> None:
        if (chimera := self._app.chimera) is None:
            return
        async with asyncio.TaskGroup() as checks:
            for name in list(chimera.health if names is None else names):
                checks.create_task(self._look_at(chimera, name, models=names is None))
        for screen in self._app.screen_stack:
            if isinstance(screen, FirstRunScreen):
                await screen.end_looking()

    async def _look_at(self, chimera: "Chimera", name: str, *, models: bool) -> None:
        await chimera.check_provider(name, models=models)
        for screen in self._app.screen_stack:
            if isinstance(screen, ShowsProviders) and screen.is_mounted:
                screen.draw_providers(list(chimera.health.values()))

    def _look_while_live(self) -> None:
        """A room that is paused, or not looked at, asks nobody; it says how old its news are."""
        if (chimera := self._app.chimera) is None:
            return
        rooms = [screen for screen in self._app.screen_stack if isinstance(screen, RoomScreen)]
        sessions = [room.session for room in rooms if room.session.is_live]
        live = [session.state.conversation.cast for session in sessions if session.state]
        if self._app.app_focus and live:
            used = {name for cast in live for name in chimera.connections.in_use(cast)}
            self.look_again([name for name in chimera.health if name in used])
            return
        for room in rooms:
            room.draw_providers(list(chimera.health.values()))

    async def ask_plain(self) -> None:
        """Ask once for each provider in the private network that is spoken to unprotected."""
        from chimera_tui.ui.kit.dialog import Choose  # noqa: PLC0415 - not before the paint

        if (chimera := self._app.chimera) is None:
            return
        choices = [
            ("leave it alone", "asked again at the next start"),
            ("allow it", "others in that network can read along"),
        ]
        for place in {one.unprotected for one in chimera.health.values()} - {""}:
            title = f"Speak to {one_line(place, 50)} without protection?"
            if await self._app.ask(Choose(title, choices, 0).hold()) == 1:
                places = await chimera.connections.allow_plain(place)
                self._app.preferences.keep("plain_http", places)
                self.look_again()
