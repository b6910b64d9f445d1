"""The screens that are opened over others; what they need is imported only then."""

from collections.abc import Awaitable, Callable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from textual import events
from textual.screen import Screen

from chimera_tui.domain.errors import LostDatabaseError
from chimera_tui.domain.saved import Rescue
from chimera_tui.domain.text import one_line
from chimera_tui.ui.host import Host

if TYPE_CHECKING:
    from chimera_tui.core.chimera import Chimera

HOLD = 1.5
"""Seconds in which a dialog that nobody asked for takes no key that types or chooses."""
T = TypeVar("T")


class Openings(Host):
    """The part of the app that opens help, diagnostics, the studio, and asks a person."""

    _lost: LostDatabaseError | None = None
    """Why what was said last is in memory alone."""
    _unasked: Screen[Any] | None = None
    _held_until = 0.0

    async def on_event(self, event: events.Event) -> None:
        """Keep keys that were meant for what was there before from a dialog nobody asked for."""
        if isinstance(event, events.Key | events.Paste) and self._is_held(event):
            return
        await super().on_event(event)

    def _is_held(self, event: events.Key | events.Paste) -> bool:
        """Whether a key comes too soon to be meant for a dialog; ctrl+q and the like never do."""
        if not self.screen_stack or self.screen is not self._unasked:
            return False
        is_command = isinstance(event, events.Key) and event.key.startswith("ctrl+")
        return monotonic() < self._held_until and not is_command

    async def _show_unasked(
        self, dialog: Screen[T], then: Callable[[T | None], Awaitable[None]]
    ) -> None:
        self._unasked, self._held_until = dialog, monotonic() + HOLD
        await self.push_screen(dialog, then)

    async def show_help(self) -> None:
        """Show what the keys of this screen do."""
        from chimera_tui.ui.help.help_screen import HelpScreen  # noqa: PLC0415 - not before the paint

        await self.push_screen(HelpScreen(self.screen))

    async def show_diagnostics(self, provider: str = "") -> None:
        """Show how the providers are, this one first."""
        from chimera_tui.ui.providers.providers_screen import DiagnosticsScreen  # noqa: PLC0415 - see above

        if self.chimera:
            await self.push_screen(DiagnosticsScreen(self.chimera, provider))

    async def show_studio(self, slug: str = "") -> None:
        """Show where personas are made, this one first."""
        from chimera_tui.ui.studio.studio_screen import StudioScreen  # noqa: PLC0415 - see above

        if self.chimera:
            await self.push_screen(StudioScreen(self.chimera, slug))

    async def show_strayed(self, what: Rescue | LostDatabaseError) -> None:
        """Say what became of the database; in the new one the room in sight can go on at once."""
        from chimera_tui.ui.kit.rescued import GO_ON, QUIT, Rescued  # noqa: PLC0415 - see above

        self._lost = what if isinstance(what, LostDatabaseError) else None
        if isinstance(what, LostDatabaseError):
            self.tell_error(what)
            return

        async def go_on(choice: int | None) -> None:
            if choice == QUIT:
                self.exit()
            for room in self.live_rooms()[:1] if choice == GO_ON else ():
                room.resume()

        await self._show_unasked(Rescued(what), go_on)

    async def _ask_to_lose(self, why: LostDatabaseError) -> None:
        """Leave although what was said would be lost, if that is what the person wants."""
        from chimera_tui.ui.kit.dialog import Choose  # noqa: PLC0415 - see above

        if isinstance(self.screen, Choose) and self.screen.id == "lose":
            return
        self.tell_error(why)
        choices = [
            ("stay", "it is tried again every few seconds"),
            ("quit", "what was said last is lost"),
        ]
        dialog = Choose("What was said last is in memory alone.", choices, 0)
        dialog.id = "lose"

        async def leave(choice: int | None) -> None:
            if choice == 1:
                self.exit()

        await self.push_screen(dialog, leave)

    async def ask_key(
        self, provider: str, then: Callable[[bool | None], Awaitable[None]] | None = None
    ) -> None:
        """Ask for a key of a provider and test it; `then` is told whether it was taken."""
        from chimera_tui.ui.providers.key_dialog import AskKey  # noqa: PLC0415 - see above

        if (chimera := self.chimera) is None:
            return
        states = {one.provider: one for one in await chimera.connections.key_states()}
        if provider in states:
            await self.push_screen(AskKey(chimera, states[provider]), then)

    async def set_key(self, provider: str) -> bool:
        """Ask for a key of a provider and test it; whether it was taken. From a worker only."""
        from chimera_tui.ui.providers.key_dialog import AskKey  # noqa: PLC0415 - see above

        if (chimera := self.chimera) is None:
            return False
        states = {one.provider: one for one in await chimera.connections.key_states()}
        if provider not in states:
            return False
        is_taken: bool | None = await self.ask(AskKey(chimera, states[provider]))
        return bool(is_taken)

    async def ask_plain(self) -> None:
        """Ask once for each provider in the private network that is spoken to unprotected."""
        from chimera_tui.ui.kit.dialog import Choose  # noqa: PLC0415 - see above

        if (chimera := self.chimera) is None:
            return
        choices = [
            ("leave it alone", "asked again at the next start"),
            ("allow it", "others in that network can read along"),
        ]
        for place in {one.unprotected for one in chimera.health.values()} - {""}:
            title = f"Speak to {one_line(place, 50)} without protection?"
            await self._show_unasked(
                Choose(title, choices, 0), partial(self._allow, chimera, place)
            )

    async def _allow(self, chimera: "Chimera", place: str, index: int | None) -> None:
        if index == 1:
            self.keep_setting("plain_http", await chimera.connections.allow_plain(place))
            self.look_again()
