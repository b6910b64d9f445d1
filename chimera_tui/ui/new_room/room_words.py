"""What a room is to be, in words: its mode, its pace, what it may use up, who plays it."""

from typing import TYPE_CHECKING, Protocol

from textual.content import Content

from chimera_tui.domain.arguments import MILLION, PACES
from chimera_tui.domain.conversation import Assignment, Budget, ModelRef
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import line, state
from chimera_tui.ui.kit.costs import rounded
from chimera_tui.ui.room.room_header import DEMO_CHIP

if TYPE_CHECKING:
    from chimera_tui.ui.new_room.room_draft import RoomPlan

MOST_MODELS = 2
"""Models that are named."""

MODE_WORDS = {
    "natural": "whoever is addressed, then whoever it suits",
    "pooled": "each once after your word, then it waits for you",
    "manual": "you say who",
    "director": "a model chooses, and says what the turn should do",
    "script": "line by line: a debate, an interview",
    "random": "whoever likes to talk, nobody twice running",
    "round_robin": "everyone in turn",
}
"""What each mode means; one without words here is shown by its name alone."""


_FACTORS = tuple(PACES.values())


def mode_name(mode: str) -> str:
    """A mode, as it is shown."""
    return mode.replace("_", " ")


def nearest_pace(pace: float) -> int:
    """The number of the named pace that is nearest."""
    return min(range(len(PACES)), key=lambda index: abs(_FACTORS[index] - pace))


def pace_name(pace: float) -> str:
    """A pace, as it is shown: `human`, or a factor such as `1.5`."""
    return next((name for name, factor in PACES.items() if factor == pace), f"{pace:g}")


class KnowsModels(Protocol):
    """Says what can play, and what that costs."""

    def automatic(self) -> ModelRef | None:
        """Who plays those without a model; None: nobody answers."""

    def expected(self, assignment: Assignment) -> ModelRef | None:
        """Who plays an assignment, as far as is known."""

    def is_free(self, model: ModelRef) -> bool:
        """Whether a model runs at home."""


def budget_words(budget: Budget) -> str:
    """What may be used up, as it is shown: `$0.50, 200k tok`."""
    cost = f"${budget.cost / MILLION:.2f}" if budget.cost else ""
    tokens = f"{rounded(budget.tokens)} tok" if budget.tokens else ""
    minutes = f"{budget.minutes} min" if budget.minutes else ""
    return ", ".join(filter(None, (cost, tokens, minutes))) or "no limit"


def voices(plan: "RoomPlan", known: KnowsModels, *, short: bool = False) -> Content:
    """Who will play a new room, and what it may cost: to be read before anything is sent."""
    seats = [seat for seat in plan.cast if seat.model or not plan.is_demo]
    models = [model for model in dict.fromkeys(map(known.expected, seats)) if model]
    chip = [DEMO_CHIP, "  "] if plan.is_demo and any(not seat.model for seat in plan.cast) else []
    if not models:
        why = "" if known.automatic() or short else "no provider answers: "
        return line(*chip, (f"{why}offline and free", "$muted"))
    names = ", ".join(one_line(model.model, 30) for model in models[:MOST_MODELS])
    if (more := len(models) - MOST_MODELS) > 0:
        names += f" and {more} more"
    cost = f"  stops at {budget_words(plan.budget)}" if plan.budget.cost else "  no limit"
    if all(known.is_free(model) for model in models):
        cost = "  local and free"
    return line(*chip, state("live"), f"  {names}", ("" if short else cost, "$muted"))
