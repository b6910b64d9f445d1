"""Lets one of several models reply: attempts, pauses between them, and who takes over."""

import time
import unicodedata
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from chimera_tui.domain.conversation import Finish, ModelRef
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import WaitReason
from chimera_tui.providers.base import (
    ChatRequest,
    Finished,
    StreamItem,
    Text,
    Thinking,
    Waiting,
    Withdrawn,
)
from chimera_tui.resilience.gate import Attempt, Clock, Gate
from chimera_tui.resilience.rules import LONGEST_WAIT, RULES, asked_wait, in_words

FIRST_PAUSE = 1.0
"""Seconds between the first two attempts at most; twice as long each time."""
LONGEST_PAUSE = 30.0
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Mn", "Zl", "Zp", "Zs"})
"""Categories of characters of which nothing is to be seen."""


@dataclass(frozen=True, slots=True)
class AttemptBegan:
    """A model is asked now."""

    model: ModelRef
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """A model did not reply, or was not even asked; another attempt follows."""

    model: ModelRef
    error: ProviderError
    next: ModelRef
    """Who is asked then: the same model, or the one that takes over."""
    number: int
    """Of the attempt that comes, counted for each model from 1."""
    of: int
    seconds: float
    """The pause before it."""


CallItem = StreamItem | AttemptBegan | AttemptFailed


class RequestWriter(Protocol):
    """Writes the request for a model, at the moment when it is made."""

    def __call__(
        self, model: ModelRef, /, *, shorter: bool = False, more_room: bool = False
    ) -> ChatRequest:
        """Write it; `shorter` for one that cannot read so much, `more_room` to think first."""


class Calls:
    """Makes calls over all providers of a program.

    Args:
        gates: The providers by name; may change while calls are made.
        clock: Seconds, monotonic; the same as that of the gates.
        rng: For the pauses.
    """

    def __init__(
        self,
        gates: Mapping[str, Gate],
        *,
        clock: Clock = time.monotonic,
        rng: Random | None = None,
    ) -> None:
        self._gates = gates
        self._clock = clock
        self._rng = rng or Random()

    def wake(self) -> None:
        """A person wants to try now: see `Gate.wake`."""
        for gate in self._gates.values():
            gate.wake()

    async def reply(
        self, models: Sequence[ModelRef], ask: RequestWriter, allow: Callable[[ModelRef], None]
    ) -> AsyncGenerator[CallItem]:
        """Yield the reply of the first model that gives one, and what comes before it.

        Another attempt is made, and another model takes over, only while nothing of the reply was
        to be seen. Text that shows nothing is held back until something does.

        Args:
            models: Who is asked first, then who takes over.
            ask: Writes each request.
            allow: Called before each attempt; raises ProviderError if it must not be made.

        Raises:
            ProviderError: The last one, when nobody is left to ask.
        """
        turn = _Turn(self._gates, models, self._clock, self._rng)
        while True:
            try:
                allow(turn.model)  # nobody waits for what will not be allowed
                gate, attempt = turn.gate, turn.attempt()
                try:
                    while hold := await gate.wait(attempt):
                        yield hold
                    allow(turn.model)
                    request = turn.request(ask)
                    gate.begin(attempt, request)
                    yield AttemptBegan(turn.model, request)
                    while (item := await gate.hear(attempt)) is not None:
                        for told in turn.sort(item):
                            yield told
                    return
                finally:
                    await gate.end(attempt)
            except ProviderError as error:
                failed = turn.after(error)
            yield failed
            if (pause := turn.pause) > 0:
                yield Waiting(WaitReason.RETRY, pause)
                await turn.gate.rest(pause)


