"""A real server: llama.cpp's own, as LM Studio carries it; it speaks Anthropic's format, too."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import pytest

from chimera_tui.domain.conversation import Finish
from chimera_tui.domain.errors import Fault, ProviderError
from chimera_tui.domain.health import HealthState, ModelInfo
from chimera_tui.providers import registry
from chimera_tui.providers.base import ChatMessage, Provider
from chimera_tui.resilience.gate import Gate
from chimera_tui.resilience.monitor import Monitor
from tests.providers.helpers import HELLO, hear

pytestmark = pytest.mark.slow

REQUEST = replace(HELLO, model="tiny", max_tokens=400)


@pytest.fixture(params=["lmstudio", "anthropic"])
async def provider(request: pytest.FixtureRequest, real_server: str) -> AsyncIterator[Provider]:
    environ = {"LM_STUDIO_URL": real_server, "ANTHROPIC_BASE_URL": real_server}
    at = registry.endpoint(request.param, key="a-key-of-no-use", environ=environ)
    provider = registry.provider(at)
    yield provider
    await provider.aclose()


async def test_it_lists_its_model(provider: Provider) -> None:
    monitor = Monitor()
    monitor.follow(Gate(provider))
    health = await monitor.check(provider.name)
    assert health.state is HealthState.UP
    (model,) = health.models
    assert model.name == "tiny"
    if provider.name == "lmstudio":
        known = ModelInfo(name="tiny", context=8192, is_loaded=True, price_in=0, price_out=0)
        assert model == known


async def test_it_speaks_in_pieces_and_says_when_it_is_done(provider: Provider) -> None:
    heard = await hear(provider, REQUEST)
    assert heard.text.split()[0] in {"The", "A", "This", "Every", "Some"}
    assert len(heard.pieces) > 3
    assert heard.finished
    assert heard.finished.reason in {Finish.STOP, Finish.LENGTH}
    assert heard.finished.model == "tiny"
    assert heard.finished.usage
    assert heard.finished.usage.input > 10
    assert heard.finished.usage.output >= len(heard.pieces)


async def test_it_stops_after_the_tokens_it_was_given(provider: Provider) -> None:
    heard = await hear(provider, replace(REQUEST, max_tokens=3))
    assert heard.finished
    assert heard.finished.reason is Finish.LENGTH
    assert heard.finished.usage
    assert heard.finished.usage.output == 3


async def test_it_can_be_left_in_mid_sentence_and_asked_again(provider: Provider) -> None:
    for _ in range(5):
        async with aclosing(provider.stream(REQUEST)) as items:
            await anext(items)
    assert (await hear(provider, REQUEST)).finished


async def test_it_says_when_it_was_told_too_much(provider: Provider) -> None:
    long = replace(REQUEST, messages=(ChatMessage("user", "0123456789" * 1000),))
    with pytest.raises(ProviderError) as caught:
        await hear(provider, long)
    assert caught.value.kind is Fault.CONTEXT
