import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chimera_tui.domain.conversation import HUMAN, Failure, Finish, ModelRef, Turn
from chimera_tui.domain.errors import Fault, ProviderError, StorageError, UnknownError
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationEnded,
    EndReason,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    PauseReason,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TurnDropped,
    TurnFailed,
    Unrecorded,
)
from chimera_tui.engine.room import Room
from chimera_tui.engine.turn_taking import MODES, TurnChoice, TurnContext
from chimera_tui.providers.base import Finished
from chimera_tui.providers.scripted import ScriptedProvider
from tests.fakes import MODEL, FixedModels, ListRecorder, Watcher, a_room, play, saved

OUTAGE = ProviderError("The model is overloaded.", kind=Fault.SERVER, hint="Wait a little.")


def said(room: Room) -> list[tuple[str, str]]:
    return [(m.turn.speaker, m.text) for m in room.tree.path]


def says(text: str) -> Any:
    return lambda event: isinstance(event, MessageCompleted) and event.message.text == text


async def test_an_unattended_room_takes_its_turns_and_ends() -> None:
    room = a_room(
        ScriptedProvider(["One", "."], ["Two."], ["Three."]), turn_limit=3, attended=False
    )

    events = await play(room)

    assert said(room) == [("ada", "One."), ("bob", "Two."), ("ada", "Three.")]
    assert events[-1] == ConversationEnded(reason=EndReason.FINISHED)


async def test_a_room_begins_paused_and_sends_nothing_by_itself() -> None:
    provider = ScriptedProvider(["Hello."])
    async with a_room(provider) as room:
        watcher = Watcher(room)
        assert await watcher.until(RoomPaused) == RoomPaused(reason=PauseReason.OPENED)
        await asyncio.sleep(0)
    assert provider.requests == []


async def test_every_event_is_recorded_before_it_is_shown() -> None:
    recorder = ListRecorder()
    events = await play(a_room(None, recorder, turn_limit=2, attended=False))

    recorded = [e for e in recorder.events if not isinstance(e, TextReceived)]
    assert recorded == [e for e in events if not isinstance(e, Unrecorded)]


async def test_it_pauses_after_the_turn_limit_and_says_so() -> None:
    async with a_room(turn_limit=2) as room:
        watcher = Watcher(room)
        room.resume()
        notice = await watcher.until(NoticePosted)
        assert notice.notice.text == "paused after 2 turns without you"
        assert await watcher.until(RoomPaused) == RoomPaused(reason=PauseReason.TURN_LIMIT)
        room.resume()
        await watcher.until(lambda _: len(room.tree.path) == 4)


async def test_a_human_word_sets_the_turn_limit_back_and_wakes_the_room() -> None:
    async with a_room(turn_limit=2) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.TURN_LIMIT))
        await room.say("Go on!")
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.TURN_LIMIT))
    assert [speaker for speaker, _ in said(room)] == ["ada", "bob", HUMAN, "ada", "bob"]


async def test_what_a_person_says_while_another_speaks_comes_after_it() -> None:
    go_on = asyncio.Event()
    provider = ScriptedProvider(["I was ", go_on, "first."], ["Hm."])
    async with a_room(provider, turn_limit=2) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TextReceived)
        await room.say("Me too.")
        go_on.set()
        await watcher.until(says("Hm."))
    assert said(room)[:2] == [("ada", "I was first."), (HUMAN, "Me too.")]
    assert [m.parent_id for m in room.tree.path] == [None, 2, 1]


async def test_who_is_called_with_an_at_speaks_next() -> None:
    async with a_room(None, None, "Ada", "Bob", "Cleo", turn_limit=2) as room:
        watcher = Watcher(room)
        await room.say("@Cleo and @the bob, what do you say?")
        await watcher.until(NoticePosted)
    assert [speaker for speaker, _ in said(room)] == [HUMAN, "cleo", "bob"]


async def test_pause_lets_the_speaker_finish_and_next_takes_one_turn() -> None:
    go_on = asyncio.Event()
    provider = ScriptedProvider(["One ", go_on, "two."], ["Three."])
    async with a_room(provider) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TextReceived)
        room.pause()
        go_on.set()
        await watcher.until(says("One two."))
        room.next()
        await watcher.until(says("Three."))
        assert room.paused is PauseReason.ASKED
    assert len(provider.requests) == 2


async def test_a_stopped_reply_is_kept_and_marked() -> None:
    async with a_room(ScriptedProvider(["Half a", asyncio.Event()], ["Next."])) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TextReceived)
        await room.stop()
    assert room.tree.path[0].text == "Half a"
    assert room.tree.path[0].finish is Finish.STOPPED


