import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import HUMAN, CostSource
from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.formats.conversations.chats import (
    LONGEST_FILE,
    MOST_LINES,
    MOST_MESSAGES,
    MOST_SWIPES,
    ImportedChat,
    import_chat,
)
from chimera_tui.formats.conversations.conversation_json import to_json
from chimera_tui.formats.conversations.conversation_markdown import to_markdown
from chimera_tui.formats.conversations.moments import moment_of
from chimera_tui.library.library import Library, builtin_folder
from tests.cards.test_mutations import Json
from tests.fakes import NOON

PATH = Path("a chat.jsonl")
HEADER = {
    "user_name": "Kim",
    "character_name": "Mira",
    "create_date": "2024-5-6 @10h 11m 12s 13ms",
    "chat_metadata": {"note_prompt": "x"},
}
HANG = 60.0
"""CPU seconds; the tests take less than one."""
OLD_GROUP = [
    {"name": "Kim", "is_user": True, "mes": "Who is there?", "send_date": 1_700_000_000_000},
    {"name": "Mira", "is_user": False, "mes": "I.", "original_avatar": "Mira.png"},
    {"name": "Mira", "is_user": False, "mes": "I, too.", "original_avatar": "../../Mira2.png"},
    {"name": "Mira", "is_user": False, "mes": "As I said.", "original_avatar": "Mira.png"},
]
"""Without a header, and two characters of one name."""


def line(mes: object = "Hello.", name: str = "Mira", **more: Any) -> dict[str, Any]:
    when = {"send_date": "October 18, 2024 8:52pm"}
    return {"name": name, "is_user": name == "Kim", "is_system": False, "mes": mes} | when | more


def read(*lines: object, **more: Any) -> ImportedChat:
    texts = [one if isinstance(one, str) else json.dumps(one) for one in lines]
    return import_chat("\n".join(texts).encode(), PATH, now=NOON, **more)


def said(chat: ImportedChat) -> list[tuple[str, str]]:
    return [(one.turn.speaker, one.text) for one in chat.saved.tree.path]


def test_a_chat_with_one_character() -> None:
    chat = read(HEADER, line("Come in."), line("Thanks.", "Kim"), line("Sit."))
    saved = chat.saved
    assert said(chat) == [("mira", "Come in."), (HUMAN, "Thanks."), ("mira", "Sit.")]
    assert saved.conversation.human_name == "Kim"
    assert saved.conversation.title == "A chat of Mira and Kim"
    assert saved.conversation.created_at == datetime(2024, 5, 6, 10, 11, 12, tzinfo=UTC)
    assert saved.tree.path[0].created_at == datetime(2024, 10, 18, 20, 52, tzinfo=UTC)
    assert [one.id for one in saved.tree.path] == [1, 2, 3]
    assert [one.parent_id for one in saved.tree.path] == [None, 1, 2]
    assert (saved.turns, saved.notices, saved.failure) == (3, [], None)
    assert "Thanks." in to_markdown(saved)
    assert json.loads(to_json(saved))["path"] == [1, 2, 3]


def test_swipes_are_alternatives_of_their_turn() -> None:
    info = [{"send_date": "2024-10-18T20:50:00.000Z"}, {"send_date": "2024-10-18T20:51:00.000Z"}]
    swiped = line("B, edited", swipes=["A", "B", "C"], swipe_id=1, swipe_info=info)
    tree = read(HEADER, line("Hi.", "Kim"), swiped, line("On.", "Kim")).saved.tree
    assert [one.text for one in tree.path] == ["Hi.", "B, edited", "On."]
    chosen = tree.path[1]
    ids = tree.alternatives(chosen)
    assert [tree.messages[id_].text for id_ in ids] == ["A", "B, edited", "C"]
    assert {tree.messages[id_].turn.number for id_ in ids} == {2}
    assert [tree.messages[id_].created_at.minute for id_ in ids] == [50, 51, 52]
    tree.choose(ids[0])
    assert [one.text for one in tree.path] == ["Hi.", "A"]


