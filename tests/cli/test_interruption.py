"""X04: the first signal lets writes finish, the second does not wait for them."""

import os
import signal
import threading
from typing import Any

import pytest

from chimera_tui.cli.interruption import GRACE, Interruption, interruptible


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would have ended the process: an exit code at once, or a pair of seconds and code."""
    found: list[Any] = []

    class Timer:
        daemon = False

        def __init__(self, seconds: float, _: object, arguments: tuple[int]) -> None:
            self.planned = (seconds, *arguments)

        def start(self) -> None:
            assert self.daemon  # else the program would wait for it
            found.append(self.planned)

    def end(code: int) -> None:
        found.append(code)
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(threading, "Timer", Timer)
    return found


async def test_the_first_asks_and_the_second_ends(ended: list[Any]) -> None:
    with interruptible() as interruption:
        signal.raise_signal(signal.SIGTERM)
        await interruption.came.wait()
        assert (interruption.exit_code, ended) == (143, [(GRACE, 143)])
        with pytest.raises(SystemExit):
            interruption(signal.SIGINT)
        assert ended == [(GRACE, 143), 143]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_none_came() -> None:
    with interruptible() as interruption:
        assert isinstance(interruption, Interruption)
        assert (interruption.exit_code, interruption.came.is_set()) == (0, False)


async def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible() as interruption:
            signal.raise_signal(signal.SIGHUP)
            assert interruption.exit_code == 0
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
