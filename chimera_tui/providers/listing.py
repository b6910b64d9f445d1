"""Asking which models there are: what all formats share."""

import asyncio
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import faults, refusals
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.once import Once
from chimera_tui.providers.parts import fields, name

if TYPE_CHECKING:  # imported at first use: see `Once`
    import httpx2

MOST = 1000
"""A longer list of models is cut here."""

_NO_CHAT = re.compile(r"(?i)embed|rerank|whisper|\btts\b|\bdall-e|moderation|transcribe|realtime")


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


async def fetch(client: "httpx2.AsyncClient", at: Endpoint, path: str, *, within: float) -> Any:
    """Get a JSON document within so many seconds.

    Raises:
        ProviderError: If it does not come in time, or is something else.
    """
    try:
        async with asyncio.timeout(within):
            response = await client.get(at.address + path)
    except TimeoutError:
        raise faults.late(at, within, began=False) from None
    try:
        return msgspec.json.decode(response.content)
    except (ValueError, RecursionError):
        raise faults.unreadable(at, response.text[: refusals.LONGEST_JUDGED]) from None


def entries(document: object, at: Endpoint) -> tuple[list[dict[str, Any]], str]:
    """Find the models in a list, in whatever shape it comes: each with its name as its `id`.

    Returns:
        The models, each once, and what is to be said of those that cannot be read; empty if all
        can.

    Raises:
        ProviderError: If it is no list, or an error in the place of one.
    """
    listed = document
    if isinstance(document, dict):
        if error := document.get("error"):
            raise faults.reported(at, error)
        keys = [key for key in _LISTS if key in document]
        listed = next((document[key] for key in keys if document[key] is not None), [])
        if isinstance(listed, dict):  # by name
            listed = [{"id": id_} | fields(about) for id_, about in listed.items()]
        listed = listed if keys else None
    if not isinstance(listed, list):
        raise faults.unreadable(at, _json_start(document))
    found: dict[str, dict[str, Any]] = {}
    for entry in listed:
        about = {"id": entry} if isinstance(entry, str) else fields(entry)
        names = (name(about.get(key)).strip() for key in _NAMES)
        if (id_ := next(filter(None, names), "")) and id_ not in found:
            found[id_] = about | {"id": id_}
    unread = sum(not _has_name(entry) for entry in listed)
    few = "One entry" if unread == 1 else f"{unread} entries"
    said = f"{few} in its list of models cannot be read." if unread else ""
    return list(found.values()), said


def _has_name(entry: object) -> bool:
    if isinstance(entry, str):
        return bool(entry.strip())
    return any(name(fields(entry).get(key)).strip() for key in _NAMES)


def _json_start(document: object) -> str:
    return msgspec.json.encode(document).decode()[: refusals.LONGEST_JUDGED]


_LISTS = ("data", "models", "result", "items")
"""What services call the list, the usual name first."""
_NAMES = ("id", "name", "model", "key")


def ordered(models: Iterable[ModelInfo], at: Endpoint) -> tuple[ModelInfo, ...]:
    """Put the preferred models first and those that cannot chat last; cut a very long list."""
    rank = {name: place for place, name in enumerate(at.preferred)}
    by_use = sorted(models, key=lambda m: (not m.can_chat, rank.get(m.name, len(rank))))
    return tuple(by_use[:MOST])


def sounds_chatty(model: str) -> bool:
    """Whether a model can chat, as far as its name tells; for servers that do not say."""
    return not _NO_CHAT.search(model)
