"""A terminal that may go away."""

import asyncio
import os
import select
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver


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
