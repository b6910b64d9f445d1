"""`export`: one conversation out of the database, into a file or to stdout."""

from pathlib import Path

import click

from chimera_tui.cli import output
from chimera_tui.cli.conversations import conversation_id
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.opening import with_chimera
from chimera_tui.core.chimera import Chimera
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.formats import FORMATS


@click.command()
@conversation_id
@click.option(
    "--format", "name", type=click.Choice(list(FORMATS)), default="markdown", help="Of what kind."
)
@click.option("-o", "--output", "file", metavar="FILE", help="Where to. Default, and -: stdout.")
@with_chimera
async def export(chimera: Chimera, conversation_id: int, *, name: str, file: str | None) -> Exit:
    """Write a conversation as Markdown, to be read, or as JSON, with all that is known of it."""
    if file is None or file == "-":
        output.out(await chimera.exported(conversation_id, name))
        return Exit.DONE
    await chimera.load(conversation_id)  # of an unknown one the error is another
    try:
        await chimera.export(conversation_id, name, Path(file), overwrite=True)
    except ChimeraError as error:
        output.say_error(error)
        return Exit.CANNOT_WRITE
    output.say(f"Written to {file}")
    return Exit.DONE
