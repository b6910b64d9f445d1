"""How a person, the system, or a closed terminal ends a command that runs for long."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 3.0
"""Seconds from the first signal until the program ends, whatever it still waits for."""

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Interruption:
    """The first signal asks for an end after what is being written; the second ends it now."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self.exit_code = 0
        """128 and the signal; 0 if none came."""

    def __call__(self, number: int) -> None:
        """Take note of a signal."""
        if self.exit_code:
            os._exit(self.exit_code)  # a transaction is whole or not there, so nothing can tear
        self.exit_code = 128 + number
        self.came.set()
        guard = threading.Timer(GRACE, os._exit, (self.exit_code,))
        guard.daemon = True
        guard.start()


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Listen to SIGINT, SIGTERM and SIGHUP, except where whoever started us ignores them."""
    loop, interruption = asyncio.get_running_loop(), Interruption()
    former = {s: signal.getsignal(s) for s in _SIGNALS}
    heard = [s for s in _SIGNALS if former[s] not in (signal.SIG_IGN, None)]
    for number in heard:
        try:
            loop.add_signal_handler(number, interruption, number)
        except NotImplementedError:  # Windows: ctrl+c ends the command by KeyboardInterrupt
            heard = []
            break
    try:
        yield interruption
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
            signal.signal(number, former[number])
