"""Waits are bounded one by one, by one timer; in virtual time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from chimera_tui.providers.patience import Patience
from tests.virtual_time import clock, in_virtual_time


async def items(*seconds: float) -> AsyncGenerator[float]:
    """An item after each of these."""
    for wait in seconds:
        await asyncio.sleep(wait)
        yield wait


@in_virtual_time
async def test_each_item_may_take_its_own_time() -> None:
    stream = items(4, 4, 1, 9)
    async with aclosing(Patience()) as patience:
        assert await patience.wait(anext(stream), clock() + 5) == 4
        assert await patience.wait(anext(stream), clock() + 5) == 4, (
            "the first bound is no longer on"
        )
        assert await patience.wait(anext(stream), clock() + 100) == 1
        with pytest.raises(TimeoutError):
            await patience.wait(anext(stream), clock() + 5)
        assert clock() == 14
        with pytest.raises(StopAsyncIteration):
            await patience.wait(anext(stream), clock() + 5)


@in_virtual_time
async def test_who_reads_may_take_any_time_between_two_waits() -> None:
    stream = items(1, 1)
    async with aclosing(Patience()) as patience:
        await patience.wait(anext(stream), clock() + 2)
        await asyncio.sleep(60)
        assert await patience.wait(anext(stream), clock() + 2) == 1


@in_virtual_time
async def test_what_is_cancelled_from_outside_is_no_timeout() -> None:
    async def read() -> None:
        async with aclosing(Patience()) as patience:
            await patience.wait(anext(items(9)), clock() + 5)

    reading = asyncio.create_task(read())
    await asyncio.sleep(1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert clock() == 1


@in_virtual_time
async def test_a_bound_within_a_bound_ends_its_own_wait_only() -> None:
    async with aclosing(Patience()) as patience:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await patience.wait(anext(items(9)), clock() + 5)
        assert clock() == 3
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await patience.wait(anext(items(9)), clock() + 5)
        assert clock() == 8
