"""What is to happen next in a room, and what holds it back."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chimera_tui.domain.conversation import Failure, Message, Turn
from chimera_tui.domain.events import PauseReason

HOLD = 30.0
"""Seconds for which typing keeps the next turn back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A turn to be taken."""

    speaker: str | None = None
    """None: whom the mode names."""
    redo: Turn | None = None
    """The turn to be taken again; None for a new one."""
    replaces: Message | None = None
    """The message to which it is to be another answer."""
    is_automatic: bool = False
    """Nobody asked for it: it is simply time."""
    is_answer: bool = False
    """It answers a human word: a pause does not keep it back, but typing does."""


class TurnQueue:
    """The turns that were asked for, in order; then, while nothing holds them back, automatic ones.

    Attributes:
        paused: Why no automatic turn begins; None while the room is live.
        failures: Failed turns that wait for a remedy. Until then no turn begins at all.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.paused: PauseReason | None = None
        self.failures: deque[Failure] = deque()
        self._asked: deque[Asked] = deque()
        self._clock = clock
        self._held_until = 0.0
        self._is_closed = False
        self._changed = asyncio.Event()

    def ask(self, asked: Asked, *, first: bool = False) -> None:
        """Add a turn at the end, or in front of all others."""
        (self._asked.appendleft if first else self._asked.append)(asked)
        self.wake()

    def ask_only(self, asked: Iterable[Asked]) -> None:
        """Put these in the place of all that were asked for."""
        self._asked = deque(asked)
        self.wake()

    def hold(self) -> None:
        """Let nobody begin who was not named for 30 seconds, or until `release`."""
        self._held_until = self._clock() + HOLD

    def release(self) -> None:
        """End a hold."""
        self._held_until = 0.0
        self.wake()

    def wake(self) -> None:
        """Something changed: look again what is to happen."""
        self._changed.set()

    def close(self) -> None:
        """Nothing more is to happen."""
        self._is_closed = True
        self.wake()

    def stands(self, asked: Asked) -> bool:
        """Whether a turn that was taken from here is still to be taken, a while later."""
        if self._is_closed or self.failures:
            return False
        return not asked.is_automatic or not (self._asked or self.paused or self._hold > 0)

    @property
    def _hold(self) -> float:
        """Seconds for which typing still holds turns back; 0 or less: for none."""
        return self._held_until - self._clock()

    async def next(self) -> Asked | None:
        """Wait for the next turn to be taken; None once it is closed."""
        while not self._is_closed:
            self._changed.clear()
            hold = self._hold
            due = next((one for one in self._asked if hold <= 0 or not one.is_answer), None)
            if due and not self.failures:
                self._asked.remove(due)
                return due
            if self.paused is None and hold <= 0:
                return Asked(is_automatic=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(hold if hold > 0 else None):
                    await self._changed.wait()
        return None
