"""G15: a key is nowhere but where it belongs: not in output, files, screens or arguments.

Every known service, and two endpoints of one's own, get a key that occurs nowhere else, and an
address where a server refuses it and throws it back in every writing. Then the program is used,
and all that it leaves behind is searched.
"""

import base64
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from chimera_tui.providers import registry
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer, in_a_thread
from tests.process.program import PATIENCE, PROGRAM, Home
from tests.process.terminal import Terminal
from tests.process.test_app import BROKEN, BROKEN_ROOM, LIVE, QUIT

pytestmark = pytest.mark.slow

OWN, FILED = "own", "filed"
"""Endpoints of one's own: with the key in a variable, and in `keys.toml`."""
SERVICES = {name: s for name, s in registry.SERVICES.items() if s.wire in registry.WIRES}
NAMES = (*SERVICES, OWN, FILED)
_KEY_HEADER = re.compile(r"(?im)^(?:authorization: bearer |x-api-key: |x-goog-api-key: )(.+?)\r?$")


def core(name: str) -> str:
    """The part of a key that nothing else contains, and that no escaping changes."""
    return f"Cnry{NAMES.index(name):02}9f8e7d6c5b"


def canary(name: str) -> str:
    """A key of no known shape, with all that is written differently in JSON and in URLs."""
    return f'q/+"\\&%{core(name)}/=wxyz'


