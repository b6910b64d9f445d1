"""`doctor`."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import chimera_tui
from tests.cli.conftest import Command
from tests.fault_server import refused_address

SECRET = "sk-canary-0123456789"  # noqa: S105 - a key that must not be printed


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LM_STUDIO_URL", refused_address().replace("//", f"//me:{SECRET}@"))
    monkeypatch.setenv("OLLAMA_URL", refused_address())
    monkeypatch.setenv("LM_API_TOKEN", SECRET)


def test_nothing_is_made_and_no_key_is_shown(command: Command, home: Path) -> None:
    result = command("doctor")
    assert (result.code, result.err) == (0, "")
    assert SECRET not in result.out
    assert "LM_API_TOKEN" in result.out
    assert "not there yet" in result.out
    assert list(home.iterdir()) == []


def test_json_has_the_same(command: Command) -> None:
    command("talk", "--demo", "--topic", "x", "--turns", "2", "--pace", "0")
    result = command("doctor", "--json")
    report = json.loads(result.out)
    assert list(report) == [
        "versions", "terminal", "files", "database", "personas", "providers", "keys", "environment",
        "problems",
    ]  # fmt: skip
    assert SECRET not in result.out
    assert report["versions"]["chimera-tui"] == chimera_tui.__version__
    assert (report["database"]["messages"], report["database"]["integrity"]) == (2, "ok")
    assert "(-rw-------)" in report["files"]["database"]
    assert "down at http://127.0.0.1:" in report["providers"]["ollama"]
    assert report["problems"] == []


def test_what_is_wrong_is_said_and_exits_with_1(command: Command, home: Path) -> None:
    command("conversations")
    with closing(sqlite3.connect(home / "c.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    (home / "chimera-tui").mkdir()
    (home / "chimera-tui" / "config.toml").write_text("pace = 'fast'\n")
    result = command("doctor", "--json")
    problems = json.loads(result.out)["problems"]
    assert result.code == 1
    assert "config.toml`, line 1" in problems[0]
    assert "newer Chimera" in problems[1]


def test_what_was_rescued_is_named_with_how_to_open_it(command: Command, home: Path) -> None:
    command("conversations")
    rescued = home / "c-rescued-20260101-120000.db"
    shutil.copyfile(home / "c.db", rescued)
    opens = f"`chimera-tui --db {rescued}` opens it."
    assert opens in json.loads(command("doctor", "--json").out)["database"]["rescued"][0]
    assert opens in command("doctor").out
    for listed in command("conversations"), command("conversations", "list", "--json"):
        assert opens in listed.err
    command("talk", "--demo", "--topic", "Bees", "--turns", "1", "--pace", "0")
    assert opens in command("conversations").err
    (home / "c.db").unlink()
    assert opens in command("doctor").out
