"""What can be done in a room: one table for keys, `/` commands, the palette and the help.

Adding a command is one line here and one `action_…` method of the room screen.
"""

from collections.abc import Callable
from dataclasses import dataclass

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.ui.closing import stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something a person can do in a room."""

    name: str
    """Written after `/`."""
    words: str
    """What it does, in plain words."""
    action: str
    """The action of the room screen that does it."""
    key: str = ""
    """Keys that do it when the composer does not have the focus, or in it: ctrl and f keys."""
    short: str = ""
    """What the footer calls it; empty if it does not stand there."""
    argument: str = ""
    """What may be written behind the name."""

    @property
    def binding(self) -> Binding:
        """The keys, as a binding that settings can move by its id."""
        return Binding(
            self.key, self.action, self.short or self.words, show=bool(self.short), id=self.name
        )


COMMANDS = (
    Command(name="pause", words="Pause the room", action="pause", key="space", short="pause"),
    Command(name="resume", words="Go on", action="resume", key="space", short="go on"),
    Command(name="next", words="Let the next one speak", action="next", key="n", short="next turn"),
    Command(name="panels", words="Show the panels", action="panels", key="o", short="panels"),
    Command(name="rooms", words="Show the rooms", action="rooms", key="l", short="rooms"),
    Command(name="again", words="Another answer", action="again", key="r", short="again"),
    Command(name="answers", words="All answers side by side", action="answers", key="a"),
    Command(
        name="columns", words="One column a persona", action="columns", key="c", short="columns"
    ),
    Command(
        name="model",
        words="Choose who plays a persona",
        action="models",
        key="m",
        short="models",
        argument="[@persona] [provider/model]",
    ),
    Command(
        name="save",
        words="Write the conversation to a file",
        action="export",
        key="x",
        short="export",
        argument="FILE.md or FILE.json",
    ),
    Command(name="stop", words="Stop who is speaking", action="stop", key="escape"),
    Command(name="older", words="The answer before this one", action="older", key="left"),
    Command(name="newer", words="The answer after this one", action="newer", key="right"),
    Command(
        name="whisper",
        words="Tell one persona alone",
        action="whisper",
        key="w",
        argument="@PERSONA [TEXT]",
    ),
    Command(
        name="narrate", words="Tell what happens", action="narrate", key="N", argument="[TEXT]"
    ),
    Command(
        name="topic", words="Move on to another topic", action="topic", key="T", argument="[TOPIC]"
    ),
    Command(name="edit", words="Edit the message", action="edit", key="e"),
    Command(name="delete", words="Delete the message", action="delete", key="d,delete"),
    Command(name="undo", words="Take the last deletion or edit back", action="undo", key="u"),
    Command(name="branch", words="Go on from this message another way", action="branch", key="b"),
    Command(name="branches", words="Show the branches", action="branches", key="B,ctrl+b"),
    Command(name="vitals", words="Score, heat, who agrees with whom", action="vitals", key="v"),
    Command(
        name="sent",
        words="Show what the next speaker is sent",
        action="sent",
        key="f9",
        argument="[@PERSONA]",
    ),
    Command(name="retry", words="Take the failed turn again", action="retry"),
    Command(name="skip", words="Go on without the failed turn", action="skip"),
    Command(name="keep", words="Keep the part that was said", action="keep"),
    Command(name="copy", words="Copy the message", action="copy", key="y"),
    Command(name="copy-all", words="Copy the whole conversation", action="copy_all", key="Y"),
    Command(name="new", words="Open a new room", action="new_room", key="ctrl+n"),
    Command(name="rename", words="Rename the room", action="rename", key="f2", argument="TITLE"),
    Command(name="mode", words="Choose who speaks next, and how", action="mode", argument="MODE"),
    Command(
        name="pace", words="Speak slower or faster", action="pace", key="P", argument="[0 to 3]"
    ),
    Command(name="remove-room", words="Delete this room", action="delete_room"),
    Command(
        name="budget",
        words="Say what the room may cost",
        action="budget",
        argument="DOLLARS [TOKENS] or off",
    ),
    Command(
        name="helper",
        words="Choose the model that directs and summarises",
        action="helper",
        argument="PROVIDER/MODEL or off",
    ),
    Command(
        name="providers",
        words="Providers: keys, health, what was sent",
        action="providers",
        key="f4",
        argument="[PROVIDER]",
    ),
    Command(
        name="invite",
        words="Let somebody join",
        action="invite",
        argument="@persona [provider/model]",
    ),
    Command(name="remove", words="Let somebody go", action="remove", argument="@persona"),
    Command(
        name="mute", words="Mute somebody, or hear it again", action="mute", argument="@persona"
    ),
    Command(
        name="solo", words="Let only one speak, or all again", action="solo", argument="@persona"
    ),
    Command(name="speak", words="Say who speaks next", action="speak", argument="@persona"),
    Command(
        name="order", words="Put the cast in order", action="order", argument="@persona @persona"
    ),
    Command(
        name="template",
        words="Keep this room as a ready-made one",
        action="template",
        argument="TITLE",
    ),
    Command(
        name="studio",
        words="Personas: edit, try, make new ones",
        action="studio",
        key="p,f8",
        argument="[@persona]",
    ),
    Command(
        name="import",
        words="Import a card or a conversation",
        action="import",
        argument="[FILE]",
    ),
    Command(name="thought", words="Show what was thought before", action="thought", key="t"),
    Command(name="reopen", words="Open this room again", action="reopen", key="f5"),
    Command(name="write", words="Write a command", action="write_command", key="slash"),
    Command(name="theme", words="Choose the colours", action="theme", argument="THEME"),
    Command(
        name="help", words="Keys and commands", action="help", key="question_mark,f1", short="help"
    ),
    Command(name="quit", words="Leave Chimera", action="app.quit", key="ctrl+q"),
)
"""Everything; the order is that of the footer and of the help."""

HIDDEN = {"write"}
"""What makes no sense as a `/` command."""


def find(text: str) -> tuple[Command, str]:
    """Read `/name argument`.

    Raises:
        UnknownError: If there is no such command; the hint names the nearest.
    """
    name, _, argument = text.removeprefix("/").strip().partition(" ")
    known = {command.name: command for command in COMMANDS if command.name not in HIDDEN}
    if name not in known:
        raise UnknownError(f"There is no command `/{name}`.", hint=nearest(name, known))
    return known[name], argument.strip()


class ThemeNames(Provider):
    """The themes, by their names."""

    async def search(self, query: str) -> Hits:
        """Yield the themes whose names match."""
        matcher = self.matcher(query)
        for name in sorted(self.app.available_themes):
            if (score := matcher.match(name)) > 0:
                yield Hit(score, matcher.highlight(name), self._chooser(name))

    async def discover(self) -> Hits:
        """Yield all themes."""
        for name in sorted(self.app.available_themes):
            yield DiscoveryHit(name, self._chooser(name))

    def _chooser(self, name: str) -> Callable[[], object]:
        async def choose() -> None:
            await self.screen.run_action(f"theme({name!r})")

        return choose


class KeysPalette(Provider):
    """What the keys of a screen do, in the palette."""

    async def search(self, query: str) -> Hits:
        """Yield the keys whose words match."""
        matcher = self.matcher(query)
        for words, key, run in self._available():
            if (score := matcher.match(words)) > 0:
                yield Hit(score, matcher.highlight(words), run, help=key)

    async def discover(self) -> Hits:
        """Yield all of them."""
        for words, key, run in self._available():
            yield DiscoveryHit(words, run, help=key)

    def _available(self) -> list[tuple[str, str, Callable[[], object]]]:
        return [
            (binding.description.capitalize(), binding.key, self._runner(binding.action))
            for _, binding in self.screen._bindings  # noqa: SLF001 - there is no other way
            if binding.id and self.screen.check_action(binding.action, ()) is not False
        ]

    def _runner(self, action: str) -> Callable[[], object]:
        async def run() -> None:
            if stands(self.screen):
                await self.screen.run_action(action)

        return run


class Palette(Provider):
    """The commands in the palette, by their plain words."""

    async def search(self, query: str) -> Hits:
        """Yield the commands whose words match."""
        matcher = self.matcher(query)
        for command, run in self._available():
            score = matcher.match(command.words)
            if score > 0:
                yield Hit(score, matcher.highlight(command.words), run, help=self._help(command))

    async def discover(self) -> Hits:
        """Yield all commands."""
        for command, run in self._available():
            yield DiscoveryHit(command.words, run, help=self._help(command))

    def _available(self) -> list[tuple[Command, Callable[[], object]]]:
        return [
            (command, self._runner(command.action))
            for command in COMMANDS
            if command.name not in HIDDEN
            and self.screen.check_action(command.action, ()) is not False
        ]

    def _runner(self, action: str) -> Callable[[], object]:
        async def run() -> None:
            if stands(self.screen):
                await self.screen.run_action(action)

        return run

    def _help(self, command: Command) -> str:
        return f"/{command.name} {command.argument}".rstrip()
