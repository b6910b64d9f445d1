"""S14: wherever the database goes while the program runs, nothing that was reported is lost."""

import json
import random
import time
from pathlib import Path

import pytest

from chimera_tui.ui.kit.dialog import HOLD
from tests.process.program import PATIENCE, TALK, Home
from tests.process.straying import Thief

pytestmark = pytest.mark.slow

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


def test_talk_says_where_its_words_are_and_exits_with_5(home: Home) -> None:
    with home.start(*TALK, "--pace", "1") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        home.db.write_bytes(b"Something else.")
        said = process.stderr.read()
        assert process.wait(PATIENCE) == 5
    (rescued,) = home.path.glob("chimera-rescued-*.db")
    assert "was written over" in said
    assert "Ended: the database is not where it was." in said
    assert said.endswith(f"Saved as conversation 1 in `{rescued}`.\n")
    assert home.db.read_bytes() == b"Something else."


def test_the_app_notices_it_while_nothing_is_said_and_says_so_on_leaving(home: Home) -> None:
    assert home.run(*TALK, "--pace", "0", "--turns", "3").returncode == 0
    with home.open_app() as terminal:
        terminal.wait_for("Should robots dream?", "paused")
        home.db.unlink()
        terminal.wait_for("was removed or renamed", "go on", "stay paused")
        time.sleep(HOLD + 0.5)  # nobody asked for this dialog: it takes no key before
        terminal.send("\r")
        terminal.wait_for("live")
        terminal.send("\x11")
        assert terminal.wait_exit() == 0
        assert terminal.modes_left_on() == set()
        assert "is kept in" in terminal.text[terminal.text.rindex("chimera-tui:") :]
    (rescued,) = home.path.glob("chimera-rescued-*.db")
    assert len(json.loads(home.run("--db", str(rescued), "conversations", "--json").stdout)) == 1


def test_taking_the_database_away_11_times_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(tmp_path, talks=10, apps=1, capsys=capsys)


@pytest.mark.soak
def test_taking_the_database_away_300_times_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds(tmp_path, talks=270, apps=30, capsys=capsys)
