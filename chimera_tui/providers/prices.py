"""What replies cost, by the price list that comes with genai-prices: offline data, never fetched.

What was said to cost so much is kept with the message and never priced again.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chimera_tui.domain.conversation import CostSource, Usage

if TYPE_CHECKING:  # comes with the price list
    from decimal import Decimal

_MICRO = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the price list says of a model."""

    context: int | None = None
    """Tokens it reads at most; None if the list does not say."""
    price_in: float | None = None
    """US dollars per million tokens read, of a short request at this hour; None if unknown."""
    price_out: float | None = None
    """The same per million tokens written."""


async def cost(
    service: str, model: str, usage: Usage, at: datetime, *, is_free: bool = False
) -> tuple[int | None, CostSource]:
    """Say what a reply cost, in micro-dollars, and how that is known.

    Args:
        service: Whose price list counts, see `Endpoint.prices`; empty if there is none.
        model: The model that answered.
        usage: What the reply used.
        at: When it was asked for; some prices depend on the hour.
        is_free: Whether the model runs at home.

    Returns:
        What the provider said itself; else 0 at home; else the list price; else None: unknown
        is never 0.
    """
    if usage.cost is not None:
        return usage.cost, CostSource.REPORTED
    if is_free:
        return 0, CostSource.FREE
    total = await asyncio.to_thread(_total, service, model, usage, at) if service else None
    if total is None:
        return None, CostSource.UNKNOWN
    return round(total * _MICRO), CostSource.PRICED


async def per_million(service: str, model: str) -> tuple[float | None, float | None]:
    """US dollars per million tokens of `model`, read and written; None where unknown."""
    listed = (await facts(service, (model,)))[model]
    return listed.price_in, listed.price_out


async def facts(service: str, models: Iterable[str]) -> Mapping[str, Listed]:
    """Look models up in the price list of `service`, see `Endpoint.prices`."""
    return await asyncio.to_thread(lambda: {model: _listed(service, model) for model in models})


def _total(service: str, model: str, usage: Usage, at: datetime) -> "Decimal | None":
    """In US dollars. It imports 0.15 s of CPU the first time: called in a worker thread."""
    import genai_prices  # noqa: PLC0415

    read = min(usage.cache_read, usage.input)
    used = genai_prices.Usage(
        input_tokens=usage.input,
        cache_read_tokens=read,
        cache_write_tokens=min(usage.cache_write, usage.input - read),
        output_tokens=usage.output,
    )
    try:
        priced = genai_prices.calc_price(
            used, model, provider_id=service, genai_request_timestamp=at
        )
    except (LookupError, ValueError):
        return None
    # A model that is sold by the hour has no price a token: that is no 0.
    return None if priced.model_price.input_mtok is None else priced.total_price


def _listed(service: str, model: str) -> Listed:
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415

    try:
        _, found = get_snapshot().find_provider_model(model, None, service, None)
    except LookupError:
        return Listed()
    price = found.get_prices(datetime.now(UTC))
    return Listed(
        context=found.context_window,
        price_in=_base(price.input_mtok),
        price_out=_base(price.output_mtok),
    )


def _base(price: Any) -> float | None:
    """The price of a short request, where it grows with the length."""
    price = getattr(price, "base", price)
    return None if price is None else float(price)
