from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import HUMAN, Assignment, Conversation, Message, Turn
from chimera_tui.domain.errors import Fault, ProviderError, UnknownError
from chimera_tui.domain.rules import Rules
from chimera_tui.engine.addressing import RollCall
from chimera_tui.engine.beats import BEATS
from chimera_tui.engine.pacing import LONGEST, SHORTEST, delay
from chimera_tui.engine.turn_taking import MODES, TurnChoice, TurnContext, mode, next_speakers
from chimera_tui.engine.turn_taking.natural import obligations, relevance
from tests.fakes import NOON, a_conversation, a_persona

Line = str | tuple[str, str]


def room_of(*talkativeness: tuple[str, float], **details: object) -> Conversation:
    cast = tuple(Assignment(persona=a_persona(n, talkativeness=t)) for n, t in talkativeness)
    return a_conversation(cast=cast, **details)


def path_of(*lines: Line) -> list[Message]:
    said = [(line, "…") if isinstance(line, str) else line for line in lines]
    return [
        Message(
            id=i, parent_id=i - 1 or None, turn=Turn(number=i, speaker=s), text=t, created_at=NOON
        )
        for i, (s, t) in enumerate(said, 1)
    ]


def context(
    conversation: Conversation, *lines: Line, seed: int = 0, **details: object
) -> TurnContext:
    about: dict[str, object] = {
        "conversation": conversation,
        "path": path_of(*lines),
        "rng": Random(seed),
        "roll": RollCall([one.persona for one in conversation.cast]),
    }
    return TurnContext(**(about | details))  # type: ignore[arg-type]


async def speaker(name: str, at: TurnContext) -> str | None:
    """The slug of whom the mode names."""
    choice = await mode(name)(at)
    return choice.speakers[0] if choice.speakers else None


async def picks(name: str, conversation: Conversation, *lines: Line, of: int = 300) -> Counter[str]:
    return Counter(
        [str(await speaker(name, context(conversation, *lines, seed=s))) for s in range(of)]
    )


THREE = a_conversation("Ada", "Bob", "Cleo")


async def test_round_robin_goes_by_the_order_of_the_cast() -> None:
    assert await speaker("round_robin", context(THREE)) == "ada"
    assert await speaker("round_robin", context(THREE, "ada", HUMAN)) == "bob"
    assert await speaker("round_robin", context(THREE, "cleo")) == "ada"
    assert await speaker("round_robin", context(THREE, "somebody-who-left")) == "ada"


async def test_random_weighs_by_talkativeness_and_lets_nobody_speak_twice_running() -> None:
    conversation = room_of(("Ada", 0.2), ("Bob", 0.8), ("Cleo", 0.0), ("Dan", 0.5))
    found = await picks("random", conversation, "dan", of=1000)
    assert set(found) == {"ada", "bob"}
    assert 3 < found["bob"] / found["ada"] < 5


async def test_pooled_lets_each_speak_once_after_a_human_word_then_waits() -> None:
    said: list[Line] = [HUMAN]
    for _ in range(3):
        said.append(str(await speaker("pooled", context(THREE, *said, is_attended=True))))
    assert set(said) == {HUMAN, "ada", "bob", "cleo"}
    assert await speaker("pooled", context(THREE, *said, is_attended=True)) is None
    assert await speaker("pooled", context(THREE, *said)) is not None  # nobody to wait for


async def test_manual_waits_for_a_person_and_is_natural_without_one() -> None:
    assert await speaker("manual", context(THREE, "ada", is_attended=True)) is None
    assert await speaker("manual", context(THREE, ("ada", "Bob, you?"))) == "bob"


@pytest.mark.parametrize("name", MODES)
async def test_in_every_mode_the_muted_and_the_utilities_wait_to_be_called(name: str) -> None:
    conversation = room_of(("Ada", 0.5), ("Bob", 0.5), ("Cleo", 0.5), ("Fact", 0.0))
    muted = tuple(replace(one, is_muted=one.persona.slug == "bob") for one in conversation.cast)
    conversation = replace(conversation, cast=muted, rules=Rules(script=("ada", "cleo") * 40))
    found = await picks(name, conversation, "ada", of=60)
    assert set(found) == {"cleo"}


@pytest.mark.parametrize("name", MODES)
async def test_in_every_mode_a_solo_is_alone(name: str) -> None:
    conversation = replace(THREE, solo="bob", rules=Rules(script=("ada", "bob")))
    assert set(await picks(name, conversation, "bob", of=20)) == {"bob"}


