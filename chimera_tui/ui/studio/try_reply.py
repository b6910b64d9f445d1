"""A reply of a persona that is tried, as far as it has come, and how two of them differ."""

from dataclasses import dataclass, replace

from textual.content import Content

from chimera_tui.domain.conversation import DEMO, CostSource, Message, ModelRef
from chimera_tui.domain.events import (
    AttemptStarted,
    Event,
    NoticePosted,
    ProviderSwitched,
    RetryScheduled,
    ThinkingReceived,
    TurnDelayed,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Part, line, split
from chimera_tui.ui.kit.costs import about, dollars
from chimera_tui.ui.room.room_header import DEMO_CHIP

ROOMY = 34
"""Cells of the line over a reply from which on it has room for the seconds."""
WAITS = {
    WaitReason.LOADING: "the model is loaded",
    WaitReason.LIMIT: "no more requests this minute",
    WaitReason.ASKED: "the provider asks to",
    WaitReason.RETRY: "then tries again",
    WaitReason.BREAKER: "the provider does not answer",
    WaitReason.QUEUE: "the provider is busy",
}
"""Why nothing is heard yet, in few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply as far as it has come."""

    title: str
    """`before`, `after`."""
    of: str
    """Which definition spoke: `saved`, `this draft`."""
    is_over: bool = False
    model: ModelRef | None = None
    note: str = ""
    """What it waits for."""
    words: int = 0
    seconds: float | None = None
    """From the request to the end."""
    cost: str = ""

    def told(self, message: Message) -> "Reply":
        """Return the reply when all of it was said."""
        told = message.provenance
        if told is None:
            return replace(self, is_over=True, note="", words=len(message.text.split()))
        cost = "free" if told.cost_source is CostSource.FREE else "n/a"
        if told.cost_source is not CostSource.FREE and told.cost is not None:
            cost = about(dollars(told.cost), is_estimate=told.usage.is_estimate)
        return replace(
            self,
            is_over=True,
            note="",
            words=len(message.text.split()),
            model=told.model,
            seconds=told.duration,
            cost=cost,
        )

    def after(self, event: Event) -> "Reply":
        """Return the reply after an event before its first words, or instead of them."""
        match event:
            case AttemptStarted(model=model) | ProviderSwitched(new=model):
                return replace(self, model=model, note="…")
            case TurnDelayed(why=why, seconds=seconds):
                how_long = "" if seconds is None else f", {seconds:.0f} s"
                return replace(self, note=f"waits: {WAITS[why]}{how_long}")
            case RetryScheduled(number=number, of=of):
                return replace(self, note=f"attempt {number} of {of} follows")
            case NoticePosted(notice=notice):
                return replace(self, note=one_line(notice.text, 60))
            case ThinkingReceived():
                return replace(self, note="thinking …")
            case _:
                return self

    def line(self, width: int) -> Content:
        """Draw the line over the words."""
        parts: list[Part] = [(self.title, "$muted" if self.title == "before" else "bold")]
        parts.append((f"  {self.of}", "$muted"))
        facts: list[Part] = []
        if self.note:
            facts = [(self.note, "$muted")]
        elif self.is_over and self.words:
            is_wide = self.seconds is not None and width >= ROOMY
            seconds = [f"{self.seconds:.1f} s"] if is_wide else []
            cost = [] if self.cost == "free" else [self.cost]
            facts = [("  ".join([*seconds, f"{self.words} words", *cost]), "$muted")]
        if self.model == DEMO:
            facts = [*facts, " ", DEMO_CHIP]
        return split(line(*parts), line(*facts), width)


def compared(before: Reply | None, after: Reply | None) -> str:
    """Say how two replies differ, once both were said: `14 words shorter, 0.2 s faster`."""
    if before is None or after is None or not (before.words and after.words):
        return ""
    words = after.words - before.words
    kind = "longer" if words > 0 else "shorter"
    size = f"{abs(words)} word{'s' if abs(words) != 1 else ''} {kind}"
    return "as long as before" if not words else size
