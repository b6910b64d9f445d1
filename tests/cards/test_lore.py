import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.formats.cards.decorators import Decorators, read_decorators
from chimera_tui.formats.cards.json_reading import Notes
from chimera_tui.formats.cards.lorebook import read_book
from chimera_tui.lore.lore_entries import Lorebook, LoreEntry
from chimera_tui.lore.lore_keys import LONGEST_SEARCHED
from chimera_tui.lore.telling import Moment, lore
from tests.cards.corpus import BOOK

HANG = 60.0
"""CPU seconds; what repeats without an end takes years, the test 0.4 where nothing traces it."""


def entry(content: str = "told", keys: Sequence[str] = ("lamp",), **more: Any) -> dict[str, Any]:
    return {"keys": list(keys), "content": content, "enabled": True} | more


def book(*entries: dict[str, Any], **more: Any) -> Lorebook:
    found = read_book({"entries": list(entries)} | more, Notes())
    assert found is not None
    return found


def at(*texts: str, replies: int | None = None) -> Moment:
    """The moment when these have been said, all by personas if nothing else is said."""
    spoken = len(texts) if replies is None else replies
    return Moment(last=lambda n: texts[-n:] if n else (), messages=len(texts), replies=spoken)


def told(of: Lorebook, *texts: str, budget: int = 10_000, replies: int | None = None) -> list[str]:
    return [one.content for one in lore(of, at(*texts, replies=replies), budget)]


def only(**settings: Any) -> Lorebook:
    """A book of one entry that is called for by `sea`, as SillyTavern writes it."""
    entry = {"uid": 0, "key": ["sea"], "content": "told", "selective": True, "disable": False}
    return book(entry | settings)


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
    (four,) = book(entry(extensions={"position": 4, "depth": 6, "role": 2})).entries
    assert (four.depth, four.role) == (6, "assistant")
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
    [
        *("(a+)+$", "a*b*", "a**", "(", "(?<=a)b", r"(a)\1", "[", "(a{1,9}){1,9}", "x{2,9999}"),
        *("a?" * 20 + "a" * 20, "(a|b)" * 8, "{{char}}", ".*.*", "(?:ab)*"),
    ],
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
    lore(found, at("a" * LONGEST_SEARCHED), 1000)
    assert time.process_time() - started < HANG


def test_only_the_end_of_very_long_messages_is_searched() -> None:
    assert told(book(entry()), "lamp " + "x" * LONGEST_SEARCHED) == []
    assert told(book(entry()), "x" * LONGEST_SEARCHED + " lamp") == ["told"]


def test_an_entry_has_the_usual_where_it_says_nothing() -> None:
    (one,) = book(entry()).entries
    assert one == LoreEntry(content="told", keys=one.keys, order=0, priority=0)


@pytest.mark.parametrize(
    ("logic", "text", "is_told"),
    [
        (0, "sea", False),
        (0, "sea storm", True),
        (1, "sea", True),
        (1, "sea storm", True),
        (1, "sea storm night", False),
        (2, "sea", True),
        (2, "sea storm", False),
        (3, "sea storm", False),
        (3, "sea storm night", True),
        (3, "storm night", False),
    ],
)
def test_secondary_keys_mean_what_sillytavern_means(logic: int, text: str, is_told: bool) -> None:  # noqa: FBT001
    wanted = ["told"] if is_told else []
    keys = {"keysecondary": ["storm", "night"]}
    assert told(only(**keys, selectiveLogic=logic), text) == wanted
    assert told(only(**keys, extensions={"selectiveLogic": logic}), text) == wanted


def test_secondary_keys_hold_for_what_other_entries_say_too() -> None:
    first = entry("of lamps", ["sea"])
    never = entry("told", ["lamps"], selective=True, secondary_keys=["storm"], selectiveLogic=2)
    assert told(book(first, never, recursive_scanning=True), "sea") == ["of lamps", "told"]
    assert told(book(first, never, recursive_scanning=True), "sea and storm") == ["of lamps"]


def test_a_constant_entry_asks_for_no_keys() -> None:
    found = only(constant=True, keysecondary=["storm"], selectiveLogic=3)
    assert told(found, "x") == ["told"]
    assert found.entries[0].is_fixed


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"probability": 0, "useProbability": True}, "its probability is 0"),
        ({"content": "@@probability 0\ntold"}, "its probability is 0"),
        ({"characterFilter": {"names": ["Ada"], "isExclude": False}}, "for certain characters"),
        ({"triggers": ["swipe"]}, "other occasions"),
        ({"position": 7, "outletName": "x"}, "an outlet"),
        ({"key": [], "vectorized": True}, "its meaning"),
        ({"mode": "child"}, "stands in for another entry"),
        ({"content": "@@is_greeting 2\ntold"}, "`@@is_greeting` is not known here"),
        ({"keysecondary": ["x", "/(a+)+/"], "selectiveLogic": 2}, "not all of its secondary keys"),
        ({"keysecondary": ["x", "/(a+)+/"], "selectiveLogic": 3}, "not all of its secondary keys"),
        ({"content": "@@exclude_keys x, /(a+)+/\ntold"}, "not all of its keys that exclude it"),
    ],
)
def test_what_cannot_be_seen_to_is_not_told_and_is_named(
    settings: dict[str, Any], why: str
) -> None:
    notes = Notes()
    found = {"key": ["sea"], "content": "told", "selective": True, "comment": "Isle"} | settings
    assert read_book({"entries": {"0": found}}, notes) is None
    assert why in " ".join(notes)
    assert "Lore `Isle` is kept, but not told" in " ".join(notes)


