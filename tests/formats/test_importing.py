"""Conversations come in as they went out; nothing else does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import HUMAN, Assignment, Notice
from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.formats.conversations.conversation_import import import_conversation
from chimera_tui.formats.conversations.conversation_json import to_json
from chimera_tui.formats.conversations.conversation_markdown import to_markdown
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.store import open_store
from tests.cards.test_mutations import places
from tests.fakes import NOON, a_conversation, a_persona, a_room, play
from tests.storage.values import MODEL, a_message


def a_saved() -> SavedConversation:
    cast = (
        Assignment(persona=a_persona("Ada", model="demo/demo"), model=MODEL, is_muted=True),
        Assignment(persona=a_persona("Bob"), fallbacks=(MODEL,)),
    )
    conversation = a_conversation("Ada", cast=cast, id=0, former=(a_persona("Eve"),), solo="ada")
    messages = [
        a_message(1, None, 1, "Hi. 蜂 \x1b[31m", speaker=HUMAN),
        a_message(2, 4, 3, "A later turn in front."),
        a_message(3, 1, 2, "One answer."),
        replace(a_message(4, 1, 2, "Another."), thinking="Hm.", edited_at=NOON, is_deleted=True),
    ]
    return SavedConversation(
        conversation=conversation,
        tree=Tree.of(messages, {None: 1, 1: 4, 4: 2}),
        notices=[Notice(after_id=4, text="paused", created_at=NOON)],
        turns=3,
    )


def read(folder: Path, document: str | bytes) -> Any:
    path = folder / "c.json"
    path.write_bytes(document.encode() if isinstance(document, str) else document)
    return import_conversation(path, now=NOON, modes=MODES)


def changed(**changes: Any) -> str:
    return json.dumps(json.loads(to_json(a_saved())) | changes)


def test_what_went_out_comes_in_again(tmp_path: Path) -> None:
    saved = a_saved()
    found = read(tmp_path, to_json(saved))
    assert found.saved == saved
    assert found.notes == ()


def test_what_hangs_on_nothing_is_left_out_and_it_is_said(tmp_path: Path) -> None:
    messages = json.loads(to_json(a_saved()))["messages"]
    ring = [messages[0] | {"id": 8, "parent_id": 9}, messages[0] | {"id": 9, "parent_id": 8}]
    lost = [messages[0] | {"id": 7, "parent_id": 70}, messages[0] | {"id": -1}]
    found = read(tmp_path, changed(messages=[*messages, *ring, *lost]))
    assert found.saved.tree == a_saved().tree
    assert found.notes == ("4 messages hung on nothing.",)


def test_a_choice_of_another_parent_counts_for_nothing(tmp_path: Path) -> None:
    chosen = [{"parent_id": None, "id": 3}, {"parent_id": 1, "id": 4}]
    assert read(tmp_path, changed(chosen=chosen)).saved.tree == a_saved().tree


def test_a_persona_is_brought_within_what_one_may_be(tmp_path: Path) -> None:
    member = json.loads(to_json(a_saved()))["cast"][0]
    wild = {"words": 10**9, "temperature": -4, "prompt": "x" * 10**5, "name": "\n", "model": "x"}
    (one,) = read(tmp_path, changed(cast=[member | wild])).saved.conversation.cast
    assert (one.persona.words, one.persona.temperature, one.model) == (300, 0, None)
    assert (len(one.persona.prompt), one.persona.name) == (8000, "Nameless")


def test_a_mode_that_there_is_not_is_replaced_and_it_is_said(tmp_path: Path) -> None:
    about = json.loads(to_json(a_saved()))["conversation"] | {"mode": "telepathy"}
    found = read(tmp_path, changed(conversation=about))
    assert found.saved.conversation.mode == "round_robin"
    assert found.notes == ("There is no mode `telepathy`: round_robin is taken.",)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (changed(schema=2), "was written by a newer version"),
        (changed(messages=[{"id": 1}]), "sound conversation: `messages[0]`: it lacks `parent_id`"),
        (changed(conversation={}), "no sound conversation"),
        (changed()[:-9], "no sound conversation: input data was truncated"),
        (changed(cast="x" * 3) + "[" * 100_000, "no sound conversation"),
        (changed(notices=[{}] * 2_000_001), "holds more than a conversation can have"),
        ("[" * 100_000, "holds no message"),
        ("", "holds no message"),
    ],
)
def test_what_is_none_is_refused_with_its_reason(tmp_path: Path, document: str, why: str) -> None:
    with pytest.raises(InvalidFileError) as caught:
        read(tmp_path, document)
    assert why in caught.value.problem
    assert "c.json" in caught.value.problem


def at(place: str, value: Any) -> str:
    """A good file with `value` at `place`, such as `cast.0.fallbacks`."""
    document = json.loads(to_json(a_saved()))
    *path, last = (int(key) if key.isdecimal() else key for key in place.split("."))
    inner = document
    for key in path:
        inner = inner[key]
    inner[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(
    ("place", "value", "why"),
    [
        ("cast.0.fallbacks", 3, "`cast[0].fallbacks`: expected a list, got a whole number"),
        ("cast.1.traits", "dry", "`cast[1].traits`: expected a list, got a text"),
        ("cast.1.name", None, "`cast[1].name`: expected a text, got nothing"),
        ("conversation.pace", "fast", "`conversation.pace`: expected a number, got a text"),
        ("conversation.seed", 10**20, "`conversation.seed`: the number is too large"),
        ("conversation.former", {}, "`conversation.former`: expected a list, got a table"),
        ("messages.2.turn", 1, "`messages[2].turn`: expected a table, got a whole number"),
        ("messages.2.provenance.usage.input", 2**63, "`message 3.provenance.usage.input`: the"),
        ("messages.0.created_at", "noon", "`messages[0].created_at`: invalid RFC3339"),
        ("messages.0.created_at", "0001-01-01T00:00:00+02:00", "1 is no year of a conversation"),
        ("cast.0.slug", "human", "`cast[0].slug`: no persona is called so"),
        ("cast.0.colour", 10**400, "`cast[0].colour`: the number is too large"),
        ("chosen", 5, "`chosen`: expected a list, got a whole number"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    tmp_path: Path, place: str, value: Any, why: str
) -> None:
    with pytest.raises(InvalidFileError) as caught:
        read(tmp_path, at(place, value))
    assert why in caught.value.problem


@pytest.mark.parametrize(
    ("place", "named"),
    [
        ("conversation.created_at", "conversation.created_at"),
        ("messages.0.created_at", "messages[…].created_at"),
        ("messages.0.edited_at", "messages[…].edited_at"),
        ("notices.0.created_at", "notices[…].created_at"),
    ],
)
def test_a_time_without_a_zone_is_read_as_utc_and_it_is_said(
    tmp_path: Path, place: str, named: str
) -> None:
    found = read(tmp_path, at(place, "2024-01-01T00:00:00"))
    assert found.notes == (f"`{named}` has no time zone: it was read as UTC.",)
    assert "2024-01-01T00:00:00+00:00" in to_json(found.saved)


REWRITTEN: dict[str, Callable[[str], bytes]] = {
    "keys in order": lambda text: json.dumps(json.loads(text), sort_keys=True).encode(),
    "escaped": lambda text: json.dumps(json.loads(text), indent=1).encode("ascii"),
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first, without a mark": lambda text: text.encode("utf-16-be"),
    "UTF-16, little end first, without a mark": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "blank lines before it": lambda text: b"\n\n " + text.encode(),
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_what_other_programs_have_rewritten_is_the_same_conversation(
    tmp_path: Path, how: str
) -> None:
    saved = a_saved()
    found = read(tmp_path, REWRITTEN[how](to_json(saved)))
    assert found.saved == saved
    assert found.notes == ()


def test_a_chat_that_speaks_of_our_format_is_a_chat(tmp_path: Path) -> None:
    message = {"name": "Mira", "mes": '"format": "chimera-conversation"'}
    found = read(tmp_path, json.dumps(message))
    assert [one.text for one in found.saved.tree.path] == [message["mes"]]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


MOMENTS = ["0001-01-01T00:00:00", "2024-01-01T00:00:00", "9999-12-31T23:59:59-12:00"]
TEXTS = ["", "\ud800", "\0", "..", "x" * 5000, "human", "ada~2", "demo/demo", "\n", "ADA"]
NUMBERS = [0, -1, 0.5, 2**31, 2**53, 2**63, 10**400, 1e308]


def like(value: Any) -> st.SearchStrategy[Any]:
    """A value of the same type, but odd; or any other."""
    kinds = {
        str: st.sampled_from(TEXTS + MOMENTS) | st.text(max_size=9),
        int: st.sampled_from(NUMBERS) | st.integers(),
        float: st.sampled_from(NUMBERS) | st.floats(),
        list: st.just([*value, *value]) if isinstance(value, list) else st.nothing(),
    }
    return kinds.get(type(value), st.nothing()) | st.none() | VALUES


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.data())
def test_a_file_with_any_values_anywhere_is_saved_and_opened_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    document = json.loads(to_json(a_saved()))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(list(places(document))))
        container[key] = data.draw(like(container[key]))
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    folder = tmp_path_factory.mktemp("any")
    try:
        found = read(folder, json.dumps(document).encode(encoding))
    except InvalidFileError:
        return
    asyncio.run(assert_lives(folder, found.saved))


async def assert_lives(folder: Path, saved: SavedConversation) -> None:
    """It can be saved, listed, loaded, written out and gone on with."""
    async with open_store(folder / "c.db") as store:
        conversations = Conversations(store)
        id_ = await conversations.add(saved)
        assert [one.id for one in await conversations.list_all()] == [id_]
        loaded = await conversations.load(id_)
    assert loaded.tree.messages.keys() == saved.tree.messages.keys()
    again = read(folder, to_json(loaded)).saved
    assert again.tree == loaded.tree
    assert to_markdown(loaded)
    loaded = replace(loaded, conversation=replace(loaded.conversation, turn_limit=2))
    if loaded.conversation.cast:
        await play(a_room(start=loaded, attended=False))


@settings(max_examples=200, derandomize=True, deadline=None)
@given(st.data())
def test_broken_bytes_of_a_file_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = bytearray(to_json(a_saved()).encode(data.draw(st.sampled_from(["utf-8", "utf-16"]))))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(good)))
        good[start : start + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        found = read(tmp_path_factory.mktemp("any"), bytes(good))
    except InvalidFileError:
        return
    assert to_json(found.saved)
