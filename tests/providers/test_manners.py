"""The same thought, in the rhythm of whom it is put into the mouth of."""

from random import Random

import pytest

from chimera_tui.demo.grammar.manners import Manner
from chimera_tui.demo.grammar.voices import Grammar
from chimera_tui.library.library import Library, builtin_folder

GRAMMAR = Grammar.load()
LIBRARY = Library.load(builtin_folder())
TEXT = "It's late, and I can't say why. That is so! We don't know."


def unsaid(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("manner", "text"),
    [
        (Manner(), TEXT),
        (Manner(short="no"), "It is late, and I cannot say why. That is so! We do not know."),
        (Manner(short="yes"), "It's late, and I can't say why. That's so! We don't know."),
        (Manner(marks="calm"), TEXT.replace("!", ".")),
        (Manner(commas="few"), TEXT.replace(", and", " and")),
        (Manner(letters="small"), TEXT.lower()),
    ],
)
def test_a_sentence(manner: Manner, text: str) -> None:
    assert manner.sentence(TEXT) == text


def test_short_ones_are_called_out_and_a_word_is_dropped() -> None:
    assert Manner(marks="loud").sentence("Sit down.") == "Sit down!"
    long = "Sit down over there until all of us have eaten."
    assert Manner(marks="loud").sentence(long) == long
    assert Manner(drop="I").sentence("I saw it once.") == "Saw it once."
    assert Manner(drop="I").sentence("Ice saw it once.") == "Ice saw it once."


def test_a_turn() -> None:
    text = "A lamp, lit. It burns. Nobody knows."
    verse = Manner(lines="verse").turn(text, Random(1), unsaid)
    assert verse == "A lamp\nlit.\nIt burns.\nNobody knows."
    apart = Manner(lines="apart").turn(text, Random(1), unsaid)
    assert apart == "A lamp, lit.\n\nIt burns.\n\nNobody knows."
    joined = {Manner(join=";").turn(text, Random(seed), unsaid) for seed in range(20)}
    assert "A lamp, lit; it burns; nobody knows." in joined
    begun = {Manner(begin="Listen:|Evens.").turn(text, Random(seed), unsaid) for seed in range(20)}
    assert begun == {text, f"Listen: {text}", f"Evens. {text}"}
    again = {
        Manner(begin="Listen:|Evens.").turn(text, Random(seed), "Evens.".__eq__)
        for seed in range(20)
    }
    assert again == {text, f"Listen: {text}"}


def test_the_first_trait_that_says_something_counts() -> None:
    chef = GRAMMAR.manner_of(LIBRARY.get("chef"))
    assert (chef.marks, chef.short) == ("loud", "yes")
    assert "Raw!" in chef.begin
    assert GRAMMAR.manner_of(LIBRARY.get("hacker")).letters == "small"


def test_each_of_the_forty_has_a_manner_of_its_own() -> None:
    manners = [GRAMMAR.manner_of(persona) for persona in LIBRARY if persona.talkativeness]
    assert len({*manners}) == len(manners) == 40
