"""`doctor`: what was found on this machine, to be read or to be sent along with a question."""

import asyncio
import json
import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

import chimera_tui
from chimera_tui.cli import output
from chimera_tui.cli.checking import Checked, check
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.files import Files
from chimera_tui.cli.keys import words
from chimera_tui.cli.options import with_files
from chimera_tui.domain.errors import StorageError
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.providers import proxy, registry
from chimera_tui.providers.endpoints import Endpoints
from chimera_tui.settings.paths import Paths
from chimera_tui.settings.settings import Settings
from chimera_tui.storage.inspection import inspect
from chimera_tui.storage.rescue import rescued_before
from chimera_tui.ui.kit import clipboard

PACKAGES = (
    "textual", "openai", "anthropic", "google-genai", "ollama", "genai-prices", "httpx2", "httpx",
    "click", "msgspec",
)  # fmt: skip
VARIABLES = (
    "CHIMERA_CONFIG", "CHIMERA_DB", "NO_COLOR", "TERM", "COLORTERM", "SSH_TTY", "TMUX",
    *proxy.EXCEPTIONS,
)  # fmt: skip
"""What Chimera looks at in the environment, beside addresses and keys of providers."""

Facts = dict[str, Any]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_files
def doctor(files: Files, *, as_json: bool) -> int:
    """Say what is found: versions, terminal, files, database, local servers. Never a key."""
    paths = files.paths()
    settings, broken = files.load_settings()
    known = Endpoints(settings, files.keys(), os.environ)
    library = Library.load(builtin_folder(), paths.personas)
    database = _database(paths.db)
    if rescued := rescued_before(paths.db):
        database["rescued"] = list(rescued)
    providers, keys = asyncio.run(_providers(known)), _keys(known)
    problems = [broken, *library.problems, database.get("problem", ""), *known.notes]
    report = {
        "versions": _versions(),
        "terminal": _terminal(),
        "files": _files(paths),
        "database": database,
        "personas": {"found": len(library)},
        "providers": providers,
        "keys": keys,
        "environment": _environment(settings),
        "problems": [problem for problem in problems if problem],
    }
    if as_json:
        output.out(json.dumps(report, indent=2) + "\n")
    else:
        output.out("".join(f"{line}\n" for line in _lines(report)))
    return Exit.FAILED if report["problems"] else Exit.DONE


def _versions() -> Facts:
    found = {
        "chimera-tui": chimera_tui.__version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found


def _terminal() -> Facts:
    columns, lines = shutil.get_terminal_size()
    return {
        "is_terminal": bool(sys.stdout and sys.stdout.isatty()),
        "size": f"{columns}x{lines}",
        "encoding": sys.stdout.encoding if sys.stdout else "",
        "colours": _colours(os.environ),
        "clipboard": clipboard.ways(os.environ),
    }


def _colours(environ: Mapping[str, str]) -> str:
    if environ.get("NO_COLOR"):
        return "none (NO_COLOR)"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million"
    return "256" if "256" in environ.get("TERM", "") else "16"


def _files(paths: Paths) -> Facts:
    return {
        "settings": _file(paths.config),
        "keys": _file(paths.keys),
        "database": _file(paths.db),
        "personas": _file(paths.personas),
        "logs": _file(paths.logs),
    }


def _file(path: Path) -> str:
    try:
        return f"{path} ({stat.filemode(path.stat().st_mode)})"
    except FileNotFoundError:
        return f"{path} (not there)"
    except OSError as error:
        return f"{path} ({(error.strerror or str(error)).lower()})"


def _database(path: Path) -> Facts:
    """Look at the database without making, changing or locking it."""
    if not path.exists():
        return {"state": "not there yet"}
    try:
        found = inspect(path)
    except StorageError as error:
        return {"problem": error.problem, "hint": error.hint}
    facts: Facts = {
        "form": found.version,
        "size": f"{found.size / 1e6:.1f} MB",
        "conversations": found.conversations,
        "messages": found.messages,
        "integrity": found.damage or "ok",
    }
    return facts | ({"problem": f"The database is damaged: {found.damage}"} if found.damage else {})


async def _providers(known: Endpoints) -> Facts:
    """Ask all providers at once how they are."""
    answers = await asyncio.gather(*(check(known, name) for name in known.names))
    return {found.name: _provider(found) for found in answers}


def _provider(found: Checked) -> str:
    at, problem = found.at, found.error.problem if found.error else ""
    if at is None:
        return problem
    latency = f" in {found.seconds * 1000:.0f} ms" if found.seconds and not problem else ""
    proxy = f" through the proxy {at.proxy_host}" if at.proxy else ""
    return f"{found.state}{latency} at {at.address}{proxy} {problem}".strip()


def _keys(known: Endpoints) -> Facts:
    """Say where the key of each provider lies."""
    return {name: words(known.key_state(name)) for name in known.names}


def _environment(settings: Settings) -> Facts:
    """Say which variables are set; only of those that hold no secret also to what."""
    secret = {own.key_env for own in settings.providers.values() if own.key_env}
    for service in registry.SERVICES.values():
        secret |= {*service.key_env, *service.address_env}
    secret |= set(proxy.VARIABLES)  # may hold a password
    shown = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return shown | dict.fromkeys(sorted(secret & os.environ.keys()), "set")


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    for title, facts in report.items():
        yield title
        rows = dict(enumerate(facts, 1)) if isinstance(facts, list) else facts
        width = max((len(str(key)) for key in rows), default=0)
        for key, fact in rows.items():
            yield f"  {key!s:<{width}}  {one_line(_words(fact))}"
        yield "" if rows else "  none\n"


def _words(fact: object) -> str:
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    return ", ".join(map(str, fact)) if isinstance(fact, list) else str(fact)
