"""Which model plays whom."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from chimera_tui.domain.conversation import DEMO, Assignment, ModelRef
from chimera_tui.domain.errors import ProviderError
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.resilience.model_choice import Facts, ModelChoice
from tests.fakes import a_persona

ADA = Assignment(persona=a_persona("Ada"))
HOME, CLOUD = ModelRef("home", "llama"), ModelRef("cloud", "small")


def is_up(name: str, *models: ModelInfo) -> Health:
    """A provider that is up and lists these."""
    return Health(provider=name, state=HealthState.UP, models=models)


def choice(
    facts: Mapping[str, Facts], found: Mapping[str, Health] | None = None, *known: Health
) -> tuple[ModelChoice, list[str]]:
    """A choice that knows so much; what a check would find; who was checked."""
    health = {one.provider: one for one in known}
    checked: list[str] = []

    async def check(name: str) -> Health:
        checked.append(name)
        health[name] = (found or {}).get(name, Health(provider=name, state=HealthState.DOWN))
        return health[name]

    return ModelChoice(facts, ("home", "cloud"), health, check), checked


FACTS = {"home": Facts(is_free=True), "cloud": Facts(preferred=("tiny", "small"))}
BOTH = is_up("home", ModelInfo(name="llama")), is_up("cloud", ModelInfo(name="small"))


async def test_who_has_a_model_keeps_it_and_its_fallbacks() -> None:
    models, checked = choice(FACTS)
    ada = Assignment(persona=ADA.persona, model=DEMO, fallbacks=(CLOUD, DEMO, HOME))
    assert await models.candidates(ada) == (DEMO, CLOUD, HOME)
    assert checked == []


async def test_who_has_none_gets_one_of_each_healthy_provider() -> None:
    models, checked = choice(FACTS, None, *BOTH)
    assert await models.candidates(ADA) == (HOME, CLOUD)
    assert checked == []


async def test_who_likes_a_model_best_gets_it_first_where_it_can_be_asked() -> None:
    models, checked = choice(FACTS, None, *BOTH)
    dear = ModelRef("cloud", "dear")
    ada = Assignment(persona=a_persona("Ada", model="cloud/dear"), fallbacks=(DEMO,))
    assert await models.candidates(ada) == (dear, HOME, CLOUD, DEMO)
    assert await models.candidates(replace(ada, model=CLOUD)) == (CLOUD, DEMO)
    elsewhere = replace(ada, persona=a_persona("Ada", model="moon/dear"))
    assert await models.candidates(elsewhere) == (HOME, CLOUD, DEMO)
    assert [models.expected(one) for one in (ada, replace(ada, model=CLOUD), elsewhere)] == [
        dear,
        CLOUD,
        HOME,
    ]
    assert choice(FACTS)[0].expected(ADA) is None
    assert checked == []


async def test_nobody_is_asked_after_the_first_that_answers() -> None:
    models, checked = choice(FACTS, {"home": BOTH[0]})
    assert await models.candidates(ADA) == (HOME,)
    assert checked == ["home"]


async def test_where_nobody_is_up_it_says_so_unless_there_are_fallbacks() -> None:
    models, checked = choice(FACTS)
    with pytest.raises(ProviderError, match="No model can be reached"):
        await models.candidates(ADA)
    assert checked == ["home", "cloud"]
    assert await models.candidates(Assignment(persona=ADA.persona, fallbacks=(HOME,))) == (HOME,)


@pytest.mark.parametrize(
    ("facts", "listed", "chosen"),
    [
        (Facts(model="own"), ["other"], "own"),
        (Facts(preferred=("a", "b")), ["x", "b", "a"], "a"),
        (Facts(preferred=("a", "b")), ["x", "b"], "b"),
        (Facts(preferred=("a", "b")), [], "a"),
        (Facts(), ["deaf", "x", "loaded"], "loaded"),
        (Facts(), ["deaf", "x"], "x"),
    ],
)
async def test_the_model_of_a_provider(facts: Facts, listed: list[str], chosen: str) -> None:
    infos = [ModelInfo(name=n, is_loaded=n == "loaded", can_chat=n != "deaf") for n in listed]
    models, _ = choice({"home": facts}, None, is_up("home", *infos))
    assert models.automatic() == (ModelRef("home", chosen),)


async def test_where_none_is_preferred_a_person_is_asked() -> None:
    facts = {"cloud": Facts(preferred=("a", "b"))}
    models, _ = choice(facts, {"cloud": is_up("cloud", ModelInfo(name="dear"))})
    with pytest.raises(ProviderError, match="none can be chosen without asking"):
        await models.candidates(ADA)


async def test_a_provider_without_models_is_passed_over() -> None:
    models, _ = choice(FACTS, None, is_up("home"), BOTH[1])
    assert models.automatic() == (CLOUD,)


def test_what_is_known_of_a_model() -> None:
    facts = FACTS | {"cloud": Facts(context=1000)}
    models, _ = choice(facts, None, is_up("home", ModelInfo(name="llama", context=4096)))
    assert [models.context(m) for m in (HOME, CLOUD, DEMO)] == [4096, 1000, 8192]
    assert [models.is_free(m) for m in (HOME, CLOUD, DEMO)] == [True, False, True]
    assert [models.has_provider(n) for n in ("home", "demo", "moon")] == [True, True, False]
