import time
from collections.abc import Sequence
from typing import Any

import pytest

from chimera_tui.cards.decorators import Decorators, read_decorators
from chimera_tui.cards.keys import LONGEST_SEARCHED
from chimera_tui.cards.lore import lore
from chimera_tui.cards.lorebook import Lorebook, LoreEntry, read_book
from chimera_tui.cards.reading import Notes
from tests.cards.corpus import BOOK

HANG = 60.0
"""CPU seconds; what repeats without an end takes years, the test 0.4 where nothing traces it."""


def entry(content: str = "told", keys: Sequence[str] = ("lamp",), **more: Any) -> dict[str, Any]:
    return {"keys": list(keys), "content": content, "enabled": True} | more


def book(*entries: dict[str, Any], **more: Any) -> Lorebook:
    found = read_book({"entries": list(entries)} | more, Notes())
    assert found is not None
    return found


def told(of: Lorebook, *texts: str, budget: int = 10_000, replies: int | None = None) -> list[str]:
    return [one.content for one in lore(of, texts, budget, replies=replies)]


def test_a_key_in_the_last_messages_calls_an_entry() -> None:
    found = book(entry(), scan_depth=2)
    assert told(found, "The Lamp!", "x") == ["told"]
    assert told(found, "lamp", "x", "y") == []
    assert told(found) == []


@pytest.mark.parametrize(
    ("key", "text", "is_found"),
    [
        ("lamp", "a lamp.", True),
        ("lamp", "lamps", False),
        ("lamp", "headlamp", False),
        ("lamp", "headlamp, lamp", True),
        ("oil lamp", "the OIL LAMP is out", True),
        ("C++", "I write C++.", True),
        ("灯", "这盏灯亮了", True),
        ("straße", "STRASSE", True),
        ("ランプ", "古いランプだ", True),
    ],
)
def test_words_are_found_whole_and_without_case(key: str, text: str, is_found: bool) -> None:  # noqa: FBT001
    assert bool(told(book(entry(keys=[key])), text)) is is_found


def test_case_and_parts_of_words_as_the_entry_says() -> None:
    assert told(book(entry(case_sensitive=True)), "Lamp") == []
    assert told(book(entry(case_sensitive=True)), "lamp") == ["told"]
    assert told(book(entry(extensions={"match_whole_words": False})), "headlamps") == ["told"]


def test_selective_needs_a_second_key() -> None:
    found = book(entry(selective=True, secondary_keys=["storm", "night"]))
    assert told(found, "lamp") == []
    assert told(found, "a lamp in the night") == ["told"]
    assert told(book(entry(selective=False, secondary_keys=["storm"])), "lamp") == ["told"]
    assert told(book(entry(selective=True, secondary_keys=[])), "lamp") == ["told"]


def test_secondary_keys_may_forbid() -> None:
    never: dict[str, Any] = {
        "selective": True,
        "secondary_keys": ["sun"],
        "extensions": {"selectiveLogic": 2},
    }
    assert told(book(entry(**never)), "lamp") == ["told"]
    assert told(book(entry(**never)), "lamp and sun") == []


def test_constant_entries_are_always_told_and_others_that_are_off_never() -> None:
    found = book(entry("always", [], constant=True), entry("off", enabled=False), entry())
    assert told(found) == ["always"]
    assert told(found, "lamp") == ["always", "told"]


def test_low_order_is_told_first_and_each_once() -> None:
    found = book(
        entry("c", insertion_order=30),
        entry("a", ["lamp", "light"], insertion_order=-1),
        entry("b", insertion_order=10),
    )
    assert told(found, "lamp light lamp") == ["a", "b", "c"]


def test_low_priority_is_left_out_first_when_there_is_too_much() -> None:
    long = "word " * 72  # 100 tokens
    found = book(
        entry(long + "1", insertion_order=1, priority=5),
        entry(long + "2", insertion_order=2, priority=50),
        entry(long + "3", insertion_order=3, priority=20),
    )
    assert [text[-1] for text in told(found, "lamp", budget=210)] == ["2", "3"]
    assert told(found, "lamp", budget=0) == []
    small = book(entry(long, priority=9), entry("short", priority=1), token_budget=50)
    assert told(small, "lamp", budget=1000) == ["short"]


def test_what_is_told_calls_for_more_only_in_a_recursive_book_and_not_without_end() -> None:
    chain = [entry(f"see k{n + 1}", [f"k{n}"], insertion_order=n) for n in range(20)]
    assert told(book(*chain), "k0") == ["see k1"]
    found = told(book(*chain, recursive_scanning=True), "k0")
    assert found == [f"see k{n + 1}" for n in range(5)]
    ring = book(entry("see b", ["a"]), entry("see a", ["b"]), recursive_scanning=True)
    assert told(ring, "a") == ["see b", "see a"]
    hidden = book(entry("x {{hidden_key:b}}", ["a"]), entry("y", ["b"]), recursive_scanning=True)
    assert told(hidden, "a") == ["x {{hidden_key:b}}", "y"]


