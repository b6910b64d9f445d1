"""Why nothing is heard of a turn yet, in words that count the seconds."""

from dataclasses import dataclass
from math import ceil

from chimera_tui.domain.health import WaitReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What a turn waits for."""

    why: WaitReason
    provider: str
    """Who is to speak for it, safe to show; empty if that is not known yet."""
    seconds: float | None
    """How long; None if nobody can say."""
    since: float
    """When it began, on the clock of the scene."""
    number: int = 0
    """Of the attempt that comes, and of how many; 0 if it is the first."""
    of: int = 0

    def clock(self, now: float) -> str:
        """The seconds that are left, or those that have passed; empty when they are over."""
        passed = max(0.0, now - self.since)
        if self.seconds is None:
            return f"{int(passed)} s"
        left = ceil(self.seconds - passed)
        return f"{left} s" if left > 0 else ""

    def words(self, now: float) -> str:
        """`openai asks for 34 s`, `attempt 2 of 3 in 7 s`, `loading the model … 12 s`."""
        who, seconds = self.provider or "the provider", self.clock(now)
        if self.seconds is None:
            return f"{_LASTING[self.why].format(who=who)} … {seconds}"
        if not seconds:
            return _OVER[self.why].format(who=who, number=self.number, of=self.of)
        if self.why is WaitReason.RETRY and self.number:
            return f"attempt {self.number} of {self.of} in {seconds}"
        return _COUNTED[self.why].format(who=who, seconds=seconds)


_COUNTED = {
    WaitReason.LOADING: "loading the model, {seconds} to go",
    WaitReason.LIMIT: "{who} has had its requests of this minute, next in {seconds}",
    WaitReason.ASKED: "{who} asks for {seconds}",
    WaitReason.RETRY: "another attempt in {seconds}",
    WaitReason.BREAKER: "{who} does not answer, tried again in {seconds}",
    WaitReason.QUEUE: "{who} is busy with others, {seconds} to go",
}
_LASTING = {
    WaitReason.LOADING: "loading the model",
    WaitReason.LIMIT: "{who} has had its requests of this minute",
    WaitReason.ASKED: "{who} asks to wait",
    WaitReason.RETRY: "another attempt follows",
    WaitReason.BREAKER: "{who} does not answer, it is being tried",
    WaitReason.QUEUE: "{who} is busy with others",
}
_OVER = {
    WaitReason.LOADING: "loading the model",
    WaitReason.LIMIT: "asking {who}",
    WaitReason.ASKED: "asking {who} again",
    WaitReason.RETRY: "attempt {number} of {of}",
    WaitReason.BREAKER: "asking {who} again",
    WaitReason.QUEUE: "asking {who}",
}


@dataclass(slots=True)
class Thought:
    """How much was thought so far."""

    words: int = 0
    _is_inside: bool = False
    """Whether the last word may go on in the next piece."""

    def add(self, piece: str) -> None:
        """Count the words that a piece adds."""
        if piece:
            self.words += len(piece.split()) - (self._is_inside and not piece[0].isspace())
            self._is_inside = not piece[-1].isspace()
