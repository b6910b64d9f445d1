"""The models that can be chosen."""

from dataclasses import replace

import pytest

from chimera_tui.domain.conversation import DEMO, ModelRef
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.ui.room.model_offers import Offer, as_typed, facts, fitting, listed, offers
from tests.ui.fakes import OLLAMA
from tests.ui.services import ALL, OPENAI

HAIKU = ModelRef("anthropic", "claude-haiku-5-5")


def is_local(provider: str) -> bool:
    return provider == "ollama"


def names(found: list[Offer]) -> list[str]:
    return [str(offer.model) for offer in found]


def test_what_is_assigned_comes_first_then_what_is_loaded_then_the_others() -> None:
    found = names(offers(ALL, is_local, assigned=HAIKU, fallbacks=(ModelRef("openai", "gpt-4.1"),)))
    assert found[:5] == [
        "None",
        "anthropic/claude-haiku-5-5",
        "openai/gpt-4.1",
        "ollama/llama3.2:3b",
        "openai/gpt-4.1-mini",
    ]
    assert found[-1] == str(DEMO)
    assert len(found) == len(set(found))


def test_what_nobody_lists_stays_when_it_is_assigned() -> None:
    found = offers((OPENAI,), is_local, assigned=ModelRef("lmstudio", "gone"))
    assert (found[1].name, found[1].note) == ("gone", "not listed")


def test_models_of_who_is_away_are_known_from_before() -> None:
    away = replace(OPENAI, state=HealthState.DOWN)
    assert {offer.state for offer in listed(away, is_local=False)} == {"off"}


def test_what_cannot_chat_is_not_offered() -> None:
    health = Health(
        provider="x", state=HealthState.UP, models=(ModelInfo(name="embed", can_chat=False),)
    )
    assert not listed(health, is_local=False)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("haiku", "anthropic/claude-haiku-5-5"),
        ("OPENAI 4.1", "openai/gpt-4.1-mini"),
        ("local", "ollama/llama3.2:3b"),
        ("free qwen", "ollama/qwen2.5:14b"),
        ("anthropic/claude-s", "anthropic/claude-sonnet-5-5"),
    ],
)
def test_all_words_of_a_search_must_be_there(words: str, first: str) -> None:
    assert names(fitting(offers(ALL, is_local), words))[0] == first


def test_a_model_can_be_typed() -> None:
    everything = offers(ALL, is_local)
    typed = as_typed("openai/gpt-9", everything, ["openai"])
    assert typed
    assert (typed.model, typed.note) == (ModelRef("openai", "gpt-9"), "as typed")
    assert as_typed("openai/gpt-4.1", everything, ["openai"]) is None
    assert as_typed("nobody/gpt-9", everything, ["openai"]) is None
    assert as_typed("gpt-9", everything, ["openai"]) is None


def test_prices() -> None:
    mini, _, luna = listed(OPENAI, is_local=False)
    llama = listed(OLLAMA, is_local=True)[0]
    assert mini.price(mini.info.price_in) == "$0.40"
    assert luna.price(luna.info.price_in) == "n/a"
    assert llama.price(llama.info.price_in) == "free"
    assert [mini.context, luna.context, llama.context] == ["1M", "400k", "131k"]


def test_what_a_turn_costs_and_what_is_ignored() -> None:
    mini, _, luna = listed(OPENAI, is_local=False)
    assert facts(mini, (1000, 100)) == "about $0.0006 a turn here"
    assert facts(luna, (1000, 100)) == "ignores stop, temperature"
