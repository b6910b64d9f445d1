"""House rules, helping models and slips are kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import Budget, CostSource, ModelRef, Summary, Usage
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.events import (
    ConversationChanged,
    ErrandDone,
    MessageCompleted,
    RetryScheduled,
    TurnDropped,
)
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.domain.rules import Rules
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.impersonations import impersonations
from chimera_tui.storage.spending import spent_since
from chimera_tui.storage.store import open_store
from tests.storage.values import (
    MODEL,
    NOON,
    a_message,
    a_provenance,
    a_turn,
    completed,
    failed,
    saving,
    started,
)

RULES = Rules(
    script=("host: open", "each: close „it“"),
    script_from=3,
    every=(("narrator", 6),),
    most_turns=4,
    liveliness=1.1,
    helper="ollama/small",
)
PAID = replace(
    a_provenance(), usage=Usage(input=300, output=20), cost=50, cost_source=CostSource.PRICED
)


async def test_rules_and_minutes_come_back(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        changed = replace(s.saved.conversation, rules=RULES, budget=Budget(cost=1, minutes=60))
        await s.record(ConversationChanged(conversation=changed))
    async with open_store(tmp_path / "c.db") as store:
        loaded = await Conversations(store).load(s.id)
    assert loaded.conversation == changed


async def test_an_errand_costs_but_is_no_turn_and_hides_no_failure(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), failed(1))
        await s.record(ErrandDone(provenance=PAID), ErrandDone(provenance=PAID))
    async with open_store(tmp_path / "c.db") as store:
        loaded = await Conversations(store).load(s.id)
        (spending,) = await spent_since(store, NOON.replace(year=2000))
    assert (loaded.spent.cost, loaded.spent.tokens, loaded.turns) == (100, 640, 1)
    assert loaded.failure is not None
    assert spending.cost == 100


async def test_a_summary_is_kept_once_for_its_words(tmp_path: Path) -> None:
    summary = Summary(
        digest="abc", first_id=2, last_id=9, text="In short.", model=MODEL, created_at=NOON
    )
    newer = replace(summary, text="Shorter.", model=ModelRef("a", "b"))
    async with saving(tmp_path / "c.db") as s:
        await s.record(ErrandDone(provenance=PAID, summary=summary))
        await s.record(ErrandDone(provenance=PAID, summary=newer))
    async with open_store(tmp_path / "c.db") as store:
        assert (await Conversations(store).load(s.id)).summaries == {"abc": newer}


async def test_slips_are_counted_by_model(tmp_path: Path) -> None:
    again = RetryScheduled(
        turn=a_turn(2), model=MODEL, kind=Fault.LABEL, problem="", number=2, of=2, seconds=0.0
    )
    message = a_message(2, 1, 2)
    cut = replace(message, provenance=replace(a_provenance(), leaks=2, is_refusal=True))
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), completed(1, None, 1))
        await s.record(started(2), again, started(2), MessageCompleted(message=cut))
        await s.record(started(3), TurnDropped(turn=a_turn(3), kind=Fault.LABEL))
        await s.record(ErrandDone(provenance=PAID))
    async with open_store(tmp_path / "c.db") as store:
        loaded = await Conversations(store).load(s.id)
        assert await impersonations(store) == (
            Impersonations(model=MODEL, replies=2, leaks=2, retries=2, refusals=1),
        )
    assert loaded.tree.path[1] == cut


@pytest.mark.parametrize("unsound", ["", "[]", '{"most_turns": "many"}', "x"])
async def test_rules_that_cannot_be_read_are_none(tmp_path: Path, unsound: str) -> None:
    async with saving(tmp_path / "c.db") as s:
        pass
    async with open_store(tmp_path / "c.db") as store:
        await store.write(lambda db: db.execute("UPDATE conversation SET rules = ?", (unsound,)))
        assert (await Conversations(store).load(s.id)).conversation.rules == Rules()