@pytest.mark.parametrize(
    ("more", "texts", "chosen"),
    [
        ({"swipes": ["A", "Hello."]}, ["A", "Hello."], 1),
        ({"swipes": ["A", "B"], "swipe_id": 9}, ["A", "B", "Hello."], 2),
        ({"swipes": ["A", None, 3, "Hello."], "swipe_id": 3}, ["A", "Hello."], 1),
        ({"swipes": "A", "swipe_id": 0}, ["Hello."], 0),
        ({"swipes": [], "swipe_id": 0}, ["Hello."], 0),
        ({"swipes": ["A", "B"], "swipe_id": True}, ["A", "Hello."], 1),
        ({"mes": None, "swipes": ["A", "B"], "swipe_id": 0}, ["A", "B"], 0),
        ({"mes": "", "swipes": ["A", ""], "swipe_id": 1}, ["A"], 0),
    ],
)
def test_swipes_that_do_not_fit(more: dict[str, Any], texts: list[str], chosen: int) -> None:
    tree = read(line(**more)).saved.tree
    ids = tree.children[None]
    assert [tree.messages[id_].text for id_ in ids] == texts
    assert tree.path[0].id == ids[chosen]


def test_very_many_swipes_are_cut_around_the_chosen_one() -> None:
    chat = read(line("no. 150", swipes=[f"no. {n}" for n in range(300)], swipe_id=150))
    assert len(chat.saved.tree.messages) == MOST_SWIPES
    assert said(chat) == [("mira", "no. 150")]


def test_a_group_without_a_header_tells_two_of_one_name_apart() -> None:
    chat = read(*OLD_GROUP)
    assert [speaker for speaker, _ in said(chat)] == [HUMAN, "mira", "mira-2", "mira"]
    cast = chat.saved.conversation.cast
    assert [one.persona.name for one in cast] == ["Mira", "Mira 2"]
    assert "png" not in repr(cast)
    times = [one.created_at for one in chat.saved.tree.path]
    assert times == [datetime.fromtimestamp(1_700_000_000, UTC)] * 4


def test_the_group_gives_its_name_and_mode() -> None:
    group = {"name": "Shore", "activation_strategy": 3, "disabled_members": ["x"], "members": ["/"]}
    header = HEADER | {"user_name": "unused", "character_name": "unused"}
    lines = header, line(), line("Hey.", "Ada"), line("Oh.", "Kim")
    chat = read(*lines, group=json.dumps(group).encode(), modes={"pooled"})
    assert (chat.saved.conversation.title, chat.saved.conversation.mode) == ("Shore", "pooled")
    assert chat.saved.conversation.human_name == "Kim"
    assert "Muted members of the group are not muted here." in chat.notes
    for odd in (b"[", b"[]", json.dumps(group | {"activation_strategy": [1]}).encode()):
        assert read(*lines, group=odd).saved.conversation.mode == "round_robin"


def test_who_is_in_the_library_is_played_by_that_persona() -> None:
    library = Library.load(builtin_folder())
    chat = read(line("Why?", "the philosopher"), line(), known=tuple(library))
    cast = [one.persona for one in chat.saved.conversation.cast]
    assert cast[0] == library.get("philosopher")
    assert chat.notes == ("Mira is not in the library: only the name is known.",)


def test_the_model_that_answered_and_what_it_thought_are_kept() -> None:
    extra = {"api": "openai", "model": "gpt-5", "reasoning": "Hm.", "token_count": "7"}
    when = {"gen_started": "2024-10-18T20:50:00Z", "gen_finished": "2024-10-18T20:50:03Z"}
    other = {"extra": {"model": "llama"}}
    swiped = line("B", swipes=["A", "B"], swipe_id=1, swipe_info=[other, {}], extra=extra, **when)
    first, chosen = read(swiped).saved.tree.messages.values()
    assert first.provenance
    assert chosen.provenance
    assert str(first.provenance.model) == "imported/llama"
    assert str(chosen.provenance.model) == "openai/gpt-5"
    assert (chosen.provenance.duration, chosen.provenance.usage.output) == (3, 7)
    assert (chosen.provenance.cost, chosen.provenance.cost_source) == (None, CostSource.UNKNOWN)
    assert (first.thinking, chosen.thinking) == ("", "Hm.")
    odd = line(extra={"model": ["x"], "reasoning": 1, "token_count": {}})
    assert read(odd).saved.tree.path[0].provenance is None


