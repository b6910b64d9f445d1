"""A monkey at the keyboard: seeded keys, clicks, pastes and sizes for the program in a terminal.

    python -m tests.process.monkey MODE SEED TRIPS

sends the same again, in a home of its own, and says what became of it.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fault_server import refused_address
from tests.process.program import PROGRAM, TALK, Home
from tests.process.terminal import Terminal

MODES = {
    "no colour": {"NO_COLOR": "1"},
    "16 colours": {"TERM": "xterm", "COLORTERM": ""},
    "256 colours": {"TERM": "xterm-256color", "COLORTERM": ""},
    "all colours": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
}
SIZES = ((160, 45), (120, 36), (80, 24), (60, 18), (40, 12))
SCREENS = (
    *("\x1bOP", "\x1bOQ", "\x1bOS", "\x1b[19~", "\x1b[20~", "\x0e", "\x10", "\x02"),  # f1 to ctrl+b
    *"TPmavewxlocNd/?",
    *("/theme\r", "/invite\r", "/mode\r", "/import\r", "/helper\r", "/budget\r", "/template\r"),
    *("/studio\r", "/providers\r", "/sent\r", "/vitals\r", "/branches\r", "/answers\r", "/speak\r"),
)
"""What opens a screen from the room; the rest is left to chance."""
KEYS = (
    *("\r", "\r", "\x1b", "\t", "\t", "\x1b[Z", " ", "\x7f", "\x1b[3~", "\n"),
    *("\x1b[A", "\x1b[B", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"),
    *("\x1b[1;2C", "\x1b[1;2D", "\x1b[1;5C", "\x1b[1;5D", "\x1bOR", "\x1b[15~", "\x1b[17~"),
    *(chr(n) for n in range(1, 27) if chr(n) not in "\x03\x11\x1a"),  # ctrl+c, ctrl+q, ctrl+z
    *"abcdefghijklmnopqrstuvwxyzABCNPRTY0123456789/@?+-.#",
    *("é", "漢", "🦉", "\u05d0", "\u202e", "\x1f"),
)
PASTES = ("\x1b[31m red \u202e", "two\nlines\r\n", "w" * 2000, "/etc/hosts", "@comedian ", "ab\tc")


@dataclass
class Monkey:
    """What one seed sends, and what has come of it."""

    mode: str
    seed: int
    trips: int
    sent: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    """Resident KiB after each trip."""

    def play(self, home: Home) -> None:
        """Play all trips, then leave; fails where the program did not live through it."""
        rng = random.Random(f"{self.mode} {self.seed}")
        nowhere = refused_address()
        environment = home.environment(
            **MODES[self.mode], HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, DISPLAY=""
        )
        words = ["/bin/sh", "-c", 'cd "$0"; exec "$@"', str(home.path), *PROGRAM]
        with Terminal(words, environment) as terminal:
            terminal.wait_for("robots dream?", "Scientist")
            try:
                for _ in range(self.trips):
                    for keys in self._trip(rng, terminal):
                        self.sent.append(keys)
                        terminal.send(keys)
                        time.sleep(rng.choice((0, 0, 0.01, 0.05)))
                    self.memory.append(resident(terminal.process.pid))
                terminal.resize(120, 40)
                time.sleep(0.3)  # an escape before it would make it another key
                terminal.send("\x11")
                code = terminal.wait_exit()
            except OSError:  # nobody is there to type to
                code = terminal.wait_exit()
            except subprocess.TimeoutExpired:
                code = -1
            reports = [path.read_text() for path in home.path.rglob("crash-*")]
            assert (code, reports) == (0, []), "\n".join([str(self), *reports])
            assert terminal.modes_left_on() == set(), str(self)

    def _trip(self, rng: random.Random, terminal: Terminal) -> Iterator[str]:
        """Go to a screen, do anything there, come back."""
        yield "\x1b"
        time.sleep(0.15)
        yield rng.choice(SCREENS)
        time.sleep(0.15)
        size = rng.choice(SIZES)
        for _ in range(rng.randint(5, 40)):
            chance = rng.random()
            if chance < 0.06:
                size = rng.choice(SIZES)
                terminal.resize(*size)
                self.sent.append(str(size))
            elif chance < 0.2:
                x, y = rng.randint(1, size[0]), rng.randint(1, size[1])
                button = rng.choice((0, 0, 0, 2, 35, 64, 65))
                yield f"\x1b[<{button};{x};{y}M" + (f"\x1b[<{button};{x};{y}m" * (button < 3))
            elif chance < 0.23:
                yield f"\x1b[200~{rng.choice(PASTES)}\x1b[201~"
            elif chance < 0.26:
                yield rng.choice(("\x1b[I", "\x1b[O"))
            else:
                yield rng.choice(KEYS)

    def __str__(self) -> str:
        """How to see it again, and what was sent last."""
        again = f"python -m tests.process.monkey '{self.mode}' {self.seed} {self.trips}"
        return f"{again}\nlast: {self.sent[-60:]!r}"


def resident(process: int) -> int:
    """The memory of a process, KiB; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line), 0)


def a_home(folder: Path) -> Home:
    """A home with a few conversations."""
    home = Home(folder)
    for _ in range(2):
        assert home.run(*TALK, "--pace", "0", "--turns", "6").returncode == 0
    return home


if __name__ == "__main__":
    mode, seed, trips = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        monkey = Monkey(mode, seed, trips)
        monkey.play(a_home(Path(folder)))
        sys.stdout.write(f"{mode} {seed}: lived, {monkey.memory[:1]} to {monkey.memory[-1:]} KiB\n")
