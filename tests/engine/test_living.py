"""Rooms as they live: who answers, what a model is kept from, when they stop by themselves."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chimera_tui.domain.conversation import (
    HUMAN,
    Assignment,
    Budget,
    Finish,
    Message,
    ModelRef,
    Turn,
)
from chimera_tui.domain.errors import Fault, UnknownError
from chimera_tui.domain.events import (
    ConversationChanged,
    ConversationEnded,
    EndReason,
    ErrandDone,
    Event,
    MessageCompleted,
    NoticePosted,
    PauseReason,
    RetryScheduled,
    RoomPaused,
    TextReceived,
    TurnDropped,
)
from chimera_tui.domain.rules import Rules
from chimera_tui.domain.saved import Tree
from chimera_tui.engine import background_requests
from chimera_tui.engine.room import Room
from chimera_tui.engine.summaries import BLOCK
from chimera_tui.providers.base import ChatRequest
from chimera_tui.providers.scripted import ScriptedProvider, Step
from tests.fakes import NOON, ListRecorder, Watcher, a_persona, a_room, play, saved

HELPER = "other/helper"
TOPIC = "Is a joke a kind of knowledge?"


def said(room: Room) -> list[tuple[str, str]]:
    return [(m.turn.speaker, m.text) for m in room.tree.path]


def speakers(room: Room) -> list[str]:
    return [m.turn.speaker for m in room.tree.path]


def notices(events: Sequence[Event]) -> list[str]:
    return [event.notice.text for event in events if isinstance(event, NoticePosted)]


def paused(reason: PauseReason) -> Any:
    return lambda event: event == RoomPaused(reason=reason)


def numbered() -> ScriptedProvider:
    """Everyone says something that nobody has said before."""
    count = 0

    def words(request: ChatRequest) -> Sequence[Step]:
        nonlocal count
        count += 1
        letters = "abcdefghijklmnopqrstuvwxyz"
        made = [f"{letters[(count + k) % 26]}{letters[count * k % 26]}x{count}" for k in range(9)]
        return [f"Joke {' '.join(made)}."]

    return ScriptedProvider(otherwise=words)


# The label guard


async def test_what_a_model_says_for_another_is_cut_and_marked() -> None:
    provider = ScriptedProvider(["I say this.\n[The B", "ob]: And I", " that."])
    events = await play(a_room(provider, turn_limit=1, attended=False))
    message = next(e.message for e in events if isinstance(e, MessageCompleted))
    assert (message.text, message.finish) == ("I say this.", Finish.CUT)
    assert message.finish_note == "cut where it began to speak for The Bob"
    assert message.provenance
    assert message.provenance.leaks == 1


async def test_what_is_heard_is_what_is_kept_in_any_pieces() -> None:
    text = "The Ada: I say.\nThere is more, and [1].\nBob: no"
    room = a_room(ScriptedProvider(list(text)), turn_limit=1, attended=False)
    async with room:
        pieces = [e.text async for e in room.events() if isinstance(e, TextReceived)]
    assert "".join(pieces).strip() == room.tree.path[0].text
    assert room.tree.path[0].text == "I say.\nThere is more, and [1]."


@pytest.mark.parametrize(
    "reply", ["Bob: I am Bob.", "[The Ada]:", "[Narrator]: It rained.", "Ada:\n"]
)
async def test_a_reply_without_a_word_of_its_own_is_asked_for_again(reply: str) -> None:
    provider = ScriptedProvider([reply], ["My own."])
    room = a_room(provider, turn_limit=1, attended=False)
    events = await play(room)
    assert said(room) == [("ada", "My own.")]
    assert "write no other name" not in provider.requests[0].messages[-1].text
    assert "write no other name" in provider.requests[1].messages[-1].text
    (again,) = [e for e in events if isinstance(e, RetryScheduled)]
    assert again.kind is Fault.LABEL
    assert notices(events) == []


async def test_a_turn_that_comes_to_nothing_twice_is_passed_over() -> None:
    provider = ScriptedProvider(["Bob: a"], ["Bob: b"], ["Hello."])
    room = a_room(provider, turn_limit=1, attended=False)
    events = await play(room)
    assert said(room) == [("bob", "Hello.")]
    (dropped,) = (e for e in events if isinstance(e, TurnDropped))
    assert (dropped.turn, dropped.kind) == (Turn(number=1, speaker="ada"), Fault.LABEL)
    assert dropped.provenance, "what it said used something up, though nobody heard it"
    assert notices(events)[0].startswith("The Ada was passed over: scripted/model says nothing of")


async def test_a_room_of_which_nothing_comes_stops_instead_of_asking_for_ever() -> None:
    provider = ScriptedProvider(["Human: hm"])
    room = a_room(provider, turn_limit=9, attended=False)
    events = await play(room)
    assert events[-1] == ConversationEnded(reason=EndReason.FAILED)
    assert len(provider.requests) == 6


async def test_a_refusal_is_noted() -> None:
    room = a_room(
        ScriptedProvider(["As an AI language model, I can't."]), turn_limit=1, attended=False
    )
    await play(room)
    provenance = room.tree.path[0].provenance
    assert provenance
    assert provenance.is_refusal


async def test_a_stopped_reply_keeps_what_was_held_back() -> None:
    provider = ScriptedProvider(["Well.\nThe", asyncio.Event()])
    async with a_room(provider) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TextReceived)
        await room.stop()
    assert room.tree.path[0].text == "Well.\nThe"


# After a human word


async def test_who_is_called_by_name_answers_in_the_order_of_the_text() -> None:
    async with a_room(None, None, "Ada", "Bob", "Cleo", turn_limit=2) as room:
        watcher = Watcher(room)
        await room.say("Cleo, what do you say? And you, Bob?")
        await watcher.until(paused(PauseReason.TURN_LIMIT))
    assert speakers(room) == [HUMAN, "cleo", "bob"]


async def test_a_room_paused_by_hand_answers_and_is_still_paused() -> None:
    async with a_room(numbered(), None, "Ada", "Bob", "Cleo", mode="natural") as room:
        watcher = Watcher(room)
        await watcher.until(RoomPaused)
        room.pause()
        await room.say("Is that so?")
        answers = len(room._scheduler.answers())
        assert 1 <= answers <= 3
        await watcher.until(lambda _: len(speakers(room)) == 1 + answers)
        assert room.paused is PauseReason.ASKED
        room.next()
        await watcher.until(lambda _: len(speakers(room)) == 2 + answers)


async def test_typing_holds_answers_back_but_nobody_who_is_named_to_speak() -> None:
    provider = numbered()
    async with a_room(provider, None, "Ada", "Bob", "Cleo", turn_limit=1) as room:
        watcher = Watcher(room)
        room.pause()
        await room.say("Cleo, and you, Ada?")
        room.hold(is_typing=True)
        await watcher.until(MessageCompleted)
        room.next("bob")
        await watcher.until(MessageCompleted)
        assert speakers(room) == [HUMAN, "bob"]
        room.hold(is_typing=False)
        await watcher.until(lambda _: len(speakers(room)) == 4)
    assert speakers(room) == [HUMAN, "bob", "cleo", "ada"]


async def test_in_manual_mode_nobody_speaks_until_a_person_says_who() -> None:
    async with a_room(numbered(), mode="manual") as room:
        watcher = Watcher(room)
        await room.say("Hello.")
        await watcher.until(paused(PauseReason.YOUR_TURN))
        assert speakers(room) == [HUMAN]
        room.next("bob")
        await watcher.until(MessageCompleted)
        suggested = room.cast.suggestion()
        room.next()
        await watcher.until(MessageCompleted)
        assert speakers(room) == [HUMAN, "bob", suggested]


async def test_a_room_that_waited_because_of_its_mode_goes_on_with_another() -> None:
    async with a_room(numbered(), mode="manual", turn_limit=1) as room:
        watcher = Watcher(room)
        await room.say("Hello.")
        await watcher.until(paused(PauseReason.YOUR_TURN))
        await room.settings.set_mode("round_robin")
        await watcher.until(MessageCompleted)
        room.pause()
        await room.settings.set_mode("random")
        assert room.paused is PauseReason.ASKED


async def test_the_muted_answer_whom_a_person_calls_and_nobody_else() -> None:
    async with a_room(numbered(), None, "Ada", "Bob", "Cleo", turn_limit=1) as room:
        watcher = Watcher(room)
        await room.cast.mute("bob")
        await room.say("Bob, you?")
        await watcher.until(paused(PauseReason.TURN_LIMIT))
        assert speakers(room) == [HUMAN, "bob"]


async def test_a_human_message_of_100_kb_is_told_in_short() -> None:
    provider = ScriptedProvider(["Long."])
    async with a_room(provider, turn_limit=1) as room:
        watcher = Watcher(room)
        await room.say("Bob, begin. " + "x" * 100_000 + " And the end.")
        await watcher.until(paused(PauseReason.TURN_LIMIT))
    asked = provider.requests[0]
    assert asked.persona.slug == "bob"
    text = "".join(message.text for message in asked.messages)
    assert "Bob, begin." in text
    assert "And the end." in text
    assert len(text) < 20_000
    assert len(room.tree.path[0].text) > 100_000


# Limits


async def test_a_loop_gets_a_hint_then_a_pause_and_goes_on_when_told() -> None:
    provider = ScriptedProvider(["Exactly the same words again and again, my dear friends."])
    async with a_room(provider, turn_limit=40) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(paused(PauseReason.LOOP))
        told = notices(watcher.seen)
        assert told[0].startswith("they say the same again: ")
        assert told[-1].startswith("paused: they say the same again, and a hint did not help.")
        hinted = [r for r in provider.requests if "This time: " in r.messages[-1].text]
        assert len(hinted) == 1
        before = len(room.tree.path)
        room.resume()
        await watcher.until(lambda e: isinstance(e, MessageCompleted))
        assert len(room.tree.path) > before


async def test_goodbyes_end_it() -> None:
    provider = ScriptedProvider(
        ["It was a joke."], ["So long, then."], ["Good night!"], ["Farewell."]
    )
    room = a_room(provider, turn_limit=40, attended=False)
    events = await play(room)
    assert len(said(room)) == 3
    assert notices(events) == ["paused: they have said goodbye. Say something, or let them go on."]
    assert events[-1] == ConversationEnded(reason=EndReason.FINISHED)


async def test_minutes_are_a_budget() -> None:
    start = saved("Ada", "Bob", budget=Budget(minutes=1))
    start.spent.seconds = 59.0
    ticks = iter(range(10_000))
    room = a_room(numbered(), start=start, attended=False, clock=lambda: float(next(ticks)))
    events = await play(room)
    assert len(said(room)) == 1
    assert events[-1] == ConversationEnded(reason=EndReason.BUDGET)
    assert notices(events)[0].startswith("paused: they have spoken for 1 minutes.")


async def test_nobody_can_allow_more_than_a_hundred_turns_in_a_row() -> None:
    async with a_room(numbered(), turn_limit=5000) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(paused(PauseReason.TURN_LIMIT))
        assert len(said(room)) == 100
        room.resume()
        await watcher.until(MessageCompleted)


async def test_leaving_the_topic_is_noticed_once_and_another_one_offered() -> None:
    provider = ScriptedProvider(
        otherwise=lambda r: [
            f"Kettles and trains number {len(r.messages)}{r.seed} of {r.seed % 977}."
        ]
    )
    room = a_room(provider, turn_limit=16, attended=False)
    room._scheduler.offer = lambda cast, rng: f"{len(cast)} umbrellas"
    events = await play(room)
    told = [text for text in notices(events) if "left the topic" in text]
    assert told == [
        "they have left the topic (Is a joke a kind of knowledge?). Or move it, say to: 2 umbrellas"
    ]
    assert room.settings.offered_topic == "2 umbrellas"


# Helping models


def helped(*answers: str, turns: str = "Joke") -> ScriptedProvider:
    """A provider whose helper gives these answers in turn, and whose speakers talk."""
    left = list(answers)

    def words(request: ChatRequest) -> Sequence[Step]:
        if request.model == "helper":
            return [left.pop(0) if left else "Nothing."]
        return [f"{turns} {request.seed} {request.seed % 91} {request.seed % 17}."]

    return ScriptedProvider(otherwise=words)


def slow_helper() -> tuple[ScriptedProvider, asyncio.Event]:
    """A helper that never answers, and what is set when it is asked; others say something."""
    asked = asyncio.Event()

    def words(request: ChatRequest) -> Sequence[Step]:
        if request.persona.slug:
            return ["Here."]
        asked.set()
        return [asyncio.Event()]

    return ScriptedProvider(otherwise=words), asked


async def test_a_director_chooses_and_its_beat_stands_in_the_nudge() -> None:
    provider = helped('{"next": "The Cleo", "why": "x", "beat": "joke"}')
    room = a_room(
        provider, None, "Ada", "Bob", "Cleo", mode="director", turn_limit=1, attended=False,
        rules=Rules(helper=HELPER),
    )  # fmt: skip
    events = await play(room)
    assert speakers(room) == ["cleo"]
    assert "make it lighter" in provider.requests[1].messages[-1].text
    (request,) = [e for e in events if isinstance(e, ErrandDone)]
    assert request.provenance.model == ModelRef("other", "helper")


async def test_a_director_that_does_not_answer_is_replaced_visibly_and_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background_requests, "LONGEST_WAIT", 0.0)
    room = a_room(
        helped(), None, "Ada", "Bob", "Cleo", mode="director", turn_limit=3, attended=False,
        rules=Rules(helper=HELPER),
    )  # fmt: skip
    events = await play(room)
    assert len(speakers(room)) == 3
    assert notices(events) == [
        "There is no director: It did not answer in time. Until it does, turns are taken naturally."
    ]


async def test_a_room_can_be_left_while_its_director_thinks() -> None:
    provider, asked = slow_helper()
    async with a_room(provider, None, "Ada", "Bob", "Cleo", mode="director") as room:
        watcher = Watcher(room)
        room.resume()
        await asked.wait()
    assert (await watcher.rest())[-1] == ConversationEnded(reason=EndReason.STOPPED)


async def test_who_is_named_to_speak_does_not_wait_for_the_director() -> None:
    provider, asked = slow_helper()
    async with a_room(provider, None, "Ada", "Bob", "Cleo", mode="director") as room:
        watcher = Watcher(room)
        room.resume()
        await asked.wait()
        room.pause()
        room.next("bob")
        await watcher.until(MessageCompleted)
    assert speakers(room) == ["bob"]


async def test_a_human_word_interrupts_the_director() -> None:
    provider, asked = slow_helper()
    async with a_room(provider, None, "Ada", "Bob", "Cleo", mode="director", turn_limit=1) as room:
        watcher = Watcher(room)
        room.resume()
        await asked.wait()
        await room.say("Bob, you?")
        await watcher.until(paused(PauseReason.TURN_LIMIT))
    assert speakers(room) == [HUMAN, "bob"]


async def test_what_will_not_fit_is_summarised_by_the_helper_once_each() -> None:
    lines = [f"Joke number {n} about a duck and {'words ' * 60}" for n in range(60)]
    messages = [
        Message(
            id=n, parent_id=n - 1 or None, turn=Turn(number=n, speaker=("ada", "bob")[n % 2]),
            text=text, created_at=NOON,
        )
        for n, text in enumerate(lines, 1)
    ]  # fmt: skip
    provider = helped(*(f"Summary {n}." for n in range(9)))
    recorder = ListRecorder()
    start = saved("Ada", "Bob", tree=Tree.of(messages, {}), rules=Rules(helper=HELPER))
    async with a_room(provider, recorder, start=start, turn_limit=90) as room:
        watcher = Watcher(room)
        room.next()
        await watcher.until(MessageCompleted)
        while len(room.state.summaries) < 3:
            await watcher.until(ErrandDone)
    made = [e.summary for e in recorder.events if isinstance(e, ErrandDone) and e.summary]
    assert len({summary.digest for summary in made}) == len(made) >= 3
    assert (made[0].first_id, made[0].last_id) == (2, 1 + BLOCK)
    assert made[0].text == "Summary 0."


async def test_the_helper_names_a_conversation_that_nobody_has_named() -> None:
    provider = helped('"Ducks and Knowledge."\nMore.')
    async with a_room(provider, turn_limit=6, rules=Rules(helper=HELPER), title=TOPIC) as room:
        watcher = Watcher(room)
        room.resume()
        changed = await watcher.until(ConversationChanged)
        await watcher.until(paused(PauseReason.TURN_LIMIT))
    assert changed.conversation.title == "Ducks and Knowledge"
    titles = [r for r in provider.requests if r.model == "helper" and "title" in r.system]
    assert len(titles) == 1


@pytest.mark.parametrize("answer", ["", "  ", "\n\n"])
async def test_a_helper_without_a_word_leaves_the_title(answer: str) -> None:
    provider = helped(answer)
    room = a_room(provider, turn_limit=6, rules=Rules(helper=HELPER), title=TOPIC, attended=False)
    await play(room)
    assert room.conversation.title == TOPIC


LONG_TOPIC = "Whether a duck that nobody has ever seen may still be called a duck, or only a guess."


@pytest.mark.parametrize(
    ("title", "then"),
    [(LONG_TOPIC, "Whether a duck that nobody has ever seen may …"), ("Mine", "Mine")],
)
async def test_without_a_helper_a_long_topic_is_shortened_unless_a_person_gave_a_title(
    title: str, then: str
) -> None:
    room = a_room(helped(), turn_limit=6, title=title, topic=LONG_TOPIC, attended=False)
    await play(room)
    assert room.conversation.title == then


async def test_a_title_of_a_person_stands() -> None:
    provider = helped("Ducks")
    room = a_room(provider, turn_limit=6, rules=Rules(helper=HELPER), title="Mine", attended=False)
    await play(room)
    assert room.conversation.title == "Mine"


async def test_the_helper_must_be_of_a_provider_that_exists() -> None:
    async with a_room() as room:
        with pytest.raises(UnknownError, match="no provider `nowhere`"):
            await room.settings.set_rules(helper="nowhere/x")
        await room.settings.set_rules(helper=HELPER, liveliness=1.0)
        assert room.conversation.rules.helper == HELPER


# What is told, and the same again


async def test_the_preview_is_what_is_sent_then() -> None:
    provider = numbered()
    async with a_room(provider, None, "Ada", "Bob", "Cleo", mode="natural") as room:
        watcher = Watcher(room)
        for _ in range(5):
            told = await room.preview()
            assert told is not None
            room.next()
            await watcher.until(MessageCompleted)
            assert provider.requests[-1] == told.request
        last = await room.preview()
        assert last is not None
        assert [part.name for part in last.parts] == ["persona", "opening", "history", "nudge"]
        assert all(part.tokens > 0 for part in last.parts)
        with pytest.raises(UnknownError):
            await room.preview("zoe")


async def test_the_same_seed_cast_topic_and_replies_give_the_same_order_delays_and_score() -> None:
    async def run(seed: int) -> tuple[list[tuple[str, str]], list[float], object]:
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        room = a_room(
            numbered(), None, "Ada", "Bob", "Cleo", mode="natural", turn_limit=14, pace=1.0,
            seed=seed, attended=False,
        )  # fmt: skip
        room._runner._sleep = sleep
        await play(room)
        return said(room), waits, (await room.vitals()).score()

    one, again, other = await run(3), await run(3), await run(4)
    assert one == again
    assert one[0] != other[0]
    assert len(one[1]) == 14


async def test_a_reopened_natural_room_goes_on_as_it_would_have() -> None:
    names = ("Ada", "Bob", "Cleo", "Dan")

    def provider() -> ScriptedProvider:
        return ScriptedProvider(
            otherwise=lambda r: [f"{names[r.seed % 4]}, what is a joke {r.seed}?"]
        )

    one = a_room(provider(), None, *names, mode="natural", turn_limit=12, attended=False)
    await play(one)
    first = a_room(provider(), None, *names, mode="natural", turn_limit=5, attended=False)
    await play(first)
    start = saved(*names, tree=first.tree, mode="natural", turn_limit=12)
    second = a_room(provider(), None, start=start, attended=False)
    await play(second)
    assert said(second) == said(one)


@pytest.mark.parametrize("count", [1, 2, 16])
async def test_casts_of_every_size_talk(count: int) -> None:
    names = [f"Member {n}" for n in range(count)]
    room = a_room(numbered(), None, *names, mode="natural", turn_limit=40, attended=False)
    events = await play(room)
    assert events[-1] == ConversationEnded(reason=EndReason.FINISHED)
    assert len(set(speakers(room))) == count


async def test_a_persona_called_as_the_narrator_keeps_its_words() -> None:
    odd = Assignment(persona=replace(a_persona("Odd"), name="[Narrator]:"))
    cast = (odd, Assignment(persona=a_persona("Bob")))
    provider = ScriptedProvider(["[Narrator]: It rained."], ["Hm."])
    start = saved()
    start.conversation = replace(start.conversation, cast=cast, turn_limit=2)
    room = a_room(provider, start=start, attended=False)
    await play(room)
    assert said(room) == [("odd", "It rained."), ("bob", "Hm.")]
    assert "You are Narrator." in provider.requests[0].system
    assert "[Narrator]: It rained." in provider.requests[1].messages[0].text


async def test_who_leaves_while_it_is_asked_for_is_passed_over() -> None:
    go_on = asyncio.Event()
    async with a_room(ScriptedProvider(["One ", go_on], ["Two."]), turn_limit=1) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TextReceived)
        room.next("bob")
        await room.cast.remove("bob")
        go_on.set()
        await watcher.until(paused(PauseReason.TURN_LIMIT))
        assert room.crash is None