def test_what_was_hidden_becomes_a_notice_and_a_narrator_is_nobody() -> None:
    hidden = line("A secret", "Kim", is_system=True)
    narrator = line("Night falls.", "Narrator", is_system=True, extra={"type": "narrator"})
    chat = read(line(), hidden, narrator)
    assert said(chat) == [("mira", "Hello."), (HUMAN, "Night falls.")]
    assert [one.is_narration for one in chat.saved.tree.path] == [False, True]
    assert [one.persona.slug for one in chat.saved.conversation.cast] == ["mira"]
    (notice,) = chat.saved.notices
    assert (notice.after_id, notice.text) == (1, "Kim: A secret")


def test_broken_lines_cost_nothing_but_themselves() -> None:
    broken = ('{"name": "Mira", "mes": "cut of', "", "null", "[1]", "\x00\x01", {"name": "Mira"})
    chat = read(HEADER, line("One."), *broken, line(7), line(" "), line("Two."))
    assert [text for _, text in said(chat)] == ["One.", "Two."]
    assert "4 lines could not be read and were dropped." in chat.notes
    assert "Lines without words were dropped." in chat.notes


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "holds no message"),
        (json.dumps(HEADER).encode(), "holds no message"),
        (b"\x89PNG\r\n\x1a\n", "holds no message"),
        (b'{"name": "Mira", "description": "a card"}', "holds no message"),
    ],
)
def test_what_holds_no_message_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(InvalidFileError, match=why):
        import_chat(data, PATH, now=NOON)