class _Turn:
    """How far one reply has come: whom to ask, how often, and what follows a fault."""

    def __init__(
        self, gates: Mapping[str, Gate], models: Sequence[ModelRef], clock: Clock, rng: Random
    ) -> None:
        self._gates, self._clock, self._rng = gates, clock, rng
        self._models = list(models)
        known = [gates[model.provider].turn for model in models if model.provider in gates]
        self.deadline = clock() + max(known, default=0.0)
        self.pause = 0.0
        """Seconds between the last attempt and the next, beside what the gate holds it back."""
        self._is_visible = False
        """Whether anything of the reply was to be seen."""
        self._unseen = ""
        """What was said that shows nothing."""
        self._turn_to(self._models.pop(0))

    @property
    def gate(self) -> Gate:
        """The gate of the model whose turn it is.

        Raises:
            ProviderError: If there is no such provider.
        """
        try:
            return self._gates[self.model.provider]
        except KeyError:
            raise ProviderError(
                f"There is no provider `{self.model.provider}`.",
                kind=Fault.MODEL,
                hint="Choose another model, or name the provider in the settings.",
                is_held_back=True,
            ) from None

    def attempt(self) -> Attempt:
        """The next call to the model whose turn it is."""
        return Attempt(self.model.model, self.deadline, self._is_patient)

    def request(self, ask: RequestWriter) -> ChatRequest:
        """Write the request; from now on the reply to it is heard."""
        self._is_bare, self._has_thought, self._unseen = True, False, ""
        return ask(self.model, shorter=self._is_shorter, more_room=self._has_more_room)

    def sort(self, item: StreamItem) -> Iterator[StreamItem]:
        """Yield what is to be passed on now: text that shows nothing waits for some that does.

        Raises:
            ProviderError: If it was the end, and nothing was to be seen.
        """
        if self._is_visible and not isinstance(item, Withdrawn):
            yield item
            return
        self._is_bare = False
        if isinstance(item, Text):
            self._unseen += item.text
            if not shows(item.text):
                return
            self._is_visible, item = True, Text(self._unseen)
        elif isinstance(item, Thinking | Withdrawn):
            self._has_thought, self._is_visible = True, False
            self._unseen = "" if isinstance(item, Withdrawn) else self._unseen
        yield item
        if isinstance(item, Finished):  # though it said nothing, it used something up
            raise self._nothing(item)

    def after(self, error: ProviderError) -> AttemptFailed:
        """Say what follows a failed attempt.

        Raises:
            ProviderError: If nothing does.
        """
        if self._is_visible or self._clock() >= self.deadline:
            raise _worded(error)
        model, self.pause = self.model, 0.0
        if (seconds := self._again(error)) is not None:
            of = max(self._number, int(self._most(error)))
            return AttemptFailed(model, error, model, self._number, of, seconds)
        if not (RULES[error.kind].falls_back and self._models):
            raise _worded(error)
        self._turn_to(self._models.pop(0))
        gate = self._gates.get(self.model.provider)
        return AttemptFailed(model, error, self.model, 1, gate.attempts if gate else 1, 0.0)

    def _is_patient(self) -> bool:
        """Whether to wait for a provider that does not answer: not if another one is ready."""
        gates = ((self._gates.get(model.provider), model) for model in self._models)
        return not any(gate and gate.is_ready(model.model) for gate, model in gates)

    def _turn_to(self, model: ModelRef) -> None:
        self.model = model
        self._is_shorter = self._has_more_room = False
        self._number = 1
        self._is_bare = self._has_thought = self._has_reconnected = False

    def _again(self, error: ProviderError) -> float | None:
        """Seconds until the same model is asked again; None if it is not."""
        if error.is_held_back:
            return None
        if error.kind is Fault.TRANSPORT and self._is_bare and not self._has_reconnected:
            self._has_reconnected = True  # it had closed the connection before it was asked
            return 0.0
        if self._number >= self._most(error):
            return None
        asked = asked_wait(error) or 0.0
        if asked > LONGEST_WAIT:
            return None
        pause = 0.0
        if error.kind is Fault.CONTEXT:
            self._is_shorter = True
        else:
            self._has_more_room = error.kind is Fault.EMPTY and self._has_thought
            usual = FIRST_PAUSE * 2 ** (self._number - 1)
            longest = min(LONGEST_PAUSE, usual * RULES[error.kind].patience)
            pause = self._rng.uniform(0, longest)
        if self._clock() + max(pause, asked) >= self.deadline:
            return None
        self._number += 1
        self.pause = pause if pause > asked else 0.0  # the gate sees to what was asked
        return max(pause, asked)

    def _most(self, error: ProviderError) -> float:
        """How many requests this model is worth, after this error."""
        return min(self.gate.attempts, RULES[error.kind].attempts, error.attempts)

    def _nothing(self, finished: Finished) -> ProviderError:
        """Name a whole reply without a visible word."""
        if finished.reason is Finish.FILTER:
            return ProviderError(
                f"The filter of {self.model.provider} stopped the reply.",
                kind=Fault.FILTER,
                hint="Say it differently, or skip this turn.",
            )
        if self._has_thought or finished.reason is Finish.LENGTH:
            self._has_thought = True
            return ProviderError(
                f"{self.model} thought, and said nothing.",
                kind=Fault.EMPTY,
                hint="Choose a model that thinks less.",
                attempts=2,
            )
        return ProviderError(
            f"{self.model} said nothing.", kind=Fault.EMPTY, hint="Try again.", attempts=2
        )


def shows(text: str) -> bool:
    """Whether anything of `text` is to be seen."""
    return any(unicodedata.category(letter) not in _INVISIBLE for letter in text)


def _worded(error: ProviderError) -> ProviderError:
    """Let an error about a long wait say how long it is."""
    wait = asked_wait(error) or 0.0
    if wait <= LONGEST_WAIT or error.is_held_back:
        return error
    return ProviderError(
        f"{error.problem} It asks to wait {in_words(wait)}.",
        kind=error.kind,
        hint="Choose another model, or try again then.",
        retry_after=error.retry_after,
    )
