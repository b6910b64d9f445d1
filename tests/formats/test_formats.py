import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chimera_tui.domain.conversation import (
    DEMO,
    HUMAN,
    Assignment,
    CostSource,
    Failure,
    Finish,
    Message,
    ModelRef,
    Notice,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.formats.conversations.conversation_json import to_json
from chimera_tui.formats.conversations.conversation_markdown import to_markdown
from tests.corpus import CORPUS
from tests.fakes import NOON, a_conversation, a_persona

CORPUS_TEXTS = [pytest.param(s.text, id=s.id) for s in CORPUS]
FORGERIES = [
    "## 🦉 The Ada · 12:00",
    "   ## The Ada",
    "> ## The Ada",
    "- ## The Ada\n1. # The Ada\n* > # The Ada",
    "The Ada\n---\ntext\n===",
    "```\ncode without an end",
    "~~~~ py\n```\n~~~",
    "- item\n  ```\n## The Ada",
    "````\n```\n## in code\n````\n## The Ada",
    "``` `x\n## The Ada",
    "<!-- \n\n-->\n<h2>The Ada</h2>\n<script>",
    "a ` b\n\nc ` <h2>The Ada</h2> ` d",
    "`\n` <h2> `",
    "\\`<h2>\\`",
    "    indented\n## The Ada",
    "#",
    "#\n-    ",
    "> a\n> -   ",
    "---\ntitle: x\n---",
    "[x]: http://example.com\n## The Ada",
    "| a |\n|---|\n| b |",
]


def provenance(model: ModelRef = DEMO) -> Provenance:
    return Provenance(
        model=model,
        persona_version="0" * 12,
        temperature=0.7,
        max_tokens=200,
        usage=Usage(input=100, output=20, is_estimate=True),
        cost=None,
        cost_source=CostSource.FREE,
        first_text=0.2,
        duration=1.5,
    )


def a_message(id_: int, text: str, speaker: str = "ada", **details: Any) -> Message:
    about = {
        "parent_id": id_ - 1 or None,
        "turn": Turn(number=id_, speaker=speaker),
        "created_at": NOON + timedelta(minutes=id_),
    }
    return Message(id=id_, text=text, **(about | details))


def saved(*messages: Message, **details: Any) -> SavedConversation:
    cast = (
        Assignment(persona=a_persona("Ada"), model=DEMO),
        Assignment(persona=a_persona("Bob", 2), model=ModelRef("ollama", "llama3.2")),
    )
    conversation = a_conversation(cast=cast, **details)
    return SavedConversation(
        conversation=conversation, tree=Tree.of(list(messages), {}), turns=len(messages)
    )


def whole() -> SavedConversation:
    bob: dict[str, Any] = {
        "parent_id": 1,
        "turn": Turn(number=2, speaker="bob"),
        "created_at": NOON,
    }
    ollama = ModelRef("ollama", "llama3.2")
    room = saved(
        a_message(1, "Hello.", provenance=provenance()),
        a_message(2, "First.", **bob, provenance=provenance(ollama)),
        a_message(3, "Second.", **bob, finish=Finish.CUT, finish_note="spoke for Ada"),
        a_message(4, "Go on.", HUMAN, parent_id=3),
        a_message(5, "I was say", finish=Finish.STOPPED, provenance=provenance()),
    )
    room.notices = [Notice(after_id=4, text="Paused: 20 turns.", created_at=NOON)]
    room.failure = Failure(
        turn=Turn(number=6, speaker="bob"),
        model=None,
        kind="stall",
        problem="It stopped.",
        hint="Retry.",
    )
    return room


def test_markdown_of_a_whole_conversation() -> None:
    assert (
        to_markdown(whole())
        == """\
---
title: "Jokes"
topic: "Is a joke a kind of knowledge?"
demo: true
cast:
  - name: "The Ada"
    model: "demo/demo"
  - name: "The Bob"
    model: "ollama/llama3.2"
created: 2026-11-20T12:00:00Z
last_message: 2026-11-20T12:05:00Z
messages: 4
input_tokens: 300
output_tokens: 60
---

# Jokes

## 🦉 The Ada · DEMO · 2026-11-20 12:01 UTC

Hello.

## 🦉 The Bob · 2026-11-20 12:00 UTC · cut: spoke for Ada

Second.

## Human · 2026-11-20 12:04 UTC

Go on.

### Paused: 20 turns.

## 🦉 The Ada · DEMO · 2026-11-20 12:05 UTC · stopped

I was say
"""
    )


def test_times_of_other_zones_are_written_in_utc() -> None:
    from_elsewhere = datetime.fromisoformat("2026-11-20T14:30:00+02:30")
    text = to_markdown(saved(a_message(1, "Hi.", created_at=from_elsewhere)))
    assert "2026-11-20 12:00 UTC" in text
    assert from_elsewhere.astimezone(UTC) == NOON


def headings(text: str) -> list[str]:
    """All headings of a Markdown text that stand at its top, as a reader shows them."""
    body = text.split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark").parse(body)
    return [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "heading_open"]


def has_html(text: str) -> bool:
    tokens = MarkdownIt("commonmark").parse(text.split("\n---\n", 1)[1])
    inline = [child.type for token in tokens for child in token.children or []]
    return "html_inline" in inline or any(token.type == "html_block" for token in tokens)


def is_forged(text: str) -> bool:
    room = saved(a_message(1, text), a_message(2, "after", "bob"))
    written = to_markdown(room)
    return len(headings(written)) != 3 or has_html(written)


@pytest.mark.parametrize("text", [*FORGERIES, *CORPUS_TEXTS])
def test_what_was_said_forges_no_speaker(text: str) -> None:
    assert not is_forged(text)
    assert not is_forged(f"{text}\n{text}")


@given(
    st.lists(
        st.sampled_from(
            [*"#`~<>-=*+1.)[]\\ \n\t", "```", "~~~", "## ", "\n\n", "<h2>", "    ", "a", "- ", "> "]
        ),
        max_size=30,
    ).map("".join)
)
def test_no_text_forges_a_speaker(text: str) -> None:
    assert not is_forged(text)


def test_names_and_titles_forge_nothing() -> None:
    nasty = '"\n---\n## *x* <b> `c`'
    room = saved(a_message(1, "Hi.", HUMAN), title=nasty, topic=nasty, human_name=nasty)
    assert len(headings(to_markdown(room))) == 2
    assert not has_html(to_markdown(room))


@pytest.mark.parametrize("text", CORPUS_TEXTS)
def test_no_export_holds_what_a_terminal_obeys(text: str) -> None:
    room = saved(a_message(1, text), title=text, human_name=text)
    unsafe = (
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069\u2028\u2029"
        "\ud800-\udfff\U000e0041]"
    )
    assert not re.search(unsafe, to_markdown(room))
    written = to_json(room)
    assert not re.search(unsafe, written)
    written.encode()
    assert json.loads(written)["messages"][0]["text"] == text


def test_json_holds_the_whole_tree() -> None:
    document = json.loads(to_json(whole()))
    assert (document["format"], document["schema"]) == ("chimera-conversation", 1)
    assert document["path"] == [1, 3, 4, 5]
    assert [m["id"] for m in document["messages"]] == [1, 2, 3, 4, 5]
    assert document["chosen"] == [
        {"parent_id": None, "id": 1},
        {"parent_id": 1, "id": 3},
        {"parent_id": 3, "id": 4},
        {"parent_id": 4, "id": 5},
    ]
    assert document["messages"][1]["provenance"]["model"] == {
        "provider": "ollama",
        "model": "llama3.2",
    }
    assert document["messages"][2]["finish"] == "cut"
    assert document["cast"][1]["model"] == "ollama/llama3.2"
    assert document["cast"][0]["prompt"] == "You speak as Ada would."
    assert document["cast"][0]["version"] == a_persona("Ada").version
    assert document["conversation"]["is_demo"] is True
    assert document["conversation"]["created_at"] == "2026-11-20T12:00:00+00:00"
    assert document["notices"][0]["text"] == "Paused: 20 turns."
    assert document["failure"]["kind"] == "stall"
