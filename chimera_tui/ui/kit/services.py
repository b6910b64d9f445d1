"""What screens, and what they are made of, ask of the app."""

from typing import TYPE_CHECKING, Protocol, TypeVar

from chimera_tui.domain.errors import ChimeraError

if TYPE_CHECKING:
    from textual.screen import Screen

    from chimera_tui.engine.room import Room
    from chimera_tui.ui.kit.telling import Severity

T = TypeVar("T")


class Opens(Protocol):
    """Opens screens over the one in sight."""

    def live_rooms(self) -> "list[Room]":
        """Return the rooms that are open here; the one in sight or behind a screen first."""

    async def help(self) -> None:
        """Show what the keys of this screen do."""

    async def providers(self, provider: str = "") -> None:
        """Show how the providers are, this one first."""

    async def studio(self, slug: str = "") -> None:
        """Show where personas are made, this one first."""

    async def first_run(self) -> None:
        """Show what was found, and one key to begin."""

    async def new_room(self, topic: str = "", slugs: tuple[str, ...] = ()) -> None:
        """Ask what a new room is to be, and open it."""

    async def key(self, provider: str) -> bool:
        """Ask for a key of a provider and test it; whether it was taken. From a worker only."""

    async def end(self) -> None:
        """Leave the program; ask first while what was said is in memory alone."""

    async def themes(self) -> None:
        """Offer all themes."""


class Looks(Protocol):
    """Looks at what changes outside of the program."""

    def look_again(self) -> object:
        """Ask all providers how they are, and draw it where it stands."""


class Prefers(Protocol):
    """Knows how the person wants things drawn."""

    def choose_theme(self, name: str) -> None:
        """Use the theme called `name`, now and the next time."""


class Services(Protocol):
    """The app, as its screens know it."""

    has_plain_emoji: bool

    @property
    def open(self) -> Opens:
        """Opens screens."""

    @property
    def checks(self) -> Looks:
        """Looks at providers and files."""

    @property
    def preferences(self) -> Prefers:
        """Knows how things are drawn."""

    def tell(self, text: str, *, severity: "Severity" = "information") -> None:
        """Show a short message over the screen."""

    def tell_error(self, error: ChimeraError) -> None:
        """Show what is wrong, and what to do."""

    async def ask(self, dialog: "Screen[T]") -> T | None:
        """Show a dialog, and return what it gives back; None: nothing is to change."""

    def copy(self, text: str, what: str) -> object:
        """Copy `text` by the best way there is, and say which it was."""

    def key_of(self, command: str) -> str:
        """Return the key that does a command, as it is bound now and shown: `u`, `^b`."""
