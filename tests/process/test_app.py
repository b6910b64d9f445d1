"""The app in a terminal that is resized, signalled, closed, and typed at."""

import random
import re
import shlex
import signal
import sqlite3
from contextlib import closing

import pytest

from chimera_tui.domain.text import clean
from tests.process.program import PROGRAM, TALK, Home
from tests.process.screen import Screen
from tests.process.terminal import Terminal

TOPIC = "Should robots dream?"
LIVE = ("--demo", "--topic", TOPIC, "--mode", "round_robin")
QUIT = "\x11"
SECRET = "sk-canary-0123456789"  # noqa: S105 - a value that nobody may see


@pytest.fixture
def talked(home: Home) -> Home:
    """A home with a conversation in it."""
    assert home.run(*TALK, "--pace", "0", "--turns", "3").returncode == 0
    return home


def spoken(terminal: Terminal) -> bool:
    """Whether somebody speaks in the transcript."""
    return any(line.lstrip().startswith("│ ") for line in terminal.screen.lines)


def leave(terminal: Terminal, keys: str = QUIT) -> None:
    """Quit, and see to it that the terminal is as it was."""
    terminal.send(keys)
    assert terminal.wait_exit() == 0
    assert terminal.modes_left_on() == set()


def test_the_first_run_leads_to_a_room_with_one_key(home: Home) -> None:
    with home.open_app() as terminal:
        terminal.wait_for("Start talking", "does not answer")
        terminal.send("\r")
        terminal.wait_until(lambda: spoken(terminal), "a spoken word")
        terminal.wait_for("DEMO")
        leave(terminal)


def test_a_storm_of_sizes(talked: Home) -> None:
    """X01."""
    rng = random.Random(1)
    with talked.open_app() as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        for _ in range(100):
            terminal.resize(rng.randint(1, 500), rng.randint(1, 200))
        for size in ((1, 1), (500, 200), (60, 18), (2, 40), (1, 1), (120, 40)):
            terminal.resize(*size)
        terminal.wait_for(TOPIC, "Scientist")
        leave(terminal)


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"TERM": "dumb"}, "TERM"),
        ({"TERM": ""}, "TERM"),
        ({"TERM": "unknown"}, "TERM"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "UTF-8"),
        ({"PYTHONIOENCODING": "latin-1"}, "UTF-8"),
    ],
)
def test_where_it_cannot_be_drawn_it_says_so(
    home: Home, environment: dict[str, str], word: str
) -> None:
    """X02."""
    with home.open_app(environment=environment) as terminal:
        assert terminal.wait_exit() == 2
        assert word in terminal.text
        assert b"\x1b" not in terminal.output
        assert terminal.text.count("\n") == 1
    assert not home.db.exists()


@pytest.mark.parametrize(
    "environment",
    [{"NO_COLOR": "1"}, {"TERM": "xterm", "COLORTERM": ""}, {"TERM": "linux", "COLORTERM": ""}],
)
def test_few_colours_are_enough(talked: Home, environment: dict[str, str]) -> None:
    """X02."""
    with talked.open_app(environment=environment) as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        colours = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", terminal.output)
        assert all(red == green == blue for red, green, blue in colours)  # greys at most
        leave(terminal)


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
def test_without_a_terminal_it_says_so(home: Home, stream: str) -> None:
    """X05."""
    script = {"stdin": "< /dev/null", "stdout": "> /dev/null", "stderr": "2> said"}[stream]
    words = ["/bin/sh", "-c", f'cd "$0"; "$@" {script}', str(home.path), *PROGRAM]
    with Terminal(words, home.environment()) as terminal:
        assert terminal.wait_exit() == 2
        said = home.path / "said"
        assert "needs a terminal" in (said.read_text() if said.exists() else terminal.text)


def test_what_the_terminal_lost_is_painted_anew_in_the_same_size(talked: Home) -> None:
    """A window that was made small and large again before the app looked."""
    with talked.open_app() as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        said = [words for line in terminal.screen.lines[5:30] if (words := line[30:70].strip())]
        terminal.screen = Screen(120, 40)
        terminal.signal(signal.SIGWINCH)
        terminal.wait_for(*said)
        leave(terminal)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (None, 129)]
)
def test_a_signal_or_a_closed_terminal_ends_it_cleanly(
    home: Home, number: signal.Signals | None, code: int
) -> None:
    """X03."""
    with home.open_app(*LIVE) as terminal:
        terminal.wait_until(lambda: spoken(terminal), "a spoken word")
        if number is None:
            terminal.close()
        else:
            terminal.signal(number)
        assert terminal.wait_exit() == code
        if number is not None:
            assert terminal.modes_left_on() == set()
    saved = home.conversation()
    assert saved["messages"][-1]["finish"] in ("stopped", "stop")
    assert saved["failure"] is None


def test_no_storm_of_ctrl_c_ends_it_and_the_way_out_is_said(talked: Home) -> None:
    """X04."""
    with talked.open_app() as terminal:
        terminal.wait_for(TOPIC)
        terminal.send("\x03" * 50)
        terminal.wait_for("Leave with")
        leave(terminal)


