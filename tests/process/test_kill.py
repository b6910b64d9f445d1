"""S01: kill -9 at any moment loses nothing that was reported."""

import random

import pytest

from tests.process.kill import Killer
from tests.process.program import Home

pytestmark = pytest.mark.slow

SIDE_BY_SIDE = 5


def rounds(home: Home, talks: int, apps: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Kill so many `talk`s and apps over one database, in any order."""
    killer = Killer(home, seed=talks)
    plan = [killer.app_round] * apps + [lambda: killer.talk_rounds(SIDE_BY_SIDE)] * (
        talks // SIDE_BY_SIDE
    )
    random.Random(talks).shuffle(plan)
    for go in plan:
        go()
    killer.last_start()
    with capsys.disabled():
        print(f"\nkill -9: {killer.figures}")  # noqa: T201 - the figures are what it is for
    assert killer.figures.lost == 0
    assert killer.figures.rounds == talks + apps


def test_killing_it_50_times_loses_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    rounds(home, talks=45, apps=5, capsys=capsys)


@pytest.mark.soak
def test_killing_it_1000_times_loses_nothing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(home, talks=900, apps=100, capsys=capsys)
