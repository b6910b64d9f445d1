"""`conversations` and `export`."""

import json
import stat
from pathlib import Path

import pytest

from chimera_tui.cli.main import run
from tests.cli.conftest import Command

pytestmark = pytest.mark.usefixtures("a_conversation")
TALK = ("talk", "--demo", "--pace", "0", "--turns", "2", "--topic")


@pytest.fixture
def a_conversation(command: Command) -> None:
    command(*TALK, "Should robots dream?")


def test_they_are_listed_newest_first(command: Command) -> None:
    command(*TALK, "Is \x1b[31mred a colour?")
    listed = command("conversations", "list")
    assert listed.code == 0
    assert [line.split("  ")[0].strip() for line in listed.out.splitlines() if line] == ["", ""]
    titles = [line.split(maxsplit=4)[4] for line in listed.out.splitlines()]
    assert titles == ["Is ␛[31mred a colour?  [DEMO]", "Should robots dream?  [DEMO]"]


def test_json_lists_them_as_records(command: Command) -> None:
    before, alone, behind = (
        json.loads(command(*words).out)
        for words in (
            ("conversations", "--json", "list"),
            ("conversations", "--json"),
            ("conversations", "list", "--json"),
        )
    )
    assert before == alone == behind
    assert alone[0] | {"updated_at": ""} == {
        "id": 1,
        "title": "Should robots dream?",
        "messages": 2,
        "is_demo": True,
        "updated_at": "",
        "live_pid": None,
    }


def test_none_yet(command: Command, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["conversations", "--db", str(home / "other.db")]) == 0
    printed = capsys.readouterr()
    assert (printed.out, "no conversations yet" in printed.err) == ("", True)


def test_one_is_shown_and_exported_alike(command: Command) -> None:
    shown = command("conversations", "show", "1")
    assert "# Should robots dream?" in shown.out
    assert shown == command("export", "1")
    as_json = command("conversations", "show", "1", "--json")
    assert as_json == command("export", "1", "--format", "json", "-o", "-")
    assert len(json.loads(as_json.out)["messages"]) == 2


def test_one_is_renamed(command: Command) -> None:
    assert command("conversations", "rename", "1", " Sheep ").code == 0
    assert json.loads(command("conversations", "--json").out)[0]["title"] == "Sheep"
    command("conversations", "rename", "1", "")
    assert json.loads(command("conversations", "--json").out)[0]["title"] == "Should robots dream?"


def test_deleting_asks_first(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = command("conversations", "delete", "1")  # nobody answers
    assert asked.code == 1
    assert "Delete conversation 1 (Should robots dream?; messages: 2) for ever?" in asked.err
    assert command("conversations", "delete", "1", "--yes") == (0, "", "")
    assert json.loads(command("conversations", "--json").out) == []


@pytest.mark.parametrize(
    "words", [("conversations", "show"), ("export",), ("conversations", "delete")]
)
def test_one_that_is_not_there(command: Command, words: tuple[str, ...]) -> None:
    result = command(*words, "99")
    assert (result.code, result.out) == (2, "")
    assert "There is no conversation 99." in result.err
    assert "chimera-tui conversations" in result.err


def test_a_file_is_written_whole_or_not_at_all(command: Command, home: Path) -> None:
    file = home / "talk.md"
    file.write_text("before")
    assert command("export", "1", "-o", str(file)).code == 0
    assert file.read_text() == command("export", "1").out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert command("export", "1", "-o", str(home / "none" / "talk.md")).code == 5
    assert command("export", "1", "-o", str(home)).code == 5
    assert [path.name for path in home.glob(".*")] == []
