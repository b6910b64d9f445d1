import pytest

from chimera_tui.quality.measures import balance, shares


def test_shares_add_up() -> None:
    assert shares({"a": 3, "b": 1}) == {"a": 0.75, "b": 0.25}
    assert shares({"a": 0}) == {"a": 0.0}


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        ({}, 1.0),
        ({"a": 5}, 1.0),
        ({"a": 0, "b": 0}, 1.0),
        ({"a": 5, "b": 5, "c": 5}, 1.0),
        ({"a": 9, "b": 0, "c": 0}, 0.0),
        ({"a": 8, "b": 1, "c": 1}, pytest.approx(0.363, abs=0.001)),
    ],
)
def test_balance_is_the_evenness_of_the_turns(turns: dict[str, int], expected: float) -> None:
    assert balance(turns) == expected
