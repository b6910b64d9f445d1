"""P01 to P04 and P41 to P45 of the fault catalogue: what is between us and a server."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from itertools import count

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.providers.base import Text
from chimera_tui.providers.proxy import proxy_of
from tests.fault_dialects import SAID
from tests.fault_server import FaultServer, refused_address
from tests.providers.catalogue import Case, row
from tests.providers.certificate import self_signed
from tests.providers.helpers import HELLO, SOON, hear
from tests.providers.turns import DONE, ONCE_MORE, RETRY

OUTER = "https://api.example.com"


@row("P01", "connection refused")
async def p01(case: Case) -> None:
    address = refused_address()
    error = await case.fault(address, Fault.CONNECT, then=RETRY)
    assert address in error.problem


@row("P02", "DNS failure")
async def p02(case: Case) -> None:
    error = await case.fault("https://nowhere.invalid", Fault.CONNECT, then=ONCE_MORE)
    assert "nowhere.invalid" in error.problem


@row("P03", "TLS failure")
async def p03(case: Case) -> None:
    async with FaultServer(self_signed()) as server:
        error = await case.fault(server.url("ok"), Fault.TLS, then=DONE)
        assert "self-signed" in error.problem
        assert server.calls == []  # nothing was sent
    plain = case.server.url("ok").replace("http:", "https:")
    await case.fault(plain, Fault.TLS, then=DONE)


@row("P04", "connect time-out")
async def p04(case: Case) -> None:
    with socket.socket() as deaf, socket.socket() as first:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        first.connect(deaf.getsockname())  # fills the queue
        address = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        await case.fault(address, Fault.CONNECT, then=RETRY, connect=SOON)


@row("P41", "the list of models fails, or has 5,000 entries")
async def p41(case: Case) -> None:
    for scenario in ("html", "garbage", "reset", "status-503"):
        with pytest.raises(ProviderError):
            await case.models(scenario)
    assert len(await case.models("many_models")) == 1000
    case.outcomes.append("ok")


@row("P42", "a kept connection is closed")
async def p42(case: Case) -> None:
    provider = await case.provider(case.at("ok"))
    for _ in range(3):
        await hear(provider)
        await case.server.until_open(0)  # none is kept
    case.outcomes.append("ok")


@row("P43", "the clock on the wall jumps")
async def p43(case: Case) -> None:
    now, years, jumps = time.time, 10 * 365 * 86_400, count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now() + (3600, -years, years)[next(jumps) % 3])
        await case.whole("drip", SAID)
        await case.fault("stall", Fault.STALL, then=RETRY, gap=SOON)


@row("P44", "the computer sleeps in mid-stream")
async def p44(case: Case) -> None:
    provider = await case.provider(case.at("stall", gap=SOON))
    async with aclosing(provider.stream(HELLO)) as items:
        assert await anext(items) == Text("Hel")
        asyncio.get_running_loop().call_soon(_sleep_soundly)
        with pytest.raises(ProviderError) as caught:
            await anext(items)
    assert caught.value.kind is Fault.STALL
    case.outcomes.append("stall")


def _sleep_soundly() -> None:
    """As a computer does: nothing goes on meanwhile."""
    time.sleep(2 * SOON)


@row("P45", "proxy variables in the environment")
async def p45(case: Case) -> None:
    asked: list[str] = []
    async with _a_proxy(asked) as proxy:
        environ = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "ALL_PROXY": proxy}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            here = case.at("ok")
            here = replace(here, proxy=proxy_of(here.address, environ))
            assert (await hear(await case.provider(here))).text == SAID
        assert asked == []
        outer = replace(case.at(OUTER), proxy=proxy_of(OUTER, environ))
        error = await case.fault(outer, Fault.CONNECT, then=RETRY)
        assert "proxy" in error.problem
    assert set(asked) == {"CONNECT api.example.com:443 HTTP/1.1"}
    case.outcomes.append("ok")


@asynccontextmanager
async def _a_proxy(asked: list[str]) -> AsyncIterator[str]:
    """A proxy that lets nobody through; `asked` gets what it was asked for."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if head := await reader.read(4096):
            asked.append(head.decode().splitlines()[0])
            writer.write(b"HTTP/1.1 403 Not there\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
