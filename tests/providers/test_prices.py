"""What replies cost, by the real price list."""

from datetime import UTC, datetime

import pytest

from chimera_tui.domain.conversation import CostSource, Usage
from chimera_tui.providers import prices

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SONNET = "claude-sonnet-5-5"


@pytest.mark.parametrize(
    ("service", "model", "usage", "cost"),
    [
        ("anthropic", SONNET, Usage(input=10_000, output=500), 25_000),
        ("anthropic", SONNET, Usage(input=10_000, output=500, cache_read=8_000), 9_800),
        ("anthropic", SONNET, Usage(input=10_000, cache_read=8_000), 4_800),
        ("openai", "gpt-5.6-terra-2026-09-01", Usage(input=1000, output=1000), 14_000),
        ("google", "gemini-3.8-flash", Usage(input=1_000_000), 750_000),
    ],
)
async def test_a_reply_is_priced(service: str, model: str, usage: Usage, cost: int) -> None:
    assert await prices.cost(service, model, usage, AT) == (cost, CostSource.PRICED)


async def test_some_prices_depend_on_the_hour() -> None:
    usage = Usage(input=1_000_000)
    peak = datetime(2026, 11, 20, 2, tzinfo=UTC)
    quiet, _ = await prices.cost("deepseek", "deepseek-flash", usage, AT)
    busy, _ = await prices.cost("deepseek", "deepseek-flash", usage, peak)
    assert (quiet, busy) == (150_000, 300_000)


@pytest.mark.parametrize(
    ("service", "model"),
    [("openai", "never-heard-of"), ("nobody", "m"), ("", "gpt-5"), ("openai", "gpt-live-1")],
)
async def test_what_is_not_known_is_not_free(service: str, model: str) -> None:
    usage = Usage(input=10, output=10)
    assert await prices.cost(service, model, usage, AT) == (None, CostSource.UNKNOWN)


async def test_what_the_provider_says_counts_first_then_that_it_runs_at_home() -> None:
    told = Usage(input=10, cost=93)
    assert await prices.cost("openai", "gpt-5", told, AT) == (93, CostSource.REPORTED)
    assert await prices.cost("openai", "gpt-5", Usage(input=10), AT, is_free=True) == (
        0,
        CostSource.FREE,
    )


async def test_counts_that_contradict_each_other_are_priced_all_the_same() -> None:
    odd = Usage(input=100, cache_read=80, cache_write=80)
    cost, source = await prices.cost("anthropic", SONNET, odd, AT)
    assert source is CostSource.PRICED
    assert cost


async def test_the_list_price_of_a_short_request() -> None:
    assert await prices.per_million("anthropic", SONNET) == (2, 10)
    assert await prices.per_million("openai", "gpt-5.6-terra") == (2, 12)
    assert await prices.per_million("openai", "never-heard-of") == (None, None)
    listed = await prices.facts("openai", ["gpt-5.6-terra", "gpt-live-1"])
    assert listed["gpt-5.6-terra"].context == 1_050_000
    assert listed["gpt-live-1"].price_in is None
