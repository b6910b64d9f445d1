"""A command: something that a person can do, as a value.

Keys, `/` commands, the palette, the help, the footer, the actions under a message and the hints
in texts are all read from tables of these.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.binding import Binding

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.text import one_line

C = TypeVar("C")
"""What a command acts on."""


def always(_context: object) -> bool:
    """For commands that can be done at any time."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[C]):
    """Something that a person can do."""

    name: str
    """Written after `/`; the id of its key in the settings."""
    words: str
    """What it does, in plain words."""
    run: Callable[[C, str], Awaitable[object]]
    """Does it, with what was written behind the name; raises ChimeraError."""
    keys: str = ""
    """Keys that do it while no text is written (ctrl and function keys: always), with commas."""
    key_display: str = ""
    """How its usual key is shown where its name would not do."""
    goes_first: bool = False
    """Whether its keys do it before a text that is written hears them."""
    short: str = ""
    """What the footer calls it; empty if it does not stand there."""
    argument: str = ""
    """What may be written behind the name; empty if nothing."""
    is_available: Callable[[C], bool] = always
    """Whether there is something to do for it now."""
    is_written: bool = True
    """Whether it can be written after `/`."""

    @property
    def usage(self) -> str:
        """How it is written: `/budget DOLLARS [TOKENS] or off`; empty if it cannot be."""
        return f"/{self.name} {self.argument}".rstrip() if self.is_written else ""

    @property
    def binding(self) -> Binding:
        """Its keys, as a binding that settings can move by its id."""
        return Binding(
            self.keys,
            f"do({self.name!r})",
            self.short or self.words,
            show=bool(self.short),
            key_display=self.key_display or None,
            priority=self.goes_first,
            tooltip=one_line(self.words),
            id=self.name,
        )


class Commands(Generic[C]):
    """A table of commands; its order is that of the footer and of the help."""

    def __init__(self, commands: Iterable[Command[C]]) -> None:
        self.by_name = {command.name: command for command in commands}

    @property
    def bindings(self) -> list[Binding]:
        """The keys of all that have some."""
        return [command.binding for command in self.by_name.values() if command.keys]

    def written(self) -> list[Command[C]]:
        """Return those that can be written after `/`."""
        return [command for command in self.by_name.values() if command.is_written]

    def find(self, text: str) -> tuple[Command[C], str]:
        """Read `/name argument`.

        Raises:
            UnknownError: If there is no such command; the hint names the nearest.
        """
        name, _, argument = text.removeprefix("/").strip().partition(" ")
        known = {command.name: command for command in self.written()}
        if name not in known:
            raise UnknownError(f"There is no command `/{name}`.", hint=nearest(name, known))
        return known[name], argument.strip()
