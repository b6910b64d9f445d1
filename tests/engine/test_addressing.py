import unicodedata
from dataclasses import replace

import pytest

from chimera_tui.domain.casting import seated
from chimera_tui.engine.addressing import RollCall
from tests.engine.addressing_corpus import EAST, FRESH, MENTIONS, SPACELESS, SPACELESS_FRESH, TUNED
from tests.fakes import a_conversation, a_persona

NAMES = ("Comedian", "Philosopher", "Scientist", "Marine Biologist", "Poet")
ROLL = RollCall([a_persona(name) for name in NAMES])
ROLL_EAST = RollCall([replace(a_persona(name), name=name) for name in EAST])


@pytest.mark.parametrize(("text", "who"), TUNED.items())
def test_who_is_called_is_distinct_from_who_is_mentioned(text: str, who: tuple[str, ...]) -> None:
    assert set(ROLL.hear(text).addressed) == set(who)


def test_of_sentences_the_rules_were_not_made_from_nine_in_ten_are_heard_right() -> None:
    wrong = [text for text, who in FRESH.items() if set(ROLL.hear(text).addressed) != set(who)]
    assert len(wrong) <= len(FRESH) / 10, wrong


def test_who_is_only_spoken_of_is_not_called_in_any_script() -> None:
    false = [text for text in MENTIONS if ROLL_EAST.hear(text).addressed]
    assert len(false) <= len(MENTIONS) / 20, false


WIDE = str.maketrans(",:!?@()", "\uff0c\uff1a\uff01\uff1f\uff20\uff08\uff09")
"""Signs as wide as Chinese letters."""


@pytest.mark.parametrize(("text", "who"), SPACELESS.items())
def test_calls_are_heard_in_scripts_without_spaces(text: str, who: tuple[str, ...]) -> None:
    for written in (text, text.translate(WIDE), unicodedata.normalize("NFD", text)):
        assert set(ROLL_EAST.hear(written).addressed) == set(who)


def test_of_fresh_sentences_in_other_scripts_nine_in_ten_are_heard_right() -> None:
    heard = {text: set(ROLL_EAST.hear(text).addressed) for text in SPACELESS_FRESH}
    wrong = [text for text, who in SPACELESS_FRESH.items() if heard[text] != set(who)]
    assert len(wrong) <= len(SPACELESS_FRESH) / 10, wrong
    false = [text for text, who in SPACELESS_FRESH.items() if heard[text] - set(who)]
    assert len(false) <= 1, false


DRESSED = {
    "★Mira★": "Mira, what now?",
    "✨ Mira 🌸": "Mira, what now?",
    "Mira ♥": "Hey Mira!",
    "★Bo★": "Bo, what now?",
    "[NPC] Mira": "Mira: your turn.",
    "Mira (the Brave)": "Mira, what now?",
    "Mira【勇者】": "Mira, what now?",
    "~*Mira*~": "@Mira go",
    "Dr. Mira": "Mira, what now?",
    "Dr. Kim": "Kim, what now?",
    "Captain Mira": "What do you think, Captain?",
    "Mira Voss, PhD": "Mira, what now?",
    "\U0001d578\U0001d58e\U0001d597\U0001d586": "Mira, what now?",
    "Zoë": "Zoe, what now?",
    "Zoe\u0308": "Zoë, what now?",
    "「小蝶」": "小蝶,你好",
    "🐉小蝶🐉": "@小蝶你好",
    "マリア・サントス": "マリアさん、どうぞ。",
}
"""A name that is dressed up, and a call by what is left of it."""


@pytest.mark.parametrize("name", DRESSED)
def test_a_name_that_is_dressed_up_is_called_without_and_with_it(name: str) -> None:
    dressed = replace(a_persona("Odd"), slug="odd-one", name=name)
    roll = RollCall([a_persona("Ada"), dressed])
    assert roll.hear(DRESSED[name]).addressed == ("odd-one",)
    assert roll.hear(f"{name}, what now?").addressed == ("odd-one",)
    assert roll.hear(f"@{name} go").addressed == ("odd-one",)
    assert roll.hear(f"I agree with {name}.").addressed == ()


def test_stars_about_a_name_in_a_message_do_not_hide_it() -> None:
    roll = RollCall([a_persona("Mira"), a_persona("Ada")])
    assert roll.hear("✨Mira✨, your turn.").addressed == ("mira",)
    assert roll.hear("I like ✨Mira✨ a lot.").addressed == ()


