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
from urllib.parse import urlsplit

import click

import chimera_tui
from chimera_tui.cli import output
from chimera_tui.cli.exits import Exit
from chimera_tui.cli.files import Files
from chimera_tui.cli.options import with_files
from chimera_tui.domain.errors import ChimeraError, StorageError
from chimera_tui.domain.text import one_line
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.providers import registry
from chimera_tui.resilience.gate import Gate
from chimera_tui.resilience.monitor import Monitor
from chimera_tui.settings.paths import Paths
from chimera_tui.settings.settings import ProviderSettings, Settings
from chimera_tui.storage.inspection import inspect
from chimera_tui.ui import clipboard

PACKAGES = ("textual", "openai", "ollama", "httpx2", "httpx", "click", "msgspec")
VARIABLES = ("CHIMERA_CONFIG", "CHIMERA_DB", "NO_COLOR", "TERM", "COLORTERM", "SSH_TTY", "TMUX")
"""What Chimera looks at in the environment, beside addresses and keys of providers."""

Facts = dict[str, Any]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_files
def doctor(files: Files, *, as_json: bool) -> int:
    """Say what is found: versions, terminal, files, database, local servers. Never a key."""
    paths = files.paths()
    settings, broken = files.load_settings()
    library = Library.load(builtin_folder(), paths.personas)
    database = _database(paths.db)
    problems = [broken, *library.problems, database.get("problem", "")]
    report = {
        "versions": _versions(),
        "terminal": _terminal(),
        "files": _files(paths),
        "database": database,
        "personas": {"found": len(library)},
        "providers": asyncio.run(_providers(settings)),
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


async def _providers(settings: Settings) -> Facts:
    """Ask all providers at once how they are."""
    answers = await asyncio.gather(*(_provider(settings, name) for name in settings.order))
    return dict(zip(settings.order, answers, strict=True))


async def _provider(settings: Settings, name: str) -> str:
    own = settings.providers.get(name, ProviderSettings())
    try:
        at = registry.endpoint(name, base_url=own.base_url, key_env=own.key_env, environ=os.environ)
    except ChimeraError as error:
        return error.problem
    provider = registry.provider(at)
    monitor = Monitor()
    monitor.follow(Gate(provider))
    try:
        found = await monitor.check(name)
    finally:
        await provider.aclose()
    latency = "" if found.latency is None else f" in {found.latency * 1000:.0f} ms"
    models = f", models: {len(found.models)}" if found.models else ""
    return (
        f"{found.state}{latency}{models} at {_without_password(at.address)} {found.reason}".strip()
    )


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _environment(settings: Settings) -> Facts:
    """Say which variables are set; only of those that hold no secret also to what."""
    secret = {own.key_env for own in settings.providers.values() if own.key_env}
    for service in registry.SERVICES.values():
        secret |= {*service.key_env, *service.address_env}
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
