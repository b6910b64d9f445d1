"""What a persona is told of itself: from its prompt, and from the card it came in."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chimera_tui.domain.conversation import HUMAN, Conversation, Message, Turn
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.lore.briefing import EXAMPLES, Brief, brief
from chimera_tui.lore.carried import Carried
from tests.cards.corpus import coded, v2
from tests.fakes import NOON, a_conversation, a_persona

LATER = datetime(2026, 12, 24, 18, 30, tzinfo=UTC)


def entry(content: str, *keys: str, **more: Any) -> dict[str, Any]:
    return {"content": content, "keys": list(keys), "enabled": True, "insertion_order": 1} | more


def carried(*entries: dict[str, Any], book: dict[str, Any] | None = None, **data: Any) -> Carried:
    texts = {"mes_example": ""} | data
    card = v2(character_book=(book or {}) | {"entries": list(entries)}, **texts)
    return import_card(coded(card), Path("card.json")).carried


def said(*lines: tuple[str, str]) -> list[Message]:
    return [
        Message(
            id=n, parent_id=n - 1 or None, turn=Turn(number=n, speaker=s), text=t, created_at=NOON
        )
        for n, (s, t) in enumerate(lines, 1)
    ]


def told(
    taken: Carried | None,
    *lines: tuple[str, str],
    conversation: Conversation | None = None,
    context: int = 8192,
    **persona: Any,
) -> Brief:
    """What The Ada is told after these lines."""
    room = conversation or a_conversation("Ada", "Bob", human_name="Eve")
    ada = a_persona("Ada", **persona)
    return brief(ada, taken, room, said(*lines), context=context, now=LATER)


def test_without_a_card_it_is_told_its_prompt() -> None:
    assert told(None, ("bob", "Hi.")) == Brief(about="You speak as Ada would.")


def test_macros_stand_for_the_persona_whose_card_holds_them_whoever_spoke_last() -> None:
    taken = carried(
        entry("{{char}} keeps {{user}}'s key.", constant=True),
        entry("{{user}} knows {{char}}; {{group}} do not.", "door"),
        post_history_instructions="{{char}} whispers.",
        mes_example="<START>\n{{user}}: A?\n{{char}}: B.",
    )
    about = told(taken, ("bob", "The door!"), prompt="You are {{char}}, not <USER>.")
    assert about.about == (
        f"You are The Ada, not Eve.\n\nThe Ada keeps Eve's key.\n\n{EXAMPLES}\nEve: A?\nThe Ada: B."
    )
    assert about.notes == "Eve knows The Ada; The Ada, The Bob do not."
    assert about.last_words == "The Ada whispers."


def test_what_was_said_is_never_read_for_macros() -> None:
    taken = carried(entry("Last was: {{lastMessage}}", "door"))
    assert told(taken, ("bob", "The door of {{char}}.")).notes == "Last was: The door of {{char}}."


def test_lore_is_called_by_topic_names_and_words() -> None:
    taken = carried(entry("A.", "joke"), entry("B.", "the bob"), entry("C.", "lamp"))
    assert told(taken).notes == "A."  # the topic
    assert told(taken, ("bob", "Nice.")).notes == "A.\n\nB."
    many = [("ada", "So."), *([(HUMAN, "And?")] * 3), (HUMAN, "A lamp.")]
    assert told(taken, *many).notes == "C."


def test_constant_lore_stands_beside_the_prompt_where_the_entry_says() -> None:
    taken = carried(
        entry("After.", constant=True, position="after_char"),
        entry("Before.", constant=True, position="before_char"),
    )
    assert told(taken).about == "Before.\n\nYou speak as Ada would.\n\nAfter."


def test_what_is_not_told_in_every_turn_stands_in_the_notes() -> None:
    taken = carried(
        entry("@@activate_only_after 2\nLate.", constant=True),
        entry("@@exclude_keys lamp\nDark.", constant=True),
        entry("@@depth 0\n@@role assistant\nNear.", constant=True),
        entry("@@depth 9\n@@role user\nFar.", constant=True),
    )
    first, last = told(taken), told(taken, ("ada", "A lamp."), ("bob", "No."))
    assert first.about == last.about == "You speak as Ada would."
    assert first.notes == "Dark.\n\nEve: Far.\n\nThe Ada: Near."
    assert last.notes == "Late.\n\nEve: Far.\n\nThe Ada: Near."


def test_what_stands_before_the_history_is_the_same_in_every_turn() -> None:
    taken = carried(
        entry("{{random:a,b,c,d,e,f,g,h}} {{roll:1000}} {{time}} {{lastMessage}}", constant=True),
        entry("{{roll:1000000}} {{date}}", "and"),
    )
    lines = [("bob", f"And {number}.") for number in range(5)]
    each = [told(taken, *lines[:end]) for end in range(1, 6)]
    assert len({one.about for one in each}) == 1
    assert len({one.notes for one in each}) == 5
    assert all(one.notes.endswith(f"{LATER.astimezone():%Y-%m-%d}") for one in each)
    assert each == [told(taken, *lines[:end]) for end in range(1, 6)]  # repeatable


def test_lore_and_examples_take_their_share_of_what_the_model_reads() -> None:
    long = "word " * 200
    taken = carried(
        entry(f"Little. {long}", constant=True, priority=1),
        entry(f"Much. {long}", constant=True, priority=9),
        mes_example=f"<START>{{{{char}}}}: {long}" * 9,
    )
    wide, narrow = told(taken, context=32_768), told(taken, context=3000)
    assert wide.about.count("Little.") == wide.about.count("Much.") == 1
    assert wide.about.count("The Ada: word") == 5  # 1,500 tokens
    assert "Little." not in narrow.about
    assert "Much." in narrow.about
    assert narrow.about.count("The Ada: word") == 1
    huge = told(None, prompt="A sentence. " * 600, context=2048)
    assert len(huge.about) < 0.4 * 2048 * 3.6
    assert huge.about.endswith("sentence.…")


def test_a_budget_of_the_book_holds_too() -> None:
    taken = carried(
        entry("a" * 300, "bob"), entry("b" * 300, "bob", priority=2), book={"token_budget": 90}
    )
    assert told(taken, ("bob", "Hi.")).notes == "b" * 300


def test_its_usual_first_words_are_told_only_before_anybody_spoke() -> None:
    greeting = "Welcome, {{user}}."
    assert told(None, greeting=greeting).notes == "Your usual first words: Welcome, Eve."
    assert told(None, ("bob", "Hi."), greeting=greeting).notes == ""


def test_a_twin_is_called_by_its_own_name() -> None:
    room = a_conversation("Ada", "Bob")
    twin = replace(room.cast[0].persona, slug="ada~2", name="The Ada 2", prompt="You: {{char}}.")
    assert brief(twin, None, room, [], context=8192).about == "You: The Ada 2."


TALK = (("bob", "A lamp."), ("ada", "Hm."), (HUMAN, "Go on."), ("ada", "Yes."), ("bob", "So.")) * 6


def test_whatever_lore_waits_for_the_part_that_is_cached_is_the_same_in_every_turn() -> None:
    some = {"probability": 50, "useProbability": True}
    taken = carried(
        entry("Always.", constant=True),
        entry("Often.", constant=True, **some),
        entry("Later.", constant=True, delay=4),
        entry("At times.", constant=True, cooldown=3),
        entry("Stays.", "lamp", extensions={"sticky": 2, "cooldown": 2}),
        entry("One.", "lamp", group="g"),
        entry("Other.", constant=True, group="g"),
    )
    briefs = [told(taken, *TALK[:n]) for n in range(len(TALK))]
    assert {one.about for one in briefs} == {"You speak as Ada would.\n\nAlways."}
    assert len({one.notes for one in briefs}) > 5


def test_what_comes_and_goes_takes_no_room_of_what_is_always_told() -> None:
    some = {"probability": 50, "useProbability": True, "priority": 9, "constant": True}
    fixed, often = entry("a" * 200, constant=True, priority=1), entry("b" * 200, **some)
    taken = carried(often, fixed, book={"token_budget": 60})
    briefs = [told(taken, *TALK[:n]) for n in range(len(TALK))]
    assert {"a" * 200 in one.about for one in briefs} == {True}


def test_lore_goes_on_after_reopening_and_branching_as_it_would_have() -> None:
    taken = carried(
        entry("Stays.", "lamp", extensions={"sticky": 3, "cooldown": 4}),
        entry("Often.", "hm", extensions={"probability": 60, "useProbability": True}),
    )
    first = [told(taken, *TALK[:n]).notes for n in range(len(TALK))]
    assert first == [told(taken, *TALK[:n]).notes for n in range(len(TALK))]
    branch = (*TALK[:10], ("bob", "No."), *TALK[11:])
    assert [told(taken, *branch[:n]).notes for n in range(11)] == first[:11]
    assert {"Stays." in notes for notes in first} == {True, False}
