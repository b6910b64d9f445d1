from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.starters import deck, default_cast, draw
from tests.fakes import a_persona

LIBRARY = Library.load(builtin_folder())


def test_the_same_seed_draws_the_same() -> None:
    cast = LIBRARY.cast(["chef", "gardener"])
    assert draw(cast, Random(7)) == draw(cast, Random(7))
    assert len({draw(cast, Random(seed)).text for seed in range(200)}) > 60


def test_what_is_drawn_suits_the_cast() -> None:
    chef = LIBRARY.cast(["chef"])

    def suiting(cast: Sequence[Persona]) -> int:
        return sum(draw(cast, Random(s)).suits(chef[0]) for s in range(300))

    assert suiting(chef) > 2 * suiting(())


def test_a_category_is_kept_to() -> None:
    drawn = {draw((), Random(seed), "humour").category for seed in range(50)}
    assert drawn == {"humour"}
    with pytest.raises(UnknownError, match="There is no category `humor`") as caught:
        draw((), Random(1), "humor")
    assert caught.value.hint == "Did you mean `humour`?"


def test_what_is_avoided_comes_only_when_nothing_else_is_left() -> None:
    texts = [s.text for s in deck() if s.category == "science"]
    assert draw((), Random(1), "science", avoid=texts[1:]).text == texts[0]
    assert draw((), Random(1), "science", avoid=texts).text in texts


def test_nobody_in_the_room_draws_evenly() -> None:
    counts = Counter(draw((), Random(seed)).category for seed in range(600))
    assert min(counts.values()) > 60


def test_the_usual_cast_and_who_stands_in() -> None:
    assert default_cast(list(LIBRARY)) == ("philosopher", "comedian", "scientist")
    others = [a_persona(name) for name in ("Ada", "Bob", "Comedian")]
    assert default_cast(others) == ("comedian", "ada", "bob")
    assert default_cast([LIBRARY.get("narrator")]) == ("narrator",)
