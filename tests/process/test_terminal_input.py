"""Whatever bytes a real terminal sends: what is typed arrives, nothing else does, none is fatal."""

import random
import re
from pathlib import Path

import pytest

from tests.process.program import Home
from tests.process.terminal import Terminal
from tests.process.test_app import LIVE, QUIT, leave, said_by_human, start_broken
from tests.ui.test_terminal_input import REPORTS

pytestmark = pytest.mark.slow

PASTE = ("\x1b[200~", "\x1b[201~")
FEW = 40
"""MB that any flood of input may take, beside what the program has without it."""


def open_room(home: Home) -> Terminal:
    """A room in which one can write."""
    terminal = home.open_app(*LIVE)
    terminal.wait_for("▸ live", "Say something")
    return terminal


def say(terminal: Terminal, *keys: str | bytes) -> None:
    """Type, send it, and wait until it is sent."""
    for piece in keys:
        terminal.send(piece)
    terminal.wait_until(lambda: not any("Say something" in li for li in terminal.screen.lines), "")
    terminal.send("\r")
    terminal.wait_for("Say something")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("café ".encode("latin-1") + b"au lait", "caf\ufffd au lait"),
        (b"cut \xe2\x82 off", "cut \ufffd off"),
        (b"\xff\xfe\x80 all", "\ufffd\ufffd\ufffd all"),
        (b"mouse\x1b[M \xe9\xff of X10", "mouse of X10"),
    ],
)
def test_bytes_that_are_not_utf_8_are_replaced(home: Home, data: bytes, text: str) -> None:
    with open_room(home) as terminal:
        say(terminal, data)
        leave(terminal)
    assert said_by_human(home) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "naïve „Größe“ – ¿qué? 漢字変換　全角 한국어",
        "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 e\u0301n\u0303 a\u00a0b",
        "mi\u200cxed שלום ไทย हिन्दी ខ្មែរ\u200bភាសា",
    ],
)
def test_what_is_typed_in_any_language_is_said_as_it_is(home: Home, text: str) -> None:
    with open_room(home) as terminal:
        say(terminal, text)
        say(terminal, f"\x1b[0;;{':'.join(str(ord(one)) for one in text)}u")
        leave(terminal)
    assert said_by_human(home) == [text, text]


def test_nothing_that_a_terminal_says_of_itself_is_written_or_does_anything(home: Home) -> None:
    with open_room(home) as terminal:
        for report in REPORTS.values():
            if "48;0;0" not in report:
                terminal.send(report)
        terminal.send("\x1b[I\x1b[?2026;2$y")
        say(terminal, "one", *(f"\x1b]52;c;{'QUJD' * 1000}\x07" for _ in range(3)), " two")
        leave(terminal)
    assert said_by_human(home) == ["one two"]


def test_modified_keys_of_kitty_type_and_delete_as_plain_ones(home: Home) -> None:
    keys = (
        "\x1b[104;;104u\x1b[105;65;73u\x1b[32;2;32u"  # h, I by caps lock, shift and space
        "\x1b[120;129;120u\x1b[127;2u"  # x under num lock, shift and backspace
        "\x1b[57400;129;49u\x1b[57409;129u\x1b[57404u"  # 1 . 5 of the number pad
        "\x1b[32u\x1b[97u\x1b[98u\x1b[127;5u"  # a word, and control and backspace
        "\x1b[57441;2u\x1b[97:65;2:1u\x1b[97:65;2:3u\x1b[57441;1:3u"  # shift, A, let go
    )
    with open_room(home) as terminal:
        say(terminal, keys)
        terminal.send("\x1b[1081::113;5u")  # ctrl+q on a Russian keyboard
        assert terminal.wait_exit() == 0
    assert said_by_human(home) == ["hI 1.5 A"]


def test_letters_that_come_with_a_slash_are_written_and_no_hotkeys(home: Home) -> None:
    with open_room(home) as terminal:
        terminal.send("\t")
        terminal.send("/narrate It rains. exudle\r")
        terminal.wait_for("It rains. exudle")
        leave(terminal)