@pytest.mark.parametrize("filler", ["{}", '[{"mes":1}]', "{"])
def test_what_only_fills_the_file_is_given_up_early(filler: str) -> None:
    data = json.dumps(line()) + f"\n{filler}" * ((4 << 20) // (len(filler) + 1))
    chat = import_chat(data.encode(), PATH, now=NOON)
    assert f"Only the first {MOST_LINES:,} lines were read." in chat.notes


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(InvalidFileError, match="larger than 32 MiB"):
        import_chat(bytes(LONGEST_FILE + 1), PATH, now=NOON)


def test_a_very_long_chat_is_cut_and_it_is_said() -> None:
    data = json.dumps(line()).encode() + b"\n"
    chat = import_chat(data * (MOST_MESSAGES + 5), PATH, now=NOON)
    assert len(chat.saved.tree.path) == MOST_MESSAGES
    assert f"Only the first {MOST_MESSAGES:,} messages were read." in chat.notes


def test_too_many_speakers_are_left_out_and_it_is_said() -> None:
    chat = read(*(line("Hi.", f"No. {n}") for n in range(150)))
    assert len(chat.saved.conversation.cast) == len(chat.saved.tree.path) == 100


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("October 18, 2024 8:52pm", datetime(2024, 10, 18, 20, 52, tzinfo=UTC)),
        ("2024-10-18T20:52:01.123Z", datetime(2024, 10, 18, 20, 52, 1, 123_000, tzinfo=UTC)),
        ("2024-10-18T22:52:00+02:00", datetime(2024, 10, 18, 20, 52, tzinfo=UTC)),
        ("2023-9-23 @18h 54m 11s 321ms", datetime(2023, 9, 23, 18, 54, 11, tzinfo=UTC)),
        ("2023-09-23@18h54m11s", datetime(2023, 9, 23, 18, 54, 11, tzinfo=UTC)),
        (1_700_000_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1_700_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("yesterday", None),
        ("2023-99-99 @99h 99m 99s", None),
        (10**30, None),
        (float("nan"), None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_moments(value: object, moment: datetime | None) -> None:
    assert moment_of(value) == moment


PLAIN = [HEADER, line("Come in."), line("Thänks.", "Kim"), line("Sit 🎲 down.")]
LINES = "\n".join(json.dumps(one, ensure_ascii=False) for one in PLAIN)
PRETTY = "\n".join(json.dumps(one, indent=2) for one in PLAIN)
WRITTEN: dict[str, bytes] = {
    "lines": LINES.encode(),
    "keys in order": "\n".join(json.dumps(one, sort_keys=True) for one in PLAIN).encode(),
    "a list": json.dumps(PLAIN).encode(),
    "a list, printed over many lines": json.dumps(PLAIN, indent=1).encode(),
    "lists": "\n".join(json.dumps([one]) for one in PLAIN).encode(),
    "printed over many lines": PRETTY.encode(),
    "printed over many lines, CR": PRETTY.replace("\n", "\r").encode(),
    "commas behind lines": LINES.replace("\n", ",\n").encode(),
    "CR": LINES.replace("\n", "\r").encode(),
    "CRLF": LINES.replace("\n", "\r\n").encode(),
    "a byte order mark": LINES.encode("utf-8-sig"),
    "UTF-16": LINES.encode("utf-16"),
    "UTF-16, CRLF, little end first, without a mark": LINES.replace("\n", "\r\n").encode(
        "utf-16-le"
    ),
    "UTF-16, big end first, without a mark": LINES.encode("utf-16-be"),
    "UTF-32": LINES.encode("utf-32"),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_however_a_chat_is_written_it_is_the_same(how: str) -> None:
    chat = import_chat(WRITTEN[how], PATH, now=NOON)
    assert chat == import_chat(WRITTEN["lines"], PATH, now=NOON)
    assert [text for _, text in said(chat)] == ["Come in.", "Thänks.", "Sit 🎲 down."]


def test_a_message_torn_in_the_middle_of_many_lines_costs_nothing_but_itself() -> None:
    torn = "\n".join([json.dumps(line("One."), indent=2), '{\n  "mes": "cut of'])
    chat = import_chat(f"{torn}\n{json.dumps(line('Two.'), indent=2)}".encode(), PATH, now=NOON)
    assert [text for _, text in said(chat)] == ["One.", "Two."]


def test_one_name_in_two_normal_forms_is_one_speaker() -> None:
    chat = read(line("One.", "Zoë"), line("Two.", "Zoe\u0308"), line("Three.", "zoë "))
    assert [speaker for speaker, _ in said(chat)] == ["zoë"] * 3
    human = line(is_user=True)
    chat = read(human | {"name": "André"}, human | {"name": "Andre\u0301"}, line())
    assert chat.saved.conversation.human_name == "André"
    assert "several names" not in " ".join(chat.notes)


@pytest.mark.parametrize("filler", ['{"a":\n', '"x\n', "x" * 300 + "\n", "[" * 2_000 + "{\n"])
def test_broken_lines_without_end_take_no_time_without_end(filler: str) -> None:
    began = time.process_time()
    data = json.dumps(line()) + "\n" + filler * ((30 << 20) // len(filler))
    assert len(said(import_chat(data.encode(), PATH, now=NOON))) == 1
    assert time.process_time() - began < HANG


KEYS = ("name", "mes", "is_user", "is_system", "swipes", "swipe_id", "swipe_info", "send_date")
Lines = st.fixed_dictionaries({}, optional=dict.fromkeys([*KEYS, "original_avatar", "extra"], Json))


@settings(deadline=2000)
@given(st.lists(Lines | Json, max_size=6), Json)
def test_any_lines_make_a_sound_conversation(lines: list[Any], group: object) -> None:
    chat = read(line(), *lines, group=json.dumps(group).encode())
    saved = chat.saved
    known = {HUMAN} | {one.persona.slug for one in saved.conversation.cast}
    assert {one.turn.speaker for one in saved.tree.messages.values()} <= known
    assert sorted(saved.tree.messages) == list(range(1, len(saved.tree.messages) + 1))
    to_markdown(saved)
    to_json(saved)
