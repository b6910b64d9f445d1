"""What is known of a persona beside its file survives the program."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from chimera_tui.domain.conversation import CostSource, ModelRef
from chimera_tui.domain.history import Sketch, Uses
from chimera_tui.storage.personas import PersonaRecords
from chimera_tui.storage.spending import spent_since
from tests.storage.values import ADA, BOB, NOON, a_provenance, completed, saving, started

BEFORE = replace(ADA, prompt="You were Ada.")


async def test_uses_count_what_was_spoken_and_a_twin_counts_for_whom_it_copies(
    tmp_path: Path,
) -> None:
    async with saving(tmp_path / "c.db") as s:
        gone = completed(4, 3, 4)
        await s.record(
            completed(1, None, 1),
            completed(2, 1, 2, speaker="bob"),
            completed(3, 2, 3, speaker="ada~2"),
            replace(gone, message=replace(gone.message, is_deleted=True)),
        )
        uses = await PersonaRecords(s.store).uses()
    assert uses == {
        "ada": Uses(conversations=1, messages=2),
        "bob": Uses(conversations=1, messages=1),
    }


async def test_a_version_is_listed_once_with_when_it_was_saved_and_what_it_said(
    tmp_path: Path,
) -> None:
    async with saving(tmp_path / "c.db") as s:
        records = PersonaRecords(s.store)
        await s.record(started(1), completed(1, None, 1))
        await records.add_saving(ADA, BEFORE)
        await records.add_saving(ADA, ADA)
        newest, oldest = await records.versions("ada")
    assert newest.persona == ADA
    assert (newest.saved_at, newest.messages, newest.spoke_at) == (NOON, 1, NOON)
    assert oldest.persona == BEFORE
    assert (oldest.saved_at, oldest.messages) == (None, 0)


async def test_what_was_cast_is_a_version_though_nobody_saved_it(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        (version,) = await PersonaRecords(s.store).versions("bob")
    assert version.persona == BOB


async def test_an_edit_is_kept_until_it_is_dropped(tmp_path: Path) -> None:
    sketch = Sketch(slug="ada", fields={"words": "800", "name": "\ud800"}, base=ADA.version)
    async with saving(tmp_path / "c.db") as s:
        records = PersonaRecords(s.store)
        await records.keep_sketch(replace(sketch, fields={}))
        await records.keep_sketch(sketch)
        await records.keep_sketch(Sketch(slug="bob", fields={}))
        await records.drop_sketch("bob")
        (kept,) = await records.sketches()
    assert kept == replace(sketch, fields={"words": "800", "name": "\ufffd"})


async def test_what_trying_costs_counts_for_the_day(tmp_path: Path) -> None:
    paid = replace(
        a_provenance(),
        model=ModelRef("openai", "m"),
        cost=500,
        cost_source=CostSource.PRICED,
    )
    async with saving(tmp_path / "c.db") as s:
        await PersonaRecords(s.store).add_preview("ada", paid)
        (spent,) = await spent_since(s.store, NOON - timedelta(hours=1))
        assert (spent.provider, spent.attempts, spent.tokens, spent.cost) == ("openai", 1, 160, 500)
        assert spent.is_estimate
        assert await s.ask("SELECT count(*) FROM message") == [(0,)]
