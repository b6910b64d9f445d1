"""What may be asked of which model."""

import json
from collections.abc import AsyncGenerator

import pytest

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import ModelInfo
from chimera_tui.providers import capabilities
from chimera_tui.providers.adapter import Adapter
from chimera_tui.providers.base import ChatRequest, Finished, StreamItem, Text
from chimera_tui.providers.capabilities import PARAMETERS, Capability, LearnedCapabilities
from tests.providers.helpers import an_endpoint, hear

OURS = ("temperature", "stop")


@pytest.mark.parametrize(
    ("service", "model", "room", "heat", "stops", "calm"),
    [
        ("openai", "gpt-4.1-mini", "max_completion_tokens", 1.2, 4, None),
        ("openai", "gpt-5.6-terra", "max_completion_tokens", 1.2, 4, {"reasoning_effort": "none"}),
        ("openai", "gpt-6-luna", "max_completion_tokens", 1.2, 4, {"reasoning_effort": "none"}),
        ("openai", "gpt-5-mini", "max_completion_tokens", None, 4,
         {"reasoning_effort": "minimal"}),
        ("openai", "gpt-6.1-sol", "max_completion_tokens", None, 4, {"reasoning_effort": "low"}),
        ("openai", "gpt-5.4-pro", "max_completion_tokens", None, 4, None),
        ("openai", "o4-mini", "max_completion_tokens", None, 0, {"reasoning_effort": "low"}),
        ("anthropic", "claude-sonnet-5-5", "max_tokens", None, 4,
         {"thinking": {"type": "disabled"}}),
        ("anthropic", "claude-opus-4-6", "max_tokens", 1.0, 4, None),
        ("anthropic", "claude-opus-4-7", "max_tokens", None, 4,
         {"thinking": {"type": "disabled"}}),
        ("gemini", "gemini-2.5-flash", "max_output_tokens", 1.2, 5, {"thinking_budget": 0}),
        ("gemini", "gemini-3.8-flash", "max_output_tokens", 1.2, 5,
         {"thinking_level": "MINIMAL"}),
        ("deepseek", "deepseek-flash", "max_tokens", 1.2, 4, {"thinking": {"type": "disabled"}}),
        ("openrouter", "x/y", "max_tokens", 1.2, 4, {"reasoning": {"effort": "none"}}),
        ("lmstudio", "qwen3", "max_tokens", 1.2, 4, None),
        ("mine", "gpt-5", "max_tokens", 1.2, 4, None),
    ],
)  # fmt: skip
def test_what_is_known_of_a_model(
    service: str, model: str, room: str, heat: float | None, stops: int, calm: object
) -> None:
    takes = capabilities.of(service, model)
    assert takes.room == room
    assert takes.heat(1.2, think=False) == heat
    assert takes.stops == stops
    assert takes.calm == calm
    assert takes.can_chat
    assert ("temperature" in takes.ignores) == (heat is None)
    assert ("stop" in takes.ignores) == (stops == 0)


@pytest.mark.parametrize("model", ["gpt-5.6-terra", "deepseek-flash"])
def test_a_temperature_is_kept_back_from_a_model_that_thinks(model: str) -> None:
    takes = capabilities.of("openai" if model.startswith("gpt") else "deepseek", model)
    assert takes.heat(0.7, think=False) == 0.7
    assert takes.heat(0.7, think=True) is None
    assert takes.without(["think"]).heat(0.7, think=False) is None


@pytest.mark.parametrize(
    "model", ["gpt-audio", "gpt-image-2", "o3-deep-research", "gpt-3.5-turbo-instruct", "sora-2"]
)
def test_what_cannot_chat_at_openai(model: str) -> None:
    assert not capabilities.of("openai", model).can_chat
    assert capabilities.of("lmstudio", model).can_chat


