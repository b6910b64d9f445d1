"""Asking which models there are: what all formats share."""

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import msgspec

from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import faults, refusals
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.once import Once

if TYPE_CHECKING:  # imported at first use: see `Once`
    import httpx2

MOST = 1000
"""A longer list of models is cut here."""

_NO_CHAT = re.compile(r"(?i)embed|rerank|whisper|\btts\b|\bdall-e|moderation|transcribe|realtime")

T = TypeVar("T")


async def asking(http: "Once[httpx2.AsyncClient]", at: Endpoint) -> "httpx2.AsyncClient":
    """Return the client to ask with; its library is not loaded before somebody listens.

    It takes 60 ms and 10 MB.

    Raises:
        ProviderError: If nobody does.
    """
    if foreign := faults.foreign_key(at):
        raise foreign
    if http.made is not None:
        return http.made
    parts = urlsplit(at.proxy or at.address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(at.deadlines.connect):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except (OSError, TimeoutError) as cause:
        error = faults.unreachable(at, cause=cause)
        at.exchanges.begin(at.key, "", at.address).ended(error.problem)
        raise error from None
    writer.close()
    return await http.get()


async def fetch(
    client: "httpx2.AsyncClient", at: Endpoint, path: str, shape: type[T], *, within: float
) -> T:
    """Get a JSON document within so many seconds, and check its shape.

    Raises:
        ProviderError: If it does not come in time, or is something else.
    """
    try:
        async with asyncio.timeout(within):
            response = await client.get(at.address + path)
    except TimeoutError:
        raise faults.late(at, within, began=False) from None
    try:
        return msgspec.json.decode(response.content, type=shape)
    except (ValueError, RecursionError):
        raise faults.unreadable(at, response.text[: refusals.LONGEST_JUDGED]) from None


def ordered(models: Iterable[ModelInfo], at: Endpoint) -> tuple[ModelInfo, ...]:
    """Put the preferred models first and those that cannot chat last; cut a very long list."""
    rank = {name: place for place, name in enumerate(at.preferred)}
    by_use = sorted(models, key=lambda m: (not m.can_chat, rank.get(m.name, len(rank))))
    return tuple(by_use[:MOST])


def sounds_chatty(model: str) -> bool:
    """Whether a model can chat, as far as its name tells; for servers that do not say."""
    return not _NO_CHAT.search(model)
