"""Steps of a person that can be taken back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

MOST_STEPS = 100
"""Steps that are remembered."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that can be taken back."""

    done: str
    """What is so again then, a sentence."""
    room: object
    """The room in which it was done, and can be taken back; None: anywhere."""
    back: Callable[[], Awaitable[object]]


class UndoStack:
    """The last steps that were taken on one screen, over all its rooms."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def push(self, step: Step) -> None:
        """Remember a step."""
        self._steps = [*self._steps[1 - MOST_STEPS :], step]

    def forget(self, step: Step) -> None:
        """Remember a step no more."""
        self._steps = [one for one in self._steps if one is not step]

    def last(self, room: object) -> Step | None:
        """Return the last step that can be taken back in `room`; None if there is none."""
        here = (step for step in reversed(self._steps) if step.room in (None, room))
        return next(here, None)
