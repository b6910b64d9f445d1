"""What was learned about models is there after the next start."""

from pathlib import Path

from chimera_tui.domain.health import ModelInfo
from chimera_tui.storage.known_models import KnownModels
from tests.storage.values import saving

LARGE = ModelInfo(
    name="large", context=200_000, price_in=3.0, price_out=15.0, ignores=frozenset({"temperature"})
)
SMALL = ModelInfo(name="a-small one", is_loaded=True)


async def test_models_are_kept_in_their_order_and_replaced(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        models = KnownModels(s.store)
        await models.save({"desk": (SMALL, LARGE), "cloud": (LARGE,)})
        await models.save({"desk": (LARGE, SMALL)})
        assert await models.load() == {"cloud": (LARGE,), "desk": (LARGE, SMALL)}


async def test_a_row_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        models = KnownModels(s.store)
        await models.save({"desk": (SMALL, LARGE)})
        spoil = "UPDATE model SET info = '{\"name\": 7}' WHERE name = 'large'"
        await s.store.write(lambda db: db.execute(spoil))
        assert await models.load() == {"desk": (SMALL,)}


async def test_refusals_are_kept_once(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        models = KnownModels(s.store)
        for _ in range(2):
            await models.add_refusal("cloud", "large", "temperature")
        assert await models.refusals() == [("cloud", "large", "temperature")]
