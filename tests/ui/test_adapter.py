"""From what was said to what the transcript draws."""

from dataclasses import replace

import pytest

from chimera_tui.domain.conversation import DEMO, HUMAN, Failure, Finish, ModelRef, Notice, Turn
from chimera_tui.domain.errors import Fault
from chimera_tui.domain.saved import Tree
from chimera_tui.domain.text import CHARACTERS_PER_TOKEN
from chimera_tui.ui.transcript import conversation_entries as adapter
from chimera_tui.ui.transcript.conversation_entries import Remedy
from chimera_tui.ui.transcript.entries import Chip, FailureEntry, MessageEntry, Speaker
from tests.fakes import NOON
from tests.ui.fakes import MODELS, a_message, a_saved, with_alternative

SAVED = a_saved(("comedian", "One."), (HUMAN, "Two?"), ("scientist", "Three."))
KNOWN = adapter.speakers(SAVED.conversation)
FAILURE = Failure(
    turn=Turn(number=4, speaker="comedian"),
    model=MODELS["comedian"],
    kind=Fault.TRANSPORT,
    problem="The connection broke.",
    hint="Look at the server.",
    text="Half a",
)


def test_speakers_have_names_emoji_and_distinct_hues() -> None:
    assert KNOWN["comedian"] == Speaker(name="Comedian", emoji="🎭", hue=2)
    hues = [speaker.hue for slug, speaker in KNOWN.items() if slug != HUMAN]
    assert len(set(hues)) == len(hues)


@pytest.mark.parametrize(("name", "shown"), [("Human", "You"), ("Ada", "Ada")])
def test_the_human_is_called_as_they_said(name: str, shown: str) -> None:
    conversation = replace(SAVED.conversation, human_name=name)
    assert adapter.speakers(conversation)[HUMAN] == Speaker(name=shown)


def test_emoji_are_reduced_where_a_terminal_needs_it() -> None:
    persona = replace(SAVED.conversation.cast[0].persona, emoji="👩🏽‍🔬")
    assert adapter.emoji_of(persona, is_plain=True) == "👩"
    assert adapter.emoji_of(persona, is_plain=False) == "👩🏽‍🔬"


@pytest.mark.parametrize(
    ("finish", "chips"),
    [
        (Finish.STOP, ()),
        (Finish.CUT, (Chip(label="cut short", kind="error"),)),
        (Finish.STOPPED, (Chip(label="stopped"),)),
        (Finish.FILTER, (Chip(label="filtered", kind="error"),)),
    ],
)
def test_a_message_tells_how_it_ended(finish: Finish, chips: tuple[Chip, ...]) -> None:
    message = replace(SAVED.tree.path[0], finish=finish)
    entry = adapter.message_entry(message, KNOWN, [message.id])
    assert entry == MessageEntry(
        key=("turn 1", "comedian"),
        speaker=KNOWN["comedian"],
        model="llama3.2:3b",
        time="12:01",
        text="One.",
        costs=("40 → 1 tok · free", "41 tok · free", "free"),
        chips=chips,
    )


def test_an_answer_tells_which_of_how_many_it_is() -> None:
    saved = with_alternative(SAVED, 3, "Older.")
    message = saved.tree.path[2]
    entry = adapter.message_entry(message, KNOWN, saved.tree.alternatives(message))
    assert entry.chips == (Chip(label="‹ 1/2 ›", kind="bright"),)


def test_what_the_demo_says_is_marked_and_names_no_model() -> None:
    message = a_message(1, "comedian", "Ha.", DEMO)
    entry = adapter.message_entry(message, KNOWN, [1])
    assert (entry.model, entry.chips) == ("", (Chip(label="DEMO", kind="demo"),))


def test_a_speaker_who_is_not_in_the_cast_is_shown_all_the_same() -> None:
    entry = adapter.message_entry(a_message(1, "ghost", "Boo.", None), KNOWN, [1])
    assert (entry.speaker.name, entry.speaker.emoji) == ("ghost", "")


def test_a_failure_with_a_part_offers_to_keep_it() -> None:
    part, block = adapter.failure_entries(FAILURE, KNOWN)
    assert isinstance(part, MessageEntry)
    assert isinstance(block, FailureEntry)
    assert (part.text, part.chips) == ("Half a", (Chip(label="cut short", kind="error"),))
    assert block.title == "Comedian could not finish"
    assert block.lines == (
        "The connection broke.",
        "Look at the server.",
        "What was said is saved: 2 words. Nothing is sent again by itself.",
    )
    assert adapter.remedies(FAILURE)[-1] is Remedy.KEEP
    assert len(block.remedies) == 4


def test_a_failure_without_a_word_has_no_part_to_keep() -> None:
    failure = replace(FAILURE, text="", kind=Fault.INTERRUPTED, problem="", hint="")
    (block,) = adapter.failure_entries(failure, KNOWN)
    assert isinstance(block, FailureEntry)
    assert (block.title, block.title_rest) == (
        "Comedian was interrupted",
        "when the program ended",
    )
    assert Remedy.KEEP not in adapter.remedies(failure)


def test_notices_stand_behind_the_message_they_followed() -> None:
    said = {None: "First of all.", 1: "Then."}
    notices = [Notice(text=t, after_id=after, created_at=NOON) for after, t in said.items()]
    items = adapter.path_items(SAVED.tree, notices, FAILURE, KNOWN)
    assert [item.key[0] for item in items if isinstance(item.key, tuple)] == [
        "notice 0",
        "turn 1",
        "notice 1",
        "turn 2",
        "turn 3",
        "turn 4",
        "failure 4",
    ]


def test_a_path_of_nothing_is_empty() -> None:
    assert adapter.path_items(Tree.of([], {}), [], None, KNOWN) == []


def test_the_tempo_is_an_estimate_and_says_so() -> None:
    characters = round(38 * 3 * CHARACTERS_PER_TOKEN)
    assert adapter.tempo_chip(characters, seconds=3.0) == Chip(label="▸ ~38 tok/s")


def test_a_model_has_one_line() -> None:
    message = a_message(1, "comedian", "Ha.", ModelRef("ollama", "a\nb\x1b[31mc"))
    assert "\n" not in adapter.message_entry(message, KNOWN, [1]).model
