"""What only Ollama does: it loads models, drops what does not fit, and thinks if not told."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import WaitReason
from chimera_tui.providers.base import ChatMessage, StreamItem, Waiting
from tests.fault_dialects import OLLAMA, Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import HELLO, a_provider, an_endpoint, hear

QWEN = {"name": "qwen3:latest", "capabilities": ["completion", "thinking"]}
LLAMA = {"name": "llama3:8b", "capabilities": ["completion"]}
CLOUD = {"name": "big:cloud", "remote_host": "https://ollama.com:443"}
LOADED = [Waiting(WaitReason.LOADING)]


class Desk:
    """An Ollama server with some models, one of them loaded; `last` is what its last line adds."""

    def __init__(self, server: FaultServer) -> None:
        self.server = server
        self.loaded: list[dict[str, Any]] = [QWEN]
        self.last: dict[str, object] = {}
        self.refuses_to_think = False
        server.scenarios["desk"] = self.answer

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [body for body in self.server.bodies if body]

    async def answer(self, reply: Reply) -> None:
        path = self.server.calls[-1]
        if path.endswith("/api/chat"):
            if self.refuses_to_think and self.asked[-1].get("think") is not None:
                error = {"error": '"qwen3" does not support thinking'}
                await reply.whole(400, json.dumps(error).encode(), "application/json")
                return
            counts = {"prompt_eval_count": 11, "eval_count": 2} | self.last
            end = {"model": "m-1", "message": {"role": "assistant"}, "done": True} | counts
            await reply.say(OLLAMA.part("Hi"), OLLAMA.event(end))
            return
        models = self.loaded if path.endswith("/api/ps") else [QWEN, LLAMA, CLOUD]
        await reply.whole(200, json.dumps({"models": models}).encode(), "application/json")


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with FaultServer() as server:
        yield Desk(server)


async def heard(desk: Desk, *models: str, **changes: Any) -> list[StreamItem]:
    """All that comes of requests to these models, one after the other."""
    async with a_provider(an_endpoint(desk.server.url("desk"), "ollama")) as provider:
        return [
            item
            for model in models
            async for item in provider.stream(replace(HELLO, model=model, **changes))
        ]


@pytest.mark.parametrize(
    ("model", "waits"),
    [("qwen3", []), ("qwen3:latest", []), ("llama3:8b", LOADED), ("big:cloud", []),
     ("unheard-of", LOADED)],
)  # fmt: skip
async def test_a_model_that_has_to_be_loaded_is_waited_for(
    desk: Desk, model: str, waits: list[Waiting]
) -> None:
    items = await heard(desk, model)
    assert [item for item in items if isinstance(item, Waiting)] == waits
    assert items[: len(waits)] == waits


@pytest.mark.parametrize(
    ("model", "think", "sent"),
    [("qwen3", False, False), ("qwen3", True, True), ("llama3:8b", False, None),
     ("llama3:8b", True, None)],
)  # fmt: skip
async def test_only_a_model_that_can_think_is_told_whether_to(
    desk: Desk, model: str, *, think: bool, sent: bool | None
) -> None:
    await heard(desk, model, think=think)
    assert desk.asked[0].get("think") is sent


async def test_a_model_that_refuses_to_be_told_is_not_told_again(desk: Desk) -> None:
    desk.refuses_to_think = True
    await heard(desk, "qwen3", "qwen3")
    assert [body.get("think") for body in desk.asked] == [False, None, None]


async def test_how_much_a_model_reads_does_not_change_while_the_program_runs(desk: Desk) -> None:
    async with a_provider(an_endpoint(desk.server.url("desk"), "ollama")) as provider:
        for model, context in (("qwen3", 4096), ("qwen3", 8192), ("llama3:8b", 8192)):
            await hear(provider, replace(HELLO, model=model, context=context))
    assert [body["options"]["num_ctx"] for body in desk.asked] == [4096, 4096, 8192]


LONG = (ChatMessage("user", "word " * 4000),)


@pytest.mark.parametrize(
    ("messages", "read", "is_noted"),
    [(LONG, 2050, True), (LONG, 4000, False), (HELLO.messages, 1, False)],
)
async def test_a_conversation_that_the_server_shortened_is_noted(
    desk: Desk, messages: tuple[ChatMessage, ...], read: int, *, is_noted: bool
) -> None:
    desk.last = {"prompt_eval_count": read}
    async with a_provider(an_endpoint(desk.server.url("desk"), "ollama")) as provider:
        finished = (await hear(provider, replace(HELLO, messages=messages))).finished
    assert finished
    assert (f"read only {read} tokens" in finished.note) is is_noted
    assert bool(finished.note) is is_noted


async def test_how_long_it_took_to_load_is_said(desk: Desk) -> None:
    desk.last = {"load_duration": 12_300_000_000}
    async with a_provider(an_endpoint(desk.server.url("desk"), "ollama")) as provider:
        finished = (await hear(provider)).finished
    assert finished
    assert finished.note == "The model was loaded first, in 12 s."


async def test_a_missing_model_is_told_the_nearest(desk: Desk) -> None:
    async def missing(reply: Reply) -> None:
        if desk.server.calls[-1].endswith("/api/chat"):
            error = {"error": "model 'qwen' not found"}
            await reply.whole(404, json.dumps(error).encode(), "application/json")
        else:
            await desk.answer(reply)

    desk.server.scenarios["missing"] = missing
    async with a_provider(an_endpoint(desk.server.url("missing"), "ollama")) as provider:
        with pytest.raises(ProviderError) as caught:
            await hear(provider, replace(HELLO, model="qwen"))
    assert caught.value.kind is Fault.MODEL
    assert "qwen3:latest" in caught.value.hint
