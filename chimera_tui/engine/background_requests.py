"""Small questions to a model for the room's sake: who speaks next, what a summary says."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

from chimera_tui.domain.conversation import (
    DEMO,
    Assignment,
    ModelRef,
    Provenance,
    Summary,
    Usage,
)
from chimera_tui.domain.errors import Fault, ProviderError, StorageError
from chimera_tui.domain.events import ErrandDone
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.needs import BudgetGuard, Models, Replies
from chimera_tui.providers.base import ChatMessage, ChatRequest, Finished, Text, Withdrawn

LONGEST_WAIT = 8.0
"""Seconds a room waits for whoever directs it."""
LONGEST_ANSWER = 4000
"""Characters of an answer that are read."""

_HELPER = Persona(
    slug="",
    name="",
    emoji="",
    colour=1,
    category="",
    one_line="",
    prompt="",
    temperature=0.2,
)
"""What providers are told of who speaks: nobody."""


class BackgroundRequests:
    """Asks the helping model of a conversation; what it costs is recorded like a turn's cost."""

    def __init__(
        self,
        journal: Journal,
        replies: Replies,
        models: Models,
        budget_guard: BudgetGuard,
        clock: Callable[[], float],
    ) -> None:
        self._journal = journal
        self._replies = replies
        self._models = models
        self._budget_guard = budget_guard
        self._clock = clock

    async def ask(self, system: str, question: str, *, max_tokens: int = 200) -> str:
        """Return the answer.

        Raises:
            ProviderError: If it does not come, not in time, or cannot be recorded.
        """
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                answer, provenance = await self._ask(system, question, max_tokens)
        except TimeoutError:
            raise ProviderError(
                "It did not answer in time.", kind=Fault.TIMEOUT, hint="Choose a faster model."
            ) from None
        await self._record(provenance)
        return answer

    async def summarise(self, system: str, text: str, summary: Summary, *, max_tokens: int) -> None:
        """Have a text summarised, and keep it as `summary`, whose words and model are still open.

        Raises:
            ProviderError: If the answer does not come, or cannot be recorded.
        """
        answer, provenance = await self._ask(system, text, max_tokens)
        made = replace(summary, text=answer.strip(), model=provenance.model)
        await self._record(provenance, made)

    async def _record(self, provenance: Provenance, summary: Summary | None = None) -> None:
        try:
            await self._journal.emit(ErrandDone(provenance=provenance, summary=summary))
        except StorageError as error:
            raise ProviderError(error.problem, kind=Fault.STORAGE, hint=error.hint) from error

    async def _ask(self, system: str, question: str, max_tokens: int) -> tuple[str, Provenance]:
        models = await self._helpers()
        allow = await self._budget_guard.allowance(
            lambda: self._journal.conversation.budget, self._journal.state.spent
        )

        def write(model: ModelRef, **_: bool) -> ChatRequest:
            return ChatRequest(
                model=model.model,
                system=system,
                messages=(ChatMessage("user", question),),
                max_tokens=max_tokens,
                temperature=_HELPER.temperature,
                context=self._models.context(model),
                persona=_HELPER,
            )

        began, answer, finished = self._clock(), "", None
        async with aclosing(self._replies.reply(models, write, allow)) as items:
            async for item in items:
                if isinstance(item, Text) and len(answer) < LONGEST_ANSWER:
                    answer += item.text
                elif isinstance(item, Withdrawn):
                    answer = ""
                elif isinstance(item, Finished):
                    finished = item
        usage = (finished.usage if finished else None) or _estimate(system + question, answer)
        cost, source = await self._models.cost(models[0], usage)
        provenance = Provenance(
            model=models[0],
            persona_version="",
            temperature=_HELPER.temperature,
            max_tokens=max_tokens,
            usage=usage,
            cost=cost,
            cost_source=source,
            first_text=None,
            duration=self._clock() - began,
        )
        return answer[:LONGEST_ANSWER], provenance

    async def _helpers(self) -> tuple[ModelRef, ...]:
        """The model that the rules name, else the one that plays whoever has none of its own."""
        helper = self._journal.conversation.rules.helper
        model = ModelRef.parse(helper) if helper else None
        models = await self._models.candidates(Assignment(persona=_HELPER, model=model))
        if models[0].provider == DEMO.provider:
            raise ProviderError(
                "The demo cannot choose.", kind=Fault.MODEL, hint="Choose a model that helps."
            )
        return tuple(models[:1])


def _estimate(read: str, written: str) -> Usage:
    return Usage(
        input=round(len(read) / CHARACTERS_PER_TOKEN),
        output=round(len(written) / CHARACTERS_PER_TOKEN),
        is_estimate=True,
    )
