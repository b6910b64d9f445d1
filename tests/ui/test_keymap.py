"""The keys that a person can move: listed in the README, and what is wrong with them is named."""

import re
from pathlib import Path

from chimera_tui.settings.settings import Settings
from chimera_tui.ui.keymap import conflicts, problems, usual_keys
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.running import room_of, running, text_of, until

README = Path(__file__).parents[2] / "README.md"


def listed() -> dict[str, str]:
    """The ids and keys that the README lists."""
    lines = [one for one in README.read_text("utf-8").splitlines() if one.startswith("- `")]
    return dict(re.findall(r"`([\w.-]+) = \"([^\"]+)\"`", "\n".join(lines)))


def as_listed(keys: dict[str, str]) -> str:
    """The list, to be put into the README where it is not true any more."""
    groups: dict[str, list[str]] = {}
    for id_, usual in keys.items():
        group = id_.partition(".")[0] if "." in id_ else ""
        groups.setdefault(group, []).append(f'`{id_} = "{usual}"`')
    return "\n".join(f"- {', '.join(group)}" for group in groups.values())


def test_the_readme_lists_every_key_that_can_be_moved() -> None:
    assert in_any_order(listed()) == in_any_order(usual_keys()), "\n" + as_listed(usual_keys())


def in_any_order(keys: dict[str, str]) -> dict[str, set[str]]:
    """Which of several keys is named first depends on which screen was imported first."""
    return {id_: set(several.split(",")) for id_, several in keys.items()}


def test_the_usual_keys_are_no_problem() -> None:
    assert problems(usual_keys()) == []


def test_a_key_of_two_commands_of_a_screen_is_named_with_both() -> None:
    (said,) = problems({"next": "t"})
    assert "The key `t` of `next`" in said
    assert "`thought`" in said


def test_a_key_of_the_app_is_taken_on_each_screen() -> None:
    (said,) = problems({"studio.save": "ctrl+q"})
    assert "`ctrl+q` of `studio.save`" in said
    assert "`quit`" in said


def test_keys_that_are_exchanged_are_no_problem() -> None:
    assert problems({"next": "t", "thought": "n"}) == []


def test_keys_of_two_screens_do_not_meet() -> None:
    assert problems({"diagnostics.models": "n"}) == []


def test_of_several_keys_each_is_looked_at() -> None:
    assert len(conflicts({"a": "x,y", "b": "z", "c": "v"}, {"b": "y, v"})) == 2


def test_an_id_that_does_not_exist_is_named_with_the_nearest() -> None:
    (said,) = problems({"paus": "f5"})
    assert "`paus`" in said
    assert "Did you mean `pause`?" in said


async def test_what_is_wrong_with_the_keys_is_said_at_the_start(tmp_path: Path) -> None:
    settings = Settings(keys={"next": "t", "paus": "f5"})
    async with running(FakeChimera(a_saved()), tmp_path, settings=settings) as pilot:
        await until(pilot, lambda: "Did you mean `pause`?" in text_of(pilot))
        assert "`thought`, too" in " ".join(text_of(pilot).split())
        assert room_of(pilot).is_active
