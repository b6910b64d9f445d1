"""A terminal that may go away, and whose bytes may be any."""

import asyncio
import errno
import os
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import IO, Any

from textual import constants
from textual.driver import Driver
from textual.message import Message

from chimera_tui.ui.terminal.type_ahead import TypeAhead

LOOK = 0.1
"""Seconds between two looks of the input thread whether it is to end."""
MOST_READ = 64 * 1024
"""Bytes that are read at once."""


def outliving(driver_class: type[Driver]) -> type[Driver]:
    """Return a driver that goes on writing, to nobody, when its terminal is closed.

    Textual's own writes in a thread that ends at the first error. Then the queue to
    it runs full, and the app waits for ever instead of keeping what was said.
    """

    class OutlivingDriver(driver_class):  # type: ignore[misc, valid-type]  # known when it runs
        """A driver whose file never fails."""

        _file: Any = None

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            if self._file is not None:  # not every driver writes through a file
                self._file = _Forgiving(self._file)

    return OutlivingDriver


def hearing(driver_class: type[Driver]) -> type[Driver]:  # noqa: C901 - makes a class
    """Return a driver whose input thread takes any bytes, and one key after the other.

    Of Textual's drivers only the one of Linux and macOS reads bytes; others are left as they are.
    """
    if sys.platform == "win32":
        return driver_class
    from textual.drivers.linux_driver import LinuxDriver  # noqa: PLC0415 - not on Windows

    if not issubclass(driver_class, LinuxDriver):
        return driver_class

    class HearingDriver(driver_class):  # type: ignore[misc, valid-type]  # known when it runs
        """A driver with an input thread of ours."""

        ahead: TypeAhead
        """What was read and is not yet acted on."""

        def start_application_mode(self) -> None:
            """Ask for the keys of other layouts, too: else ctrl+q is none on a Russian keyboard."""
            if not hasattr(self, "ahead"):
                self.ahead = TypeAhead(self._app)
            super().start_application_mode()
            if not constants.DISABLE_KITTY_KEY:
                self.write("\x1b[=4;2u")

        def send_message(self, message: Message) -> None:
            """Let it wait until what came before has taken effect."""
            self.ahead.put(message)

        def _run_input_thread(self) -> None:
            try:
                _hear(self, self.exit_event)
            except Exception as error:  # noqa: BLE001 - the edge: a thread of ours
                fail = self._app._handle_exception  # noqa: SLF001 - ends the app, as a handler's
                with suppress(RuntimeError):  # the loop is closed already
                    self._loop.call_soon_threadsafe(fail, error)

    return HearingDriver


def _hear(driver: Any, told_to_end: threading.Event) -> None:  # noqa: C901 - one loop
    """Read what the terminal of `driver` sends, and pass it on."""
    while not select.select([driver.fileno], [], [], LOOK)[0]:
        if told_to_end.is_set():
            return
    from chimera_tui.ui.terminal.terminal_input import TerminalInput  # noqa: PLC0415 - at the first byte

    source = TerminalInput()
    heard = monotonic()
    while not told_to_end.is_set():
        patience = source.patience
        left = LOOK if patience is None else heard + patience - monotonic()
        ready, _, _ = select.select([driver.fileno], [], [], max(0, min(LOOK, left)))
        if ready and (data := _read(driver.fileno)):
            items, heard = source.feed(data), monotonic()
        elif ready:
            if not os.isatty(driver.fileno):  # it is gone; `when_closed` tells who is to know
                return
            told_to_end.wait(LOOK)
            continue
        else:
            items = source.give_up() if left <= 0 else []
        for item in items:
            if isinstance(item, Message):
                driver.process_message(item)
            else:
                driver.ahead.put(item)


def _read(terminal: int) -> bytes:
    """What was typed; nothing if the terminal is gone, or not ours for the moment."""
    try:
        return os.read(terminal, MOST_READ)
    except BlockingIOError:
        return b""
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return b""


def when_closed(terminal: int, do: Callable[[], object]) -> None:
    """Call `do` once, in the running loop, when the terminal of this descriptor is gone.

    Only the leader of a session is told, by a signal, and some leaders (`make`) keep it to
    themselves. On Linux the kernel tells; elsewhere it is looked at once a second.
    """
    loop = asyncio.get_running_loop()
    if hasattr(select, "epoll"):
        watch = select.epoll()
        try:
            watch.register(terminal, 0)  # nothing but the hang-up, which is always reported
        except PermissionError:  # a file, or the like, that is never hung up
            watch.close()
            return

        def tell() -> None:
            loop.remove_reader(watch)
            watch.close()
            do()

        loop.add_reader(watch, tell)
        return

    def look() -> None:
        if os.isatty(terminal):
            loop.call_later(1, look)
        else:
            do()

    look()


class _Forgiving:
    """A file that can be written to even when it cannot."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> None:
        """Write, if anybody is there."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Send it, if anybody is there."""
        with suppress(OSError):
            self._file.flush()
