"""What is remembered of requests and answers, and how it is shown."""

import json
from collections.abc import Mapping
from contextlib import suppress

import pytest

from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.exchange import Exchange
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.request_log import KEPT, LONGEST_SHOWN, RequestLog
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer, refused_address
from tests.providers.helpers import Wire, a_provider, an_endpoint, hear

KEY = "canary-0123456789ABCD"
WIRES: list[Wire] = ["openai", "ollama"]


async def exchanged(at: Endpoint) -> Exchange:
    """Ask for one reply, and return what is remembered of it."""
    async with a_provider(at) as provider:
        with suppress(ProviderError):
            await hear(provider)
    return at.exchanges.last()[-1]


@pytest.mark.parametrize("wire", WIRES)
async def test_a_reply_leaves_what_was_sent_and_what_came(wire: Wire) -> None:
    async with FaultServer() as server:
        found = await exchanged(an_endpoint(server.url("ok"), wire, key=KEY))
    assert (found.method, found.status, found.error) == ("POST", 200, "")
    assert found.url.startswith(server.url("ok"))
    assert json.loads(found.request_body)["model"] == "m-1"
    assert found.request_headers["authorization"] == "Bearer …ABCD"
    assert "transfer-encoding" in found.response_headers
    assert "🙂" in found.response_start
    assert found.seconds is not None
    assert KEY not in str(found)


@pytest.mark.parametrize("wire", WIRES)
async def test_an_error_that_quotes_the_key_is_shown_without_it(wire: Wire) -> None:
    async def echo(reply: Reply) -> None:
        body = json.dumps({"error": f"Incorrect API key provided: {KEY}"}).encode()
        await reply.whole(401, body, "application/json", www_authenticate=f'Bearer realm="{KEY}"')

    async with FaultServer() as server:
        server.scenarios["echo"] = echo
        found = await exchanged(an_endpoint(server.url("echo"), wire, key=KEY))
    assert found.status == 401
    assert "refuses the key" in found.error
    assert "Incorrect API key provided: [key]" in found.response_start
    assert "realm" in found.response_headers["www-authenticate"]
    assert KEY not in str(found)


@pytest.mark.parametrize(
    ("scenario", "status", "words"),
    [
        ("not_http", None, "broke"),
        ("reset", 200, "broke"),
        ("redirect", 307, "redirect"),
        ("html", 200, "web page"),
    ],
)
async def test_what_went_wrong_stands_with_it(
    scenario: str, status: int | None, words: str
) -> None:
    async with FaultServer() as server:
        found = await exchanged(an_endpoint(server.url(scenario)))
    assert found.status == status
    assert words in found.error


async def test_where_nobody_listens_nothing_was_sent() -> None:
    at = an_endpoint(refused_address())
    async with a_provider(at) as provider:
        with pytest.raises(ProviderError):
            await provider.list_models()
    (found,) = at.exchanges.last()
    assert (found.method, found.url, found.status) == ("", at.address, None)
    assert "does not answer" in found.error


def an_exchange(
    body: bytes, headers: Mapping[str, str] | None = None, *, key: str = KEY
) -> Exchange:
    exchanges = RequestLog()
    recording = exchanges.begin(key, "GET", "http://127.0.0.1/")
    recording.answered(200, (headers or {}).items())
    wanted = True
    for at in range(0, len(body), 7):
        if wanted:
            wanted = recording.received(body[at : at + 7])
    return exchanges.last()[0]


def test_a_key_at_the_end_of_what_is_shown_is_cut_whole() -> None:
    for before in range(LONGEST_SHOWN - len(KEY) - 1, LONGEST_SHOWN + 1):
        shown = an_exchange(b"x" * before + KEY.encode() + b"y" * 10_000).response_start
        assert "cana" not in shown
        assert len(shown) <= LONGEST_SHOWN


def test_what_came_is_cleaned() -> None:
    found = an_exchange(b"\x1b]52;c;x\x07 \xff", {"x-odd": "\x1b[2J\u202e"})
    assert "\x1b" not in found.response_start + found.response_headers["x-odd"]
    assert "\u202e" not in found.response_headers["x-odd"]


def test_only_the_last_are_kept_and_a_running_one_has_no_end() -> None:
    exchanges = RequestLog(clock=iter(range(100)).__next__)
    begun = [exchanges.begin("", "GET", f"http://127.0.0.1/{n}") for n in range(KEPT + 2)]
    assert [one.url[-1] for one in exchanges.last()] == ["2", "3", "4", "5", "6"]
    assert exchanges.last()[-1].seconds is None
    begun[-1].ended("it broke")
    begun[-1].ended("something else")
    assert (exchanges.last()[-1].seconds, exchanges.last()[-1].error) == (1, "it broke")