def said(message: str, **more: object) -> str:
    return json.dumps({"error": {"message": message, "type": "invalid_request_error"} | more})


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (said("Unsupported value: 'temperature' does not support 0.8 with this model. Only the "
              "default (1) value is supported.", param="temperature", code="unsupported_value"),
         "temperature"),
        (said("`temperature` is deprecated for this model."), "temperature"),
        (said("Unsupported parameter: 'max_tokens' is not supported with this model. Use "
              "'max_completion_tokens' instead.", param="max_tokens",
              code="unsupported_parameter"), "max_tokens"),
        (said("Unrecognized request argument supplied: 'max_completion_tokens'"), "max_tokens"),
        (said("'stop' is not supported with this model.", param="stop"), "stop"),
        (said("Unsupported value: 'reasoning_effort' does not support 'none' with this model.",
              param="reasoning_effort", code="unsupported_value"), "think"),
        (said("Reasoning is mandatory for this endpoint and cannot be disabled."), "think"),
        (json.dumps({"error": '"llama3" does not support thinking'}), "think"),
        (said("Thinking level MINIMAL is not supported for this model."), "think"),
        (json.dumps({"detail": "Extra inputs are not permitted: 'stream_options'"}),
         "stream_options"),
        (said("max_tokens is too large: 100000. This model supports at most 4096.",
              param="max_tokens"), ""),
        (said("Unsupported parameter: 'tools'", param="tools"), ""),
        (said("Please stop sending unknown things."), ""),
        (said("Invalid request."), ""),
        (json.dumps({"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"],
                                 "msg": "Extra inputs are not permitted",
                                 "input": {"temperature": 1}}]}), "stream_options"),
        ("not json: unsupported", ""),
        ("The parameter `stop` is not supported.", "stop"),
        ("[1]", ""),
        (json.dumps({"error": None}), ""),
    ],
)  # fmt: skip
def test_which_parameter_a_refusal_names(body: str, parameter: str) -> None:
    assert capabilities.named(body) == parameter


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_what_is_refused_is_left_out(parameter: str) -> None:
    takes = Capability(calm={"x": 1})
    assert takes.without([parameter]) != takes
    assert takes.without([parameter]).room == (
        "max_completion_tokens" if parameter == "max_tokens" else "max_tokens"
    )


def test_what_a_newer_version_learnt_changes_nothing() -> None:
    assert Capability().without(["something"]) == Capability()


def refusal(parameter: str) -> ProviderError:
    """What a service says that refuses it."""
    return ProviderError("No.", kind=Fault.REQUEST, parameter=parameter)


def test_what_is_refused_is_learnt() -> None:
    rows: list[tuple[str, str, str]] = []
    learned = LearnedCapabilities(lambda *row: rows.append(row))
    assert learned.learn_from(refusal("temperature"), "p", "m")
    assert learned.learn_from(refusal("stop"), "p", "m")
    assert learned.of("p", "m").ignores == {"temperature", "stop"}
    assert rows == [("p", "m", "temperature"), ("p", "m", "stop")]

    later = LearnedCapabilities(lambda *row: rows.append(row))
    later.load(rows)
    assert later.of("p", "m").ignores == {"temperature", "stop"}
    assert later.of("p", "other").ignores == set()
    assert later.of("other", "m").ignores == set()
    assert len(rows) == 2


class Refusing(Adapter):
    """A service that refuses these parameters one after the other, then speaks."""

    def __init__(self, *refused: str) -> None:
        super().__init__(an_endpoint("http://127.0.0.1:9"), LearnedCapabilities())
        self.refused = refused
        self.asked: list[Capability] = []

    async def probe(self) -> None: ...

    async def list_models(self) -> tuple[ModelInfo, ...]:
        return ()

    async def _reply(self, request: ChatRequest, takes: Capability) -> AsyncGenerator[StreamItem]:
        self.asked.append(takes)
        if len(self.asked) <= len(self.refused):
            raise refusal(self.refused[len(self.asked) - 1])
        yield Text("Hi")
        yield Finished(Finish.STOP)


async def test_what_is_refused_is_asked_again_without() -> None:
    service = Refusing("temperature", "stop")
    assert (await hear(service)).text == "Hi"
    ignored = [takes.ignores for takes in service.asked]
    assert ignored == [set(), {"temperature"}, {"temperature", "stop"}]


async def test_who_refuses_the_same_twice_has_the_last_word() -> None:
    service = Refusing("stop", "stop", "stop")
    with pytest.raises(ProviderError, match=r"No\."):
        await hear(service)
    assert len(service.asked) == 2
