"""The cheapest call that proves that a provider can be used, and the lists of hosted services."""

import json
from collections.abc import AsyncIterator
from dataclasses import fields, replace

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import registry
from chimera_tui.providers.endpoint import Endpoint
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import PATIENT, SOON, a_provider, hear


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def answering(server: FaultServer, document: object, status: int = 200) -> None:
    async def act(reply: Reply) -> None:
        await reply.whole(status, json.dumps(document).encode(), "application/json")

    server.scenarios["answer"] = act


def known(server: FaultServer, name: str, scenario: str = "answer", key: str = "k-1") -> Endpoint:
    at = registry.endpoint(name, base_url=server.url(scenario), key=key, environ={})
    return replace(at, deadlines=PATIENT)


async def probed(at: Endpoint) -> ProviderError | None:
    """What a probe says; None if the provider can be used."""
    async with a_provider(at) as provider:
        try:
            await provider.probe()
        except ProviderError as error:
            return error
    return None


MODELS = {"data": [{"id": "m-1"}]}
KEY = {"label": "sk-or-v1-116...0ce", "limit": 5, "usage": 0.1, "is_free_tier": False}


@pytest.mark.parametrize(
    ("service", "path", "document"),
    [
        ("openai", "/v1/models", MODELS),
        ("mine", "/v1/models", MODELS),
        ("lmstudio", "/v1/models", MODELS),
        ("deepseek", "/user/balance", {"is_available": True, "balance_infos": []}),
        ("openrouter", "/v1/key", {"data": KEY | {"limit_remaining": 4.9}}),
        ("openrouter", "/v1/key", {"data": KEY | {"limit_remaining": None}}),
        ("ollama", "/api/version", {"version": "0.14.0"}),
    ],
)
async def test_one_call_proves_that_it_can_be_used(
    server: FaultServer, service: str, path: str, document: object
) -> None:
    answering(server, document)
    assert await probed(known(server, service)) is None
    assert server.calls == [f"/answer{path}"]
    assert "authorization: bearer k-1\r\n" in server.heads[0].lower()


@pytest.mark.parametrize(
    ("service", "document"),
    [
        ("deepseek", {"is_available": False, "balance_infos": []}),
        ("openrouter", {"data": KEY | {"limit_remaining": 0}}),
        ("openrouter", {"data": KEY | {"limit_remaining": -0.02}}),
    ],
)
async def test_without_credit_it_cannot_be_used(
    server: FaultServer, service: str, document: object
) -> None:
    answering(server, document)
    error = await probed(known(server, service))
    assert error
    assert error.kind is Fault.MONEY
    assert "add credit" in error.hint


@pytest.mark.parametrize("service", ["openai", "deepseek", "openrouter", "mine", "ollama"])
@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("status-401", Fault.AUTH),
        ("status-402", Fault.MONEY),
        ("status-503", Fault.OVERLOADED),
        ("html", Fault.BAD_TYPE),
        ("redirect", Fault.REDIRECT),
        ("garbage", Fault.BAD_DATA),
        ("never_answers", Fault.TIMEOUT),
    ],
)
async def test_a_bad_answer_has_a_name(
    server: FaultServer, service: str, scenario: str, kind: Fault
) -> None:
    deadlines = replace(PATIENT, probe=SOON) if kind is Fault.TIMEOUT else PATIENT
    error = await probed(replace(known(server, service, scenario), deadlines=deadlines))
    assert error
    assert error.kind is kind
    assert error.hint


@pytest.mark.parametrize("status", [404, 405])
async def test_only_an_endpoint_of_ones_own_may_lack_a_list(
    server: FaultServer, status: int
) -> None:
    assert await probed(known(server, "mine", f"status-{status}")) is None
    async with a_provider(known(server, "mine", f"status-{status}")) as provider:
        assert await provider.list_models() == ()
    error = await probed(known(server, "openai", f"status-{status}"))
    assert error
    assert error.kind is Fault.BAD_TYPE


