"""The hosted services that speak OpenAI's format, in the shapes they were seen to send."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import WaitReason
from chimera_tui.providers import registry
from chimera_tui.providers.base import ChatRequest, Waiting
from chimera_tui.providers.capabilities import LearnedCapabilities
from chimera_tui.providers.endpoint import Endpoint
from tests.fault_dialects import OPENAI, Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import HELLO, PATIENT, a_provider, hear


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def hosted(server: FaultServer, name: str, scenario: str, *, key: str = "sk-123456") -> Endpoint:
    """A known service at the address of a scenario."""
    at = registry.endpoint(name, base_url=server.url(scenario), key=key, environ={})
    return replace(at, deadlines=PATIENT)


def streaming(server: FaultServer, name: str, *events: object) -> None:
    """Let the scenario `name` send these events, and the end."""

    async def act(reply: Reply) -> None:
        await reply.say(*map(OPENAI.event, events), b"data: [DONE]\n\n")

    server.scenarios[name] = act


def choice(reason: str | None = None, **delta: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def refusing(server: FaultServer, *refusals: tuple[str, dict[str, object]]) -> None:
    """A service that refuses a field as long as it is sent, and answers else."""

    async def act(reply: Reply) -> None:
        for field, error in refusals:
            if field in server.bodies[-1]:
                await reply.whole(400, json.dumps({"error": error}).encode(), "application/json")
                return
        await server.scenarios["ok"](reply)

    server.scenarios["picky"] = act


async def sent(server: FaultServer, name: str, request: ChatRequest) -> dict[str, Any]:
    """What of a request reaches a service, without what all have in common."""
    async with a_provider(hosted(server, name, "ok")) as provider:
        await hear(provider, request)
    common = {"model", "messages", "stream", "stream_options"}
    return {key: value for key, value in server.bodies[-1].items() if key not in common}


@pytest.mark.parametrize(
    ("service", "model", "calm", "thinking"),
    [
        ("openai", "gpt-5.6-terra",
         {"max_completion_tokens": 100, "temperature": 0.5, "stop": ["\n[Bob]"],
          "reasoning_effort": "none"},
         {"max_completion_tokens": 100, "stop": ["\n[Bob]"]}),
        ("openai", "o4-mini",
         {"max_completion_tokens": 100, "reasoning_effort": "low"},
         {"max_completion_tokens": 100}),
        ("openai", "gpt-4.1",
         {"max_completion_tokens": 100, "temperature": 0.5, "stop": ["\n[Bob]"]},
         {"max_completion_tokens": 100, "temperature": 0.5, "stop": ["\n[Bob]"]}),
        ("deepseek", "deepseek-flash",
         {"max_tokens": 100, "temperature": 0.5, "stop": ["\n[Bob]"],
          "thinking": {"type": "disabled"}},
         {"max_tokens": 100, "stop": ["\n[Bob]"]}),
        ("openrouter", "x/y",
         {"max_tokens": 100, "temperature": 0.5, "stop": ["\n[Bob]"],
          "reasoning": {"effort": "none"}},
         {"max_tokens": 100, "temperature": 0.5, "stop": ["\n[Bob]"]}),
    ],
)  # fmt: skip
async def test_each_is_sent_what_it_takes(
    server: FaultServer, service: str, model: str, calm: object, thinking: object
) -> None:
    request = replace(HELLO, model=model)
    assert await sent(server, service, request) == calm
    assert await sent(server, service, replace(request, think=True)) == thinking


async def test_what_it_refuses_is_left_out_without_a_word_and_for_good(
    server: FaultServer,
) -> None:
    refusing(
        server,
        ("temperature", {
            "message": "Unsupported value: 'temperature' does not support 0.5 with this model.",
            "param": "temperature", "code": "unsupported_value",
        }),
        ("max_completion_tokens", {"message": "Unknown parameter: 'max_completion_tokens'."}),
    )  # fmt: skip
    rows: list[tuple[str, str, str]] = []
    learned = LearnedCapabilities(lambda *row: rows.append(row))
    provider = registry.provider(hosted(server, "openai", "picky"), learned)
    try:
        assert (await hear(provider)).finished
        assert len(server.calls) == 3
        assert (await hear(provider)).finished
        assert len(server.calls) == 4
    finally:
        await provider.aclose()
    assert rows == [("openai", "m-1", "temperature"), ("openai", "m-1", "max_tokens")]
    assert server.bodies[-1]["max_tokens"] == 100


async def test_a_refusal_of_something_else_is_reported(server: FaultServer) -> None:
    refusing(server, ("model", {"message": "Unsupported parameter: 'x'.", "param": "x"}))
    async with a_provider(hosted(server, "openai", "picky")) as provider:
        with pytest.raises(ProviderError, match="refuses the request") as caught:
            await hear(provider)
    assert caught.value.kind is Fault.REQUEST
    assert len(server.calls) == 1


OPENROUTER = {
    "prompt_tokens": 13, "completion_tokens": 16, "total_tokens": 29, "cost": 0.000093,
    "is_byok": False, "prompt_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 4},
    "cost_details": {"upstream_inference_cost": 0.000093},
    "completion_tokens_details": {"reasoning_tokens": 2},
}  # fmt: skip
COUNTED = Usage(input=13, output=16, cache_read=3, cache_write=4, thinking=2, cost=93)


@pytest.mark.parametrize(
    ("service", "usage", "counted"),
    [
        ("openrouter", OPENROUTER, COUNTED),
        ("openrouter", OPENROUTER | {"is_byok": True, "cost": 5e-6}, replace(COUNTED, cost=98)),
        ("openrouter", OPENROUTER | {"cost": 0}, replace(COUNTED, cost=0)),
        ("openrouter", OPENROUTER | {"cost": -1}, replace(COUNTED, cost=None)),
        ("openrouter", OPENROUTER | {"cost": "1"}, replace(COUNTED, cost=None)),
        ("openrouter", OPENROUTER | {"cost": 10**9}, replace(COUNTED, cost=None)),
        ("openai", OPENROUTER, replace(COUNTED, cost=None)),
        ("deepseek",
         {"prompt_tokens": 20, "completion_tokens": 9, "prompt_cache_hit_tokens": 12,
          "prompt_cache_miss_tokens": 8, "completion_tokens_details": {"reasoning_tokens": 5}},
         Usage(input=20, output=9, cache_read=12, thinking=5)),
        ("openai",
         {"prompt_tokens": 5, "completion_tokens": 4, "prompt_tokens_details": None,
          "completion_tokens_details": {"reasoning_tokens": 99}},
         Usage(input=5, output=4, thinking=4)),
    ],
)  # fmt: skip
async def test_what_a_reply_used(
    server: FaultServer, service: str, usage: object, counted: Usage
) -> None:
    last = {"choices": [], "usage": usage}
    streaming(server, "used", choice(content="Hi"), choice("stop"), last)
    async with a_provider(hosted(server, service, "used")) as provider:
        heard = await hear(provider)
    assert heard.finished
    assert heard.finished.usage == counted


async def test_the_last_count_wins(server: FaultServer) -> None:
    def counted(sent: object) -> dict[str, object]:
        return {"usage": {"prompt_tokens": sent, "completion_tokens": 1}}

    early = [choice(content="Hi") | counted(5), choice(content="!") | counted(6)]
    streaming(server, "early", *early, choice("stop") | counted(-1))
    streaming(server, "late", *early, choice("stop"), {"choices": []} | counted(7))
    for scenario, sent in (("early", 6), ("late", 7)):
        async with a_provider(hosted(server, "openai", scenario)) as provider:
            heard = await hear(provider)
        assert heard.finished
        assert heard.finished.usage == Usage(input=sent, output=1)


async def test_thoughts_come_under_both_names(server: FaultServer) -> None:
    deltas = [choice(reasoning="hm", content=""), choice(reasoning_content="so", content=None)]
    streaming(server, "thoughts", *deltas, choice(content="Hi"), choice("stop"))
    async with a_provider(hosted(server, "deepseek", "thoughts")) as provider:
        heard = await hear(provider)
    assert (heard.thought, heard.text) == ("hmso", "Hi")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", Finish.STOP), ("length", Finish.LENGTH), ("content_filter", Finish.FILTER),
        ("something_new", Finish.STOP),
    ],
)  # fmt: skip
async def test_why_it_ended(server: FaultServer, reason: str, finish: Finish) -> None:
    streaming(server, "ended", choice(content="Hi"), choice(reason))
    async with a_provider(hosted(server, "openai", "ended")) as provider:
        heard = await hear(provider)
    assert heard.finished
    assert heard.finished.reason is finish


async def test_a_service_without_resources_broke_off(server: FaultServer) -> None:
    streaming(server, "poor", choice(content="Hi"), choice("insufficient_system_resource"))
    async with a_provider(hosted(server, "deepseek", "poor")) as provider:
        with pytest.raises(ProviderError, match="ran out of resources") as caught:
            await hear(provider)
    assert caught.value.kind is Fault.SERVER


async def test_an_error_of_openrouter_in_mid_stream(server: FaultServer) -> None:
    error = {"code": 502, "message": "Provider disconnected unexpectedly"}
    broken = {"error": error} | choice("error", content="")
    streaming(server, "broken", choice(content="Hi"), broken)
    async with a_provider(hosted(server, "openrouter", "broken")) as provider:
        with pytest.raises(ProviderError, match="disconnected unexpectedly") as caught:
            await hear(provider)
    assert caught.value.kind is Fault.SERVER


async def test_an_unknown_model_is_told_the_nearest(server: FaultServer) -> None:
    names = ("openai/gpt-6-luna", "openai/gpt-6-sol", "x/tiny", "gpt-6\x1b[2J")

    async def act(reply: Reply) -> None:
        if server.calls[-1].endswith("/models"):
            listing = {"data": [{"id": name} for name in names]}
            await reply.whole(200, json.dumps(listing).encode(), "application/json")
        else:
            error = {"message": "The model does not exist.", "code": "model_not_found"}
            await reply.whole(404, json.dumps({"error": error}).encode(), "application/json")

    server.scenarios["lists"] = act
    async with a_provider(hosted(server, "openrouter", "lists")) as provider:
        await provider.list_models()
        with pytest.raises(ProviderError) as caught:
            await hear(provider, replace(HELLO, model="gpt-6-lunar"))
    assert caught.value.kind is Fault.MODEL
    assert "gpt-6-lunar" in caught.value.problem
    assert "openai/gpt-6-luna" in caught.value.hint
    assert "tiny" not in caught.value.hint
    assert caught.value.hint.isprintable()


async def test_lm_studio_says_that_it_has_to_load_the_model_first(server: FaultServer) -> None:
    states = ["not-loaded", "loaded"]

    async def act(reply: Reply) -> None:
        if server.calls[-1].endswith("/api/v0/models"):
            data = [{"id": "m-1", "type": "llm", "state": states.pop(0)}]
            await reply.whole(200, json.dumps({"data": data}).encode(), "application/json")
        else:
            await server.scenarios["ok"](reply)

    server.scenarios["desk"] = act
    async with a_provider(hosted(server, "lmstudio", "desk")) as provider:
        first = [item async for item in provider.stream(HELLO)]
        second = [item async for item in provider.stream(HELLO)]
    assert first[0] == Waiting(WaitReason.LOADING)
    assert first[1:] == second
    assert not states
