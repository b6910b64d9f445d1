"""A raw TCP server that answers as real model servers do on bad days.

The first segment of the path names the scenario, the rest the wire format, so
that an SDK pointed at `server.url("reset")` meets that fault in its own dialect:

    async with FaultServer() as server:
        provider = registry.provider(an_endpoint(server.url("reset")))
        ...
        await server.until_open(0)  # the client has let go

It remembers what was asked and counts the connections that stand.
"""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from tests.fault_dialects import LISTING, Reply, spoken_at
from tests.fault_scenarios import SCENARIOS, status


def refused_address() -> str:
    """An address on loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


class FaultServer:
    """Serves every scenario on one loopback port.

    Args:
        tls: Its certificate; None to speak plainly.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.scenarios = dict(SCENARIOS)
        """By name; a test may add its own."""
        self.open = 0
        """Connections that stand now."""
        self.calls: list[str] = []
        """The paths that were asked for."""
        self.bodies: list[Any] = []
        """What was sent to each, as JSON."""
        self.heads: list[str] = []
        self.changed = asyncio.Condition()
        """Notified when a connection comes or goes."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", 0, limit=2**20, ssl=self._tls
        )
        self._port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self.until_open(0)

    def url(self, name: str) -> str:
        """The address at which a client meets the scenario `name`."""
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._port}/{name.strip('/')}"

    async def until_open(self, count: int) -> None:
        """Wait until so many connections stand."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: self.open == count)

    async def _count(self, difference: int) -> None:
        async with self.changed:
            self.open += difference
            self.changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._count(1)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left
        finally:
            writer.close()
            await self._count(-1)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == b"\x16":  # somebody speaks TLS
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split()[1]
        length = next(
            (line[15:] for line in head.lower().split("\r\n") if line[:15] == "content-length:"), 0
        )
        body = await reader.readexactly(int(length))
        self.calls.append(path)
        self.heads.append(head)
        self.bodies.append(json.loads(body) if body else None)
        name, _, rest = path.strip("/").partition("/")
        dialect = spoken_at(rest.partition("?")[0]) if head.startswith("POST") else LISTING
        reply = Reply(dialect, reader, writer)
        name, _, number = name.partition("-")
        if name == "status":
            await status(reply, int(number))
        else:
            await self.scenarios[name](reply)


@contextmanager
def in_a_thread(server: FaultServer) -> Iterator[FaultServer]:
    """Let a server run beside a test that has no loop, or that starts processes."""
    started, ended = threading.Event(), threading.Event()

    async def serve() -> None:
        async with server:
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    started.wait()
    try:
        yield server
    finally:
        ended.set()
        thread.join()
