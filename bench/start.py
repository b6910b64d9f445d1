"""What a start costs, and what a room that nobody uses costs, against a bare Textual app.

`python -m bench start` prints it. Both run on a pseudo-terminal of 120 x 40, over and over in
turn, so that what else the machine does falls on both; time in which others had the processor
does not count.
"""

import fcntl
import os
import select
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple, Self

from bench.clock import waited
from bench.figure import Figure, in_ms

RUNS = 15
SETTLED = 5.0
"""Seconds after the first paint in which everything that begins then has ended."""
IDLE = 60.0
"""Seconds over which idle CPU time is counted."""
PAINTED = b"Rooms"
"""Stands in the first paint of both apps."""
OURS = "from chimera_tui.__main__ import main; main()"
BARE = "from bench.bare_app import main; main()"
HEAVY = ("openai", "ollama", "httpx", "httpx2", "anyio", "pydantic", "tomlkit")
WATCHED = """
import sys, time
log = open(PATH, "a", buffering=1)
def watch(event, arguments):
    if event == "import" and arguments[0] in HEAVY:
        print(time.monotonic(), event, arguments[0], file=log)
    elif event in ("socket.connect", "socket.bind", "socket.getaddrinfo"):
        print(time.monotonic(), event, file=log)
sys.addaudithook(watch)
"""
NOWHERE = "http://127.0.0.1:9"
"""The discard port: nobody answers there."""


class App:
    """An app on a pseudo-terminal, painted."""

    def __init__(self, code: str, environment: Mapping[str, str]) -> None:
        self._master, slave = os.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        began = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - our own code
            [sys.executable, "-c", code],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        os.close(slave)
        written, late = b"", 0.0
        while PAINTED not in written:
            before = waited()
            if not (data := self._read(timeout=30)):
                raise RuntimeError(f"It was never painted:\n{written.decode(errors='replace')}")
            late = waited() - before  # by which we read it too late
            written += data
        self.painted_at = time.monotonic()
        self.start = self.painted_at - began - late - waited(str(self.process.pid))
        """Seconds from exec to the first paint."""
        self._reader = threading.Thread(target=self._drain, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        os.close(self._master)

    @property
    def memory(self) -> float:
        """Megabytes that it holds, what it shares with others included."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000

    @property
    def cpu(self) -> float:
        """CPU seconds that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _drain(self) -> None:
        """Read on, so that it never waits for us."""
        while self._read(timeout=None):
            pass

    def _read(self, timeout: float | None) -> bytes:
        ready, _, _ = select.select([self._master], [], [], timeout)
        try:
            return os.read(self._master, 1 << 16) if ready else b""
        except OSError:  # nobody holds the other end any more
            return b""


def starts(*kinds: tuple[str, Mapping[str, str]]) -> list[float]:
    """Median seconds from exec to the first paint of some apps, each in its environment."""
    times: list[list[float]] = [[] for _ in kinds]
    for _ in range(RUNS + 1):
        for (code, environment), found in zip(kinds, times, strict=True):
            with App(code, environment) as app:
                found.append(app.start)
    return [median(found[1:]) for found in times]  # the first ones warm the disk up


def before_the_first_paint(environment: Mapping[str, str]) -> list[str]:
    """Name the SDKs imported, and the calls to the network made, before the first paint."""
    with tempfile.NamedTemporaryFile("r") as log:
        watched = WATCHED.replace("HEAVY", repr(HEAVY)).replace("PATH", repr(log.name))
        with App(watched + OURS, environment) as app:
            time.sleep(SETTLED)
        found = [line.rstrip().split(" ", 1) for line in log]
    if not any("socket" in what for _, what in found):
        raise RuntimeError("The check does not work: afterwards, too, it found nothing.")
    return [what for at, what in found if float(at) <= app.painted_at]


class Idle(NamedTuple):
    """What an app costs that nobody uses."""

    memory: float
    """Megabytes."""
    cpu: float
    """CPU seconds."""


def idle(seconds: float = IDLE) -> dict[str, list[Idle]]:
    """Let three of each do nothing for a while, side by side."""
    found: dict[str, list[Idle]] = {OURS: [], BARE: []}
    with ExitStack() as stack:
        apps = [
            (code, stack.enter_context(App(code, stack.enter_context(a_home()))))
            for _ in range(3)
            for code in found
        ]
        time.sleep(SETTLED)
        before = [app.cpu for _, app in apps]
        time.sleep(seconds)
        for (code, app), cpu in zip(apps, before, strict=True):
            found[code].append(Idle(app.memory, app.cpu - cpu))
    return found


@contextmanager
def a_home() -> Iterator[dict[str, str]]:
    """An environment with a paused demo room in it, where no provider answers."""
    with tempfile.TemporaryDirectory() as folder:
        homes = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("CHIMERA_", "TEXTUAL"))}
        environment = kept | dict.fromkeys(homes, folder)
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= {"LM_STUDIO_URL": NOWHERE, "OLLAMA_URL": NOWHERE}
        talk = ["talk", "--demo", "--topic", "Should robots dream?", "--turns", "20", "--pace", "0"]
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "chimera_tui", *talk],
            env=environment,
            check=True,
            capture_output=True,
        )
        yield environment


def report(seconds: float = IDLE) -> Iterator[Figure]:
    """Measure everything."""
    with a_home() as environment:
        ours, bare = starts((OURS, environment), (BARE, environment))
        yield in_ms("start: exec to first paint", ours, bare, 1.25)
        found = before_the_first_paint(environment)
        yield Figure(
            what=f"start: SDKs and sockets before it {', '.join(found)}".rstrip(),
            measured=len(found),
            unit="",
            at_most=0,
        )
    still = idle(seconds)
    memory = {code: median(run.memory for run in runs) for code, runs in still.items()}
    yield Figure(
        what="idle memory of a paused demo room",
        measured=memory[OURS],
        baseline=memory[BARE],
        unit="MB",
        ratio_at_most=1.5,
    )
    spent = {code: sorted(run.cpu for run in runs) for code, runs in still.items()}
    yield Figure(
        what=f"idle CPU, {seconds:.0f} s (bare {spent[BARE][0]:.2f} to {spent[BARE][-1]:.2f} s)",
        measured=median(spent[OURS]),
        baseline=median(spent[BARE]),
        unit="s",
        at_most=spent[BARE][-1],
    )