@pytest.mark.parametrize("name", MODES)
async def test_every_mode_knows_casts_of_one_two_and_sixteen(name: str) -> None:
    for count in (1, 2, 16):
        conversation = a_conversation(*[f"Member {n}" for n in range(count)])
        slugs = {one.persona.slug for one in conversation.cast}
        for lines in ((), ("member-0",), ("member-0", HUMAN)):
            assert await speaker(name, context(conversation, *lines)) in slugs


@pytest.mark.parametrize("name", MODES)
async def test_where_all_are_silent_by_nature_somebody_speaks_all_the_same(name: str) -> None:
    silent = room_of(("Ada", 0), ("Bob", 0), rules=Rules(script=("bob",)))
    assert await speaker(name, context(silent, "ada")) == "bob"


async def test_where_all_are_muted_nobody_speaks_and_that_is_said() -> None:
    muted = tuple(replace(one, is_muted=True) for one in THREE.cast)
    choice = await next_speakers(context(replace(THREE, cast=muted)))
    assert choice.speakers == ()
    assert "muted" in choice.notice


async def test_a_cap_holds_until_the_human_speaks() -> None:
    capped = replace(THREE, mode="natural", rules=Rules(most_turns=1))
    assert set(await picks("natural", capped, "ada", "bob", of=30)) == {"cleo"}
    assert set(await picks("natural", capped, "ada", "bob", HUMAN, of=60)) == {"ada", "bob", "cleo"}
    assert (await next_speakers(context(capped, "ada", "bob", "cleo"))).speakers == ()


async def test_a_narrator_speaks_every_so_many_turns_but_not_in_the_humans_way() -> None:
    ship = room_of(
        ("Ada", 0.5), ("Bob", 0.5), ("Narrator", 0.0), rules=Rules(every=(("narrator", 3),))
    )
    ship = replace(ship, mode="round_robin")
    said: list[Line] = []
    for _ in range(9):
        said.append((await next_speakers(context(ship, *said))).speakers[0])
    assert said == ["ada", "bob", "ada", "narrator", "ada", "bob", "ada", "narrator", "ada"]
    assert (await next_speakers(context(ship, "ada", "bob", "ada", HUMAN))).speakers != (
        "narrator",
    )


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.sampled_from(sorted(MODES)),
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=6),
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.sampled_from(["Member 1, you?", "@member-0", "Everyone, go.", "So it is.", ""]),
        ),
        max_size=12,
    ),
    st.booleans(),
)
async def test_whatever_was_said_a_mode_names_only_who_may_speak(
    name: str,
    members: list[tuple[float, bool]],
    lines: list[tuple[int, str]],
    is_attended: bool,  # noqa: FBT001 - drawn
) -> None:
    cast = tuple(
        Assignment(persona=a_persona(f"Member {n}", talkativeness=t), is_muted=is_muted)
        for n, (t, is_muted) in enumerate(members)
    )
    said = [(HUMAN if n == 7 else f"member-{n}", text) for n, text in lines]
    conversation = a_conversation(cast=cast, mode=name)
    choice = await next_speakers(context(conversation, *said, is_attended=is_attended))
    assert set(choice.speakers) <= {one.persona.slug for one in cast if not one.is_muted}
    if not is_attended and not all(is_muted for _, is_muted in members):
        assert choice.speakers


# Natural


async def test_who_is_addressed_answers_who_is_mentioned_need_not() -> None:
    called = await picks("natural", THREE, ("ada", "Bob, what do you say?"))
    named = await picks("natural", THREE, ("ada", "As the Bob said, no."))
    assert called["bob"] > 270
    assert 120 < named["bob"] < 260


async def test_a_human_word_brings_those_it_calls_in_order_then_anyone() -> None:
    words = (HUMAN, "@Cleo and @Bob, please.")
    assert obligations(context(THREE, "ada", words)) == ["cleo", "bob"]
    assert await speaker("natural", context(THREE, "ada", words)) == "cleo"
    assert await speaker("natural", context(THREE, "ada", words, "cleo")) == "bob"
    assert obligations(context(THREE, "ada", words, "cleo", "bob")) == []
    assert obligations(context(THREE, words, (HUMAN, "Never mind."))) == []


