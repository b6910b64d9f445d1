"""What every reply has to keep to, whatever its wire format."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from chimera_tui.providers import faults
from chimera_tui.providers.base import Finished, StreamItem, Waiting
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.patience import Patience

MOST_TOKENS = 10**8
"""A count above this is a mistake of the service."""


async def watched(items: AsyncGenerator[StreamItem], at: Endpoint) -> AsyncGenerator[StreamItem]:
    """Pass a reply on: in time, and to its terminal mark.

    Only what is said or thought counts as a sign of life; an event without
    either, or a keep-alive, is no item.

    Raises:
        ProviderError: If the next item takes longer than the deadlines of `at`
            allow, or if `items` ends without `Finished`.
    """
    loop, deadlines = asyncio.get_running_loop(), at.deadlines
    over = loop.time() + deadlines.turn
    patience, began = Patience(), False
    async with aclosing(items), aclosing(patience):
        while True:
            seconds = deadlines.gap if began else deadlines.first_content
            due = loop.time() + seconds
            try:
                item = await patience.next(items, min(due, over))
            except TimeoutError:
                if over < due:
                    raise faults.endless(at, f"it takes over {deadlines.turn:g} s") from None
                raise faults.late(at, seconds, began=began) from None
            except StopAsyncIteration:
                raise (faults.cut_short(at) if began else faults.empty(at)) from None
            yield item
            if isinstance(item, Finished):
                return
            began = began or not isinstance(item, Waiting)


def count(value: object) -> int | None:
    """Return a number of tokens, in whatever type; None if it cannot be one."""
    if isinstance(value, str) and value.isascii() and value.strip().isdigit():
        value = int(value[:20])
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS:
        return value
    return None
