"""Every way a server can fail, through the real SDKs over real sockets."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.providers.base import Text
from tests.fault_dialects import SAID, Reply
from tests.fault_scenarios import SCENARIOS
from tests.fault_server import FaultServer, refused_address
from tests.providers.helpers import (
    HELLO,
    PATIENT,
    SOON,
    WIRES,
    Wire,
    a_provider,
    an_endpoint,
    hear,
)

ALL: dict[str, str | Fault] = {
    "ok": SAID,
    "drip": SAID,
    "one_packet": SAID,
    "crlf": SAID,
    "bom": SAID,
    "split_utf8": SAID,
    "invalid_utf8": SAID.replace("ö", "\ufffd").replace("🙂", "\ufffd"),
    "odd_newlines": "one\x85two\u2028three\u2029four",
    "thinking": SAID,
    "length": SAID,
    "filtered": SAID,
    "usage_odd": SAID,
    "whitespace_only": " \n ",
    "thinking_only": "",
    "whole_document": SAID,
    "reset_after_end": SAID,
    "error_after_end": SAID,
    "silent_after_end": SAID,
    "never_answers": Fault.TIMEOUT,
    "half_a_head": Fault.TIMEOUT,
    "head_only": Fault.TIMEOUT,
    "stall": Fault.STALL,
    "keep_alive": Fault.STALL,
    "reset": Fault.TRANSPORT,
    "clean_close": Fault.TRUNCATED,
    "cut_chunk": Fault.TRUNCATED,
    "not_http": Fault.TRANSPORT,
    "huge_header": Fault.TRANSPORT,
    "garbage": Fault.BAD_DATA,
    "wrong_shapes": Fault.BAD_DATA,
    "null": Fault.BAD_DATA,
    "text_is_a_number": Fault.BAD_DATA,
    "nested": Fault.BAD_DATA,
    "html": Fault.BAD_TYPE,
    "html_502": Fault.SERVER,
    "stalled_503": Fault.OVERLOADED,
    "context": Fault.CONTEXT,
    "wrong_key": Fault.AUTH,
    "error_document": Fault.MODEL,
    "error_in_stream": Fault.SERVER,
    "redirect": Fault.REDIRECT,
    "endless_reply": Fault.TOO_LARGE,
    "endless_line": Fault.TOO_LARGE,
    "harmless": SAID,
    "cut_event": Fault.TRUNCATED,
    "empty_stream": Fault.EMPTY,
    "gzip_bomb": Fault.BAD_TYPE,
    "status-400": Fault.REQUEST,
    "status-401": Fault.AUTH,
    "status-402": Fault.MONEY,
    "status-403": Fault.AUTH,
    "status-404": Fault.MODEL,
    "status-408": Fault.CONFLICT,
    "status-413": Fault.CONTEXT,
    "status-422": Fault.REQUEST,
    "status-429": Fault.RATE,
    "status-500": Fault.SERVER,
    "status-503": Fault.OVERLOADED,
    "status-529": Fault.OVERLOADED,
}
SOME: dict[Wire, dict[str, str | Fault]] = {
    "openai": {
        "done_without_reason": Fault.TRUNCATED,
        "error_object": Fault.RATE,
        "error_by_name": Fault.SERVER,
        "error_event": Fault.SERVER,
        "broken_off": Fault.SERVER,
    },
    "anthropic": {"done_without_reason": Fault.TRUNCATED},
    "gemini": {
        "error_object": Fault.RATE,
        "odd_lines": SAID,
        "prompt_blocked": "",
    },
    "ollama": {},
}
"""What only some formats can say."""
SHORT: dict[str, dict[str, float]] = {
    "never_answers": {"first_content": SOON},
    "half_a_head": {"first_content": SOON},
    "head_only": {"first_content": SOON},
    "stall": {"gap": SOON},
    "keep_alive": {"gap": SOON},
    "silent_after_end": {"trailer": SOON},
    "stalled_503": {"trailer": SOON},
}
"""What these scenarios wait for."""
USED: dict[Wire, Usage] = {
    "openai": Usage(input=7, output=5),
    "anthropic": Usage(input=7, output=5, cache_read=2, cache_write=1, thinking=2),
    "gemini": Usage(input=7, output=5, cache_read=2, thinking=2),
    "ollama": Usage(input=7, output=5),
}
ROWS = [(wire, name, expected) for wire in WIRES for name, expected in (ALL | SOME[wire]).items()]


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


@pytest.mark.parametrize(("wire", "scenario", "expected"), ROWS)
async def test_every_fault_has_its_name_and_every_sound_reply_its_text(
    server: FaultServer, wire: Wire, scenario: str, expected: str | Fault
) -> None:
    deadlines = replace(PATIENT, **SHORT.get(scenario, {}))
    async with a_provider(an_endpoint(server.url(scenario), wire, deadlines=deadlines)) as provider:
        if isinstance(expected, Fault):
            with pytest.raises(ProviderError) as caught:
                await hear(provider)
            assert caught.value.kind is expected
            assert caught.value.problem.isprintable()
            assert "sk-" not in caught.value.problem
        else:
            heard = await hear(provider)
            assert heard.text == expected
            assert heard.finished
        await server.until_open(0)


def test_every_scenario_is_in_the_table() -> None:
    listed = {name.partition("-")[0] for _, name, _ in ROWS}
    assert set(SCENARIOS) - listed == {"many_models"}


@pytest.mark.parametrize("wire", WIRES)
async def test_a_reply_brings_its_thoughts_its_counts_and_its_model(
    server: FaultServer, wire: Wire
) -> None:
    async with a_provider(an_endpoint(server.url("thinking"), wire)) as provider:
        heard = await hear(provider)
    assert heard.thought == "Hmm."
    assert heard.finished
    assert heard.finished.reason is Finish.STOP
    assert heard.finished.usage == USED[wire]
    assert heard.finished.model == "m-1"


@pytest.mark.parametrize("wire", WIRES)
async def test_a_count_that_cannot_be_true_is_no_count(server: FaultServer, wire: Wire) -> None:
    async with a_provider(an_endpoint(server.url("usage_odd"), wire)) as provider:
        heard = await hear(provider)
    assert heard.finished
    assert heard.finished.usage is None


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("scenario", "reason"), [("length", Finish.LENGTH), ("filtered", Finish.FILTER)]
)
async def test_a_reply_says_what_ended_it(
    server: FaultServer, wire: Wire, scenario: str, reason: Finish
) -> None:
    async with a_provider(an_endpoint(server.url(scenario), wire)) as provider:
        heard = await hear(provider)
    assert heard.finished
    has_filter = wire != "ollama"
    assert heard.finished.reason is (reason if has_filter or scenario == "length" else Finish.STOP)


@pytest.mark.parametrize("wire", WIRES)
async def test_nobody_there(wire: Wire) -> None:
    address = refused_address()
    async with a_provider(an_endpoint(address, wire)) as provider:
        with pytest.raises(ProviderError, match=f"does not answer at {address}") as caught:
            await hear(provider)
    assert caught.value.kind is Fault.CONNECT


async def test_plain_text_behind_https(server: FaultServer) -> None:
    address = server.url("ok").replace("http:", "https:")
    async with a_provider(an_endpoint(address)) as provider:
        with pytest.raises(ProviderError) as caught:
            await hear(provider)
    assert caught.value.kind is Fault.TLS


@pytest.mark.parametrize("wire", WIRES)
async def test_a_certificate_that_nobody_vouches_for(wire: Wire) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).parent / "self_signed.pem")
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with a_provider(an_endpoint(f"https://127.0.0.1:{port}", wire)) as provider:
            with pytest.raises(ProviderError, match="self-signed certificate") as caught:
                await hear(provider)
    assert caught.value.kind is Fault.TLS
    assert "trust it" in caught.value.hint


@pytest.mark.parametrize("wire", WIRES)
async def test_leaving_in_mid_stream_closes_the_connection(server: FaultServer, wire: Wire) -> None:
    async with a_provider(an_endpoint(server.url("stall"), wire)) as provider:
        async with aclosing(provider.stream(HELLO)) as items:
            assert await anext(items) == Text("Hel")
            assert server.open == 1
        await server.until_open(0)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("scenario", ["never_answers", "head_only", "stall"])
def test_cancelling_leaves_no_connection_no_task_and_no_thread(wire: Wire, scenario: str) -> None:
    async def cancel() -> None:
        async with FaultServer() as server, a_provider(an_endpoint(server.url("ok"), wire)) as warm:
            await hear(warm)
            tasks = asyncio.all_tasks()
            async with a_provider(an_endpoint(server.url(scenario), wire)) as provider:
                listening = asyncio.create_task(hear(provider))
                await server.until_open(1)
                listening.cancel()
                await asyncio.wait([listening])
                assert listening.cancelled()
                await server.until_open(0)
            await asyncio.gather(*(asyncio.all_tasks() - tasks))

    threads = threading.enumerate()
    asyncio.run(cancel())
    assert threading.enumerate() == threads


@pytest.mark.parametrize("wire", WIRES)
async def test_a_turn_does_not_take_for_ever(server: FaultServer, wire: Wire) -> None:
    at = an_endpoint(server.url("keep_alive"), wire, deadlines=replace(PATIENT, turn=0.2))
    async with a_provider(at) as provider:
        with pytest.raises(ProviderError, match=r"over 0\.2 s") as caught:
            await hear(provider)
        await server.until_open(0)
    assert caught.value.kind is Fault.TOO_LARGE


async def test_what_is_sent_in_the_format_of_openai(server: FaultServer) -> None:
    async with a_provider(an_endpoint(server.url("ok"), key="k-1")) as provider:
        await hear(provider)
    assert server.calls == ["/ok/v1/chat/completions"]
    assert "authorization: bearer k-1\r\n" in server.heads[0].lower()
    assert "accept-encoding: identity\r\n" in server.heads[0].lower()
    assert server.bodies[0] == {
        "model": "m-1",
        "messages": [
            {"role": "system", "content": "You are Ada."},
            {"role": "user", "content": "[Bob]: hi"},
        ],
        "max_tokens": 100,
        "temperature": 0.5,
        "stop": ["\n[Bob]"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_what_is_sent_in_the_format_of_ollama(server: FaultServer) -> None:
    async with a_provider(an_endpoint(server.url("ok"), "ollama", key="k-1")) as provider:
        await hear(provider)
    assert server.calls == ["/ok/api/tags", "/ok/api/ps", "/ok/api/chat"]
    assert all("authorization: bearer k-1\r\n" in head.lower() for head in server.heads)
    body = server.bodies[-1]
    assert body["options"] == {
        "num_ctx": 4096,
        "num_predict": 100,
        "temperature": 0.5,
        "stop": ["\n[Bob]"],
    }
    assert body["keep_alive"] == "10m"


@pytest.mark.parametrize("key", ["", "k-1"])
async def test_what_the_environment_says_of_openai_is_told_to_nobody_else(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"):
        monkeypatch.setenv(f"OPENAI_{name}", "private")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: private\nAuthorization: Bearer private")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    async with a_provider(an_endpoint(server.url("ok"), key=key)) as provider:
        await hear(provider)
    assert "private" not in server.heads[0]
    assert f"authorization: bearer {key or 'none'}\r\n" in server.heads[0].lower()


async def test_a_key_of_ollama_in_the_environment_is_sent_only_if_it_was_chosen(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_API_KEY", "private")
    monkeypatch.setenv("OLLAMA_HOST", "private.invalid")
    async with a_provider(an_endpoint(server.url("ok"), "ollama")) as provider:
        await hear(provider)
    assert "private" not in "".join(server.heads)


@pytest.mark.parametrize("wire", WIRES)
async def test_what_trickles_in_fast_is_read_together_and_the_first_word_at_once(
    wire: Wire, server: FaultServer
) -> None:
    words = [f"w{number} " for number in range(200)]
    sent = asyncio.Event()

    async def fast(reply: Reply) -> None:
        await reply.head()
        for word in words:
            await reply.send(reply.dialect.piece(word))
            await asyncio.sleep(0)
        await reply.send(reply.dialect.end())
        await reply.done()

    async def first(reply: Reply) -> None:
        await reply.head()
        await reply.send(reply.dialect.piece("Hel"))
        await sent.wait()
        await reply.send(reply.dialect.piece("lo."), reply.dialect.end())
        await reply.done()

    server.scenarios.update(fast=fast, first=first)
    async with a_provider(an_endpoint(server.url("fast"), wire)) as provider:
        heard = await hear(provider)
        assert heard.text == "".join(words)
        assert len(heard.pieces) == len(words)
    async with (
        a_provider(an_endpoint(server.url("first"), wire)) as provider,
        aclosing(provider.stream(HELLO)) as items,
    ):
        assert await anext(items) == Text("Hel")
        sent.set()
        assert await anext(items) == Text("lo.")
