"""P45: a proxy in the environment is used for https to the outer world, and nowhere else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from chimera_tui.domain.errors import ChimeraError, Fault, ProviderError
from chimera_tui.providers import http
from chimera_tui.providers.proxy import proxy_of
from tests.fault_server import refused_address
from tests.providers.helpers import a_provider, an_endpoint, hear

OUTER = "https://api.example.com"
PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("address", "environ", "proxy"),
    [
        (OUTER, {}, ""),
        (OUTER, {"HTTPS_PROXY": PROXY}, PROXY),
        (OUTER, {"https_proxy": PROXY, "HTTPS_PROXY": "http://other.example"}, PROXY),
        (OUTER, {"ALL_PROXY": "proxy.example:3128"}, PROXY),
        (OUTER, {"HTTP_PROXY": PROXY}, ""),
        (OUTER, {"HTTPS_PROXY": PROXY, "NO_PROXY": "a.example, .example.com"}, ""),
        (OUTER, {"HTTPS_PROXY": PROXY, "NO_PROXY": "api.example.com"}, ""),
        (OUTER, {"HTTPS_PROXY": PROXY, "no_proxy": "*"}, ""),
        (OUTER, {"HTTPS_PROXY": PROXY, "NO_PROXY": "ample.com,pi.example.com"}, PROXY),
        ("http://127.0.0.1:1234", {"HTTPS_PROXY": PROXY, "ALL_PROXY": PROXY}, ""),
        ("https://127.0.0.1:1234", {"HTTPS_PROXY": PROXY}, ""),
        ("https://box.local", {"HTTPS_PROXY": PROXY}, ""),
    ],
)
def test_when_it_is_used(address: str, environ: dict[str, str], proxy: str) -> None:
    assert proxy_of(address, environ) == proxy


UNUSABLE = (
    "socks5://proxy.example:1080", "socks5h://p", "http://", "http://p:99999", "::::", "http://[",
    "?", "http://exa mple:1", "http://a\nb:1", "http://h\x00:1", "http://%00:1", "http://*:1",
    "http://user:pa/ss@h:1", "http://us er:x@h:1",
)  # fmt: skip
USABLE = {
    '"http://h:1"': "http://h:1",
    " h:1 ": "http://h:1",
    "http:/h:1": "http://h:1",
    "http://\u200bh:1": "http://h:1",
    "https://me:pw@h": "https://me:pw@h",
    "http://[::1]:8": "http://[::1]:8",
}


@pytest.mark.parametrize("proxy", [*UNUSABLE, *USABLE])
def test_what_is_taken_for_a_proxy_can_be_used(proxy: str) -> None:
    try:
        used = proxy_of(OUTER, {"HTTPS_PROXY": proxy})
    except ChimeraError:
        assert proxy in UNUSABLE
    else:
        assert used == USABLE[proxy]
        http.client(replace(an_endpoint(OUTER), proxy=used))


@pytest.mark.parametrize("proxy", UNUSABLE)
def test_one_that_cannot_be_used_is_not_passed_by(proxy: str) -> None:
    with pytest.raises(ChimeraError, match="ALL_PROXY") as caught:
        proxy_of(OUTER, {"ALL_PROXY": proxy})
    assert "api.example.com in NO_PROXY" in caught.value.hint


@asynccontextmanager
async def a_proxy(asked: list[str]) -> AsyncIterator[str]:
    """A proxy that wants a password; `asked` gets what it was asked for."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if head := await reader.read(4096):  # not only a knock
            asked.append(head.decode().splitlines()[0])
            writer.write(b"HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://me:hunter2hunter2@127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_proxy_that_refuses_has_words_of_its_own() -> None:
    asked: list[str] = []
    async with a_proxy(asked) as proxy:
        at = replace(an_endpoint(OUTER), proxy=proxy)
        async with a_provider(at) as provider:
            for call in (provider.list_models(), hear(provider)):
                with pytest.raises(ProviderError) as caught:
                    await call
                assert caught.value.kind is Fault.CONNECT
                assert "proxy 127.0.0.1:" in caught.value.problem
                assert "407" in caught.value.problem
                assert "HTTPS_PROXY" in caught.value.hint
                assert "hunter2" not in caught.value.problem
    assert set(asked) == {"CONNECT api.example.com:443 HTTP/1.1"}
    assert "hunter2" not in repr(at)


async def test_a_proxy_that_is_away_has_words_of_its_own() -> None:
    at = replace(an_endpoint(OUTER), proxy=refused_address())
    async with a_provider(at) as provider:
        for call in (provider.list_models(), hear(provider)):
            with pytest.raises(ProviderError, match=r"proxy 127.0.0.1:\d+ does not answer"):
                await call