async def test_a_reply_stopped_before_its_first_word_leaves_nothing() -> None:
    provider = ScriptedProvider([asyncio.Event()], ["Next."])
    async with a_room(provider) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(AttemptStarted)
        while not provider.requests:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await room.stop()
        await watcher.until(says("Next."))
    assert TurnDropped(turn=Turn(number=1, speaker="ada")) in watcher.seen


async def test_leaving_while_someone_speaks_keeps_what_was_said() -> None:
    recorder = ListRecorder()
    async with a_room(ScriptedProvider(["Never ", "lose", asyncio.Event()]), recorder) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: isinstance(e, TextReceived) and e.text == "lose")
    completed = [e for e in recorder.events if isinstance(e, MessageCompleted)]
    assert completed[-1].message.text == "Never lose"
    assert completed[-1].message.finish is Finish.STOPPED


async def test_a_failed_turn_pauses_the_room_and_can_be_taken_again() -> None:
    provider = ScriptedProvider(["Half ", OUTAGE], ["Whole."])
    async with a_room(provider, turn_limit=1) as room:
        watcher = Watcher(room)
        room.resume()
        failed = await watcher.until(TurnFailed)
        assert failed.failure.provenance
        assert failed.failure.provenance.usage.is_estimate
        assert replace(failed.failure, provenance=None) == Failure(
            turn=Turn(number=1, speaker="ada"),
            model=MODEL,
            kind=Fault.SERVER,
            problem="The model is overloaded.",
            hint="Wait a little.",
            text="Half",
        )
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.FAILURE))
        room.resume()  # does nothing: the failure waits
        assert room.paused is PauseReason.FAILURE
        await room.retry()
        await watcher.until(says("Whole."))
        assert room.failure is None
    assert room.tree.path[0].turn.number == 1


async def test_the_part_of_a_failed_turn_can_be_kept() -> None:
    async with a_room(ScriptedProvider(["Half ", OUTAGE], ["Next."]), turn_limit=2) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.FAILURE))
        await room.keep()
        await watcher.until(says("Next."))
    message = room.tree.path[0]
    assert (message.text, message.finish) == ("Half", Finish.CUT)
    assert message.finish_note == "The model is overloaded."
    assert message.provenance is not None
    assert message.provenance.model == MODEL


async def test_a_failed_turn_can_be_passed_over() -> None:
    async with a_room(ScriptedProvider([OUTAGE], ["Next."]), turn_limit=1) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.FAILURE))
        await room.skip()
        await watcher.until(says("Next."))
    assert said(room) == [("bob", "Next.")]
    notices = [e.notice.text for e in watcher.seen if isinstance(e, NoticePosted)]
    assert notices[0] == "The Ada was passed over: The model is overloaded."


async def test_a_failed_turn_can_be_played_by_another_model() -> None:
    provider = ScriptedProvider([OUTAGE], ["Here I am."])
    async with a_room(provider, turn_limit=1) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.FAILURE))
        await room.cast.assign("ada", ModelRef("other", "bigger"))
        await room.retry()
        await watcher.until(says("Here I am."))
    provenance = room.tree.path[0].provenance
    assert provenance is not None
    assert provenance.model == ModelRef("other", "bigger")


async def test_no_model_at_all_is_a_failure_with_a_reason() -> None:
    nobody = ProviderError("Nobody can speak.", kind=Fault.CONNECT, hint="Start Ollama.")
    async with a_room(models=FixedModels(nobody)) as room:
        watcher = Watcher(room)
        room.resume()
        failed = await watcher.until(TurnFailed)
    assert (failed.failure.model, failed.failure.hint) == (None, "Start Ollama.")


async def test_a_failed_turn_does_not_end_an_unattended_conversation() -> None:
    room = a_room(ScriptedProvider([OUTAGE], ["Hi."]), turn_limit=1, attended=False)
    events = await play(room)
    assert any(isinstance(event, TurnFailed) for event in events)
    assert events[-1] == ConversationEnded(reason=EndReason.FINISHED)


async def test_three_failures_in_a_row_end_an_unattended_conversation() -> None:
    room = a_room(ScriptedProvider([OUTAGE]), turn_limit=9, attended=False)
    events = await play(room)
    assert sum(isinstance(event, TurnFailed) for event in events) == 3
    assert events[-1] == ConversationEnded(reason=EndReason.FAILED)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ([], "scripted/model said nothing."),
        ([" \n", "  "], "scripted/model said nothing."),
        ([Finished(Finish.FILTER)], "The filter of scripted stopped the reply."),
        (
            [Finished(Finish.LENGTH)],
            "scripted/model thought, and said nothing.",
        ),
    ],
)
async def test_an_empty_reply_is_a_failure(script: list[Any], problem: str) -> None:
    async with a_room(ScriptedProvider(script)) as room:
        watcher = Watcher(room)
        room.resume()
        failed = await watcher.until(TurnFailed)
    assert failed.failure.problem == problem


