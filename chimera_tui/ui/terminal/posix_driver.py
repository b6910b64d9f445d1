"""Textual's driver for POSIX terminals, as a shell, a signal and the size of a window need it."""

import os
import signal
import termios
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from textual import constants
from textual.drivers.linux_driver import LinuxDriver

from chimera_tui.ui.terminal.window import terminal_size

if TYPE_CHECKING:
    from textual.app import App

ENDING = [
    getattr(signal, name)
    for name in (
        *("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGALRM"),
        *("SIGVTALRM", "SIGPROF", "SIGIO", "SIGPWR", "SIGSTKFLT", "SIGXCPU"),
    )
    if hasattr(signal, name)
]
"""What ends a program that does not listen to it, and is no fault of its own."""
_PIXEL_MOUSE_OFF = "\x1b[?1016l"
_POP_KEYBOARD = "\x1b[<u"
"""Ends the keyboard protocol that was begun last (kitty's documentation)."""


class PosixDriver(LinuxDriver):
    """Textual's driver, with these differences.

    - The size is the terminal's own, whatever `COLUMNS` and `LINES` say.
    - From before the first mode that is set in the terminal until after the last, every signal
      that ends programs ends the app: Textual alone would leave the terminal as it is.
    - It stops by `SIGTSTP`, with its whole job, so that the kernel decides whether there is a
      shell to continue it. Textual's sends itself `SIGSTOP`, which nobody may ever undo.
    - What it switched on is switched off once, and on again once, whatever stopped it.
    """

    def __init__(
        self,
        app: "App[object]",
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        for number in (signal.SIGTSTP, signal.SIGCONT):
            signal.signal(number, signal.SIG_DFL)  # in place of Textual's own handlers
        self._is_on = False
        self._size = self._get_terminal_size()

    @property
    def can_be_continued(self) -> bool:
        """Whether a shell started this job and can continue it: it put it into a group of its own.

        Who is in the group of the session's leader was started by nobody who watches over jobs.
        """
        return os.getpgrp() != os.getsid(0)

    @property
    def tells_sizes_itself(self) -> bool:
        """Whether the terminal reports its size among the keys."""
        return self._in_band_window_resize

    @property
    def _is_written_to(self) -> bool:
        """Whether what is written goes anywhere: else the app would wait for ever to write."""
        return self._writer_thread is not None and self._writer_thread.is_alive()

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own size; the last one known when it is gone."""
        size = terminal_size()
        return self._size or (80, 24) if size is None else (size.width, size.height)

    def start_application_mode(self) -> None:
        """Take the terminal, once it is ours to take."""
        self._wait_for_foreground()
        for number in ENDING:
            end = partial(self._app.exit, return_code=128 + number)
            self._loop.add_signal_handler(number, end)
        self._listen_for_jobs()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._is_on = self._is_written_to

    def stop_application_mode(self) -> None:
        """Give the terminal back, once."""
        if not self._is_on:
            return
        self._is_on = False
        if self._mouse_pixels:
            self.write(_PIXEL_MOUSE_OFF)
        super().stop_application_mode()

    def write(self, data: str) -> None:
        """Write, if the terminal is there; and end no keyboard protocol that was not begun here."""
        is_ours = data != _POP_KEYBOARD or not constants.DISABLE_KITTY_KEY
        if is_ours and self._is_written_to:
            super().write(data)

    def suspend(self) -> None:
        """Give the terminal back and stop with the whole job; go on when the shell says so."""
        if not (self._is_on and self.can_be_continued):
            return
        self.suspend_application_mode()
        for number in (signal.SIGCONT, signal.SIGTSTP):
            self._loop.remove_signal_handler(number)
        os.killpg(os.getpgrp(), signal.SIGTSTP)  # here it stops, and here it is continued
        self.resume_application_mode()

    def _come_back(self) -> None:
        """Take the terminal anew: a `SIGSTOP` gave no time to give it back."""
        if self._is_on:
            self._wait_for_foreground()
            self.suspend_application_mode()
            self.resume_application_mode()

    def _listen_for_jobs(self) -> None:
        self._loop.add_signal_handler(signal.SIGTSTP, self.suspend)
        self._loop.add_signal_handler(signal.SIGCONT, self._come_back)

    def _wait_for_foreground(self) -> None:
        """Change nothing in the terminal: the kernel stops jobs that do so in the background."""
        with suppress(termios.error):
            termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))
