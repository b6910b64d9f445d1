"""No key, click, paste or size ends the app, in any mode of colours; see `monkey`."""

import shutil
from pathlib import Path

import pytest

from tests.process.monkey import MODES, Monkey, a_home
from tests.process.program import Home

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with conversations, to be copied."""
    return a_home(tmp_path_factory.mktemp("talked"))


@pytest.mark.parametrize("mode", MODES)
def test_a_monkey_ends_nothing(talked: Home, tmp_path: Path, mode: str) -> None:
    Monkey(mode, seed=1, trips=2).play(Home(shutil.copytree(talked.path, tmp_path / "home")))


@pytest.mark.soak
@pytest.mark.parametrize("mode", MODES)
def test_ten_monkeys_end_nothing(talked: Home, tmp_path: Path, mode: str) -> None:
    """The memory grows with what was shown once, and then no more."""
    for seed in range(2, 12):
        monkey = Monkey(mode, seed, trips=60)
        monkey.play(Home(shutil.copytree(talked.path, tmp_path / str(seed))))
        early = max(monkey.memory[:20])
        assert max(monkey.memory) < early + 64 * 1024, (str(monkey), monkey.memory)
