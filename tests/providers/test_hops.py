"""How far a piece of text travels from the answer of a service to whoever follows a room."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.providers import watch
from chimera_tui.providers.documents import Documents
from chimera_tui.providers.patience import Patience
from tests.fault_server import FaultServer
from tests.providers.helpers import WIRES, Wire, a_provider, an_endpoint
from tests.providers.turns import some_turns

MOST = 5
"""Asynchronous generators of ours above the SDK, with the inbox of who follows the room."""


def generators_above() -> set[str]:
    """Those of ours that wait for what is being done, but for the bytes of the answer."""
    frame, found = inspect.currentframe(), set[str]()
    while frame:
        if frame.f_code.co_flags & inspect.CO_ASYNC_GENERATOR:
            found |= {f"{frame.f_globals['__name__']}:{frame.f_code.co_qualname}"}
        frame = frame.f_back
    return {name for name in found if name.startswith("chimera_tui.") and ".http:" not in name}


@pytest.mark.parametrize("wire", WIRES)
async def test_a_word_passes_few_generators_and_one_timer(
    wire: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, timers = set[str](), list[Patience]()
    feed = Documents.feed

    def looked_at(self: Documents, chunk: bytes) -> Iterator[Any]:
        passed.update(generators_above())
        return feed(self, chunk)

    def counted() -> Patience:
        timers.append(Patience())
        return timers[-1]

    monkeypatch.setattr(Documents, "feed", looked_at)
    monkeypatch.setattr(watch, "Patience", counted)
    async with (
        FaultServer() as server,
        a_provider(an_endpoint(server.url("ok"), wire)) as provider,
        some_turns(tmp_path) as turns,
    ):
        assert (await turns.take(provider)).message
    assert 0 < len(passed) < MOST, passed
    assert len(timers) == 1
