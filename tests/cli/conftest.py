"""Running commands in this process, as `main` does."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from chimera_tui.cli.main import run
from chimera_tui.providers import proxy
from chimera_tui.providers.registry import SERVICES
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer, in_a_thread

Command = Callable[..., "Result"]
KEY = "canary-0123456789-WXYZ"
"""What `server` lets in."""


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder in which nothing was set yet, and no provider in the environment."""
    known = [name for one in SERVICES.values() for name in (*one.address_env, *one.key_env)]
    for name in (*known, *proxy.VARIABLES, *proxy.EXCEPTIONS, "CHIMERA_DB", "CHIMERA_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `chimera-tui` with these arguments, on a database of its own."""

    def run_it(*arguments: str) -> Result:
        code = run(["--db", str(home / "c.db"), *arguments])
        return Result(code, *capsys.readouterr())

    return run_it


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """LM Studio where only `KEY` is let in, in a thread of its own: commands bring their loop."""
    found = FaultServer()

    async def guarded(reply: Reply) -> None:
        if f"Bearer {KEY}\r\n" in found.heads[-1]:
            await reply.whole(200, reply.dialect.document(), "application/json")
        else:
            body = json.dumps({"error": f"Incorrect API key provided: {found.heads[-1]}"})
            await reply.whole(401, body.encode(), "application/json")

    found.scenarios["guarded"] = guarded
    with in_a_thread(found):
        monkeypatch.setenv("LM_STUDIO_URL", found.url("guarded"))
        yield found
