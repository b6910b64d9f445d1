"""`--db` and `--config`, which go with every command, before it or behind it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from chimera_tui.cli.files import Files


def with_files(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--db` and `--config`, and as its first argument the `Files` they name."""
    command = click.make_pass_decorator(Files, ensure=True)(command)
    command = _file_option("config", "The settings. Default: CHIMERA_CONFIG, or the usual place.")(
        command
    )
    return _file_option("db", "The database. Default: CHIMERA_DB, or the usual place.")(command)


def _file_option(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def remember(ctx: click.Context, _: click.Parameter, value: Path | None) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Files), name, value)

    return click.option(
        f"--{name}",
        metavar="FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        expose_value=False,
        callback=remember,
        help=text,
    )