async def test_an_endless_reply_is_cut() -> None:
    room = a_room(ScriptedProvider(["x" * 200_000] * 2), turn_limit=1, attended=False)
    await play(room)
    message = room.tree.path[0]
    assert (len(message.text), message.finish) == (256 * 1024, Finish.CUT)
    assert message.finish_note == "cut at 256 KiB"


async def test_another_answer_is_an_alternative_and_the_old_one_can_be_chosen_again() -> None:
    async with a_room(ScriptedProvider(["First."], ["Second."], ["Other."])) as room:
        watcher = Watcher(room)
        room.next()
        await watcher.until(says("First."))
        room.next()
        await watcher.until(says("Second."))
        await room.retry(1)
        await watcher.until(says("Other."))
        assert said(room) == [("ada", "Other.")]
        assert room.tree.alternatives(room.tree.path[0]) == [1, 3]
        await room.messages.choose(1)
        assert said(room) == [("ada", "First."), ("bob", "Second.")]
        assert PathChanged(chosen_id=None) in watcher.seen


async def test_another_answer_that_is_stopped_at_once_brings_the_old_one_back() -> None:
    async with a_room(ScriptedProvider(["First."], [asyncio.Event()])) as room:
        watcher = Watcher(room)
        room.next()
        await watcher.until(says("First."))
        await room.retry()
        await watcher.until(AttemptStarted)
        await room.stop()
        assert said(room) == [("ada", "First.")]


async def test_only_a_persona_can_be_asked_for_another_answer() -> None:
    async with a_room() as room:
        with pytest.raises(UnknownError):
            await room.retry()


async def test_typing_holds_the_next_turn_back() -> None:
    provider = ScriptedProvider(["Hello."])
    async with a_room(provider, turn_limit=1) as room:
        watcher = Watcher(room)
        room.hold(is_typing=True)
        room.resume()
        await watcher.until(RoomResumed)
        await asyncio.sleep(0)
        assert provider.requests == []
        room.hold(is_typing=False)
        await watcher.until(MessageCompleted)


async def test_what_cannot_be_saved_is_not_said() -> None:
    recorder = ListRecorder()
    async with a_room(None, recorder) as room:
        recorder.error = StorageError("The disk is full.")
        with pytest.raises(StorageError):
            await room.say("Hello?")
        assert room.tree.path == []
        recorder.error = None
        await room.say("Hello!")
        assert said(room) == [(HUMAN, "Hello!")]


async def test_a_reply_that_cannot_be_saved_waits_with_its_text() -> None:
    recorder = ListRecorder()
    full = asyncio.Event()
    async with a_room(ScriptedProvider(["All of it.", full]), recorder, turn_limit=1) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TextReceived)
        recorder.error = StorageError("The disk is full.", hint="Make room.")
        full.set()
        failed = await watcher.until(TurnFailed)
        assert (failed.failure.kind, failed.failure.text) == ("storage", "All of it.")
        recorder.error = None
        await room.keep()
    assert said(room)[0] == ("ada", "All of it.")


async def test_a_mistake_of_ours_ends_the_room_and_is_reported() -> None:
    async with a_room(ScriptedProvider([RuntimeError("oops")])) as room:
        watcher = Watcher(room)
        room.resume()
        ended = await watcher.until(ConversationEnded)
    assert ended.reason is EndReason.CRASHED
    assert room.crash is not None


async def test_an_interrupted_turn_waits_with_its_remedies_and_sends_nothing() -> None:
    provider = ScriptedProvider(["Again."])
    start = saved("Ada", "Bob")
    start.turns = 1
    start.failure = Failure(
        turn=Turn(number=1, speaker="ada"),
        model=MODEL,
        kind=Fault.INTERRUPTED,
        problem="The program ended while The Ada was speaking.",
        hint="",
        text="I was say",
    )
    async with a_room(provider, start=start, turn_limit=1) as room:
        watcher = Watcher(room)
        assert await watcher.until(RoomPaused) == RoomPaused(reason=PauseReason.FAILURE)
        assert provider.requests == []
        await room.retry()
        await watcher.until(says("Again."))


async def test_the_same_seed_chooses_the_same_speakers_even_after_reopening() -> None:
    names = ("Ada", "Bob", "Cleo", "Dan")
    one = a_room(None, None, *names, mode="random", turn_limit=8, attended=False)
    await play(one)
    first = a_room(None, None, *names, mode="random", turn_limit=4, attended=False)
    await play(first)
    start = saved(*names, tree=first.tree, mode="random", turn_limit=8)
    second = a_room(None, None, start=start, attended=False)
    await play(second)
    assert said(second) == said(one)