def traces(name: str) -> set[bytes]:
    """What shows that a key was there: its core, in plain (or nearly so) and in base64."""
    plain = core(name).encode()
    return {plain, plain.lower(), plain.upper()} | {
        base64.b64encode(b"\0" * shift + plain)[4 : (shift + len(plain)) // 3 * 4]
        for shift in range(3)
    }


@dataclass
class World:
    """A home, the server in it, and all that was put out so far."""

    home: Home
    server: FaultServer
    environment: dict[str, str]
    said: dict[str, bytes] = field(default_factory=dict)

    def run(self, *words: str, **options: str) -> str:
        """Run a command; return what it said."""
        result = self.home.run(*words, environment=self.environment | options)
        self.said[" ".join(words)] = (result.stdout + result.stderr).encode()
        return result.stdout + result.stderr

    def open(self, *words: str, patch: str = "") -> Terminal:
        """Start it on a terminal, perhaps with a mistake in it."""
        code = ["-c", BROKEN.format(patch=patch)] if patch else PROGRAM[1:]
        environment = self.home.environment(**self.environment)
        return Terminal([PROGRAM[0], *code, *words], environment)

    def found(self) -> list[str]:
        """Where a key was found: which one, and where."""
        for path in self.home.path.rglob("*"):
            if path.is_file() and path.name != "keys.toml":
                self.said[str(path)] = path.read_bytes()
        return [
            f"{name} in {where}: {data[max(0, data.find(trace) - 60) :][:120]!r}"
            for where, data in self.said.items()
            for name in NAMES
            for trace in traces(name)
            if trace in data
        ]


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """A home in which every provider has a key, and none is let in."""
    server = FaultServer()
    for act in (echo, echo_page, echo_redirect, echo_error_in_stream):
        server.scenarios[act.__name__] = _with_key(server, act)
    with in_a_thread(server):
        environment = {"OWN_KEY": canary(OWN)}
        for name, service in SERVICES.items():
            environment |= {service.address_env[0]: server.url("echo")}
            environment |= {service.key_env[0]: canary(name)}
        write_settings(home, server, "echo")
        world = World(home, server, environment)
        with world.home.start(
            "keys", "set", FILED, environment=world.environment, stdin=-1
        ) as process:
            out, err = process.communicate(canary(FILED), PATIENCE)
        world.said["keys set"] = (out + err).encode()
        assert "refuses the key" in err
        yield world


def write_settings(home: Home, server: FaultServer, scenario: str) -> None:
    """Name the two endpoints, where this happens."""
    folder = home.path / "chimera-tui"
    folder.mkdir(exist_ok=True)
    url = server.url(scenario)
    (folder / "config.toml").write_text(
        f'[providers.{OWN}]\nbase_url = "{url}"\nkey_env = "OWN_KEY"\n'
        f'[providers.{FILED}]\nbase_url = "{url}"\n'
    )


def _with_key(server: FaultServer, act):  # type: ignore[no-untyped-def]  # of a scenario
    async def scenario(reply: Reply) -> None:
        match = _KEY_HEADER.search(server.heads[-1])
        await act(reply, match[1] if match else "")

    return scenario


def writings(key: str) -> str:
    """A key in every writing that a server may throw back, also cut."""
    encoded = [base64.b64encode(f"{user}{key}".encode()).decode() for user in ("", "u:", "me:")]
    return " ".join([key, quote(key), quote(key, safe=""), json.dumps(key), *encoded])


async def echo(reply: Reply, key: str) -> None:
    error = {"message": f"Incorrect API key provided: {writings(key)}", "code": "invalid_api_key"}
    body = json.dumps({"error": error})
    await reply.whole(401, body.encode(), "application/json", www_authenticate=f"Bearer {key}")


async def echo_page(reply: Reply, key: str) -> None:
    await reply.whole(200, f"<html><title>{writings(key)}</title>".encode(), "text/html")


async def echo_redirect(reply: Reply, key: str) -> None:
    await reply.whole(307, b"", location=f"https://elsewhere.example/{quote(key)}?key={quote(key)}")


async def echo_error_in_stream(reply: Reply, key: str) -> None:
    await reply.say(reply.dialect.event({"error": f"no: {writings(key)}"}))


def test_no_command_says_a_key_or_leaves_it_anywhere(world: World) -> None:
    world.run("keys")
    world.run("keys", "--json")
    assert "…wxyz" in world.run("providers", "list")
    assert "…wxyz" in world.run("providers", "check")
    world.run("providers", "models")
    world.run("doctor")
    world.run("doctor", "--json")
    assert world.found() == []


@pytest.mark.parametrize("scenario", ["echo", "echo_page", "echo_redirect", "echo_error_in_stream"])
def test_no_answer_leaves_a_key_anywhere(world: World, scenario: str) -> None:
    """The SDKs are told to log all that they do; every provider fails once, in a conversation."""
    write_settings(world.home, world.server, scenario)
    world.environment |= dict.fromkeys(("OPENAI_LOG", "ANTHROPIC_LOG"), "debug")
    for service in SERVICES.values():
        world.environment[service.address_env[0]] = world.server.url(scenario)
    world.run("providers", "check", "--json")
    cast = ("comedian", "scientist", "philosopher")
    for first in range(0, len(NAMES), len(cast)):  # three failures in a row end a conversation
        models = [f"{who}={name}/m-1" for who, name in zip(cast, NAMES[first:], strict=False)]
        said = world.run(
            *("talk", "--topic", "x", "--json", "--pace", "0", "--mode", "round_robin"),
            *("--cast", ",".join(cast[: len(models)]), "--turns", str(len(models))),
            *(word for model in models for word in ("--model", model)),
        )
        assert all(f'"provider": "{name}"' in said for name in NAMES[first : first + len(cast)])
        assert '"turn_failed"' in said
        assert "DEBUG" not in said
        world.run("export", str(first // 3 + 1), "--format", "markdown")
        world.run("export", str(first // 3 + 1), "--format", "json")
    assert world.found() == []


def test_the_app_shows_no_key_and_nobody_sees_it_among_the_arguments(world: World) -> None:
    world.run("talk", "--demo", "--topic", "x", "--turns", "1", "--pace", "0")
    asked = len(world.server.calls)
    with world.open() as terminal:
        terminal.wait_for("Comedian")
        arguments = Path(f"/proc/{terminal.process.pid}/cmdline")
        if arguments.exists():
            world.said["arguments"] = arguments.read_bytes()
        terminal.wait_until(lambda: len(world.server.calls) > asked, "a request of it")
        terminal.send(QUIT)
        assert terminal.wait_exit() == 0
        world.said["terminal"] = bytes(terminal.output)
    assert world.found() == []


BROKEN_APP = f"""
import os
from chimera_tui.ui.app import ChimeraApp
async def broken(self, chimera):
    at = chimera.connections._endpoints.find({FILED!r})
    raise ZeroDivisionError("oh " + os.environ["OWN_KEY"] + repr(at) + at.key)
ChimeraApp._begin = broken
"""
BROKEN_TALK = """
import os
from chimera_tui.core.chimera import Chimera
async def broken(self, **ask):
    try:
        raise ValueError(os.environ["OWN_KEY"])
    except ValueError as error:
        raise ZeroDivisionError("oh") from error
Chimera.new_conversation = broken
"""


@pytest.mark.parametrize(
    ("patch", "words"),
    [(BROKEN_APP, ()), (BROKEN_ROOM, LIVE), (BROKEN_TALK, ("talk", "--topic", "x"))],
)
def test_a_crash_says_no_key(world: World, patch: str, words: tuple[str, ...]) -> None:
    with world.open(*words, patch=patch) as terminal:
        if patch is BROKEN_ROOM:
            terminal.wait_for("A mistake in Chimera stopped this room")
            terminal.send(QUIT)
        terminal.wait_exit()
        world.said["terminal"] = bytes(terminal.output)
    reports = list(world.home.path.rglob("crash-*.txt"))
    assert len(reports) == 1
    assert "[key]" in reports[0].read_text() or patch is BROKEN_ROOM
    assert world.found() == []


def test_only_the_file_of_the_keys_holds_one(world: World) -> None:
    holders = [
        path.name
        for path in world.home.path.rglob("*")
        if path.is_file() and core(FILED).encode() in path.read_bytes()
    ]
    assert holders == ["keys.toml"]


def test_the_search_finds_what_it_should(world: World) -> None:
    """A search that finds nothing proves nothing unless it can find something."""
    for number, writing in enumerate(writings(canary(OWN)).split()):
        world.said[f"writing {number}"] = writing.encode()
    with closing(sqlite3.connect(world.home.path / "planted.db")) as db:
        db.execute("CREATE TABLE t AS SELECT ? AS key", (canary(FILED),))
        db.commit()
    found = world.found()
    assert {line.split(":")[0] for line in found if "writing" in line} == {
        f"{OWN} in writing {number}" for number in range(7)
    }
    assert any(f"{FILED} in" in line and "planted.db" in line for line in found)
