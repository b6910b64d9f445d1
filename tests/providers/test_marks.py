"""What models think, and the marks of their templates, among their words."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chimera_tui.providers.base import Text, Thinking, Withdrawn
from chimera_tui.providers.marks import TemplateMarks

THINK = "<think>\nSecret plan.\n</think>\n\n"
PAIRS = [
    ("<think>", "</think>"),
    ("<THINK>", "</Think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("<mm:think>", "</mm:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|think|>", "<|/think|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|channel>thought\n", "<channel|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
]
HONEST = [
    "The tag <think> is how a model begins to think, and </think> ends it.",
    "Write `<think>` in front.\n\nThen `</think>` behind, and `<|im_end|>` last.",
    "```\n<think>\nno thought\n</think>\n<|im_end|>\n```\nThat is how it looks.",
    '"<|im_end|>" ends a turn, and “</s>” a text.',
    "a < b, a << b, <thin air>, [thing], <3 and <",
    "It was <s>bad</s> good, said (</think>) the parser.",
    "Wrap it in <think>...</think> tags.",
    "An <answer> tag.",
    " \n ",
    "~~~py\nx = '<think>'\n~~~",
]
SAID = [
    ("calm.<|im_end|>\n<|im_start|>user\nHello", "calm."),
    ("calm.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi", "calm."),
    ("calm.</s>", "calm."),
    ("calm.</s><s>[INST] Hello [/INST]", "calm."),
    ("calm. [INST] Hello", "calm. "),
    ("calm.<end_of_turn>\n<start_of_turn>user\nHi", "calm."),
    ("calm.<turn|>\n<|turn>user\nHi", "calm."),
    ("calm<|endoftext|>Question:", "calm"),
    ("calm.<\uff5cend▁of▁sentence\uff5c>", "calm."),
    ("calm.<|user|>\nHi", "calm."),
    ("<|im_start|>assistant\ncalm.<|im_end|>", "calm."),
    ("<|start_header_id|>assistant<|end_header_id|>\n\ncalm.", "calm."),
    ("<s>calm.</s>", "calm."),
    ("<bos><start_of_turn>model\ncalm.", "calm."),
    ("<|START_RESPONSE|>calm.<|END_RESPONSE|>", "calm."),
    (f"{THINK}<answer>\ncalm.\n</answer>", "calm.\n"),
    ("<|channel|>final<|message|>calm.<|return|>", "calm."),
    ("<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|message|>calm.", "calm."),
    ("<|begin_of_thought|>Hm.<|end_of_thought|>\n<|begin_of_solution|>calm.<|end_of_solution|>",
     "calm."),
    ("The number is <|begin_of_box|>42<|end_of_box|>.", "The number is 42."),
    ("<|im_start|>assistant<think>plan</think>calm.", "calm."),
    ("<|im_start|>The Scientist\ncalm.", "calm."),
    ("<|im_start|>The sea is calm, today.\nAnd so am I.", "The sea is calm, today.\nAnd so am I."),
    ("<|im_start|>The sea is calm, today.", "The sea is calm, today."),
    ("<|im_start|>assistant", ""),
]  # fmt: skip


def sorted_(*pieces: str) -> tuple[str, str]:
    """What is said and what is thought in a reply that comes in these pieces."""
    marks, said, thought = TemplateMarks(), "", ""
    items = [item for piece in pieces for item in marks.sort(Text(piece))]
    for item in (*items, *marks.finish()):
        match item:
            case Text(text):
                said += text
            case Thinking(text):
                thought += text
            case Withdrawn():
                said, thought = "", thought + said
    return said, thought


@pytest.mark.parametrize(("begins", "ends"), PAIRS)
def test_a_thought_is_no_speech(begins: str, ends: str) -> None:
    said, thought = sorted_(f"{begins}Secret plan.{ends}\n\nThe sea is calm.")
    assert (said, thought.strip()) == ("The sea is calm.", "Secret plan.")
    said, thought = sorted_(f"\n{begins}\nSecret plan.\n{ends}The sea is calm.")
    assert (said.strip(), thought.strip()) == ("The sea is calm.", "Secret plan.")
    assert sorted_(f"{begins}Secret plan.")[0] == ""


@pytest.mark.parametrize("ends", [ends for begins, ends in PAIRS if "<|end|>" not in ends])
def test_what_stands_before_a_lone_end_was_a_thought(ends: str) -> None:
    assert sorted_(f"Secret plan.\n{ends}\n\nThe sea is calm.") == (
        "The sea is calm.",
        "Secret plan.\n",
    )
    assert sorted_(f"Secret plan{ends}The sea.") == ("The sea.", "Secret plan")
    assert sorted_(f"{ends}\nThe sea.") == ("The sea.", "")
    assert sorted_(f"{THINK}The sea.\n{ends}\nIs calm.")[1].strip() == "Secret plan."


@pytest.mark.parametrize("text", HONEST)
def test_what_is_said_of_a_mark_is_said(text: str) -> None:
    assert sorted_(text) == (text, "")
    assert sorted_(f"{THINK}{text}")[0] == text.lstrip()


@pytest.mark.parametrize(("text", "said"), SAID)
def test_marks_of_templates_are_no_speech(text: str, said: str) -> None:
    assert sorted_(text)[0] == said


def test_a_thought_may_come_between_two_sentences() -> None:
    assert sorted_("Hello. <think>hm</think>World.") == ("Hello. World.", "hm")
    assert sorted_("Hello<think>hm</think> World.") == ("Hello World.", "hm")
    assert sorted_("I say <think>\nhm\n</think>\nso.")[1].strip() == "hm"


def test_a_thought_may_speak_of_the_mark_that_ends_it() -> None:
    assert sorted_("<think>I write `</think>` last.</think>So.") == (
        "So.",
        "I write `</think>` last.",
    )


def test_only_what_may_begin_a_mark_is_held_back() -> None:
    marks = TemplateMarks()
    assert list(marks.sort(Text("The sea <"))) == [Text("The sea ")]
    assert list(marks.sort(Text("3 is <|im"))) == [Text("<3 is ")]
    assert list(marks.sort(Text("e"))) == [Text("<|ime")]
    assert list(marks.sort(Text("."))) == [Text(".")]


ALL = [
    *HONEST,
    *(text for text, _ in SAID),
    *(f"{begins}plan{ends} said {ends}" for begins, ends in PAIRS),
]
SNIPPETS = st.lists(
    st.sampled_from(
        [*(mark for pair in PAIRS for mark in pair), *ALL, "\n", " ", "`", "```\n", '"', ".", "a",
         "<|im_end|>", "<|start|>", "<|channel|>", "<|message|>", "<s>", "</s>", "<answer>",
         "x" * 90]
    ),
    max_size=8,
)  # fmt: skip


@given(SNIPPETS.map("".join), st.lists(st.integers(1, 400), max_size=20))
@example('"<think>"', [8])
@settings(derandomize=True, max_examples=1500, deadline=None)
def test_any_split_is_sorted_alike(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in set(cuts) if cut < len(text)), len(text)]
    whole = sorted_(text)
    assert sorted_(*(text[start:end] for start, end in pairwise(edges))) == whole
    assert sorted_(*text) == whole


@given(st.text(st.characters(exclude_characters="<[◁")), st.lists(st.integers(1, 40), max_size=9))
@settings(derandomize=True)
def test_words_without_marks_come_as_they_are(text: str, cuts: list[int]) -> None:
    assert sorted_(*text) == sorted_(text) == (text, "")