def test_a_whole_name_is_never_the_undressed_one_of_another() -> None:
    cast = [replace(a_persona("Stars"), name="★Mira★"), replace(a_persona("Plain"), name="Mira")]
    roll = RollCall(cast)
    assert roll.hear("Mira, go.").addressed == ("plain",)
    assert roll.hear("★Mira★, go.").addressed == ("stars",)
    both = [replace(a_persona(one), name=f"{one[0]} Mira") for one in ("★a", "♥b")]
    assert RollCall(both).hear("Mira, go.").addressed == ()


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("@bob, what now?", ("bob",)),
        ("I ask @The Ada and then @BOB.", ("ada", "bob")),
        ("@ada @ada @bob", ("ada", "bob")),
        ("Mail me at someone@bob.example", ()),
        ("@bobby is another", ()),
        ("Bob said so.", ()),
        ("", ()),
    ],
)
def test_an_at_calls_a_persona(text: str, who: tuple[str, ...]) -> None:
    assert RollCall([a_persona("Ada"), a_persona("Bob")]).hear(text).addressed == who


def test_the_certain_calls_come_first_and_the_last_in_the_text_gets_the_word() -> None:
    heard = ROLL.hear("What does the Scientist say? And you, Poet? The Comedian laughs.")
    assert heard.addressed == ("poet", "scientist")
    assert heard.last == "poet"
    assert heard.named == {"comedian"}
    assert ROLL.hear("Poet, look. What does the Scientist say?").last == "scientist"


def test_nobody_calls_itself() -> None:
    heard = ROLL.hear("Poet, I tell myself. Scientist, you too?", "poet")
    assert heard.addressed == ("scientist",)


@pytest.mark.parametrize(
    ("text", "is_to_all"),
    [
        ("@all what now?", True),
        ("Everyone, sit down.", True),
        ("What do you say, folks?", True),
        ("Does anyone know?", True),
        ("All of you are wrong.", True),
        ("Everyone knows that.", False),
        ("That is all.", False),
        ("Anyone can see it.", False),
    ],
)
def test_the_whole_room_can_be_addressed(text: str, *, is_to_all: bool) -> None:
    assert ROLL.hear(text).is_to_all is is_to_all


def test_a_question_to_nobody_is_open() -> None:
    assert ROLL.hear('So, "what is a joke?"').is_open_question
    assert not ROLL.hear("Poet, what is a joke?").is_open_question
    assert not ROLL.hear("What does everyone say?").is_open_question
    assert not ROLL.hear("Why? Because.").is_open_question


def test_a_misspelt_name_is_heard_only_behind_an_at() -> None:
    assert ROLL.hear("@comdeian go").addressed == ("comedian",)
    assert ROLL.hear("@poets go").addressed == ()  # too short to guess
    assert ROLL.hear("Comdeian, go").addressed == ()


def test_a_part_of_a_name_stands_for_the_whole_only_if_nobody_shares_it() -> None:
    whales, stars = a_persona("Marine Biologist"), a_persona("Space Biologist")
    roll = RollCall([whales, stars])
    assert roll.hear("Biologist, why?").addressed == ()
    assert roll.hear("Marine, why?").addressed == (whales.slug,)


@pytest.mark.parametrize("name", ["User", "[Narrator]:", "C++ (fan)", ".*", "李雷", "🦉"])
def test_a_strange_name_can_be_called_and_breaks_nothing(name: str) -> None:
    roll = RollCall([a_persona("Ada"), replace(a_persona("Odd"), name=name)])
    assert roll.hear("@odd and @ada, go").addressed == ("odd", "ada")
    assert roll.hear(f"I think {name}.").addressed == ()


def test_what_is_quoted_or_code_calls_nobody() -> None:
    assert ROLL.hear("> Poet, why?\n`@poet` and ```\nPoet, why?\n```").addressed == ()


def test_of_a_huge_message_the_ends_are_heard() -> None:
    assert ROLL.hear(
        "Poet, read this. " + "word " * 20_000 + "\nScientist, you too."
    ).addressed == (
        "poet",
        "scientist",
    )


def test_a_sentence_of_a_thousand_names_calls_the_first_ones() -> None:
    heard = ROLL.hear("Poet, " * 600 + "what do you say?")
    assert len(heard.hits) == 40
    assert heard.addressed == ("poet",)


def test_of_two_of_the_same_persona_each_can_be_called() -> None:
    conversation = a_conversation("Poet")
    twin = seated(a_persona("Poet"), conversation)
    roll = RollCall([conversation.cast[0].persona, twin])
    assert roll.hear("Poet 2, and you, Poet?").addressed == ("poet~2", "poet")
    assert roll.hear("@poet~2 go").addressed == ("poet~2",)
    assert roll.hear("Poet, go.").addressed == ("poet",)
