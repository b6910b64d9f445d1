"""Running commands in this process, as `main` does."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from chimera_tui.cli.main import run

Command = Callable[..., "Result"]


class Result(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder in which nothing was set yet, and no provider in the environment."""
    for name in ("LM_STUDIO_URL", "OLLAMA_URL", "OLLAMA_HOST", "CHIMERA_DB", "CHIMERA_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


@pytest.fixture
def command(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `chimera-tui` with these arguments, on a database of its own."""

    def run_it(*arguments: str) -> Result:
        code = run(["--db", str(home / "c.db"), *arguments])
        return Result(code, *capsys.readouterr())

    return run_it
