"""Which model plays whom, by the settings and by what the last checks found."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from chimera_tui.domain.conversation import DEMO, Assignment, ModelRef
from chimera_tui.domain.errors import Fault, ProviderError, UnknownError
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.domain.persona import Persona

DEFAULT_CONTEXT = 8192
"""Tokens a model is taken to read, where neither it nor the settings say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the settings and the address say of a provider."""

    model: str = ""
    """The model to use there; empty: the first of `preferred` that it has; where there are none,
    the one that is loaded, else the first that can chat."""
    preferred: tuple[str, ...] = ()
    """Models to choose from at a hosted service where nobody chose, the first choice first."""
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
        self._wanted = order
        self._health = health
        self._check = check

    @property
    def _order(self) -> list[str]:
        """Those that can be asked now; a key that is set makes it one more."""
        return [name for name in self._wanted if name in self._facts]

    async def candidates(self, assignment: Assignment) -> tuple[ModelRef, ...]:
        """Say which model plays this assignment, and who takes over when it cannot.

        The model of the assignment, else the one that the persona likes best, if its provider can
        be asked, and one of each healthy provider in order; then its fallbacks.

        Raises:
            ProviderError: If none can be reached; the demo never stands in for one.
        """
        if assignment.model is not None:
            return _once_each(assignment.model, *assignment.fallbacks)
        if not (found := (*self._liked(assignment.persona), *self.automatic())):
            for name in self._order:
                await self._check(name)
                if found := self.automatic():
                    break
        if found := _once_each(*found, *assignment.fallbacks):
            return found
        if answering := [name for name in self._order if self._is_up(name)]:
            raise ProviderError(
                f"Of the models of {answering[0]} none can be chosen without asking.",
                kind=Fault.MODEL,
                hint="Choose one in the cast panel, or set `model` for it in the settings.",
            )
        tried = ", ".join(self._order)
        raise ProviderError(
            "No model can be reached.",
            kind=Fault.CONNECT,
            hint=f"Start one of these, then try again: {tried}. Or open a demo room.",
        )

    def expected(self, assignment: Assignment) -> ModelRef | None:
        """Who plays this assignment, as far as is known without asking; None if nobody is known."""
        liked = self._liked(assignment.persona)
        return next(iter((*filter(None, [assignment.model]), *liked, *self.automatic())), None)

    def _liked(self, persona: Persona) -> tuple[ModelRef, ...]:
        """The model that a persona likes best, if its provider can be asked."""
        with suppress(UnknownError):  # it names none
            model = ModelRef.parse(persona.model)
            if model.provider in self._facts:
                return (model,)
        return ()

    def automatic(self) -> tuple[ModelRef, ...]:
        """Who plays those without a model, as far as is known; the first choice first."""
        found = []
        for name in self._order:
            if self._is_up(name):
                facts = self._facts[name]
                if model := facts.model or _chosen(self._health[name].models, facts.preferred):
                    found.append(ModelRef(name, model))
        return tuple(found)

    def _is_up(self, name: str) -> bool:
        health = self._health.get(name)
        return health is not None and health.state in (HealthState.UP, HealthState.SLOW)

    def has_provider(self, name: str) -> bool:
        """Whether there is a provider called `name` that can be asked."""
        return name in self._facts or name == DEMO.provider

    def context(self, model: ModelRef) -> int:
        """Tokens that `model` reads at most: as the settings say, else its server."""
        facts, health = self._facts.get(model.provider), self._health.get(model.provider)
        if facts and facts.context:
            return facts.context
        listed = (m.context for m in health.models if m.name == model.model) if health else ()
        return next((context for context in listed if context), DEFAULT_CONTEXT)

    def is_free(self, model: ModelRef) -> bool:
        """Whether it runs at home, or is the demo."""
        facts = self._facts.get(model.provider)
        return model == DEMO or (facts is not None and facts.is_free)


def _chosen(models: Sequence[ModelInfo], preferred: Sequence[str]) -> str:
    """The model to use of those a provider lists; empty if there is none to be chosen unasked."""
    able = [model for model in models if model.can_chat]
    names = {model.name for model in able}
    if preferred:
        return next((name for name in preferred if name in names or not models), "")
    loaded = [model for model in able if model.is_loaded]
    return (loaded or able)[0].name if able else ""


def _once_each(*models: ModelRef) -> tuple[ModelRef, ...]:
    return tuple(dict.fromkeys(models))
