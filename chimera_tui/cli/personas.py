"""`personas`: listed, shown, made, edited, taken in, given out, checked."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click

from chimera_tui.cli import output
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.files import Files
from chimera_tui.cli.options import with_files
from chimera_tui.cli.persona_text import card, table
from chimera_tui.domain.errors import ChimeraError, InvalidFileError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import clean, one_line
from chimera_tui.library.carrying import CarriedCards
from chimera_tui.library.library import Library, Origin, builtin_folder
from chimera_tui.library.persona_file import read_persona, template
from chimera_tui.library.persona_formats import (
    FORMATS,
    add_lore,
    import_persona,
    keep_card,
    kept_card,
)
from chimera_tui.library.slugs import slug_of
from chimera_tui.settings.paths import private_folder
from chimera_tui.system.files import write_file

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_slug = click.argument("slug")


def with_library(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the `Library` as its first argument; needs no database."""

    @with_files
    @wraps(command)
    def run(files: Files, *args: Any, **options: Any) -> Any:
        return command(Library.load(builtin_folder(), files.paths().personas), *args, **options)

    return run


@click.group(invoke_without_command=True)
@_as_json
@with_files
def personas(_: Files, *, as_json: bool) -> object:
    """List the personas; or show, make, edit, import, export or check them."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        return ctx.invoke(list_, as_json=as_json)
    ctx.default_map = {name: {"as_json": as_json} for name in ("list", "show", "validate")}
    return None


@personas.command("list")
@_as_json
@with_library
def list_(library: Library, *, as_json: bool) -> None:
    """List all, by category."""
    for problem in library.problems:
        output.say(f"chimera-tui: {problem}")
    if as_json:
        output.out(json.dumps([_record(library, p) for p in library], indent=2) + "\n")
    else:
        output.out(table([(persona, library.origin(persona.slug)) for persona in library]))


@personas.command()
@_slug
@_as_json
@with_library
def show(library: Library, slug: str, *, as_json: bool) -> None:
    """Show all that is known of one."""
    persona = library.get(slug)
    if as_json:
        output.out(json.dumps(_record(library, persona), indent=2) + "\n")
    else:
        origin, path = library.origin(persona.slug), library.file(persona.slug)
        output.out(card(persona, origin, path, CarriedCards(library).of(persona)))


@personas.command()
@click.argument("name")
@with_library
def new(library: Library, name: str) -> None:
    """Begin a persona called NAME: writes a file in which every key is explained."""
    name = one_line(name, 40)
    slug = slug_of(name)
    if slug in library.personas:
        raise ChimeraError(
            f"There is a persona `{slug}` already.",
            hint=f"`chimera-tui personas edit {slug}` changes it.",
        )
    path = library.own_file(slug)
    if path.exists():
        raise ChimeraError(f"There is a file `{one_line(str(path))}` already.", hint="Mend it.")
    _write(path, template(name))
    output.out(f"{clean(str(path))}\n")
    output.say(f"`chimera-tui personas edit {slug}` opens it.")


@personas.command()
@_slug
@with_library
def edit(library: Library, slug: str) -> None:
    """Open one in your editor ($VISUAL, $EDITOR), and check it when you are done.

    A built-in persona stays as it is: what you write takes its place.
    """
    path = library.own_file(slug)
    copy = ""
    if not path.exists():  # one of the person's own may be broken, and so not in the library
        persona = library.get(slug)
        path = library.own_file(persona.slug)
        copy = library.file(persona.slug).read_text(encoding="utf-8")
        _write(path, copy)
    try:
        click.edit(filename=str(path))
    except click.ClickException as error:
        raise ChimeraError(
            f"No editor: {one_line(error.format_message())}", hint="Set EDITOR to the one you use."
        ) from None
    finally:
        if copy and path.exists() and path.read_bytes() == copy.encode():
            path.unlink()
    if path.exists():
        persona = read_persona(path)
        output.say(f"{persona.name} is sound: {one_line(str(path))}")
    else:
        output.say("Nothing was changed.")


@personas.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Take the place of the persona of that name.")
@click.option("--into", metavar="SLUG", help="FILE is a lorebook: let this persona know it.")
@with_library
def import_(library: Library, file: Path, *, replace: bool, into: str | None) -> None:
    """Take the persona in FILE into the library; or the lorebook in it into a persona."""
    if into is not None:
        _import_lore(library, file, into)
        return
    found = import_persona(file)
    persona = found.persona
    if persona.slug in library.personas and not replace:
        raise ChimeraError(
            f"There is a persona `{persona.slug}` already.",
            hint="Its name is in the card: change it there, or say --replace."
            if found.card
            else "Rename the file, or say --replace.",
        )
    path = library.save(persona)
    if found.card:
        keep_card(path, found.card)
    for note in found.notes:
        output.say(note)
    output.say(f"{persona.name} is now in the library: {one_line(str(path))}")


def _import_lore(library: Library, file: Path, slug: str) -> None:
    persona = library.get(slug)
    if library.origin(persona.slug) is Origin.BUILTIN:  # what is built in is never written to
        library.save(persona)
    for note in add_lore(library.file(persona.slug), persona, file):
        output.say(note)
    output.say(f"{persona.name} knows now what is in {one_line(str(file))}.")


@personas.command()
@_slug
@click.option("--format", "name", type=click.Choice(list(FORMATS)), default="toml", help="What as.")
@click.option("-o", "--output", "file", metavar="FILE", help="Where to. Default, and -: stdout.")
@with_library
def export(library: Library, slug: str, *, name: str, file: str | None) -> Exit:
    """Write one as a file that others can import: TOML, or a character card."""
    persona = library.get(slug)
    data = FORMATS[name].write(persona, kept_card(library.file(slug)))
    if file is None or file == "-":
        if not FORMATS[name].is_text:
            raise click.UsageError(f"A {name} is no text: say with -o where to write it.")
        output.out(data.decode())
        return Exit.DONE
    try:
        write_file(Path(file), data)
    except ChimeraError as error:
        output.say_error(error)
        return Exit.CANNOT_WRITE
    output.say(f"Written to {file}")
    return Exit.DONE


@personas.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@_as_json
@with_library
def validate(library: Library, file: Path | None, *, as_json: bool) -> Exit:
    """Check FILE, or else all personas and ready-made rooms: says file, line and key."""
    problems, count = list(library.problems), len(library)
    if file is not None:
        try:
            problems, count = [], 1
            import_persona(file)
        except InvalidFileError as error:
            problems, count = [f"{error.problem} {error.hint}".strip()], 0
    if as_json:
        found = {"sound": count, "problems": problems}
        output.out(json.dumps(found, indent=2) + "\n")
    else:
        output.out("".join(f"{one_line(problem, 1000)}\n" for problem in problems))
        output.say(f"Sound personas: {count}; problems: {len(problems)}.")
    return Exit.FAILED if problems else Exit.DONE


def _write(path: Path, text: str) -> None:
    private_folder(path.parent)
    write_file(path, text)


def _record(library: Library, persona: Persona) -> dict[str, object]:
    return asdict(persona) | {
        "origin": library.origin(persona.slug).name.lower(),
        "version": persona.version,
        "file": str(library.file(persona.slug)),
    }