def test_after_a_kill_it_says_what_was_cut_off_and_asks_nobody(home: Home) -> None:
    """X06."""
    with home.open_app(*LIVE) as terminal:
        terminal.wait_until(lambda: spoken(terminal), "a spoken word")
        terminal.process.kill()
        terminal.wait_exit()
    with home.open_app() as terminal:
        terminal.wait_for("The last exit cut", "again")
        leave(terminal)
    saved = home.conversation()
    assert saved["failure"]["kind"] == "interrupted"
    assert saved["conversation"]["turns"] == len(saved["messages"]) + 1


def test_a_newer_database_ends_it_with_a_line(talked: Home) -> None:
    """S12."""
    with closing(sqlite3.connect(talked.db)) as db:
        db.execute("PRAGMA user_version = 99")
    before = talked.db.read_bytes()
    with talked.open_app() as terminal:
        assert terminal.wait_exit() == 4
        assert terminal.modes_left_on() == set()
        assert "was made by a newer Chimera" in " ".join(terminal.text.split())
    assert talked.db.read_bytes() == before


BROKEN = """
import sys
{patch}
from chimera_tui.__main__ import main
sys.argv[0] = "chimera-tui"
main()
"""
BROKEN_APP = """
from chimera_tui.ui.app import ChimeraApp
async def broken(self, chimera):
    secret = open("secret").read()
    raise ZeroDivisionError("oh")
ChimeraApp._begin = broken
"""
BROKEN_ROOM = """
from chimera_tui.storage.recorder import Recorder
async def broken(self, conversation_id, event):
    secret = open("secret").read()
    raise ZeroDivisionError("oh")
Recorder.record = broken
"""


def start_broken(home: Home, patch: str, *arguments: str) -> Terminal:
    """Start it with a mistake in it."""
    (home.path / "secret").write_text(SECRET)
    code = BROKEN.format(patch=patch)
    words = ["/bin/sh", "-c", 'cd "$0"; exec "$@"', str(home.path), PROGRAM[0], "-c", code]
    return Terminal([*words, *arguments], home.environment())


def check_report(home: Home) -> None:
    """A report says where it happened, and nothing else."""
    (report,) = home.path.rglob("crash-*.txt")
    assert "in broken" in report.read_text()
    assert SECRET not in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_a_mistake_in_the_app_ends_it_with_a_short_cause(home: Home) -> None:
    """X08."""
    with start_broken(home, BROKEN_APP) as terminal:
        assert terminal.wait_exit() == 1
        assert terminal.modes_left_on() == set()
        end = terminal.text[terminal.text.rindex("Chimera stopped") :]
        assert "ZeroDivisionError: oh" in end
        assert "Traceback" not in terminal.text
        assert SECRET not in terminal.text
    check_report(home)


def test_a_mistake_in_a_room_ends_that_room_alone(home: Home) -> None:
    """X08."""
    with start_broken(home, BROKEN_ROOM, *LIVE) as terminal:
        terminal.wait_for("A mistake in Chimera stopped this room")
        leave(terminal)
        assert "Traceback" not in terminal.text
        assert SECRET not in terminal.text
    check_report(home)


def test_a_huge_paste_is_cut_and_noted(home: Home) -> None:
    """X09."""
    with home.open_app(*LIVE) as terminal:
        terminal.wait_for("▸ live", "Say something")
        terminal.send("\x1b[200~" + "word " * 200_000 + "\x1b[201~")
        terminal.wait_for("256 KiB")
        terminal.send("\r")
        terminal.wait_for("Say something")
        leave(terminal)
    assert [len(text) for text in said_by_human(home)] == [256 * 1024]


def test_a_paste_of_orders_is_cleaned(home: Home) -> None:
    """X09."""
    orders = "PASTED \x1b]52;c;cm0=\x07 \x9b2J\x00 \u202e"
    with home.open_app(*LIVE) as terminal:
        terminal.wait_for("▸ live", "Say something")
        terminal.send(f"\x1b[200~{orders}\x1b[201~")
        terminal.wait_for("PASTED")
        terminal.send("\r")
        terminal.wait_for("Say something")
        leave(terminal)
    assert said_by_human(home) == [clean(orders).strip()]


def said_by_human(home: Home) -> list[str]:
    """What the human said, as it was saved."""
    messages = home.conversation()["messages"]
    return [m["text"] for m in messages if m["turn"]["speaker"] == "human"]


def test_a_terminal_that_is_closed_behind_a_deaf_shell_ends_it_too(home: Home) -> None:
    """Only the leader of a session is told; `make`, for one, does not pass it on."""
    ended = home.path / "ended"
    shell = f'trap "" HUP; {shlex.join(PROGRAM)}; echo $? >{ended}'
    with Terminal(["sh", "-c", shell], home.environment()) as terminal:
        terminal.wait_for("Found on this machine")
        terminal.close()
        assert terminal.wait_exit() == 0
    assert ended.read_text().strip() == "129"