def test_a_fallback_stands_in_for_a_condition_that_is_not_known() -> None:
    assert told(only(content="@@is_greeting 2\n@@@activate_only_after 1\ntold"), "sea") == ["told"]
    notes = Notes()
    assert read_book([entry("@@is_greeting 2\n@@x\n@@@depth 1\ntold")], notes) is None


def test_chance_follows_from_the_seed_and_the_number_of_messages() -> None:
    found = only(probability=30, useProbability=True)
    times = [
        bool(lore(found, at(*["sea"] * messages), 1000, seed=f"{seed}"))
        for seed in range(20)
        for messages in range(1, 51)
    ]
    assert 0.25 < sum(times) / len(times) < 0.35
    again = [bool(lore(found, at(*["sea"] * n), 1000, seed="0")) for n in range(1, 51)]
    assert again == times[:50]
    assert told(only(probability=1, useProbability=False), "sea") == ["told"]
    assert not only(constant=True, probability=50).entries[0].is_fixed


def course(of: Lorebook, *texts: str) -> str:
    """What is told before each message of a persona that says all of them: `x` or nothing."""
    shown = ""
    for count in range(len(texts) + 1):
        before = [at(*texts[:n]) for n in range(count)]
        shown += "x" if lore(of, at(*texts[:count]), 1000, before=before) else "."
    return shown


def test_what_is_sticky_stays_and_what_cools_down_stays_away() -> None:
    #                     before message 0 1 2 3 …
    once = ("", "sea", "", "", "", "", "", "", "")
    always = ("sea",) * 9
    assert course(only(scanDepth=1), *once) == "..x......."
    assert course(only(scanDepth=1, sticky=3), *once) == "..xxx....."
    assert course(only(scanDepth=1, sticky=3), *always) == ".xxxxxxxxx"
    assert course(only(cooldown=3), *always) == ".x..x..x.."
    assert course(only(sticky=2, cooldown=3), *always) == ".xx...xx.."
    assert course(only(delay=5), *always) == ".....xxxxx"
    assert course(only(extensions={"sticky": 3}, scanDepth=1), *once) == "..xxx....."
    assert course(only(content="@@keep_activate_after_match\ntold", scanDepth=1), *once) == (
        "..xxxxxxxx"
    )
    assert course(only(content="@@dont_activate_after_match\ntold"), *always) == ".x........"
    assert course(only(content="@@activate_only_every 3\ntold"), *always) == "...x..x..x"


def test_what_stays_needs_no_luck() -> None:
    found = only(probability=50, sticky=4)
    shown = course(found, *["sea"] * 40)
    assert "xxxx" in shown
    assert all(len(run) >= 4 for run in shown[: shown.rindex("x") - 3].split(".") if run)


def test_of_a_group_one_is_told_and_always_the_same_at_the_same_moment() -> None:
    songs = [entry(f"song {n}", group="songs", groupWeight=1 + 9 * (n == 2)) for n in range(3)]
    found = book(*songs)
    counts = [lore(found, at("lamp"), 1000, seed=f"{seed}") for seed in range(200)]
    assert {len(one) for one in counts} == {1}
    drawn = [one[0].content for one in counts]
    assert drawn.count("song 2") > 140
    assert drawn == [lore(found, at("lamp"), 1000, seed=f"{n}")[0].content for n in range(200)]
    first = book(*songs, entry("first", extensions={"group": "songs", "group_override": True}))
    assert told(first, "lamp") == ["first"]


def test_recursion_as_the_entries_say() -> None:
    a, b = entry("see b", ["a"], insertion_order=1), entry("told", ["b"], insertion_order=2)

    def of(first: dict[str, Any], second: dict[str, Any]) -> Lorebook:
        return book(first, second, recursive_scanning=True)

    assert told(of(a, b), "a") == ["see b", "told"]
    assert told(of(a | {"preventRecursion": True}, b), "a") == ["see b"]
    assert told(of(a, b | {"excludeRecursion": True}), "a") == ["see b"]
    late = {"extensions": {"delay_until_recursion": True}}
    assert told(of(a, b | late), "b") == []
    assert told(of(a, b | late), "a") == ["see b", "told"]


def test_regular_expressions_may_repeat_one_thing() -> None:
    star = only(key=[r"/\bseas*\b/i"])
    assert told(star, "SEASS, calm") == told(star, "sea") == ["told"]
    assert told(star, "season") == []
    assert told(only(key=[r"/def \d+ (?:red|blue)/"]), "def 7 red") == ["told"]
    assert told(only(key=["/a.*z/s"]), "a\nz") == ["told"]
    assert told(only(key=["/a{2}b/"]), "aab") == ["told"]
    assert told(only(key=["/a{x}/"]), "a{x}") == ["told"]


