"""What was spent is added up, whoever spent it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from chimera_tui.domain.conversation import CostSource, ModelRef, Usage
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    ProviderSwitched,
    RetryScheduled,
    TurnDropped,
    TurnFailed,
)
from chimera_tui.domain.spending import Spending
from chimera_tui.storage.spending import spent_since
from tests.storage.values import a_failure, a_provenance, completed, saving, started

PAID = replace(
    a_provenance(),
    model=ModelRef("openai", "m"),
    usage=Usage(input=100, output=20),
    cost=500,
    cost_source=CostSource.PRICED,
)


async def test_messages_and_failures_are_counted_by_provider(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        said = completed(1, None, 1)
        paid = replace(said, message=replace(said.message, provenance=PAID))
        failure = replace(
            a_failure(2),
            provenance=replace(PAID, cost=None, cost_source=CostSource.UNKNOWN),
        )
        for turn, event in ((1, paid), (2, TurnFailed(failure=failure))):
            start = replace(started(turn), model=ModelRef("openai", "m"))
            await s.record(start, event)
        now = s.store.now()
        assert await spent_since(s.store, now - timedelta(hours=1)) == (
            Spending(
                provider="openai",
                attempts=2,
                tokens=240,
                cost=500,
                is_partly_unknown=True,
                is_estimate=False,
            ),
        )
        assert await spent_since(s.store, now + timedelta(hours=1)) == ()
        loaded = await s.conversations.load(s.id)
        assert (loaded.spent.cost, loaded.spent.tokens) == (500, 240)
        assert loaded.failure
        assert loaded.failure.provenance
        assert loaded.failure.provenance.cost is None


async def test_so_is_what_failed_and_stopped_attempts_used(tmp_path: Path) -> None:
    model, turn = ModelRef("openai", "m"), started(1).turn
    failed: dict[str, Any] = {
        "turn": turn,
        "kind": Fault.EMPTY,
        "problem": "It said nothing.",
        "provenance": PAID,
    }
    async with saving(tmp_path / "c.db") as s:
        for event in (
            RetryScheduled(model=model, number=2, of=3, seconds=0.0, **failed),
            ProviderSwitched(old=model, new=model, **failed),
            TurnDropped(turn=turn, provenance=PAID),
        ):
            await s.record(replace(started(1), model=model), event)
        await s.record(replace(started(2), model=model), TurnDropped(turn=started(2).turn))
        (spent,) = await spent_since(s.store, s.store.now() - timedelta(hours=1))
        assert (spent.attempts, spent.cost, spent.tokens) == (3, 1500, 360)
        assert (await s.conversations.load(s.id)).spent.cost == 1500
