"""The program itself on a pseudo-terminal: keys, signals and sizes in, all its bytes out."""

import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from tests.process.screen import Screen

PATIENCE = 30.0
"""Seconds to wait for what must come; only a failing test waits so long."""

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>=])[\d;]*u")
_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[ -/]*[0-~])"
)
_NORMALLY_ON = (b"7", b"25")
"""Wrapping at the end of a line, and the cursor."""


class Terminal:
    """A process whose controlling terminal is ours.

    Attributes:
        process: The process.
        output: All that it has written so far.
        screen: What stands on it now.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        columns: int = 120,
        rows: int = 40,
        watch: Callable[[Screen], None] | None = None,
    ) -> None:
        self._watch = watch
        self.output = bytearray()
        self._changed = threading.Condition()
        self._is_open = True
        self._master, slave = os.openpty()
        self._woken, self._wake = os.pipe()
        self.resize(columns, rows)
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - only a system call
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.close()
        os.close(self._wake)
        os.close(self._woken)

    @property
    def text(self) -> str:
        """What it has written, without escape sequences."""
        return _SEQUENCE.sub(b"", bytes(self.output)).decode(errors="replace")

    def send(self, keys: str | bytes) -> None:
        """Type."""
        data = keys.encode() if isinstance(keys, str) else keys
        while data:
            data = data[os.write(self._master, data) :]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        self.process.send_signal(number)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, as dragging a window does; what stood there must be drawn anew."""
        self.screen = Screen(columns, rows)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def close(self) -> None:
        """Close the terminal under the process."""
        os.write(self._wake, b".")
        self._reader.join(PATIENCE)

    def wait_for(self, *wanted: str, patience: float = PATIENCE) -> None:
        """Wait until all of `wanted` stand on the screen."""
        self.wait_until(
            lambda: all(any(w in line for line in self.screen.lines) for w in wanted),
            repr(wanted),
            patience,
        )

    def wait_until(
        self, condition: Callable[[], bool], what: str, patience: float = PATIENCE
    ) -> None:
        """Wait for a condition on what was written."""
        end = time.monotonic() + patience
        with self._changed:
            while not condition():
                left = end - time.monotonic()
                if left <= 0 or (not self._is_open and self.process.poll() is not None):
                    raise AssertionError(f"{what} never came:\n" + "\n".join(self.screen.lines))
                self._changed.wait(min(left, 0.5))

    def wait_exit(self, patience: float = PATIENCE) -> int:
        """Wait for the process to end, and for the last of its bytes; return its exit code."""
        code = self.process.wait(patience)
        self._reader.join(patience)
        return code

    def modes_left_on(self) -> set[str]:
        """Name what was switched on in the terminal and never off again."""
        left = set[str]()
        for match in _MODE.finditer(bytes(self.output)):
            for mode in match[1].split(b";"):
                is_on = (match[2] == b"h") is not (mode in _NORMALLY_ON)
                (left.add if is_on else left.discard)(f"?{mode.decode()}")
        pushed = [match[1] for match in _KITTY.finditer(bytes(self.output))]
        if pushed.count(b">") > pushed.count(b"<"):
            left.add("kitty keys")
        return left

    def _read(self) -> None:
        """Keep what is written until the process or the test closes the terminal."""
        while data := self._next_bytes():
            with self._changed:
                self.output += data
                self.screen.feed(data)
                if self._watch:
                    self._watch(self.screen)
                self._changed.notify_all()
        with self._changed:
            self._is_open = False
            os.close(self._master)
            self._changed.notify_all()

    def _next_bytes(self) -> bytes:
        ready, _, _ = select.select([self._master, self._woken], [], [])
        try:
            return b"" if self._woken in ready else os.read(self._master, 1 << 16)
        except OSError:  # Linux: nobody holds the other end any more
            return b""


def _take_terminal() -> None:
    """In the child: make the pseudo-terminal on stdin the controlling one."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
