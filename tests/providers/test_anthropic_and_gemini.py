"""What is asked of Anthropic and Gemini, and what they say besides the reply."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.providers.base import ChatMessage
from tests.fault_dialects import ANTHROPIC, Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import HELLO, Wire, a_provider, an_endpoint, hear

KEY = "k-1234567890"
BOTH: tuple[Wire, ...] = ("anthropic", "gemini")
ROOM = replace(
    HELLO,
    messages=(
        ChatMessage("user", "one"),
        ChatMessage("assistant", " "),
        ChatMessage("user", "two"),
        ChatMessage("assistant", "three"),
        ChatMessage("user", "four"),
    ),
)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def head(server: FaultServer) -> str:
    return server.heads[-1].lower()


async def test_what_is_sent_to_anthropic(server: FaultServer) -> None:
    async with a_provider(an_endpoint(server.url("ok"), "anthropic", key=KEY)) as provider:
        await hear(provider, ROOM)
    assert server.calls == ["/ok/v1/messages"]
    assert f"\r\nauthorization: bearer {KEY}\r\n" in head(server)
    assert "\r\nanthropic-version: 2026-10-21\r\n" in head(server)
    assert server.bodies[0] == {
        "model": "m-1",
        "system": "You are Ada.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": t} for t in ("one", "two")]},
            {"role": "assistant", "content": [{"type": "text", "text": "three"}]},
            {"role": "user", "content": [{"type": "text", "text": "four"}]},
        ],
        "max_tokens": 100,
        "stop_sequences": ["\n[Bob]"],
        "thinking": {"type": "disabled"},
        "cache_control": {"type": "ephemeral"},
        "stream": True,
    }


async def test_an_older_claude_is_asked_in_the_version_that_knows_temperature(
    server: FaultServer,
) -> None:
    async with a_provider(an_endpoint(server.url("ok"), "anthropic", key=KEY)) as provider:
        await hear(provider, replace(HELLO, model="claude-haiku-4-5", temperature=1.7))
    assert "\r\nanthropic-version: 2023-06-01\r\n" in head(server)
    assert server.bodies[0]["temperature"] == 1.0


async def test_what_is_sent_to_gemini(server: FaultServer) -> None:
    async with a_provider(an_endpoint(server.url("ok/v1beta"), "gemini", key=KEY)) as provider:
        await hear(provider, replace(ROOM, model="gemini-3.8-flash"))
    path = "/ok/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    assert server.calls == [path]
    assert f"\r\nx-goog-api-key: {KEY}\r\n" in head(server)
    assert "authorization" not in head(server)
    assert server.bodies[0] == {
        "contents": [
            {"role": "user", "parts": [{"text": "one"}, {"text": "two"}]},
            {"role": "model", "parts": [{"text": "three"}]},
            {"role": "user", "parts": [{"text": "four"}]},
        ],
        "systemInstruction": {"parts": [{"text": "You are Ada."}], "role": "user"},
        "generationConfig": {
            "temperature": 0.5,
            "maxOutputTokens": 100,
            "stopSequences": ["\n[Bob]"],
            "thinkingConfig": {"include_thoughts": True, "thinking_level": "MINIMAL"},
        },
    }


@pytest.mark.parametrize(
    ("model", "think", "config"),
    [
        ("gemini-2.5-flash", False, {"thinking_budget": 0}),
        ("gemini-2.5-flash", True, {"include_thoughts": True}),
        ("gemini-2.0-flash", False, None),
    ],
)
async def test_how_gemini_is_told_to_think(
    server: FaultServer, model: str, *, think: bool, config: object
) -> None:
    async with a_provider(an_endpoint(server.url("ok"), "gemini", key=KEY)) as provider:
        await hear(provider, replace(HELLO, model=model, think=think))
    assert server.bodies[0]["generationConfig"].get("thinkingConfig") == config


@pytest.mark.parametrize("wire", BOTH)
@pytest.mark.parametrize("key", ["", KEY])
async def test_no_key_and_no_word_of_the_environment_is_sent(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, wire: Wire, key: str
) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "private")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: private\nauthorization: Bearer private")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://private.invalid")
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "private")
    monkeypatch.setenv("HTTP_PROXY", "http://private.invalid:3128")
    async with a_provider(an_endpoint(server.url("ok"), wire, key=key)) as provider:
        await hear(provider)
        await provider.list_models()
    assert "private" not in "".join(server.heads)
    assert all(f" {key or 'none'}\r\n" in head for head in server.heads)


def pages(server: FaultServer, *documents: dict[str, Any]) -> str:
    """Let lists be answered with one document after the other."""
    left = list(documents)

    async def listing(reply: Reply) -> None:
        await reply.whole(200, json.dumps(left.pop(0)).encode(), "application/json")

    server.scenarios["pages"] = listing
    return server.url("pages")


async def test_anthropic_lists_its_models_page_by_page(server: FaultServer) -> None:
    first = {"id": "claude-opus-4-1", "max_input_tokens": 200_000, "lifecycle": "deprecated"}
    gone = {"id": "claude-2", "lifecycle": "retired"}
    last = {"id": "claude-sonnet-5-5", "max_input_tokens": 1_000_000}
    url = pages(
        server,
        {"data": [first, gone], "has_more": True, "last_id": "a b"},
        {"data": [last], "has_more": False},
    )
    async with a_provider(an_endpoint(url, "anthropic", key=KEY)) as provider:
        models = await provider.list_models()
    assert [(m.name, m.context, m.ignores) for m in models] == [
        ("claude-opus-4-1", 200_000, frozenset()),
        ("claude-sonnet-5-5", 1_000_000, {"temperature"}),
    ]
    assert server.calls == [
        "/pages/v1/models?limit=1000",
        "/pages/v1/models?limit=1000&after_id=a%20b",
    ]
    assert all("anthropic-version: 2026-10-21" in head.lower() for head in server.heads)


async def test_gemini_lists_the_models_that_chat_page_by_page(server: FaultServer) -> None:
    chat = {"name": "models/gemini-3.8-flash", "inputTokenLimit": 1_048_576}
    chat |= {"supportedGenerationMethods": ["generateContent", "countTokens"]}
    other = {"name": "models/imagen-5", "supportedGenerationMethods": ["predict"]}
    url = pages(server, {"models": [other], "nextPageToken": "t/1"}, {"models": [chat]})
    async with a_provider(an_endpoint(url, "gemini", key=KEY)) as provider:
        models = await provider.list_models()
    assert [(m.name, m.context, m.can_chat) for m in models] == [
        ("gemini-3.8-flash", 1_048_576, True),
        ("imagen-5", None, False),
    ]
    assert server.calls[1] == "/pages/v1beta/models?pageSize=1000&pageToken=t/1"


@pytest.mark.parametrize("wire", BOTH)
async def test_a_list_without_an_end_is_not_followed_for_ever(
    server: FaultServer, wire: Wire
) -> None:
    async def listing(reply: Reply) -> None:
        page = {"data": [{"id": "m"}], "has_more": True, "last_id": "m"}
        page |= {"models": [{"name": "m"}], "nextPageToken": "m"}
        await reply.whole(200, json.dumps(page).encode(), "application/json")

    server.scenarios["circle"] = listing
    async with a_provider(an_endpoint(server.url("circle"), wire, key=KEY)) as provider:
        await provider.list_models()
    assert len(server.calls) == 5


@pytest.mark.parametrize("wire", BOTH)
async def test_a_probe_proves_the_key_and_asks_for_next_to_nothing(
    server: FaultServer, wire: Wire
) -> None:
    async with a_provider(an_endpoint(server.url("ok"), wire, key=KEY)) as provider:
        await provider.probe()
    assert server.calls[0].endswith(("?limit=1", "?pageSize=1"))
    async with a_provider(an_endpoint(server.url("wrong_key"), wire, key=KEY)) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.probe()
    assert caught.value.kind is Fault.AUTH
    assert "A_KEY" in caught.value.hint


async def test_a_claude_that_refuses_says_why(server: FaultServer) -> None:
    async def refusal(reply: Reply) -> None:
        details = {"type": "refusal", "category": "cyber", "explanation": "It could do harm."}
        delta = {"stop_reason": "refusal", "stop_details": details}
        end = [{"type": "message_delta", "delta": delta}, {"type": "message_stop"}]
        await reply.say(*(reply.dialect.event(event) for event in end))

    server.scenarios["refusal"] = refusal
    async with a_provider(an_endpoint(server.url("refusal"), "anthropic")) as provider:
        heard = await hear(provider)
    assert heard.finished
    assert heard.finished.reason is Finish.FILTER
    assert heard.finished.note == "Refused: It could do harm."


async def test_a_claude_that_cannot_but_think_is_asked_again(server: FaultServer) -> None:
    async def thinker(reply: Reply) -> None:
        if "thinking" in server.bodies[-1]:
            said = "thinking.type: 'disabled' is not supported for this model."
            body = json.dumps(ANTHROPIC.error(said, 400)).encode()
            await reply.whole(400, body, "application/json")
        else:
            await server.scenarios["thinking"](reply)

    server.scenarios["thinker"] = thinker
    async with a_provider(an_endpoint(server.url("thinker"), "anthropic")) as provider:
        await hear(provider)
        await hear(provider)
    assert ["thinking" in body for body in server.bodies] == [True, False, False]


async def test_a_reason_to_end_that_nobody_knows_is_one_of_a_filter(server: FaultServer) -> None:
    async def odd(reply: Reply) -> None:
        await reply.say(reply.dialect.piece("Hel"), reply.dialect.end("SOME_DAY"))

    server.scenarios["odd"] = odd
    async with a_provider(an_endpoint(server.url("odd"), "gemini")) as provider:
        heard = await hear(provider)
    assert heard.finished
    assert heard.finished.reason is Finish.FILTER
    assert "SOME_DAY" in heard.finished.note
