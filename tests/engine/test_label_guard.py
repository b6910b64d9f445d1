import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.engine.label_guard import LabelGuard

OWN = ("The Ada", "Ada")
OTHERS = ("The Bob", "Bob", "Sir Ann Lee", "[Narrator]:", "The Ada 2", "İzmir", "李雷")
BITS = (
    *OWN,
    *OTHERS,
    "User",
    "human",
    "Narrator",
    "\n",
    "\r\n",
    "\u2028",
    " ",
    ":",
    "\uff1a",
    "[",
    "]",
    "(",
    ")",
    "*",
    "**",
    "_",
    "<",
    ">",
    "> ",
    "- ",
    "1. ",
    "[1]",
    "#",
    "a word",
    "Here is my reply",
    "(sighs)",
    "…",
    "é",
    "x" * 50,
)


def heard(text: str, cuts: tuple[int, ...] = (), others: tuple[str, ...] = OTHERS) -> list[str]:
    """What was shown, piece by piece, of a reply that came in these pieces; last who cut it."""
    guard = LabelGuard(OWN, others)
    places = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    return [*map(guard.feed, pieces), guard.finish(), guard.cut_at]


def shown(text: str) -> tuple[str, str]:
    *pieces, cut_at = heard(text)
    return "".join(pieces), cut_at


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ada: hi", "hi"),
        ("[The Ada]: hi\nyou", "hi\nyou"),
        ("**The Ada:** hi", "hi"),
        ("**Ada**: *sighs* hi", "*sighs* hi"),
        ("Ada (sighs): hi", "hi"),
        ("hi\n[Ada]: more", "hi\nmore"),
        ("Here is Ada's response: hi", "hi"),
        ("[Ada]", ""),
        ("Ada:", ""),
    ],
)
def test_the_speakers_own_label_is_dropped(text: str, left: str) -> None:
    assert shown(text) == (left, "")


@pytest.mark.parametrize(
    "label",
    [
        "Bob:",
        "[The Bob]:",
        "**Bob**:",
        "*Bob:*",
        "<Bob>",
        "[Bob] says",
        "bob :",
        "Bob (laughs):",
        "User:",
        "[Human]:",
        "[Narrator]: It rains",
        "The Ada 2:",
        "李雷\uff1a",
        "  _Bob_ : x",
    ],
)
def test_at_the_label_of_another_the_reply_ends(label: str) -> None:
    text, cut_at = shown(f"I say.\n{label} and he says.")
    assert text == "I say.\n"
    assert cut_at
    assert shown(f"{label} and he says.")[0] == ""


@pytest.mark.parametrize(
    "text",
    [
        "I ask Bob: why?",
        "> Bob: why?",
        "[1] one\n[2] two",
        "Bob says: no",
        "[Bob](http://x.y) is here",
        "Bobby: no",
        "Ada's answer: no",
        "*Ada* went",
        "- Bob: a name",
        "        Bob: code",
        "Bob",
        "Ada",
        "The",
        "Note: this",
        "Bob (" + "x" * 60 + "): no",
    ],
)
def test_what_only_looks_like_a_label_is_left_alone(text: str) -> None:
    assert shown(text) == (text, "")
    assert shown(f"So.\n{text}") == (f"So.\n{text}", "")


def test_behind_the_own_label_another_one_is_still_seen() -> None:
    assert shown("Ada: Bob: hi") == ("", "bob")
    assert shown("Ada: Ada: hi") == ("hi", "")


def test_the_beginning_of_a_label_at_the_very_end_is_not_shown() -> None:
    assert shown("Hi.\n[The B") == ("Hi.\n", "")
    assert shown("Hi.\n[") == ("Hi.\n", "")
    assert shown("Hi.\nThe B") == ("Hi.\nThe B", "")


def test_of_two_of_one_name_each_has_its_own() -> None:
    guard = LabelGuard(("The Ada 2", "Ada 2"), ("The Ada", "Ada"))
    assert guard.feed("Ada 2: I am.\nAda: No.") == "I am.\n"
    assert guard.cut_at == "ada"


def test_a_persona_called_as_nobody_should_be_keeps_its_own_label() -> None:
    guard = LabelGuard(("User",), ("Human",))
    assert guard.feed("[User]: I am called so.") + guard.finish() == "I am called so."
    assert not guard.cut_at


def test_text_is_held_back_only_while_it_can_become_a_label() -> None:
    guard = LabelGuard(OWN, OTHERS)
    assert guard.feed("The") == ""
    assert guard.feed("re") == "There"
    assert guard.feed(" is Bob: so") == " is Bob: so"
    assert guard.feed("\nBo") == "\n"
    assert guard.feed("b") == ""
    assert guard.feed(" is here") == "Bob is here"


@pytest.mark.parametrize("line", ["\n", "Ada: ", "The B", "[", "(", "word ", "Bob (" + "x" * 30])
def test_a_huge_piece_is_read_in_one_go(line: str) -> None:
    text = line * (256 * 1024 // len(line))
    guard = LabelGuard(OWN, OTHERS)
    assert len(guard.feed(text) + guard.finish()) <= len(text)


TEXTS = st.lists(st.one_of(st.sampled_from(BITS), st.text(max_size=6)), max_size=14).map("".join)
CUTS = st.lists(st.integers(0, 200), max_size=30).map(tuple)


@settings(max_examples=2000, derandomize=True, deadline=None)
@given(TEXTS, CUTS)
def test_streamed_equals_whole_in_any_chunks_and_nothing_is_taken_back(
    text: str, cuts: tuple[int, ...]
) -> None:
    *pieces, cut_at = heard(text, cuts)
    so_far = ""
    for piece in pieces:
        so_far += piece  # what was shown is only ever added to
    assert (so_far, cut_at) == shown(text)
    assert (so_far, cut_at) == shown_one_by_one(text)


def shown_one_by_one(text: str) -> tuple[str, str]:
    *pieces, cut_at = heard(text, tuple(range(len(text))))
    return "".join(pieces), cut_at


@settings(max_examples=500, derandomize=True, deadline=None)
@given(TEXTS)
def test_no_line_that_is_shown_begins_with_the_label_of_another(text: str) -> None:
    left, _ = shown(text)
    for line in re.split("[\n\r\v\f\x85\u2028\u2029]", left):
        assert not re.match(r"[ ]{0,3}[*_\[]{0,2}(?:The )?Bob[*_\]]{0,2}:", line, re.IGNORECASE)


@settings(max_examples=500, derandomize=True, deadline=None)
@given(st.text(max_size=80))
def test_without_names_everything_passes(text: str) -> None:
    guard = LabelGuard((), ())
    said = guard.feed(text) + guard.finish()
    assert said == text or guard.cut_at or text.rstrip().endswith("[")
