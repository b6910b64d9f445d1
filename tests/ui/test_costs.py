"""What was used, in words."""

from dataclasses import replace

import pytest

from chimera_tui.domain import arguments
from chimera_tui.domain.conversation import (
    Budget,
    CostSource,
    ModelRef,
    Provenance,
    Usage,
)
from chimera_tui.domain.errors import UnknownError
from chimera_tui.ui.kit import costs
from tests.ui.fakes import a_message, a_saved

TOLD = Provenance(
    model=ModelRef("openai", "gpt"),
    persona_version="",
    temperature=0.8,
    max_tokens=400,
    usage=Usage(input=1204, output=85),
    cost=3100,
    cost_source=CostSource.PRICED,
    first_text=0.4,
    duration=2.0,
)


@pytest.mark.parametrize(
    ("micro", "shown"),
    [(0, "$0.0000"), (4, "<$0.0001"), (3100, "$0.0031"), (12_500_000, "$12.50")],
)
def test_dollars(micro: int, shown: str) -> None:
    assert costs.dollars(micro) == shown


@pytest.mark.parametrize(
    ("tokens", "shown"),
    [(0, "0"), (85, "85"), (3100, "3.1k"), (200_000, "200k"), (1_200_000, "1.2M")],
)
def test_tokens_in_few_cells(tokens: int, shown: str) -> None:
    assert costs.rounded(tokens) == shown


def test_a_message_says_what_it_used_in_ever_fewer_cells() -> None:
    assert costs.message_costs(TOLD) == (
        "1,204 → 85 tok · $0.0031 priced",
        "1,289 tok · $0.0031 priced",
        "$0.0031",
    )


@pytest.mark.parametrize(
    ("source", "cost", "shown"),
    [
        (CostSource.REPORTED, 3100, "$0.0031 reported"),
        (CostSource.PRICED, 3100, "$0.0031 priced"),
        (CostSource.FREE, 0, "free"),
        (CostSource.UNKNOWN, None, "n/a"),
    ],
)
def test_it_says_where_the_cost_comes_from(
    source: CostSource, cost: int | None, shown: str
) -> None:
    assert costs.cost_of(replace(TOLD, cost=cost, cost_source=source)) == shown


def test_what_we_counted_is_marked() -> None:
    told = replace(TOLD, usage=Usage(input=10, output=2, is_estimate=True))
    assert costs.message_costs(told)[0] == "~10 → 2 tok · ~$0.0031 priced"


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("1.00", Budget(cost=1_000_000)),
        ("$0,50", Budget(cost=500_000)),
        ("1.00 200k", Budget(cost=1_000_000, tokens=200_000)),
        ("1 5000", Budget(cost=1_000_000, tokens=5000)),
        ("1.5M", Budget(tokens=1_500_000)),
        ("800 tok", Budget(tokens=800)),
        ("1.00 200k 60min", Budget(cost=1_000_000, tokens=200_000, minutes=60)),
        ("45 min", Budget(minutes=45)),
        ("off", Budget()),
    ],
)
def test_a_budget_is_read_and_written(text: str, budget: Budget) -> None:
    assert arguments.parse_budget(text) == budget
    assert arguments.parse_budget(costs.budget_text(budget)) == budget


@pytest.mark.parametrize("text", ["", "much", "1 2 3", "-1", "off 1", "1.00 off"])
def test_what_is_no_budget_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UnknownError) as raised:
        arguments.parse_budget(text)
    assert "/budget 1.00" in raised.value.hint


def test_a_budget_is_shown_with_what_was_spent() -> None:
    assert costs.budget_label(14_200, 500_000) == "$0.014 of $0.50"


def test_a_usual_turn_is_the_middle_of_the_last_ones() -> None:
    assert costs.usual_usage([]) == (0, 0)
    said = a_saved(("comedian", "x" * 40), ("scientist", "x" * 80)).tree.path
    assert costs.usual_usage(said) == (60, 15)


def test_totals_mark_what_is_partly_known() -> None:
    totals = costs.Totals()
    message = a_message(1, "comedian", "Ha.", ModelRef("openai", "gpt"))
    totals.add(replace(message, provenance=TOLD))
    unknown = replace(TOLD, cost=None, cost_source=CostSource.UNKNOWN)
    totals.add(replace(message, provenance=unknown))
    assert totals.cost_label == "$0.0031+"
