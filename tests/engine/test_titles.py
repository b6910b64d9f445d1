"""Titles that are made without a model."""

import pytest

from chimera_tui.engine.titles import LONG, short_title

TOPIC = (
    "Suppose that a painting was stolen; how do you return it unnoticed? And may the thief "
    "keep the frame as a memory of a good night?"
)


def test_a_short_topic_is_the_best_title() -> None:
    assert short_title("Is a joke a kind of knowledge?", ["Ducks."]) == (
        "Is a joke a kind of knowledge?"
    )


@pytest.mark.parametrize(
    ("said", "title"),
    [
        (["Return it by night.", "Nobody returns anything unnoticed."], "how do you return"),
        (["The frame is the better part.", "A thief has a memory."], "And may the thief"),
    ],
)
def test_of_a_long_topic_what_was_taken_up_stays(said: list[str], title: str) -> None:
    assert short_title(TOPIC, said).startswith(title)


@pytest.mark.parametrize("topic", [TOPIC, "word " * 200, "x" * 300, "…" * 100, "a\nb" * 60, ""])
def test_a_title_is_short_and_one_line(topic: str) -> None:
    title = short_title(topic, ["Well."])
    assert len(title) <= LONG + 2
    assert "\n" not in title


def test_a_title_does_not_end_in_the_middle_of_a_thought() -> None:
    topic = "Whether the people of a small island should build a bridge to the mainland at all"
    assert short_title(topic, []) == "Whether the people of a small island …"
