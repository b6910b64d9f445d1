"""Which model plays whom, by the settings and by what the last checks found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from chimera_tui.domain.conversation import DEMO, Assignment, CostSource, ModelRef, Usage
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import Health, HealthState, ModelInfo

DEFAULT_CONTEXT = 8192
"""Tokens a model is taken to read, where neither it nor the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the settings and the address say of a provider."""

    model: str = ""
    """The model to use there; empty: the one that is loaded, else the first that can chat."""
    context: int | None = None
    is_free: bool = False
    """Whether it runs at home."""


class ModelChoice:
    """Chooses models for a cast; knows what they read and cost.

    Args:
        facts: The providers that may be chosen automatically, with what is known of them.
        order: Their names, the first choice first.
        health: What the last checks found; read, never written here.
        check: Asks a provider again how it is.
    """

    def __init__(
        self,
        facts: Mapping[str, Facts],
        order: Sequence[str],
        health: Mapping[str, Health],
        check: Callable[[str], Awaitable[Health]],
    ) -> None:
        self._facts = facts
        self._all = tuple(order)
        self._health = health
        self._check = check

    @property
    def _order(self) -> list[str]:
        """The providers that can be asked now: those with a key, where one is needed."""
        return [name for name in self._all if name in self._facts]

    async def resolve(self, assignment: Assignment) -> ModelRef:
        """Say which model plays this assignment: its own, else the first healthy provider's.

        Raises:
            ProviderError: If none can be reached; the demo never stands in for one.
        """
        if assignment.model is not None:
            return assignment.model
        if found := self.automatic():
            return found
        for name in self._order:
            await self._check(name)
            if found := self.automatic():
                return found
        tried = ", ".join(self._order)
        raise ProviderError(
            "No model can be reached.",
            kind=Fault.CONNECT,
            hint=f"Start one of these, then try again: {tried}. Or open a demo room.",
        )

    def automatic(self) -> ModelRef | None:
        """What plays whoever has no model assigned, as far as is known; None if nobody is up."""
        for name in self._order:
            health = self._health.get(name)
            if health and health.state in (HealthState.UP, HealthState.SLOW):
                model = self._facts[name].model or _first_that_can_chat(health.models)
                if model:
                    return ModelRef(name, model)
        return None

    def context(self, model: ModelRef) -> int:
        """Tokens that `model` reads at most: as the settings say, else its server."""
        facts, health = self._facts.get(model.provider), self._health.get(model.provider)
        if facts and facts.context:
            return facts.context
        listed = (m.context for m in health.models if m.name == model.model) if health else ()
        return next((context for context in listed if context), DEFAULT_CONTEXT)

    async def candidates(self, assignment: Assignment) -> tuple[ModelRef, ...]:
        """See `resolve`."""
        return (await self.resolve(assignment),)

    def has_provider(self, name: str) -> bool:
        """Whether there is one."""
        return name in self._facts or name == DEMO.provider

    async def cost(self, model: ModelRef, usage: Usage) -> tuple[int | None, CostSource]:
        """What it costs."""
        return (0, CostSource.FREE) if self.is_free(model) else (None, CostSource.UNKNOWN)

    def is_free(self, model: ModelRef) -> bool:
        """Whether it runs at home, or is the demo."""
        facts = self._facts.get(model.provider)
        return model == DEMO or (facts is not None and facts.is_free)


def _first_that_can_chat(models: Sequence[ModelInfo]) -> str:
    able = [model for model in models if model.can_chat]
    loaded = [model for model in able if model.is_loaded]
    return (loaded or able)[0].name if able else ""
