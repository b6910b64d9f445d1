from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chimera_tui.lore.macros import LONGEST_RESULT, MacroContext, expand

SCENE = MacroContext(
    char="Mira",
    user="Kim",
    group=("Mira", "Ada"),
    last_message="Is it late?",
    now=datetime(2026, 11, 20, 9, 5, tzinfo=UTC),
    seed="7",
    rng=Random(1),
)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("{{char}} and {{USER}}", "Mira and Kim"),
        ("<BOT> <user> <CHAR>", "Mira Kim Mira"),
        ("<START>\n<b>", "<START>\n<b>"),
        ("{{group}} / {{charIfNotGroup}}", "Mira, Ada / Mira, Ada"),
        ("{{lastMessage}}", "Is it late?"),
        ("{{time}} {{date}} {{weekday}}", "09:05 2026-11-20 Friday"),
        ("a\n\n{{trim}}\n\nb", "ab"),
        ("a{{newline}}b", "a\nb"),
        ("a{{// not for you }}b{{comment: nor this}}c", "abc"),
        ("a{{hidden_key:lamp}}b", "ab"),
        ("{{reverse:abc}}", "cba"),
        ("{{random:x}} {{random::y}} {{pick:z}}", "x y z"),
        ("{{random:a\\,b}}", "a,b"),
        ("{{roll:1}} {{roll:3d1}} {{roll:nonsense}}", "1 3 "),
        ("{{unknown}} {{getvar::x}} {{}} {{char", "{{unknown}} {{getvar::x}} {{}} {{char"),
        ("Hello {{original}}.", "Hello ."),
        ("{{random:{{char}},x}}", "{{random:Mira,x}}"),
    ],
)
def test_macros(text: str, expanded: str) -> None:
    assert expand(text, SCENE) == expanded


def test_what_is_put_in_is_never_read_for_macros() -> None:
    scene = MacroContext(char="{{user}}", user="{{char}}", last_message="{{roll:6}}")
    assert expand("{{char}} {{user}} {{lastMessage}}", scene) == "{{user}} {{char}} {{roll:6}}"


def test_a_dice_shows_what_it_can() -> None:
    assert {expand("{{roll:d6}}", SCENE) for _ in range(200)} == set("123456")
    assert {expand("{{random:a,b,c}}", SCENE) for _ in range(100)} == set("abc")


def test_a_pick_stays_in_one_conversation() -> None:
    text = "{{pick:a,b,c,d,e,f}}{{pick:a,b,c,d,e,f}}"
    assert len({expand(text, SCENE) for _ in range(20)}) == 1
    others = {expand(text, MacroContext(char="M", user="K", seed=str(n))) for n in range(20)}
    assert len(others) > 5


def test_macros_do_not_fill_the_memory() -> None:
    scene = MacroContext(char="Mira", user="Kim", last_message="x" * 50_000)
    expanded = expand("{{lastMessage}}" * 1000 + "end", scene)
    assert len(expanded) == LONGEST_RESULT + len("end")


@given(st.lists(st.sampled_from(["{{", "}}", "{", "}", "char", ":", "random", "\n", "trim", "//"])))
def test_any_heap_of_braces_is_gone_through_once(pieces: list[str]) -> None:
    expand("".join(pieces * 20), SCENE)
