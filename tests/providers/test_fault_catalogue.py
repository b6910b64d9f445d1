"""P01 to P51: every fault of a provider, in every wire format; the table is in the output."""

import asyncio
import gc
import os
import random
import threading
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from chimera_tui.domain.errors import ProviderError
from tests.fault_server import FaultServer
from tests.providers import (  # noqa: F401 - the rows
    rows_of_networks,
    rows_of_replies,
    rows_of_small_servers,
)
from tests.providers.catalogue import ROWS, judge
from tests.providers.helpers import WIRES, Wire, a_provider, an_endpoint, hear

TURNS = 1000
MOST_GROWTH = 50 * 2**20
"""Bytes."""
QUICK = (
    "ok", "thinking", "length", "reset", "clean_close", "cut_chunk", "cut_event", "garbage",
    "text_is_a_number", "html", "html_502", "context", "error_document", "error_in_stream",
    "redirect", "gzip_bomb", "not_http", "huge_header", "empty_stream", "invalid_utf8",
    "reset_after_end", "endless_line", "status-401", "status-429", "status-503",
)  # fmt: skip
"""Scenarios that end by themselves."""


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("row_id", [f"P{number:02}" for number in range(1, 52)])
async def test_row(row_id: str, wire: Wire, tmp_path: Path) -> None:
    await judge(ROWS[row_id], wire, tmp_path)


@pytest.mark.slow
async def test_after_a_thousand_faulty_turns_nothing_is_left() -> None:
    rng = random.Random(1)
    async with FaultServer() as server, AsyncExitStack() as stack:
        providers = [
            await stack.enter_async_context(a_provider(an_endpoint(server.url(name), wire)))
            for wire in WIRES
            for name in QUICK
        ]

        async def turn() -> None:
            with suppress(ProviderError):
                await hear(rng.choice(providers))

        for provider in providers:  # each once, so that all is loaded that ever will be
            with suppress(ProviderError):
                await hear(provider)
        gc.collect()
        tasks, threads = asyncio.all_tasks(), threading.active_count()
        memory, files = _memory(), _open_files()
        for _ in range(TURNS // 10):
            await asyncio.gather(*(turn() for _ in range(10)))
        await server.until_open(0)
        gc.collect()
        await asyncio.sleep(0)
        await asyncio.gather(*(asyncio.all_tasks() - tasks))
        assert _open_files() <= files
        assert threading.active_count() <= threads
        assert _memory() - memory < MOST_GROWTH
        assert len(server.calls) >= TURNS


def _memory() -> int:
    """Bytes of this process that are in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
