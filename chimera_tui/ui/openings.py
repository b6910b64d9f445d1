"""The screens that are opened over others; what they need is imported only then."""

from typing import TYPE_CHECKING

from textual.command import CommandPalette

from chimera_tui.domain.errors import ChimeraError, StorageError
from chimera_tui.domain.saved import Rescue, SavedConversation
from chimera_tui.domain.text import one_line
from chimera_tui.library.starters import default_cast
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.kit.palette import ThemePalette
from chimera_tui.ui.room.room_screen import RoomScreen

if TYPE_CHECKING:
    from textual.command import ProviderSource

    from chimera_tui.core.chimera import Chimera
    from chimera_tui.engine.room import Room
    from chimera_tui.ui.app import ChimeraApp
    from chimera_tui.ui.new_room.new_room_screen import NewRoom


class Openings:
    """Opens the screens of one app, and asks what has to be known for that."""

    def __init__(self, app: "ChimeraApp") -> None:
        self._app = app
        self._lost: StorageError | None = None
        """Why what was said last is in memory alone."""
        self._is_asked_to_end = False

    # Rooms

    async def room(self, saved: SavedConversation, *, is_live: bool = False) -> None:
        """Show a conversation in the room screen."""
        if self._app.chimera:
            session = (await self.room_screen()).session
            await session.open(self._app.chimera, saved, is_live=is_live)

    async def room_screen(self) -> RoomScreen:
        """Show the room screen with nothing over it, and return it."""
        app = self._app
        rooms = [screen for screen in app.screen_stack if isinstance(screen, RoomScreen)]
        if not rooms:
            rooms = [RoomScreen()]
            await app.push_screen(rooms[0])
        while app.screen is not rooms[-1]:
            await app.pop_screen()
        return rooms[-1]

    def live_rooms(self) -> "list[Room]":
        """Return the rooms that are open here; the one in sight or behind a screen first."""
        screens = (s for s in reversed(self._app.screen_stack) if isinstance(s, RoomScreen))
        return [screen.room for screen in screens if screen.room]

    async def first_run(self) -> None:
        """Show what was found, and one key to begin."""
        shown = self._app.screen
        first = shown if isinstance(shown, FirstRunScreen) else FirstRunScreen()
        if first is not shown:
            await self._app.push_screen(first)
        if self._app.chimera:
            first.attach(self._app.chimera)

    async def new_room(self, topic: str = "", slugs: tuple[str, ...] = ()) -> None:
        """Ask what a new room is to be, and open it."""
        from chimera_tui.ui.new_room.new_room_screen import NewRoom  # noqa: PLC0415 - not before the paint

        if (chimera := self._app.chimera) is None:
            return
        known = [slug for slug in slugs if slug in chimera.library.personas]
        screen = NewRoom(chimera, topic, known or default_cast(list(chimera.library)))
        self._app.run_worker(self._begin(chimera, screen), group="new")

    async def _begin(self, chimera: "Chimera", screen: "NewRoom") -> None:
        """Open the room that is asked for; not in a worker of a screen, which may go for it."""
        if (plan := await self._app.ask(screen)) is None:
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
            await self.room(saved, is_live=True)
        except ChimeraError as error:
            self._app.tell_error(error)

    # Others

    async def help(self) -> None:
        """Show what the keys of this screen do."""
        from chimera_tui.ui.help.help_screen import HelpScreen  # noqa: PLC0415 - see above

        await self._app.push_screen(HelpScreen(self._app.screen))

    async def providers(self, provider: str = "") -> None:
        """Show how the providers are, this one first."""
        from chimera_tui.ui.providers.providers_screen import DiagnosticsScreen  # noqa: PLC0415 - see above

        if self._app.chimera:
            await self._app.push_screen(DiagnosticsScreen(self._app.chimera, provider))

    async def studio(self, slug: str = "") -> None:
        """Show where personas are made, this one first."""
        from chimera_tui.ui.studio.studio_screen import StudioScreen  # noqa: PLC0415 - see above

        if self._app.chimera:
            await self._app.push_screen(StudioScreen(self._app.chimera, slug))

    async def key(self, provider: str) -> bool:
        """Ask for a key of a provider and test it; whether it was taken. From a worker only."""
        from chimera_tui.ui.providers.key_dialog import AskKey  # noqa: PLC0415 - see above

        if (chimera := self._app.chimera) is None:
            return False
        states = {one.provider: one for one in await chimera.connections.key_states()}
        if provider not in states:
            return False
        is_taken: bool | None = await self._app.ask(AskKey(chimera, states[provider]))
        return bool(is_taken)

    async def strayed(self, what: Rescue | StorageError) -> None:
        """Say what became of the database; in the new one the room in sight can go on at once."""
        from chimera_tui.ui.kit.rescued import GO_ON, QUIT, Rescued  # noqa: PLC0415 - see above

        self._lost = what if isinstance(what, StorageError) else None
        if isinstance(what, StorageError):
            self._app.tell_error(what)
            return
        choice = await self._app.ask(Rescued(what).hold())
        if choice == QUIT:
            self._app.exit()
        for room in self.live_rooms()[:1] if choice == GO_ON else ():
            room.resume()

    async def end(self) -> None:
        """Leave; ask first while what was said is in memory alone. From a worker only."""
        if self._lost is not None:
            from chimera_tui.ui.kit.dialog import Choose  # noqa: PLC0415 - see above

            if self._is_asked_to_end:
                return
            self._app.tell_error(self._lost)
            choices = [
                ("stay", "it is tried again every few seconds"),
                ("quit", "what was said last is lost"),
            ]
            question = Choose("What was said last is in memory alone.", choices, 0)
            self._is_asked_to_end = True
            choice = await self._app.ask(question)
            self._is_asked_to_end = False
            if choice != 1:
                return
        self._app.exit()

    async def palette(self) -> None:
        """Offer all that can be done on this screen."""
        if not isinstance(self._app.screen, CommandPalette):
            await self._palette(self._app.screen.COMMANDS, "Search for commands…")

    async def themes(self) -> None:
        """Offer all themes."""
        await self._palette([ThemePalette], "Search for themes…")

    async def _palette(self, providers: "ProviderSource", placeholder: str) -> None:
        from chimera_tui.ui.kit.palette_screen import PaletteScreen  # noqa: PLC0415 - see above

        await self._app.push_screen(PaletteScreen(providers, placeholder=one_line(placeholder)))
