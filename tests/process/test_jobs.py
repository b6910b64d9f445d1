"""The app as a job of a shell: stopped, continued, left alone where nobody could continue it."""

import os
import re
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.program import PROGRAM, TALK, Home
from tests.process.screen import Screen
from tests.process.terminal import PATIENCE, Terminal

TOPIC = "Should robots dream?"
QUIT, SUSPEND = "\x11", "\x1a"
_BASH = shutil.which("bash")
_OF_BASH = {"?2004"}
"""Modes that the shell switches on for itself, and off again before each command."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(_BASH is None, reason="needs a shell with job control"),
]


class Shell:
    """An interactive shell in a terminal, and the app as its job."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self.terminal, self.folder = terminal, folder
        self._commands = 0

    def run(self, command: str) -> None:
        """Type a command, once the shell asks for one."""
        self.terminal.send(f"{command}\n")

    def state(self) -> str:
        """How the terminal is set, as `stty` says it."""
        self._commands += 1
        path = self.folder / f"state-{self._commands}"
        self.run(f"stty -a > {path}.part; mv {path}.part {path}")
        self.terminal.wait_until(path.exists, f"what stty says ({path.name})")
        return path.read_text()

    def start_app(self, *, inner: str = "exec {program}") -> int:
        """Start the app, wait until the last room stands there; return its process id."""
        pid = self.folder / "pid"
        program = inner.format(program=shlex.join(PROGRAM))
        script = f"echo $$ > {pid}; {program}"
        self.run(f"sh -c {shlex.quote(script)}")
        self.wait_for_app()
        return int(pid.read_text())

    def wait_for_app(self) -> None:
        """Wait until the app has drawn itself."""
        self.terminal.wait_for(TOPIC, "Scientist")

    def wait_for_stop(self, times: int = 1) -> None:
        """Wait until the shell says that the app stopped."""
        text = "Stopped"
        self.terminal.wait_until(lambda: self.terminal.text.count(text) >= times, text)

    def go_on(self) -> None:
        """Continue it in the foreground; all must be drawn anew."""
        self.terminal.screen = Screen(120, 40)
        self.run("fg")
        self.wait_for_app()

    def leave(self) -> None:
        """Quit the app; the shell is told 0."""
        prompts = self.terminal.text.count("ready>")
        self.terminal.send(QUIT)
        self.terminal.wait_until(lambda: self.terminal.text.count("ready>") > prompts, "a prompt")
        self.run("echo EXIT $?")
        self.terminal.wait_until(lambda: "EXIT 0" in self.terminal.text, "EXIT 0")


@pytest.fixture
def shell(home: Home) -> Iterator[Shell]:
    """A shell, in a home with a conversation."""
    assert home.run(*TALK, "--pace", "0", "--turns", "3").returncode == 0
    environment = home.environment(PS1="ready> ", HISTFILE="")
    with Terminal([str(_BASH), "--norc", "-i"], environment) as terminal:
        terminal.wait_for("ready>")
        yield Shell(terminal, home.path)


def keyboards(terminal: Terminal) -> tuple[int, int]:
    """How often the keyboard protocol was begun, and ended."""
    output = bytes(terminal.output)
    return len(re.findall(rb"\x1b\[>\d+u", output)), len(re.findall(rb"\x1b\[<\d*u", output))


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(shell: Shell) -> None:
    """X07."""
    before = shell.state()
    shell.start_app()
    for times in (1, 2):
        shell.terminal.send(SUSPEND)
        shell.wait_for_stop(times)
        assert shell.terminal.modes_left_on() <= _OF_BASH
        assert shell.state() == before
        assert keyboards(shell.terminal) == (times, times)
        shell.go_on()
    shell.leave()
    assert shell.state() == before
    assert shell.terminal.modes_left_on() <= _OF_BASH
    assert keyboards(shell.terminal) == (3, 3)


def test_a_job_of_several_processes_stops_as_a_whole(shell: Shell) -> None:
    """As `make run` is."""
    shell.start_app(inner="{program}; echo all gone")
    shell.terminal.send(SUSPEND)
    shell.wait_for_stop()
    shell.go_on()
    shell.leave()
    assert "all gone" in shell.terminal.text


def test_in_the_background_it_stops_until_it_is_called_to_the_front(shell: Shell) -> None:
    shell.start_app()
    shell.terminal.send(SUSPEND)
    shell.wait_for_stop()
    shell.run("set -b; bg")  # -b: say at once when a job stops
    shell.wait_for_stop(2)
    shell.go_on()
    shell.leave()
    assert keyboards(shell.terminal) == (2, 2)


@pytest.mark.parametrize("number", ["STOP", "TSTP"])
def test_a_stop_from_outside_leaves_no_mode_on_in_the_end(shell: Shell, number: str) -> None:
    """`SIGSTOP` gives no time to restore the terminal; what was pushed is popped all the same."""
    before = shell.state()
    pid = shell.start_app()
    for times in (1, 2):
        os.kill(pid, getattr(signal, f"SIG{number}"))
        shell.wait_for_stop(times)
        shell.go_on()
    shell.leave()
    assert shell.state() == before
    assert shell.terminal.modes_left_on() <= _OF_BASH
    assert keyboards(shell.terminal) == (3, 3)


def test_where_no_shell_could_continue_it_nothing_stops_it(home: Home) -> None:
    """The app leads the session, as in a terminal that was opened for it alone."""
    assert home.run(*TALK, "--pace", "0", "--turns", "3").returncode == 0
    with home.open_app() as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        terminal.send(SUSPEND)
        terminal.signal(signal.SIGTSTP)
        terminal.send("\x03")
        terminal.wait_for("Leave with")
        terminal.signal(signal.SIGSTOP)
        terminal.screen = Screen(120, 40)
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(TOPIC, "Scientist")
        terminal.send(QUIT)
        assert terminal.wait_exit() == 0
        assert terminal.modes_left_on() == set()
        assert keyboards(terminal) == (2, 2)


def test_started_in_the_background_it_waits_for_the_terminal(shell: Shell) -> None:
    program = shlex.join(PROGRAM)
    shell.run(f"set -b; {program} &")
    shell.wait_for_stop()
    assert b"\x1b[?1049h" not in shell.terminal.output
    shell.go_on()
    shell.leave()
    assert shell.terminal.modes_left_on() <= _OF_BASH
    assert keyboards(shell.terminal) == (1, 1)


def test_a_terminal_that_is_closed_while_it_is_stopped_ends_it(shell: Shell) -> None:
    """X03."""
    ended = shell.folder / "ended"
    shell.start_app(inner=f"trap '' HUP TERM; {{program}}; echo $? > {ended}")
    shell.terminal.send(SUSPEND)
    shell.wait_for_stop()
    shell.terminal.close()
    shell.terminal.wait_exit()
    end = time.monotonic() + PATIENCE
    while not (ended.exists() and ended.read_text().strip()) and time.monotonic() < end:
        time.sleep(0.05)
    assert ended.read_text().strip() in ("129", "143")  # a shell that ends tells its jobs


def test_a_window_that_changes_while_it_is_stopped_is_filled(shell: Shell) -> None:
    shell.start_app()
    shell.terminal.send(SUSPEND)
    shell.wait_for_stop()
    shell.terminal.resize(100, 30)
    shell.run("fg")
    shell.terminal.wait_until(lambda: "f1 help" in shell.terminal.screen.lines[28], "the footer")
    shell.leave()