async def test_a_room_address_brings_all_once() -> None:
    called = obligations(context(THREE, (HUMAN, "What does everyone think?")))
    assert sorted(called) == ["ada", "bob", "cleo"]


async def test_a_whisper_is_answered_by_who_was_told() -> None:
    at = context(THREE, (HUMAN, "Ada, Cleo?"))
    at = replace(at, path=[replace(at.path[0], to="bob")])
    assert await speaker("natural", at) == "bob"


async def test_who_is_muted_does_not_answer_a_call() -> None:
    muted = tuple(replace(one, is_muted=one.persona.slug == "bob") for one in THREE.cast)
    found = await picks("natural", replace(THREE, cast=muted), ("ada", "Bob, you?"), of=40)
    assert set(found) == {"cleo"}


async def test_nobody_starves() -> None:
    shy = room_of(("Ada", 1.0), ("Bob", 1.0), ("Cleo", 0.01))
    assert await speaker("natural", context(shy, "cleo", *("ada", "bob") * 4)) == "cleo"


async def test_the_longer_two_go_to_and_fro_the_rarer_a_ball_is_returned() -> None:
    def honoured(turns: int) -> int:
        lines = [(("ada", "bob")[n % 2], f"{('Bob', 'Ada')[n % 2]}, you?") for n in range(turns)]
        wanted = ("bob", "ada")[(turns - 1) % 2]
        rooms = (replace(THREE, seed=seed) for seed in range(200))
        return sum(wanted in obligations(context(room, *lines))[-1:] for room in rooms)

    assert honoured(1) > 180
    assert 60 < honoured(3) < 120
    assert honoured(6) < 40


async def test_whoever_knows_about_it_is_drawn_to_the_topic() -> None:
    cast = (
        Assignment(persona=a_persona("Ada", expertise=("whales", "oceans"))),
        Assignment(persona=a_persona("Bob", expertise=("tax law",))),
        Assignment(persona=a_persona("Cleo")),
    )
    conversation = replace(THREE, cast=cast)
    at = context(conversation, ("cleo", "Do whales sing in every ocean?"))
    assert relevance(at) == {"ada": 1.0, "bob": 0.0, "cleo": 0.0}
    found = await picks("natural", conversation, ("cleo", "Do whales sing in every ocean?"))
    assert found["ada"] > 2.5 * found["bob"]


async def test_the_same_path_and_seed_choose_the_same_speaker() -> None:
    lines: list[Line] = [("ada", "Bob, you?"), ("bob", "The Cleo knows."), ("cleo", "Ada, why?")]
    for seed in range(20):
        one = await speaker("natural", context(THREE, *lines, seed=seed))
        assert one == await speaker("natural", context(THREE, *lines, seed=seed))


# Director


class Answers:
    """A model that answers so, in order."""

    def __init__(self, *answers: str | ProviderError) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    async def __call__(self, system: str, question: str) -> str:
        self.questions.append(question)
        answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer


async def directed(*answers: str | ProviderError) -> tuple[TurnChoice, Answers]:
    ask = Answers(*answers)
    at = context(THREE, (HUMAN, "Hm."), ("ada", "So it is."), ask=ask)
    return await mode("director")(at), ask


@pytest.mark.parametrize(
    "answer",
    [
        '{"next": "The Bob", "why": "he was asked", "beat": "challenge"}',
        'Sure!\n```json\n{"next": "bob", "beat": "challenge"}\n```',
        '{"next": "Nobody"} or rather {"next": "Bob", "beat": "challenge"}',
    ],
)
async def test_a_director_names_who_speaks_and_what_the_turn_does(answer: str) -> None:
    choice, ask = await directed(answer)
    assert choice == TurnChoice(speakers=("bob",), beat=BEATS["challenge"])
    assert "- The Bob: Bob says little. (has not spoken yet)" in ask.questions[0]
    assert "[The Ada]: So it is." in ask.questions[0]
    assert "- The Ada" not in ask.questions[0]  # she has just spoken


async def test_without_json_the_only_name_counts() -> None:
    assert (await directed("I would say the Cleo."))[0] == TurnChoice(speakers=("cleo",))


async def test_a_director_who_names_nobody_is_asked_once_more() -> None:
    choice, ask = await directed("Bob or Cleo!", '{"next": "Cleo"}')
    assert choice.speakers == ("cleo",)
    assert "must be one of" in ask.questions[1]


