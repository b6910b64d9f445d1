"""`talk`, run in this process against the demo and against servers that misbehave."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.cli.output import OutputError
from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.storage.recorder import Recorder
from tests.cli.conftest import Command
from tests.fault_server import refused_address
from tests.storage.values import saving, started

DEMO = ("talk", "--demo", "--topic", "Should robots dream?", "--pace", "0")


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_conversation_is_printed_and_saved(command: Command) -> None:
    result = command(*DEMO, "--turns", "3", "--seed", "7")

    assert result.code == 0
    heads = [line for line in result.out.splitlines() if line.endswith(" (DEMO)")]
    assert len(heads) == 3
    assert result.err == "Saved as conversation 1.\n"
    assert json.loads(command("conversations", "--json").out)[0]["messages"] == 3


@pytest.mark.parametrize("mode", MODES)
def test_the_same_seed_gives_the_same_conversation(command: Command, mode: str) -> None:
    asked = (*DEMO, "--turns", "4", "--mode", mode, "--seed")
    first, second, other = (command(*asked, seed) for seed in ("7", "7", "8"))
    assert first.out == second.out != other.out
    assert first.code == 0


def test_what_json_prints_is_what_was_saved(command: Command) -> None:
    printed = lines(command(*DEMO, "--turns", "2", "--json").out)
    saved = json.loads(command("conversations", "show", "1", "--json").out)

    messages = [line for line in printed if line["event"] == "message_completed"]
    assert [(m["message_id"], m["text"]) for m in messages] == [
        (m["id"], m["text"]) for m in saved["messages"]
    ]
    assert printed[0]["event"] == "turn_started"
    assert printed[-1] == {
        "event": "conversation_ended",
        "conversation_id": 1,
        "reason": "finished",
    }
    for message in messages:
        pieces = [
            line["text"]
            for line in printed
            if line["event"] == "text_received" and line["turn"] == message["turn"]
        ]
        assert "".join(pieces).strip() == message["text"]


def test_a_ready_made_room_brings_topic_and_cast(command: Command) -> None:
    room = ("talk", "--demo", "--room", "two-chairs", "--pace", "0")
    printed = command(*room, "--mode", "round_robin", "--turns", "2", "--json").out
    speakers = [line["speaker"] for line in lines(printed) if line["event"] == "turn_started"]
    assert speakers == ["machine", "philosopher"]
    unknown = command("talk", "--demo", "--room", "two-chair")
    assert "Did you mean `two-chairs`?" in unknown.err
    assert command("talk", "--demo").code == 2


def test_cast_and_mode_are_as_asked_for(command: Command) -> None:
    cast = "scientist, comedian"
    printed = command(*DEMO, "--turns", "3", "--cast", cast, "--mode", "round_robin", "--json").out
    speakers = [line["speaker"] for line in lines(printed) if line["event"] == "turn_started"]
    assert speakers == ["scientist", "comedian", "scientist"]


@pytest.mark.parametrize(
    ("arguments", "problem", "hint"),
    [
        (("--cast", "philosofer"), "persona `philosofer`", "Did you mean `philosopher`?"),
        (("--mode", "round-robin"), "mode `round-robin`", "Did you mean `round_robin`?"),
        (("--model", "comedian=ollma/x"), "provider `ollma`", "Did you mean `ollama`?"),
        (("--model", "comedian"), "`` names no model", "provider/model"),
        (("--turns", "101"), "101", "1<=x<=100"),
    ],
)
def test_what_does_not_exist_is_named_with_the_nearest(
    command: Command, arguments: tuple[str, str], problem: str, hint: str
) -> None:
    result = command(*DEMO, *arguments)
    assert (result.code, result.out) == (2, "")
    assert problem in result.err
    assert hint in result.err


def test_nobody_can_be_reached(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LM_STUDIO_URL", refused_address())
    monkeypatch.setenv("OLLAMA_URL", refused_address())
    result = command("talk", "--topic", "x", "--pace", "0", "--json")

    failed = [line for line in lines(result.out) if line["event"] == "turn_failed"]
    assert result.code == 1
    assert [f["kind"] for f in failed] == ["connect"] * 3
    assert failed[0]["problem"] == "No model can be reached."
    assert lines(result.out)[-1]["reason"] == "failed"


def test_some_turns_failed(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_URL", refused_address())
    result = command(
        *DEMO, "--turns", "3", "--mode", "round_robin", "--model", "comedian=ollama/llama3.2"
    )
    assert result.code == 3
    assert "The Comedian did not speak: " in result.err


def test_a_mistake_of_ours_is_said_in_a_line(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def record(*_: object) -> None:
        secret = "sk-canary"  # noqa: S105, F841 - a value that no report may show
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Recorder, "record", record)
    result = command(*DEMO)

    assert result.code == 1
    assert "a mistake in Chimera ended it: ZeroDivisionError: oh" in result.err
    assert "Traceback" not in result.err
    (report,) = home.rglob("crash-*.txt")
    assert "in record" in report.read_text()
    assert "sk-canary" not in report.read_text().replace('secret = "sk-canary"', "")


def test_what_cannot_be_saved_ends_it(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    async def record(*_: object) -> None:
        raise StorageError("The disk is full.", hint="Make room.")

    monkeypatch.setattr(Recorder, "record", record)
    result = command(*DEMO, "--json")
    assert result.code == 5
    assert [line["event"] for line in lines(result.out)] == [
        "turn_started",
        "turn_failed",
        "conversation_ended",
    ]


def test_a_database_that_cannot_be_written(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("conversations")

    def refuse(*_: object) -> None:
        raise StorageError("The file cannot be written.", kind=StorageFault.READ_ONLY)

    monkeypatch.setattr("chimera_tui.storage.store.open_writer", refuse)
    result = command(*DEMO)
    assert (result.code, result.out) == (5, "")
    assert "The file cannot be written." in result.err


def test_what_an_earlier_unclean_end_left_is_said(command: Command, home: Path) -> None:
    async def leave_unfinished() -> None:
        async with saving(home / "c.db") as s:
            await s.record(started(1))
            await s.store.write(lambda db: db.execute("UPDATE attempt SET draft = 'Hello, my'"))

    asyncio.run(leave_unfinished())
    result = command(*DEMO, "--turns", "1")
    assert result.code == 0
    assert result.err == (
        "Recovered: the program ended while ada spoke in conversation 1 (Is zero a number?);"
        " 9 characters of it are kept.\nSaved as conversation 2.\n"
    )
    assert "Recovered" not in command("conversations").err


def test_a_full_disk_behind_stdout(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: str) -> None:
        raise OutputError("The output cannot be written: no space left on device.")

    monkeypatch.setattr("chimera_tui.cli.output.out", refuse)
    result = command(*DEMO)
    assert result.code == 5
    assert result.err.startswith("chimera-tui: The output cannot be written: no space left")
