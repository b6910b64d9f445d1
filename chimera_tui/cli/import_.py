"""`import`: a conversation out of a file, into the database."""

from pathlib import Path

import click

from chimera_tui.cli import output
from chimera_tui.cli.opening import with_chimera
from chimera_tui.core.chimera import Chimera
from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.library.persona_formats import import_persona


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--group",
    type=click.Path(path_type=Path),
    help="SillyTavern's file of the group whose chat FILE is.",
)
@with_chimera
async def import_(chimera: Chimera, file: Path, *, group: Path | None) -> None:
    """Take the conversation in FILE in: our own JSON, or a chat of SillyTavern (.jsonl)."""
    try:
        found = await chimera.import_conversation(file, group)
    except InvalidFileError as error:
        raise _is_persona(file) or error from None
    for note in found.notes:
        output.say(note)
    output.out(f"{found.id}\n")
    output.say(f"It is conversation {found.id}: `chimera-tui conversations show {found.id}`.")


def _is_persona(file: Path) -> InvalidFileError | None:
    """What to say of a file that holds a persona instead; None if it does not."""
    try:
        persona = import_persona(file).persona
    except InvalidFileError:
        return None
    return InvalidFileError(
        f"That file holds no conversation, but {persona.name}.",
        hint="`chimera-tui personas import` takes a persona in.",
    )