def test_a_paste_over_the_messages_is_written_and_said(home: Home) -> None:
    with open_room(home) as terminal:
        terminal.send("\t" + PASTE[0] + "exude " + PASTE[1] + "led")
        terminal.wait_for("exude led", "Pasted into your line")
        terminal.send("\r")
        terminal.wait_for("Say something")
        leave(terminal)
    assert said_by_human(home) == ["exude led"]


def test_a_paste_of_escapes_arrives_whole_and_harmless(home: Home) -> None:
    with open_room(home) as terminal:
        say(terminal, PASTE[0] + "red \x1b[31m word\rnext \x11 line" + PASTE[1])
        leave(terminal)
    assert said_by_human(home) == ["red ␛[31m word\nnext ␑ line"]


LINES = "some words of a line / e d q\r" * 2800
FLOODS = {
    "a text without marks": LINES.encode(),
    "a line without marks": b"word " * 16_000,
    "arrows": b"\x1b[A" * 27_000,
    "a paste of escapes": (PASTE[0] + "a\x1b[31mword\x1b[0m " * 80_000 + PASTE[1]).encode(),
    "a paste without an end": (PASTE[0] + "word " * 240_000).encode(),
    "a string without an end": b"\x1b]52;c;" + b"QUJD" * 300_000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_takes_little_memory_and_the_program_can_be_left(home: Home, name: str) -> None:
    with open_room(home) as terminal:
        before = peak(terminal)
        terminal.send(FLOODS[name])
        if name == "a paste without an end":
            terminal.wait_for("256 KiB")  # when nothing more came
        at_most = peak(terminal)
        terminal.send(QUIT)
        while terminal.process.poll() is None:
            at_most = max(at_most, peak(terminal))
        assert terminal.wait_exit() == 0
        assert terminal.modes_left_on() == set()
    assert at_most - before < FEW


def test_a_text_without_marks_is_written_whole_and_not_sent_line_by_line(home: Home) -> None:
    with open_room(home) as terminal:
        terminal.send(LINES)
        terminal.wait_for("some words")
        terminal.send("the end")
        terminal.wait_for("the end")
        say(terminal)
        leave(terminal)
    assert said_by_human(home) == [LINES.replace("\r", "\n") + "the end"]


def peak(terminal: Terminal) -> int:
    """The most memory the program has had until now, in MB; 0 once it has ended."""
    try:
        status = Path(f"/proc/{terminal.process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


@pytest.mark.parametrize("seed", range(2))
def test_no_bytes_at_all_are_fatal(home: Home, seed: int) -> None:
    """Without the one of ctrl+q, and those of what writes files or removes them."""
    rng = random.Random(seed)
    reports = [report.encode() for report in REPORTS.values()]
    with open_room(home) as terminal:
        for _ in range(40):
            data = rng.randbytes(rng.randint(1, 60)) + rng.choice(reports)
            terminal.send(data.replace(b"\x11", b"").replace(b"\x1a", b""))
        terminal.send(b"\x1b\\\x1b[201~")
        leave(terminal)
        assert "Traceback" not in terminal.text


BROKEN_INPUT = """
from chimera_tui.ui.terminal.terminal_input import TerminalInput
def broken(self, data):
    secret = open("secret").read()
    raise ZeroDivisionError("oh")
TerminalInput.feed = broken
"""


def test_a_mistake_in_the_input_thread_ends_it_with_a_short_cause(home: Home) -> None:
    with start_broken(home, BROKEN_INPUT) as terminal:
        terminal.wait_for("Found on this machine")
        terminal.send("a")
        assert terminal.wait_exit() == 1
        assert terminal.modes_left_on() == set()
        assert "Chimera stopped by a mistake of its own: ZeroDivisionError: oh" in terminal.text
        assert "Traceback" not in terminal.text
    (report,) = home.path.rglob("crash-*.txt")
    assert "in broken" in report.read_text(encoding="utf-8")
