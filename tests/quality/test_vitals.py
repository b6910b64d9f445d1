from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import HUMAN, Assignment, Conversation, Finish, Message, Turn
from chimera_tui.quality.score import Grade, Score
from chimera_tui.quality.vitals import REMEMBERED, Vitals
from tests.fakes import NOON, a_conversation, a_persona
from tests.quality.texts import LIVELY, LOOP, UNRELATED

Lines = Sequence[tuple[str, str]]


def three(**details: object) -> Conversation:
    cast = tuple(Assignment(persona=a_persona(n, words=45)) for n in ("Ada", "Bob", "Cleo"))
    return a_conversation(cast=cast, **details)


def path_of(lines: Lines) -> list[Message]:
    return [
        Message(
            id=i, parent_id=i - 1 or None, turn=Turn(number=i, speaker=s), text=t, created_at=NOON
        )
        for i, (s, t) in enumerate(lines, 1)
    ]


def vitals(lines: Lines, conversation: Conversation | None = None) -> Vitals:
    found = Vitals()
    found.follow(conversation or three(), path_of(lines))
    return found


def score(lines: Lines, conversation: Conversation | None = None) -> Score:
    found = vitals(lines, conversation).score()
    assert found is not None
    return found


def test_a_lively_talk_scores_high_and_a_loop_low() -> None:
    assert score(LIVELY).total > 85
    assert score(LIVELY).grade is Grade.LIVELY
    assert score(LOOP).total < 20
    assert score(UNRELATED).total < 45


def test_the_more_of_it_is_a_loop_the_lower_the_score() -> None:
    totals = [score([*LIVELY[: 12 - n], *LOOP[:n]]).total for n in (0, 3, 6, 9)]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] - totals[2] > 40


def test_a_silent_member_costs_balance_and_nothing_else() -> None:
    silent = score([("ada" if s == "cleo" else s, t) for s, t in LIVELY])
    assert silent.parts["balance"] < 0.5
    assert silent.total < score(LIVELY).total
    assert silent.parts["novelty"] == score(LIVELY).parts["novelty"]


def test_in_a_script_the_balance_is_the_scripts() -> None:
    assert "balance" not in score(LIVELY, three(mode="script")).parts


def test_a_short_talk_has_no_score_and_none_has_no_vitals() -> None:
    assert vitals(LIVELY[:5]).score() is None
    empty = vitals([])
    assert (empty.heat, empty.affinities(), empty.packed, empty.loop(0)) == (0.0, {}, 0.0, "")


def test_a_voice_is_heard_only_when_all_have_said_enough() -> None:
    assert "voice" in score(LIVELY).parts
    assert "voice" not in score(LIVELY[:9]).parts


def test_cut_turns_refusals_and_leaks_are_taken_off() -> None:
    path = path_of(LIVELY)
    clean = Vitals()
    clean.follow(three(), path)
    path[3] = replace(path[3], finish=Finish.LENGTH)
    path[4] = replace(path[4], text="As an AI language model, " + path[4].text)
    unclean = Vitals()
    unclean.follow(three(), path)
    one, other = clean.score(), unclean.score()
    assert one is not None
    assert other is not None
    assert other.deduction - one.deduction == pytest.approx(6, abs=0.5)


def test_heat_rises_with_dispute_and_falls_with_agreement() -> None:
    row = [
        ("ada", "No, that is nonsense, Bob. You are wrong, and I doubt you measured it."),
        ("bob", "I disagree. Prove it, Ada. That is absurd, you always say so."),
    ] * 4
    peace = [("ada", "Yes, exactly. I agree."), ("bob", "Well said, of course.")] * 4
    assert vitals(row).heat > 0.8
    assert vitals([*row, *peace]).heat == 0
    assert vitals(LIVELY).heat < vitals(row).heat


def test_who_agrees_and_who_disputes_stands_in_the_bonds() -> None:
    bonds = vitals(
        [
            ("ada", "Bob, I agree with you, well said."),
            ("bob", "Ada is right? I doubt it. Nonsense, and not true."),
            ("cleo", "Exactly, I agree."),  # names nobody: to whoever spoke before
            (HUMAN, "Go on."),
            ("ada", "And so it was."),
        ]
    ).affinities()
    assert bonds["ada", "bob"].stance == 1
    assert bonds["bob", "ada"].stance < 0
    assert (bonds["cleo", "bob"].turns, bonds["cleo", "bob"].stance) == (1, 1.0)
    assert len(bonds) == 3


def test_loops_and_goodbyes_and_drift_are_noticed() -> None:
    assert vitals(LOOP).loop(0) == "they say the same again"
    assert vitals(LOOP).loop(8) == ""  # too little since
    agreeing = [("ada", f"Yes, exactly. The {n} of it {n}.") for n in "abcdefgh"]
    assert vitals(agreeing).loop(0) == "they only agree"
    assert vitals(LIVELY).loop(0) == ""
    assert vitals([("ada", "So long."), ("bob", "Good night!")]).farewells(0, 2) == 1
    assert vitals(LIVELY).farewells(0, 3) == 0
    assert vitals(UNRELATED).is_adrift(0)
    assert not vitals(UNRELATED).is_adrift(6)
    assert not vitals(LIVELY).is_adrift(0)


def test_whispers_and_narration_are_nobodys_turn() -> None:
    path = path_of(LIVELY)
    aside = replace(path[0], id=90, turn=Turn(number=90, speaker=HUMAN), to="ada")
    story = replace(aside, id=91, to="", is_narration=True)
    found = Vitals()
    found.follow(three(), [*path, aside, story])
    assert len(found.turns) == 12
    assert found.score() == score(LIVELY)


@settings(max_examples=30, derandomize=True)
@given(st.data())
def test_following_step_by_step_and_branches_equals_reading_anew(data: st.DataObject) -> None:
    lines = [*LIVELY, *LOOP]
    conversation = three()
    followed = Vitals()
    for _ in range(4):
        path = path_of(lines[: data.draw(st.integers(0, len(lines)))])
        place = data.draw(st.integers(0, 2 * len(lines)))
        path[place:] = [replace(m, id=m.id + 100, text=f"{m.text} Or so.") for m in path[place:]]
        followed.follow(conversation, path)
        anew = Vitals()
        anew.follow(conversation, path)
        assert followed.score() == anew.score()
        assert followed.affinities() == anew.affinities()
        assert followed.heat == anew.heat


def test_of_a_long_talk_the_end_is_what_counts() -> None:
    lines = [(("ada", "bob", "cleo")[n % 3], f"{LIVELY[n % 12][1]} {n}") for n in range(700)]
    opened = vitals(lines)
    assert len(opened.turns) == REMEMBERED
    path = path_of(lines)
    conversation = three()
    followed = Vitals()
    for end in range(400, 701, 50):
        followed.follow(conversation, path[:end])
    assert len(followed.turns) == REMEMBERED
    assert followed.turns[-1].message.id == 700
    followed.follow(conversation, path[:20])  # another branch, a short one
    assert [turn.message.id for turn in followed.turns] == list(range(1, 21))


def test_an_edited_turn_is_read_anew() -> None:
    path, conversation = path_of(LIVELY), three()
    followed = vitals(LIVELY, conversation)
    path[4] = replace(path[4], text="Nonsense. You are wrong, and I disagree.")
    followed.follow(conversation, path)
    assert followed.turns[4].stance < -0.9
    assert len(followed.turns) == 12
