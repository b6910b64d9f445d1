"""What a provider asked us to leave alone: one of its models, or all of them, until a moment."""

import math
from collections.abc import Callable

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import WaitReason
from chimera_tui.providers.base import Waiting
from chimera_tui.resilience.rules import LONGEST_WAIT, in_words

ALL = ""
"""In the place of a model: whatever the provider has."""


class Cooldowns:
    """The models of one provider that may not be asked.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, tuple[float, ProviderError]] = {}

    def begin(self, model: str, seconds: float, error: ProviderError) -> None:
        """Leave a model, or `ALL`, alone for so long; infinite: until a person acts."""
        until, _ = self._until.get(model, (-math.inf, error))
        self._until[model] = (max(until, self._clock() + seconds), error)

    def holds(self, model: str) -> bool:
        """Whether `model` itself may not be asked."""
        return self._until.get(model, (-math.inf, None))[0] > self._clock()

    def wait(self, model: str) -> Waiting | None:
        """Say how long a turn has to wait for `model`; None if it has not.

        Raises:
            ProviderError: If it is too long for a turn, or would not help.
        """
        if not self.holds(model):
            return None
        until, error = self._until[model]
        seconds = until - self._clock()
        if error.kind is Fault.MODEL:
            raise held_back(error)
        if seconds > LONGEST_WAIT:
            raise held_back(error, seconds)
        return Waiting(WaitReason.ASKED, seconds)

    def forgive(self) -> None:
        """A person wants to try: only short waits that the provider asked for stay."""
        soon = self._clock() + LONGEST_WAIT
        self._until = {
            model: (until, error)
            for model, (until, error) in self._until.items()
            if until <= soon and error.kind is not Fault.MODEL
        }

    def clear(self) -> None:
        """Forget everything."""
        self._until.clear()


def held_back(error: ProviderError | None, seconds: float | None = None) -> ProviderError:
    """What the provider said last, to somebody who was not let through because of it.

    Args:
        error: What it said.
        seconds: How long nobody is let through, where that is known.
    """
    if error is None:
        return ProviderError("The provider does not answer.", kind=Fault.CONNECT, is_held_back=True)
    words = f" It may be asked again in {in_words(seconds)}." if seconds else ""
    return ProviderError(
        error.problem + words,
        kind=error.kind,
        hint=error.hint,
        retry_after=seconds,
        is_held_back=True,
    )