def test_decorators_say_when() -> None:
    assert told(book(entry("@@activate\ntold", ["never"]))) == ["told"]
    assert read_book([entry("@@dont_activate\ntold")], Notes()) is None
    assert told(book(entry("@@dont_activate\n@@activate\ntold"))) == ["told"]
    assert told(book(entry("@@scan_depth 1\ntold")), "lamp", "x") == []
    assert told(book(entry("@@additional_keys oil, wick\ntold")), "lamp") == []
    assert told(book(entry("@@additional_keys oil, wick\ntold")), "lamp wick") == ["told"]
    assert told(book(entry("@@exclude_keys sun\ntold")), "lamp and sun") == []
    after = book(entry("@@activate_only_after 3\ntold"))
    assert told(after, "lamp", "lamp") == []
    assert told(after, "lamp", "lamp", "lamp") == ["told"]
    assert told(after, "lamp", replies=7) == ["told"]


def test_decorators_say_where() -> None:
    (one,) = book(entry("@@depth 2\n@@role user\n\nHello")).entries
    assert (one.depth, one.role, one.content) == (2, "user", "Hello")
    (two,) = book(entry(position="before_char")).entries
    assert (two.before_prompt, two.depth, two.role) == (True, None, "system")
    (three,) = book(entry(extensions={"position": 4, "depth": 6})).entries
    assert three.depth == 6


@pytest.mark.parametrize(
    ("content", "decorators", "rest"),
    [
        ("plain", Decorators(), "plain"),
        ("@@depth 4\n@@depth 5\nx", Decorators(depth=4), "x"),
        ("@@risu_only 1\n@@@depth 5\nx", Decorators(depth=5), "x"),
        ("@@risu_only 1\n@@@other\n@@@depth 5\n@@@role user\nx", Decorators(depth=5), "x"),
        ("@@depth 3\n@@@scan_depth 5\nx", Decorators(depth=3), "x"),
        ("@@depth many\n@@@depth 7\nx", Decorators(depth=7), "x"),
        ("@@role king\n@@depth -1\n@@depth 99999999\nx", Decorators(), "x"),
        ("x\n@@depth 4", Decorators(), "x\n@@depth 4"),
        ("@@unknown\n\n@@role assistant\n\nx\n\ny", Decorators(role="assistant"), "x\n\ny"),
        ("@@depth 1", Decorators(depth=1), ""),
    ],
)
def test_reading_decorators(content: str, decorators: Decorators, rest: str) -> None:
    assert read_decorators(content) == (decorators, rest)


def test_regular_expressions_run_if_they_cannot_hang() -> None:
    assert told(book(entry(keys=[r"\b(lamp|light)s?\b"], use_regex=True)), "two Lamps") == ["told"]
    assert told(book(entry(keys=["/colou?r [rg]ed/i"])), "COLOR RED") == ["told"]
    assert told(book(entry(keys=["/Lamp/"])), "lamp") == []
    assert told(book(entry(keys=["either/or"])), "either/or") == ["told"]


@pytest.mark.parametrize(
    "key",
    ["(a+)+$", "a*b", "x{2,}", "(", "(?<=a)b", r"(a)\1", "[", "a?" * 20 + "a" * 20, "(a|b)" * 8],
)
def test_regular_expressions_that_could_hang_never_match(key: str) -> None:
    notes = Notes()
    assert read_book([entry(keys=[key], use_regex=True)], notes) is None
    assert "patterns that are not run here" in " ".join(notes)


def test_books_of_other_programs() -> None:
    assert told(book(*BOOK["entries"]), "The keeper's lamp, at night") == [
        "The last keeper vanished in such a night.",
        "The lamp burns whale oil.",
    ]
    world = {"0": {"key": ["lamp"], "content": "told", "order": 3, "disable": False}}
    found = read_book({"entries": world}, Notes())
    assert found is not None
    assert found.entries[0].order == 3
    risu = [{"key": "lamp, oil", "secondkey": "", "content": "told", "alwaysActive": False}]
    assert told(read_book(risu, Notes()) or book(), "oil") == ["told"]


@pytest.mark.parametrize("value", [None, {}, [], {"entries": 3}, {"entries": [1, None, {}]}, "x"])
def test_what_is_no_book_is_none(value: object) -> None:
    assert read_book(value, Notes()) is None


def test_a_hostile_book_does_not_keep_the_room_waiting() -> None:
    started = time.process_time()
    slow = [entry("a " * 3000, ["a?" * 3 + "a" * 110 + "b"], use_regex=True)] * 4
    many = [entry("a " * 3000, ["a" * n for n in range(1, 65)])] * 3000
    patterns = [entry(keys=[f"{n}-{m}" for m in range(64)], use_regex=True) for n in range(900)]
    notes = Notes()
    found = read_book({"entries": slow + patterns + many, "recursive_scanning": True}, notes)
    assert found is not None
    assert len(found.entries) > 100
    assert "too many" in " ".join(notes)
    lore(found, ["a" * LONGEST_SEARCHED], 1000)
    assert time.process_time() - started < HANG


def test_only_the_end_of_very_long_messages_is_searched() -> None:
    assert told(book(entry()), "lamp " + "x" * LONGEST_SEARCHED) == []
    assert told(book(entry()), "x" * LONGEST_SEARCHED + " lamp") == ["told"]


def test_an_entry_has_the_usual_where_it_says_nothing() -> None:
    (one,) = book(entry()).entries
    assert one == LoreEntry(content="told", keys=one.keys, order=0, priority=0)
