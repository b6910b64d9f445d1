"""Conversations come in as they went out; nothing else does."""

import json
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
from chimera_tui.formats.importing import import_conversation
from chimera_tui.formats.json import to_json
from tests.fakes import NOON, a_conversation, a_persona
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
        (changed(messages=[{"id": 1}]), "no sound conversation: Object missing required field"),
        (changed(conversation={}), "no sound conversation"),
        (changed()[:-9], "no sound conversation: Input data was truncated"),
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


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=150, derandomize=True)
@given(st.data())
def test_a_file_with_any_value_anywhere_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    document = json.loads(to_json(a_saved()))
    part = data.draw(st.sampled_from(["conversation", "cast", "messages", "chosen", "notices"]))
    where = document[part] if isinstance(document[part], dict) else document[part][0]
    where[data.draw(st.sampled_from(sorted(where)))] = data.draw(VALUES)
    try:
        found = read(tmp_path_factory.mktemp("any"), json.dumps(document))
    except InvalidFileError:
        return
    assert to_json(found.saved)
