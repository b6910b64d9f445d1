"""`keys`: where the keys of providers lie, and putting them there. No key is ever printed."""

import asyncio
import json
import sys

import click

from chimera_tui.cli import output
from chimera_tui.cli.checking import check, endpoints
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.files import Files
from chimera_tui.cli.options import with_files
from chimera_tui.domain.text import one_line
from chimera_tui.settings.keys import KeySource, KeyState
from chimera_tui.system.files import LONGEST_FILE

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_name = click.argument("name", metavar="NAME")


@click.group(invoke_without_command=True)
@_as_json
@with_files
def keys(_: Files, *, as_json: bool) -> object:
    """List which providers have a key; or keep one, or forget it."""
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is None:
        return ctx.invoke(list_, as_json=as_json)
    ctx.default_map = {"list": {"as_json": as_json}}
    return None


@keys.command("list")
@_as_json
@with_files
def list_(files: Files, *, as_json: bool) -> None:
    """Say where the key of each provider lies, and its last four characters."""
    known = endpoints(files)
    states = [known.key_state(name) for name in known.names]
    if as_json:
        output.out(json.dumps([record(state) for state in states], indent=2) + "\n")
    else:
        width = max(len(state.provider) for state in states)
        output.out("".join(f"{s.provider:<{width}}  {one_line(words(s))}\n" for s in states))
    _say_notes(files)


@keys.command("set")
@_name
@click.option("--no-test", is_flag=True, help="Do not ask the provider whether it is right.")
@with_files
def set_(files: Files, name: str, *, no_test: bool) -> Exit:
    """Keep a key: it is asked for, or read from stdin, and never shown."""
    known = endpoints(files)
    before = known.key_state(name)  # of an unknown provider the key is not asked for
    kept = known.keep_key(name, _read(before))
    _say_notes(files)
    if kept.source is KeySource.ENVIRONMENT:
        output.say(f"It is kept. But {kept.place} is set, and goes before it.")
    else:
        output.say(f"{kept.title} at {kept.address}: {words(kept)}.")
    if no_test:
        return Exit.DONE
    found = asyncio.run(check(known, name))
    if found.error is None:
        output.say(f"{found.title} answers, and accepts it.")
        return Exit.DONE
    output.say_error(found.error)
    output.say(f"The key is kept; `chimera-tui providers check {name}` shows what was answered.")
    return Exit.FAILED


@keys.command()
@_name
@with_files
def unset(files: Files, name: str) -> Exit:
    """Forget the kept key of a provider."""
    known = endpoints(files)
    known.key_state(name)  # of an unknown provider it says so
    was_there = known.forget_key(name)
    output.say("It is forgotten." if was_there else f"No key of {name} is kept.")
    left = known.key_state(name)
    if left.source is KeySource.ENVIRONMENT:
        output.say(f"But {left.place} is set in the environment, and is used.")
    _say_notes(files)
    return Exit.DONE if was_there else Exit.FAILED


def record(state: KeyState) -> dict[str, object]:
    """The state of a key as `--json` says it."""
    return {
        "provider": state.provider,
        "source": state.source,
        "place": state.place or None,
        "end": state.end or None,
        "address": state.address or None,
        "kept_for": state.elsewhere or None,
        "variables": state.variables,
    }


def words(state: KeyState) -> str:
    """The state of a key in words."""
    if state.source is not None:
        place = "the keyring" if state.source is KeySource.KEYRING else state.place
        return f"{state.end or 'a short key'} from {place}"
    if state.elsewhere:
        return f"none for {state.address}; the one that is kept is for {state.elsewhere}"
    return f"none (may be in {' or '.join(state.variables)})" if state.variables else "none"


def _read(state: KeyState) -> str:
    """Ask for a key without showing it, or read it from what is piped in."""
    if sys.stdin is not None and sys.stdin.isatty():
        question = f"Key of {state.title} for {state.address} (it is not shown)"
        key: str = click.prompt(question, hide_input=True, default="", show_default=False, err=True)
        return key
    try:
        return sys.stdin.read(LONGEST_FILE) if sys.stdin else ""
    except UnicodeDecodeError:
        return "\ufffd"  # refused in the same words as any other sign that no key has


def _say_notes(files: Files) -> None:
    for note in files.keys().notes:
        output.say(f"chimera-tui: {note}")