async def test_a_key_that_may_not_list_models_can_be_used(server: FaultServer) -> None:
    said = "You have insufficient permissions for this operation. Missing scopes: api.model.read."
    answering(server, {"error": {"message": said}}, 403)
    assert await probed(known(server, "openai")) is None
    async with a_provider(known(server, "openai")) as provider:
        with pytest.raises(ProviderError, match="does not let this key list") as caught:
            await provider.list_models()
    assert "Type the name" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "owner"),
    [("sk-ant-api03-abc", "Anthropic"), ("sk-or-v1-abc", "OpenRouter"), ("AIzaSyAbcdef", "Gemini")],
)
async def test_the_key_of_another_service_is_recognised(
    server: FaultServer, key: str, owner: str
) -> None:
    error = await probed(known(server, "openai", "status-401", key))
    assert error
    assert error.kind is Fault.AUTH
    assert f"looks like a key of {owner}" in error.hint
    assert key not in error.problem + error.hint


async def test_the_key_of_another_service_is_not_sent_to_a_public_one() -> None:
    at = registry.endpoint("openai", key="sk-ant-api03-abc", environ={})
    async with a_provider(at) as provider:
        with pytest.raises(ProviderError, match="like one of Anthropic: it was not sent") as caught:
            await hear(provider)
    assert caught.value.kind is Fault.AUTH
    assert "needs one of its own" in caught.value.hint


async def test_a_wrong_key_is_told_where_it_lies(server: FaultServer) -> None:
    error = await probed(known(server, "openai", "status-401", "sk-proj-1"))
    assert error
    assert "Check the key in OPENAI_API_KEY" in error.hint


class Faraway(Endpoint):
    """An endpoint that is not free because it is on this machine, as the fault server is."""

    @property
    def is_local(self) -> bool:
        return False


async def listed(server: FaultServer, name: str) -> tuple[ModelInfo, ...]:
    at = known(server, name)
    faraway = Faraway(**{field.name: getattr(at, field.name) for field in fields(at)})
    async with a_provider(faraway) as provider:
        return await provider.list_models()


async def test_openrouter_says_what_its_models_read_cost_and_take(server: FaultServer) -> None:
    sound = {
        "id": "x/y", "created": 5, "context_length": 128000,
        "pricing": {"prompt": "0.0000025", "completion": "0.00001"},
        "architecture": {"output_modalities": ["text"]},
        "supported_parameters": ["max_tokens", "stop"],
    }  # fmt: skip
    answering(server, {"data": [
        sound,
        sound | {"id": "x/newer", "created": 9, "pricing": {"prompt": "0", "completion": "0"},
                 "supported_parameters": ["temperature", "stop"]},
        sound | {"id": "x/router", "pricing": {"prompt": "-1", "completion": "-1"}},
        sound | {"id": "x/paints", "architecture": {"output_modalities": ["image"]}},
        sound | {"id": "x/odd", "created": "?", "pricing": "dear", "architecture": 5,
                 "supported_parameters": {}, "context_length": -3},
        sound | {"id": "openai/gpt-6-luna"},
    ]})  # fmt: skip
    models = await listed(server, "openrouter")
    assert [model.name for model in models] == [
        "openai/gpt-6-luna", "x/newer", "x/y", "x/router", "x/odd", "x/paints",
    ]  # fmt: skip
    luna, newer, _, router, odd, paints = models
    no_heat = frozenset({"temperature"})
    assert replace(luna, name="x/y") == ModelInfo(
        name="x/y", context=128000, price_in=2.5, price_out=10, ignores=no_heat
    )
    assert (newer.price_in, newer.price_out, newer.ignores) == (0, 0, frozenset())
    assert (router.price_in, router.price_out) == (None, None)
    assert (odd.price_in, odd.context, odd.ignores) == (None, None, frozenset())
    assert not paints.can_chat


async def test_what_openai_does_not_say_the_price_list_does(server: FaultServer) -> None:
    names = ("gpt-5.6-terra", "gpt-audio", "gpt-6-luna", "ft:mine", "o4-mini")
    answering(server, {"data": [{"id": name, "created": 1} for name in names]})
    models = await listed(server, "openai")
    assert [model.name for model in models] == [
        "gpt-6-luna", "gpt-5.6-terra", "ft:mine", "o4-mini", "gpt-audio",
    ]  # fmt: skip
    _, terra, mine, mini, audio = models
    assert terra == ModelInfo(name="gpt-5.6-terra", context=1_050_000, price_in=2, price_out=12)
    assert (mine.context, mine.price_in) == (None, None)
    assert mini.ignores == {"temperature", "stop"}
    assert not audio.can_chat
