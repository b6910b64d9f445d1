"""`talk` as another process: pipes, signals, terminals."""

import json
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.process.program import PATIENCE, PROGRAM, TALK, Home, events

FAST = ("--pace", "0", "--turns", "4")
SLOW = ("--pace", "1", "--json")


def test_it_prints_each_line_when_it_happens(home: Home) -> None:
    with home.start(*TALK, *SLOW) as process:
        lines = events(process)
        for event in ("turn_started", "attempt_started", "text_received"):
            assert next(lines)["event"] == event
        assert process.poll() is None
        process.kill()


def test_a_reader_that_has_enough_ends_it(home: Home) -> None:
    """F14."""
    with home.start(*TALK, "--pace", "0", "--turns", "100", "--json") as process:
        assert process.stdout
        assert process.stderr
        assert json.loads(process.stdout.readline())["event"] == "turn_started"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 0
    saved = home.conversation()
    assert saved["failure"] is None
    assert len(saved["messages"]) < 100


@pytest.mark.parametrize("words", [(*TALK, *FAST), (*TALK, *FAST, "--json"), ("doctor",)])
def test_a_full_disk_behind_stdout(home: Home, words: tuple[str, ...]) -> None:
    """F14."""
    with Path("/dev/full").open("w") as full:
        result = home.run(*words, stdout=full)
    assert result.returncode == 5
    assert result.stderr == (
        "chimera-tui: The output cannot be written: no space left on device.\n"
    )


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_whoever_started_it_closed(home: Home, closed: str) -> None:
    """X05."""
    script = f'exec "$@" {closed}'
    process = subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", script, "sh", *PROGRAM, *TALK, *FAST],
        env=home.environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert process.returncode == 0
    assert b"Traceback" not in process.stderr
    assert len(home.conversation()["messages"]) == 4
    with closing(sqlite3.connect(home.db)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_and_what_was_said_is_kept(
    home: Home, number: signal.Signals, code: int
) -> None:
    """X03, X04."""
    with home.start(*TALK, *SLOW) as process:
        heard, last = "", {}
        for event in events(process):
            if event["event"] == "text_received" and not heard:
                process.send_signal(number)
                heard = event["text"]
            last = event
        assert process.wait(PATIENCE) == code
    assert last == {"event": "conversation_ended", "conversation_id": 1, "reason": "stopped"}
    (message,) = home.conversation()["messages"]
    assert message["finish"] == "stopped"
    assert message["text"].startswith(heard.strip())


def test_what_it_was_told_to_ignore_it_ignores(home: Home) -> None:
    script = 'trap "" HUP; exec "$@"'
    with subprocess.Popen(  # noqa: S603 - our own program
        ["/bin/sh", "-c", script, "sh", *PROGRAM, *TALK, "--turns", "1", "--pace", "0.2", "--json"],
        env=home.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        reasons = []
        for event in events(process):
            process.send_signal(signal.SIGHUP)
            reasons.append(event.get("reason"))
        assert process.wait(PATIENCE) == 0
    assert reasons[-1] == "finished"


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "dumb"},
        {"NO_COLOR": "1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_it_needs_no_more_than_a_line_at_a_time(home: Home, environment: dict[str, str]) -> None:
    """X02."""
    with home.open_app(*TALK, *FAST, environment=environment) as terminal:
        assert terminal.wait_exit() == 0
        assert "The Comedian (DEMO)" in terminal.text
        assert b"\x1b" not in terminal.output


def test_piped_data_is_utf_8_whatever_the_locale(home: Home) -> None:
    words = [*TALK[:3], "Où sont les façades?", *TALK[4:], *FAST]
    home.run(*words)
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = home.run("export", "1", environment=locale)
    assert "Où sont les façades?" in result.stdout


def test_two_at_once_share_the_database(home: Home) -> None:
    """S07."""
    with home.start(*TALK, *FAST, "--json") as one, home.start(*TALK, *FAST, "--json") as other:
        ended = [[*events(one)][-1], [*events(other)][-1]]
        assert [one.wait(PATIENCE), other.wait(PATIENCE)] == [0, 0]
    assert {e["conversation_id"] for e in ended} == {1, 2}
    assert all(len(home.conversation(n)["messages"]) == 4 for n in (1, 2))


def test_what_is_live_elsewhere_is_left_alone(home: Home) -> None:
    """S07."""
    with home.start(*TALK, *SLOW) as process:
        lines = events(process)
        next(lines)
        refused = home.run("conversations", "delete", "1", "--yes")
        assert refused.returncode == 1
        assert f"process {process.pid}" in refused.stderr
        listed = json.loads(home.run("conversations", "--json").stdout)
        assert listed[0]["live_pid"] == process.pid
        process.kill()
        process.wait(PATIENCE)
        freed = home.run("conversations", "delete", "1", "--yes")
        assert freed.returncode == 0
        assert freed.stderr.startswith("Recovered: the program ended while ")