async def test_settings_of_a_room_hold_from_the_next_turn() -> None:
    recorder = ListRecorder()
    async with a_room(None, recorder) as room:
        await room.settings.rename("  Humour ")
        await room.settings.set_mode("random")
        await room.settings.set_pace(2)
        with pytest.raises(UnknownError, match="no mode"):
            await room.settings.set_mode("randm")
        with pytest.raises(UnknownError, match="no provider"):
            await room.cast.assign("ada", ModelRef("nowhere", "model"))
    conversation = room.conversation
    assert (conversation.title, conversation.mode, conversation.pace) == ("Humour", "random", 2)
    assert len(recorder.events) == 3


async def test_several_can_speak_at_once_and_stand_in_the_order_of_their_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def chorus(context: TurnContext) -> TurnChoice:
        return TurnChoice(speakers=("ada", "bob", "cleo"))

    monkeypatch.setitem(MODES, "chorus", chorus)
    gates = {name: asyncio.Event() for name in ("ada", "bob", "cleo")}
    provider = ScriptedProvider(
        otherwise=lambda request: [request.persona.slug, gates[request.persona.slug], "!"]
    )
    async with a_room(provider, None, *gates, mode="chorus", turn_limit=3) as room:
        watcher = Watcher(room)
        room.resume()
        for name in ("bob", "cleo", "ada"):
            gates[name].set()
            await watcher.until(says(f"{name}!"))
    assert [speaker for speaker, _ in said(room)] == ["ada", "bob", "cleo"]
    assert [m.parent_id for m in room.tree.path] == [None, 3, 1]


async def test_each_answer_has_its_own_seed_and_the_same_again() -> None:
    seeds = []
    for _ in range(2):
        provider = ScriptedProvider(["One."], ["Two."], ["Three."])
        async with a_room(provider, turn_limit=1) as room:
            watcher = Watcher(room)
            room.next()
            for words in ("One.", "Two.", "Three."):
                if words != "One.":
                    await room.retry()
                await watcher.until(says(words))
        seeds.append([request.seed for request in provider.requests])
    assert len(set(seeds[0])) == 3
    assert seeds[0] == seeds[1]


async def test_a_warning_pauses_an_attended_room_and_ends_another() -> None:
    async with a_room(start=saved("Ada", "Bob")) as room:
        room.resume()
        watcher = Watcher(room)
        await room.warn("The file is gone.")
        notice = await watcher.until(lambda e: isinstance(e, NoticePosted))
        assert room.paused
    assert isinstance(notice, NoticePosted)
    assert notice.notice.text == "The file is gone."

    forever = ScriptedProvider(["Half", asyncio.Event()])
    async with a_room(forever, attended=False) as room:
        watcher = Watcher(room)
        await watcher.until(TextReceived)
        await room.warn("The file is gone.")
        await watcher.until(lambda e: isinstance(e, NoticePosted))
        assert said(room)[-1] == ("ada", "Half")
        assert await watcher.until(ConversationEnded) == ConversationEnded(reason=EndReason.STRAYED)


async def test_a_warning_that_cannot_be_saved_is_shown_all_the_same() -> None:
    recorder = ListRecorder()
    async with a_room(None, recorder) as room:
        watcher = Watcher(room)
        recorder.error = StorageError("Gone.")
        with suppress(StorageError):
            await room.warn("The file is gone.")
        await watcher.until(lambda e: isinstance(e, NoticePosted))
        recorder.error = None


async def test_in_a_paused_room_esc_means_quiet() -> None:
    """Several answer a word; who is stopped is followed by nobody while the room is paused."""
    provider = ScriptedProvider(otherwise=lambda _: ["Half", asyncio.Event()])
    async with a_room(provider, None, "Ada", "Bob", "Cleo") as room:
        watcher = Watcher(room)
        room.pause()
        await room.say("@Ada, @Bob and @Cleo, what do you say?")
        await watcher.until(TextReceived)
        await room.stop()
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(provider.requests) == 1
        assert room.paused is PauseReason.ASKED


@pytest.mark.parametrize("remedy", [Room.skip, Room.keep, Room.retry])
async def test_a_room_that_a_person_paused_stays_so_after_a_remedy(remedy: Any) -> None:
    provider = ScriptedProvider(["Half ", OUTAGE], ["Whole."], ["And on."])
    async with a_room(provider) as room:
        watcher = Watcher(room)
        room.pause()
        room.next()
        await watcher.until(TurnFailed)
        await remedy(room)
        for _ in range(50):
            await asyncio.sleep(0)
        assert room.paused is PauseReason.ASKED
        assert len(provider.requests) == (2 if remedy is Room.retry else 1)
