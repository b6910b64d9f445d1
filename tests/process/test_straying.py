"""S14: wherever the database goes while the program runs, nothing that was reported is lost."""

import random
from pathlib import Path

import pytest

from tests.process.straying import Thief

SIDE_BY_SIDE = 5


def rounds(folder: Path, talks: int, apps: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Take the database away from so many `talk`s and apps, in any order."""
    thief = Thief(folder, seed=talks)
    plan = [thief.app_round] * apps + [lambda: thief.talk_rounds(SIDE_BY_SIDE)] * (
        talks // SIDE_BY_SIDE
    )
    random.Random(talks).shuffle(plan)
    for go in plan:
        go()
    with capsys.disabled():
        print(f"\nstraying: {thief.figures}")  # noqa: T201 - the figures are what it is for
    assert thief.figures.lost == 0
    assert thief.figures.spoiled == 0
    assert thief.figures.rounds == talks + apps


def test_taking_the_database_away_12_times_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(tmp_path, talks=10, apps=2, capsys=capsys)


@pytest.mark.soak
def test_taking_the_database_away_300_times_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(tmp_path, talks=270, apps=30, capsys=capsys)