def test_sillytavern_finds_keys_within_words_unless_an_entry_says_otherwise() -> None:
    assert told(only(), "seaside") == ["told"]
    assert told(only(matchWholeWords=None), "seaside") == ["told"]
    assert told(only(matchWholeWords=True), "seaside") == []
    assert told(only(matchWholeWords=True), "the sea.") == ["told"]
    assert told(only(caseSensitive=True), "Sea") == []
    assert told(only(caseSensitive=None), "Sea") == ["told"]
    card = {"match_whole_words": None, "case_sensitive": None}
    assert told(book(entry(extensions=card)), "headlamps") == ["told"]
    assert told(book(entry(extensions=card | {"match_whole_words": True})), "lamps") == []
    assert told(book(entry()), "lamps") == []


def test_novelai_forces_ranks_and_looks_as_far_as_it_says() -> None:
    forced = {"text": "forced", "keys": [], "enabled": True, "forceActivation": True}
    near = {"text": "near", "keys": ["sea"], "searchRange": 10, "enabled": True}
    assert told(book(forced, near), "x") == ["forced"]
    assert told(book(forced, near), "sea " + "x" * 50) == ["forced"]
    assert told(book(forced, near), "x" * 50 + " sea") == ["forced", "near"]
    assert told(book(near | {"searchRange": 9000}), "sea", *["x"] * 50) == ["near"]
    ranked = [
        {"text": f"{'word ' * 72}{n}", "keys": ["sea"], "contextConfig": {"budgetPriority": n}}
        for n in (400, -500, 300)
    ]
    assert [one[-3:] for one in told(book(*ranked), "sea", budget=210)] == ["400", "300"]
    off = book(near, forced | {"category": "c"}, categories=[{"id": "c", "enabled": False}])
    assert told(off, "sea") == ["near"]
    other = {"text": "a sea", "keys": ["x"], "enabled": True}
    cascades = {"text": "more", "keys": ["sea"], "nonStoryActivatable": True, "searchRange": 1}
    stays = {"text": "not", "keys": ["sea"], "nonStoryActivatable": False}
    assert told(book(other, cascades, stays), "x") == ["a sea", "more"]


def test_risuai_finds_keys_within_words_and_draws_lots() -> None:
    risu = {"key": "sea, ocean", "content": "told", "insertorder": 1, "alwaysActive": False}
    assert told(book(risu), "seaside") == ["told"]
    assert told(book(risu | {"content": "@@match_full_word\ntold"}), "seaside") == []
    assert book(risu | {"activationPercent": 40}).entries[0].probability == 40
    assert told(book(risu | {"alwaysActive": True, "key": ""}), "x") == ["told"]
    second = risu | {"selective": True, "secondkey": "storm"}
    assert told(book(second), "sea") == []
    assert told(book(second), "sea storm") == ["told"]
    pattern = risu | {"useRegex": True, "key": "/se[ae]s?/i"}
    assert told(book(pattern), "SEES") == ["told"]
    assert told(book(risu | {"extentions": {"risu_case_sensitive": True}}), "SEA") == []


def test_in_a_very_long_conversation_the_rhythm_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chimera_tui.lore.telling.MOST_WORKED_OUT", 30)
    shown = course(only(cooldown=3), *["sea"] * 200)
    assert {len(gap) for gap in shown.strip(".").split("x")[1:-1]} <= {0, 1, 2}
    assert shown.count("..x") > 60


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"matchScenario": True}, "not in texts of the card"),
        ({"extensions": {"match_creator_notes": True}}, "not in texts of the card"),
        ({"group": "a", "useGroupScoring": True}, "not by how many keys fit"),
        ({"loreBiasGroups": [{"phrases": ["x"]}]}, "Phrase biases"),
    ],
)
def test_what_is_told_with_something_left_out_is_named_too(
    settings: dict[str, Any], why: str
) -> None:
    notes = Notes()
    found = read_book({"entries": [entry() | settings]}, notes)
    assert found is not None
    assert why in " ".join(notes)
    assert told(found, "lamp") == ["told"]


PATTERNS = st.lists(
    st.sampled_from(
        [*"ab.|^$?*+-&[]{}(),:19", "\\d", "\\w", "\\b", "(?:", "{2,9}", "[^a]", "[[", ".*"]
    ),
    min_size=1,
    max_size=12,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(PATTERNS)
@pytest.mark.filterwarnings("error")
def test_no_regular_expression_takes_long(pattern: str) -> None:
    found = read_book([entry(keys=[pattern], use_regex=True)], Notes())
    began = time.process_time()
    for text in ("a" * LONGEST_SEARCHED, "ab" * LONGEST_SEARCHED, "a b1 " * LONGEST_SEARCHED):
        if found:
            lore(found, at(text), 1000)
    assert time.process_time() - began < HANG
