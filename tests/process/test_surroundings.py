"""What stands around the app: sizes of the terminal, and variables of the environment."""

import re
import signal
import time

import pytest

from tests.process.program import TALK, Home
from tests.process.screen import Screen
from tests.process.terminal import Terminal

pytestmark = pytest.mark.slow

TOPIC = "Should robots dream?"
QUIT = "\x11"
STILL = 0.5
"""Seconds in which nothing may be written to a window that is too small."""
_SGR = re.compile(rb"\x1b\[([\d;]*)m")
_COLOURS = {*range(30, 50), *range(90, 108)} - {39, 49}
"""What sets a colour in an SGR sequence (ECMA-48, and aixterm's bright ones)."""


@pytest.fixture
def talked(home: Home) -> Home:
    """A home with a conversation in it."""
    assert home.run(*TALK, "--pace", "0", "--turns", "3").returncode == 0
    return home


def become(terminal: Terminal, columns: int, rows: int) -> None:
    """Resize to what may be nothing; what is written is read as on a usual screen then."""
    terminal.resize(columns or 80, rows or 24)
    screen = terminal.screen
    terminal.resize(columns, rows)
    terminal.screen = screen


def leave(terminal: Terminal) -> None:
    """Quit, and see to it that the terminal is as it was."""
    terminal.send(QUIT)
    assert terminal.wait_exit() == 0
    assert terminal.modes_left_on() == set()


@pytest.mark.parametrize("size", [(0, 0), (120, 0), (0, 40), (40, 12), (59, 40)])
def test_too_small_a_window_shows_a_still_picture_until_it_is_large(
    talked: Home, size: tuple[int, int]
) -> None:
    """X01."""
    with talked.open_app() as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        become(terminal, *size)
        terminal.wait_for("Chimera needs 60x18")
        terminal.send("abc\r\x1bOP")
        time.sleep(STILL)
        written = len(terminal.output)
        time.sleep(STILL)
        assert len(terminal.output) == written
        terminal.resize(120, 40)
        terminal.wait_for(TOPIC, "Scientist", "Say something")
        become(terminal, *size)
        terminal.wait_for("Chimera needs 60x18")
        leave(terminal)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_window_that_was_too_small_from_the_start_can_be_left(
    home: Home, number: signal.Signals
) -> None:
    with home.open_app(columns=1, rows=1) as terminal:
        terminal.wait_until(lambda: b"\x1b[2J" in terminal.output, "a picture")
        terminal.signal(number)
        assert terminal.wait_exit() == 128 + number
        assert terminal.modes_left_on() == set()


@pytest.mark.parametrize("size", [("33", "5"), ("0", "0"), ("9999", "999999")])
def test_the_terminal_knows_its_size_better_than_the_environment(
    talked: Home, size: tuple[str, str]
) -> None:
    environment = {"COLUMNS": size[0], "LINES": size[1]}
    with talked.open_app(environment=environment) as terminal:
        terminal.wait_for(TOPIC, "Scientist", "f1 help")
        terminal.resize(100, 30)
        terminal.wait_for(TOPIC, "f1 help")
        assert "f1 help" in terminal.screen.lines[28]
        leave(terminal)


def test_sizes_that_come_among_the_keys_are_believed_and_their_modes_ended(talked: Home) -> None:
    """As kitty, ghostty, foot and others report them (in-band resize, mode 2048)."""
    with talked.open_app() as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        terminal.send("\x1b[?2048;2$y")
        terminal.wait_until(lambda: b"\x1b[?2048h" in terminal.output, "in-band sizes")
        terminal.screen = Screen(120, 40)
        terminal.send("\x1b[48;12;40;0;0t")
        terminal.wait_for("Chimera needs 60x18, this is 40x12")
        terminal.send("\x1b[48;30;100;0;0t")
        terminal.wait_for(TOPIC, "f1 help")
        leave(terminal)


def test_no_colour_is_sent_where_there_are_to_be_none(talked: Home) -> None:
    """X02. No-color.org: any value but an empty one."""
    with talked.open_app(environment={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        terminal.send("\x1b[19~")  # the studio
        terminal.wait_for("Persona studio", "Who are you?")
        terminal.send("\x10")
        terminal.wait_for("Search for commands")
        sent = {int(n or 0) for m in _SGR.finditer(terminal.output) for n in m[1].split(b";")}
        assert not sent & _COLOURS
        leave(terminal)


def test_an_empty_no_color_is_none(talked: Home) -> None:
    with talked.open_app(environment={"NO_COLOR": ""}) as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        assert b"\x1b[38;2;" in terminal.output or b";38;2;" in terminal.output
        leave(terminal)


def test_no_variable_for_developers_of_textual_breaks_it(talked: Home) -> None:
    """X02. Alone, each of these ended it, stopped it from drawing, or wrote down what is typed."""
    environment = {
        "TEXTUAL": "debug,devtools,headless",
        "TEXTUAL_COLOR_SYSTEM": "",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL_DRIVER": "no.such:Driver",
        "TEXTUAL_FILTERS": "dim",
        "TEXTUAL_FPS": "99999999999999999999",
        "TEXTUAL_LOG": "/nowhere/log",
        "TEXTUAL_PRESS": "ctrl+q",
        "TEXTUAL_SCREENSHOT": "0",
        "TEXTUAL_THEME": "bogus",
    }
    with talked.open_app(environment=environment) as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        leave(terminal)


def test_a_keyboard_protocol_that_is_not_begun_is_not_ended(talked: Home) -> None:
    """It could be that of the shell."""
    with talked.open_app(environment={"TEXTUAL_DISABLE_KITTY_KEY": "1"}) as terminal:
        terminal.wait_for(TOPIC, "Scientist")
        leave(terminal)
        assert not re.search(rb"\x1b\[[<>]\d*u", terminal.output)
