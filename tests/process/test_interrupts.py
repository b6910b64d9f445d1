"""Signals at every moment of a start, and of every kind while the app runs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chimera_tui.ui.terminal.posix_driver import ENDING
from tests.process.program import PROGRAM, TALK, Home
from tests.process.terminal import Terminal

pytestmark = pytest.mark.slow

MOMENTS = 12
"""At how many moments of a start it is interrupted, from the first line of ours on."""
BEGUN = """
import os, signal, sys
LATE = [signal.SIGINT, signal.SIGTERM]
def unblock(event, details):
    if event == "import" and details[0] == "chimera_tui.cli":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, LATE)
signal.pthread_sigmask(signal.SIG_BLOCK, LATE)  # the start of the interpreter is not ours
import chimera_tui.__main__ as program
sys.addaudithook(unblock)
sys.argv[0] = "chimera-tui"
open({ready!r}, "w").close()
program.main()
"""
LIVE = ("--demo", "--topic", "Should robots dream?", "--mode", "round_robin")


def command(ready: Path, *arguments: str) -> list[str]:
    """The program, which makes a file when its first line is run."""
    return [sys.executable, "-c", BEGUN.format(ready=str(ready)), *arguments]


def wait_until_begun(ready: Path) -> float:
    """Wait for the first line of ours; return the time."""
    while not ready.exists():
        time.sleep(0.001)
    ready.unlink()
    return time.monotonic()


def test_talk_is_interrupted_at_every_moment_of_its_start(home: Home) -> None:
    """X04. Python alone throws an interrupt away that comes in an import, with a traceback."""
    ready = home.path / "ready"
    words = command(ready, *TALK, "--pace", "0", "--turns", "3")
    environment = home.environment()

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own program
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    with start() as process:
        begun = wait_until_begun(ready)
        assert process.stdout
        assert process.stdout.readline()
        whole = time.monotonic() - begun
        process.communicate()
    for moment in range(MOMENTS):
        with start() as process:
            wait_until_begun(ready)
            time.sleep(whole * moment / MOMENTS)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
        was_done = "Saved as" in said  # then it may be the interpreter that ends, as it likes
        assert process.returncode in ((130, 0, -signal.SIGINT) if was_done else (130,)), moment
        assert not was_done or process.returncode == 130 or moment > MOMENTS / 2
        assert "Traceback" not in said, moment
        assert "ignored" not in said, moment


def test_a_signal_at_any_moment_of_its_start_leaves_the_terminal_as_it_was(home: Home) -> None:
    """X03."""
    ready = home.path / "ready"
    words = command(ready)
    with Terminal(words, home.environment()) as terminal:
        begun = wait_until_begun(ready)
        terminal.wait_for("Found on this machine")
        whole = time.monotonic() - begun
    for moment in range(MOMENTS):
        number = (signal.SIGINT, signal.SIGTERM)[moment % 2]
        with Terminal(words, home.environment()) as terminal:
            wait_until_begun(ready)
            time.sleep(whole * moment / MOMENTS)
            terminal.signal(number)
            code = terminal.wait_exit()
            if code == -number:  # nobody listened yet
                assert b"\x1b" not in terminal.output, moment
            else:
                assert code == 128 + number, moment
            assert terminal.modes_left_on() == set(), moment
            assert "Traceback" not in terminal.text, moment


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
def test_whatever_signal_ends_it_all_is_saved_and_the_terminal_restored(
    home: Home, number: signal.Signals
) -> None:
    """X03, X04."""
    with home.open_app(*LIVE) as terminal:
        terminal.wait_until(lambda: any("│ " in line for line in terminal.screen.lines), "a word")
        terminal.signal(number)
        assert terminal.wait_exit() == 128 + number
        assert terminal.modes_left_on() == set()
        assert "Traceback" not in terminal.text
    assert home.conversation()["failure"] is None


def test_every_signal_that_would_end_it_is_listened_to() -> None:
    """All of POSIX that end a program by default, but faults of the program and what is deaf."""
    faults = {"ABRT", "BUS", "FPE", "ILL", "SEGV", "SYS", "TRAP", "IOT"}
    harmless = {"CHLD", "CLD", "CONT", "PIPE", "TSTP", "TTIN", "TTOU", "URG", "WINCH", "XFSZ"}
    deaf = {"KILL", "STOP"}
    rest = {s for s in signal.Signals if s.name[3:] not in faults | harmless | deaf}
    assert {s for s in rest if not s.name.startswith("SIGRT")} == set(ENDING)


def test_a_second_interrupt_of_a_command_that_waits_says_nothing_of_python(home: Home) -> None:
    """A prompt is left by ctrl+c as the shell expects."""
    with Terminal([*PROGRAM, "keys", "set", "openai"], home.environment()) as terminal:
        terminal.wait_until(lambda: terminal.text.strip() != "", "a question")
        os.kill(terminal.process.pid, signal.SIGINT)
        assert terminal.wait_exit() == 130
        assert "Traceback" not in terminal.text
