"""What a room needs of others: models, replies, money, and what personas carry along."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol

from chimera_tui.domain.conversation import Assignment, Budget, CostSource, ModelRef, Usage
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import Spent
from chimera_tui.lore.carried import Carried
from chimera_tui.resilience.calls import CallItem, RequestWriter


class Models(Protocol):
    """What a room needs to know about models."""

    async def candidates(self, assignment: Assignment) -> Sequence[ModelRef]:
        """Say which model plays this assignment now, and who takes over when it cannot.

        Raises:
            ProviderError: If none can.
        """

    def context(self, model: ModelRef) -> int:
        """Tokens that `model` reads at most, reply included."""

    def has_provider(self, name: str) -> bool:
        """Whether there is a provider called `name`."""

    async def cost(self, model: ModelRef, usage: Usage) -> tuple[int | None, CostSource]:
        """Say what a reply costs now, in micro-dollars, and where that comes from."""


def must_know(models: Models, model: ModelRef) -> None:
    """Raise UnknownError if there is no such provider."""
    if not models.has_provider(model.provider):
        raise UnknownError(f"There is no provider `{model.provider}`.")


class Replies(Protocol):
    """Whom a room asks for replies: `resilience.calls.Calls`."""

    def reply(
        self, models: Sequence[ModelRef], ask: RequestWriter, allow: Callable[[ModelRef], None]
    ) -> AsyncGenerator[CallItem]:
        """Let the first of the models reply that can."""

    def wake(self) -> None:
        """A person wants to try now what is held back."""


Carrying = Callable[[Persona], Awaitable[Carried | None]]
"""Says what a persona takes along from its card."""


async def no_cards(_: Persona) -> None:
    """Nobody came in a card."""


class BudgetGuard(Protocol):
    """What may still be spent."""

    async def allowance(
        self, budget: Callable[[], Budget], spent: Spent
    ) -> Callable[[ModelRef], None]:
        """Return what is called before each request; raises ProviderError if it may not begin.

        Args:
            budget: Says what the conversation may use up; a person may change that at any time.
            spent: What it has used up; grows.
        """
