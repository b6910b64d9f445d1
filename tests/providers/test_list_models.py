"""Asking which models there are."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import HealthState, ModelInfo
from chimera_tui.providers import registry
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.resilience.gate import Gate
from chimera_tui.resilience.monitor import Monitor
from tests.fault_dialects import Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import PATIENT, SOON, WIRES, Wire, a_provider, an_endpoint

BAD = {
    "html": Fault.BAD_TYPE,
    "redirect": Fault.REDIRECT,
    "never_answers": Fault.TIMEOUT,
    "head_only": Fault.TIMEOUT,
    "garbage": Fault.BAD_DATA,
    "null": Fault.BAD_DATA,
    "reset": Fault.TRANSPORT,
    "not_http": Fault.TRANSPORT,
    "gzip_bomb": Fault.BAD_TYPE,
    "status-401": Fault.AUTH,
    "status-404": Fault.BAD_TYPE,
    "status-503": Fault.OVERLOADED,
}


AT_HOME = ModelInfo(name="", price_in=0, price_out=0)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def answer(server: FaultServer, path: str, document: object) -> None:
    """Let `path` be answered with `document`, everything else with 404."""

    async def listing(reply: Reply) -> None:
        is_it = server.calls[-1].endswith(path)
        body = json.dumps(document if is_it else {"error": "no such path"}).encode()
        await reply.whole(200 if is_it else 404, body, "application/json")

    server.scenarios["listing"] = listing


def lm_studio(address: str) -> Endpoint:
    return registry.endpoint("lmstudio", environ={"LM_STUDIO_URL": address})


@pytest.mark.parametrize("wire", ["openai", "ollama"])
@pytest.mark.parametrize(("scenario", "kind"), BAD.items())
async def test_a_bad_answer_has_a_name(
    server: FaultServer, wire: Wire, scenario: str, kind: Fault
) -> None:
    deadlines = replace(PATIENT, listing=SOON) if kind is Fault.TIMEOUT else PATIENT
    async with a_provider(an_endpoint(server.url(scenario), wire, deadlines=deadlines)) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.list_models()
    assert caught.value.kind is kind
    assert caught.value.hint


@pytest.mark.parametrize("wire", ["openai", "ollama"])
async def test_models_that_cannot_chat_are_marked(server: FaultServer, wire: Wire) -> None:
    async with a_provider(an_endpoint(server.url("ok"), wire)) as provider:
        models = await provider.list_models()
    assert [(model.name, model.can_chat) for model in models] == [
        ("m-1", True),
        ("text-embedding-m-2", False),
    ]


@pytest.mark.parametrize("wire", ["openai", "ollama"])
async def test_a_very_long_list_is_cut(server: FaultServer, wire: Wire) -> None:
    async with a_provider(an_endpoint(server.url("many_models"), wire)) as provider:
        assert len(await provider.list_models()) == 1000


async def test_lm_studio_tells_more_at_an_address_of_its_own(server: FaultServer) -> None:
    facts = [
        {
            "id": "a",
            "type": "llm",
            "state": "loaded",
            "loaded_context_length": 4096,
            "max_context_length": 131072,
        },
        {"id": "b", "type": "vlm", "state": "not-loaded", "max_context_length": 2048},
        {"id": "c", "type": "embeddings", "state": "not-loaded", "max_context_length": 512},
    ]
    answer(server, "/api/v0/models", {"data": facts})
    async with a_provider(lm_studio(server.url("listing"))) as provider:
        assert await provider.list_models() == (
            replace(AT_HOME, name="a", context=4096, is_loaded=True),
            replace(AT_HOME, name="b"),
            replace(AT_HOME, name="c", can_chat=False),
        )
    assert server.calls == ["/listing/api/v0/models"]


async def test_llama_cpp_at_the_address_of_lm_studio_is_asked_as_usual(server: FaultServer) -> None:
    answer(server, "/v1/models", {"data": [{"id": "a", "meta": {"n_ctx": 8192, "n_embd": 96}}]})
    async with a_provider(lm_studio(server.url("listing/v1/"))) as provider:
        models = await provider.list_models()
    assert models == (replace(AT_HOME, name="a", context=8192, is_loaded=True),)


async def test_ollama_says_what_a_model_can_and_what_is_loaded(server: FaultServer) -> None:
    tags = [
        {"name": "qwen3:latest", "capabilities": ["completion", "thinking"]},
        {"name": "nomic", "capabilities": ["embedding"]},
        {"name": "big:cloud", "remote_host": "https://ollama.com:443"},
    ]

    async def listing(reply: Reply) -> None:
        is_running = server.calls[-1].endswith("/api/ps")
        body = json.dumps({"models": tags[:1] if is_running else tags}).encode()
        await reply.whole(200, body, "application/json")

    server.scenarios["listing"] = listing
    async with a_provider(an_endpoint(server.url("listing"), "ollama")) as provider:
        assert await provider.list_models() == (
            replace(AT_HOME, name="qwen3:latest", is_loaded=True),
            ModelInfo(name="big:cloud"),
            replace(AT_HOME, name="nomic", can_chat=False),
        )


async def test_a_list_takes_no_longer_than_it_may(server: FaultServer) -> None:
    at = an_endpoint(server.url("never_answers"), deadlines=replace(PATIENT, listing=SOON))
    async with a_provider(at) as provider:
        with pytest.raises(ProviderError, match=f"within {SOON} s"):
            await provider.list_models()


FILES = (Path(__file__).parent / "model_lists").glob("*.json")
ODD_LISTS = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FILES)}
SOUND = [{"id": "m-1"}, {"id": "m-2", "context_length": "4096"}]
ODD_ENTRIES: list[object] = [
    None,
    7,
    {},
    {"id": None},
    {"id": 7},
    {"id": ["m"]},
    {"id": " "},
    [],
    "",
]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(("name", "document"), ODD_LISTS.items(), ids=ODD_LISTS)
async def test_a_list_of_models_is_read_in_any_shape(
    server: FaultServer, wire: Wire, name: str, document: object
) -> None:
    listed, note = await list_there(server, wire, document)
    assert [model.name for model in listed] == ([] if "null" in name else ["m-1"])
    is_odd = name == "one-without-id"
    assert note == ("One entry in its list of models cannot be read." if is_odd else "")
    if name == "n_ctx-as-text" and wire == "openai":
        assert listed[0].context == 4096


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "document",
    [
        [*SOUND, *ODD_ENTRIES],
        {"data": [*SOUND, *ODD_ENTRIES]},
        {"models": [*({"name": one["id"]} for one in SOUND), *ODD_ENTRIES], "data": None},
        {"object": "list", "data": ["m-1", "m-2", *ODD_ENTRIES], "has_more": "no", "last_id": 7},
        {"models": [{"model": "m-1"}, {"model": "m-2"}, *ODD_ENTRIES], "nextPageToken": 7},
        {"data": [*SOUND, SOUND[0], *ODD_ENTRIES]},
    ],
)
async def test_sound_entries_are_listed_and_the_others_counted(
    server: FaultServer, wire: Wire, document: object
) -> None:
    listed, note = await list_there(server, wire, document)
    assert [model.name for model in listed] == ["m-1", "m-2"]
    assert note == "9 entries in its list of models cannot be read."


@pytest.mark.parametrize("wire", WIRES)
async def test_models_by_name_are_a_list_too(server: FaultServer, wire: Wire) -> None:
    listed, note = await list_there(server, wire, {"data": {"m-1": {}, "m-2": None}})
    assert ([model.name for model in listed], note) == (["m-1", "m-2"], "")


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("document", [None, 7, "m-1", {}, {"data": 7}, {"models": "m-1"}])
async def test_what_is_no_list_does_not_take_down_a_provider_whose_model_is_named(
    server: FaultServer, wire: Wire, document: object
) -> None:
    await provide(server, document)
    at = an_endpoint(server.url("list"), wire)
    async with a_provider(at) as provider:
        with pytest.raises(ProviderError) as caught:
            await provider.list_models()
        assert caught.value.kind is Fault.BAD_DATA
        if wire != "ollama":  # its version proves that it is there
            with pytest.raises(ProviderError):
                await provider.probe()
    async with a_provider(replace(at, model="m-1")) as provider:
        await provider.probe()
        gate = Gate(provider)
        monitor = Monitor()
        monitor.follow(gate)
        health = await monitor.check(gate.name, models=True)
        assert health.state is HealthState.UP
        assert health.note.startswith("Its models are not listed: ")


async def test_an_error_in_the_place_of_a_list_is_named(server: FaultServer) -> None:
    await provide(server, {"error": {"message": "no models for you", "code": 401}})
    async with a_provider(an_endpoint(server.url("list"))) as provider:
        with pytest.raises(ProviderError, match="no models for you") as caught:
            await provider.list_models()
    assert caught.value.kind is Fault.AUTH


async def provide(server: FaultServer, document: object) -> None:
    """Let every list be this document."""

    async def act(reply: Reply) -> None:
        await reply.whole(200, json.dumps(document).encode(), "text/html")

    server.scenarios["list"] = act


async def list_there(
    server: FaultServer, wire: Wire, document: object
) -> tuple[tuple[ModelInfo, ...], str]:
    """What is listed of this document, and what is said of it."""
    await provide(server, document)
    async with a_provider(an_endpoint(server.url("list"), wire)) as provider:
        return await provider.list_models(), provider.note
