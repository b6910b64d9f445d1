"""The commands, and what the program exits with."""

import importlib
import signal
from collections.abc import Sequence
from keyword import iskeyword
from typing import Any

import click

from chimera_tui.cli import output
from chimera_tui.cli.exits import Exit, explain
from chimera_tui.cli.files import Files
from chimera_tui.cli.options import with_files
from chimera_tui.engine.turn_taking import MODES

COMMANDS = {
    "conversations": "chimera_tui.cli.conversations",
    "doctor": "chimera_tui.cli.doctor",
    "export": "chimera_tui.cli.export",
    "import": "chimera_tui.cli.import_",
    "keys": "chimera_tui.cli.keys",
    "personas": "chimera_tui.cli.personas",
    "providers": "chimera_tui.cli.providers",
    "talk": "chimera_tui.cli.talk",
}
"""Where each command is: `name` in that module (`import_`, where Python has that word for itself).
Imported when it is asked for."""


class _Commands(click.Group):
    """The commands of the table; without one the terminal app starts."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click asks
        """Their names, as the help lists them."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click asks
        cmd_name: str,
    ) -> click.Command | None:
        """Import a command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name]), name)
        return command


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--room", help="Start a ready-made room: its slug.")
@click.option("--topic", help="Start a room about this.")
@click.option("--cast", help="Who is in it: slugs of personas, joined by commas.")
@click.option("--mode", help="Who speaks next: " + ", ".join(MODES))
@click.option("--demo", is_flag=True, help="Let the built-in demo play everyone, offline.")
@click.option("--theme", help="How it looks, this time.")
@click.version_option(package_name="chimera-tui", message="chimera-tui %(version)s")
@with_files
def chimera_tui(files: Files, **room: Any) -> int | None:
    """A terminal chatroom in which AI personas talk to each other, and to you.

    Without a command the terminal app starts: with the last conversation, or with a new one if
    a room, a topic, a cast, a mode or the demo is named.
    """
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        from chimera_tui.cli.app import start  # noqa: PLC0415 - not for a command

        return start(files, **room)
    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
        signal.signal(signal.SIGINT, signal.default_int_handler)  # commands tidy up behind them
    if misplaced := [f"--{name}" for name, value in room.items() if value]:
        raise click.UsageError(
            f"{' and '.join(misplaced)} must stand behind `{ctx.invoked_subcommand}`."
        )
    return None


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; return the exit code. Every failure has been explained."""
    output.prepare()
    files = Files()
    try:
        code = chimera_tui.main(
            arguments, prog_name="chimera-tui", obj=files, standalone_mode=False
        )
    except click.UsageError as error:
        code = _explain_usage(error)
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            return 128 + signal.SIGINT
        output.say("\nNothing was done.")
        code = Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is ends the command
        code = explain(error, files)
    return int(code or 0)


def _explain_usage(error: click.UsageError) -> Exit:
    """Explain a mistake in the arguments; what it quotes of them is cleaned on the way."""
    if error.ctx:
        output.say(error.ctx.get_usage())
        output.say(f"`{error.ctx.command_path} --help` says more.\n")
    output.say(f"chimera-tui: {error.format_message()}")
    return Exit.USAGE