@pytest.mark.parametrize(
    "answers",
    [
        ("Hm.", "Hm."),
        ('{"next": "Ada"}', '{"next": 5}'),
        (ProviderError("It is overloaded.", kind=Fault.SERVER),),
    ],
)
async def test_a_director_of_no_use_is_replaced_visibly(answers: Sequence[str]) -> None:
    choice, _ = await directed(*answers)
    assert choice.speakers[0] in {"bob", "cleo"}
    assert "turns are taken naturally" in choice.notice


async def test_a_director_is_told_no_whispers() -> None:
    ask = Answers('{"next": "Bob"}')
    at = context(THREE, (HUMAN, "secret"), ("ada", "Hm."), ask=ask)
    await mode("director")(replace(at, path=[replace(at.path[0], to="ada"), at.path[1]]))
    assert "secret" not in ask.questions[0]


# Script


async def played(conversation: Conversation, turns: int) -> list[tuple[str, str]]:
    said: list[Line] = []
    told = []
    for _ in range(turns):
        choice = await mode("script")(context(conversation, *said))
        said.append(choice.speakers[0])
        told.append((choice.speakers[0], choice.beat))
    return told


async def test_a_script_goes_line_by_line_with_what_each_is_to_do() -> None:
    script = ("bob: begin", "ada", "bob: end it: now")
    found = await played(replace(THREE, rules=Rules(script=script)), 3)
    assert found == [("bob", "begin"), ("ada", ""), ("bob", "end it: now")]


async def test_after_the_script_whoever_likes_speaks_and_that_is_said_once() -> None:
    conversation = replace(THREE, rules=Rules(script=("bob", "ada")))
    done = await mode("script")(context(conversation, "bob", "ada"))
    assert done.notice == "The script is done: now whoever likes speaks."
    later = await mode("script")(context(conversation, "bob", "ada", "cleo"))
    assert later.notice == ""
    assert later.speakers


async def test_a_script_passes_over_who_is_not_there_and_says_so() -> None:
    conversation = replace(THREE, rules=Rules(script=("zoe: open", "bob: answer")))
    choice = await mode("script")(context(conversation))
    assert (choice.speakers, choice.beat) == (("bob",), "answer")
    assert choice.notice == "The script goes on without zoe, who cannot speak now."


async def test_a_turn_out_of_order_does_not_move_a_script_but_a_lost_one_does() -> None:
    conversation = replace(THREE, rules=Rules(script=("ada", "bob", "cleo", "ada: close")))
    at = context(conversation, "ada", (HUMAN, "Cleo?"), "cleo")
    assert await speaker("script", at) == "bob"
    lost = replace(at, path=[at.path[0], replace(at.path[2], turn=Turn(number=3, speaker="cleo"))])
    assert await speaker("script", lost) == "ada"


async def test_a_script_begins_when_its_mode_is_chosen() -> None:
    conversation = replace(THREE, rules=Rules(script=("ada", "bob"), script_from=2))
    assert await speaker("script", context(conversation, "ada", "bob")) == "ada"


async def test_without_a_script_two_hold_an_interview_and_more_a_debate() -> None:
    two = await played(a_conversation("Ada", "Bob"), 4)
    assert [who for who, _ in two] == ["ada", "bob", "ada", "bob"]
    assert "open the interview" in two[0][1]
    four = room_of(("Ada", 0.5), ("Bob", 0.5), ("Moderator", 0.0), ("Cleo", 0.5))
    found = await played(four, 5)
    assert [who for who, _ in found] == ["moderator", "ada", "bob", "cleo", "moderator"]
    assert found[1][1].startswith("open: your side")
    assert [who for who, _ in await played(THREE, 3)] == ["ada", "bob", "cleo"]  # nobody chairs


def test_an_unknown_mode_names_the_nearest() -> None:
    with pytest.raises(UnknownError) as caught:
        mode("roundrobin")
    assert caught.value.hint == "Did you mean `round_robin`?"


def test_the_delay_grows_with_what_was_read_and_has_bounds() -> None:
    short = [delay(3, 1, Random(seed)) for seed in range(200)]
    long = [delay(300, 1, Random(seed)) for seed in range(200)]
    assert all(SHORTEST <= d <= LONGEST for d in short + long)
    assert sum(long) > sum(short)
    assert delay(300, 0, Random(1)) == 0
    assert delay(300, 9, Random(1)) == LONGEST
