"""The state of a room: changed by events alone, after they are recorded, the same everywhere."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from chimera_tui.domain.conversation import Budget, Message, ModelRef, Turn
from chimera_tui.domain.errors import ChimeraError, Fault, ProviderError, StorageError, UnknownError
from chimera_tui.domain.events import (
    ConversationEnded,
    Event,
    MessageCompleted,
    TextReceived,
    ThinkingReceived,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.engine.room import Room
from chimera_tui.providers.base import Thinking
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.room.room_state import RoomState
from tests.fakes import (
    NOON,
    FixedModels,
    FullBudget,
    ListRecorder,
    a_persona,
    a_room,
    calls_to,
    saved,
)
from tests.storage.values import saving

Door = Callable[[Room], Awaitable[object]]

OUTAGE = ProviderError("The model is overloaded.", kind=Fault.SERVER, hint="Wait a little.")

CHANGES: dict[str, Door] = {
    "rename": lambda room: room.settings.rename("Ducks"),
    "set_topic": lambda room: room.settings.set_topic("Tea?"),
    "set_mode": lambda room: room.settings.set_mode("pooled"),
    "set_rules": lambda room: room.settings.set_rules(liveliness=0.9),
    "set_helper": lambda room: room.settings.set_rules(helper="other/small"),
    "set_pace": lambda room: room.settings.set_pace(2.0),
    "set_budget": lambda room: room.settings.set_budget(Budget(tokens=5)),
    "assign": lambda room: room.cast.assign("ada", ModelRef("other", "m")),
    "invite": lambda room: room.cast.invite(a_persona("Dora", 4)),
    "remove": lambda room: room.cast.remove("bob"),
    "mute": lambda room: room.cast.mute("cleo"),
    "solo": lambda room: room.cast.solo("ada"),
    "reorder": lambda room: room.cast.reorder(["cleo", "ada"]),
    "recast": lambda room: room.cast.recast(replace(a_persona("Ada"), one_line="New.")),
    "edit": lambda room: room.messages.edit(1, "Other words."),
    "delete": lambda room: room.messages.delete(2),
    "restore": lambda room: room.messages.restore(3),
    "choose": lambda room: room.messages.choose(4),
    "branch": lambda room: room.messages.branch(1),
    "say": lambda room: room.say("Hello, all."),
    "whisper": lambda room: room.say("Psst.", to="ada"),
    "narrate": lambda room: room.narrate("The lights go out."),
    "retry": lambda room: room.retry(2),
}
"""Every way in which a person changes a conversation."""


def a_start() -> SavedConversation:
    """Three said something, the second of them two things."""
    said = [
        Message(
            id=id_,
            parent_id=parent,
            turn=Turn(number=number, speaker=who),
            text=f"Words {id_}.",
            created_at=NOON,
        )
        for id_, parent, number, who in ((1, None, 1, "ada"), (2, 1, 2, "bob"), (4, 1, 2, "bob"))
    ]
    last = Message(
        id=3,
        parent_id=2,
        turn=Turn(number=3, speaker="cleo"),
        text="Gone.",
        created_at=NOON,
        is_deleted=True,
    )
    return saved("Ada", "Bob", "Cleo", tree=Tree.of([*said, last], {1: 2}))


def silent() -> ScriptedProvider:
    """Nobody ever answers."""
    return ScriptedProvider(otherwise=lambda _: [asyncio.Event()])


def replayed(start: SavedConversation, events: list[Event]) -> SavedConversation:
    state = start.copy()
    for event in events:
        state.apply(event)
    return state


class Slow(ListRecorder):
    """Takes as long as others need to come in between."""

    async def record(self, conversation_id: int, event: Event) -> None:
        for _ in range(7):
            await asyncio.sleep(0)
        await super().record(conversation_id, event)


async def settled(door: Awaitable[object]) -> None:
    """Go through; what is refused since another came first is refused in words."""
    with suppress(UnknownError):
        await door


@pytest.mark.parametrize(
    ("one", "other"), list(itertools.combinations_with_replacement(CHANGES, 2))
)
async def test_of_two_changes_at_once_none_is_lost(one: str, other: str) -> None:
    """What both do at once is what they do one after the other, in one of the two orders."""
    outcomes = []
    for first, second in ((one, other), (other, one)):
        async with a_room(silent(), Slow(), start=a_start()) as room:
            await settled(CHANGES[first](room))
            await settled(CHANGES[second](room))
            outcomes.append(shape(room.state))
    recorder, start = Slow(), a_start()
    async with a_room(silent(), recorder, start=start) as room:
        await asyncio.gather(settled(CHANGES[one](room)), settled(CHANGES[other](room)))
        assert shape(room.state) in outcomes
    assert room.state == replayed(start, recorder.events)


def shape(state: SavedConversation) -> object:
    """What a conversation is, but for the order in which two notices or messages came."""
    said = {m.id: m.text for m in state.tree.messages.values() if m.id <= 4}
    new = sorted((m.text, m.to, m.is_narration) for m in state.tree.messages.values() if m.id > 4)
    deleted = {m.id for m in state.tree.messages.values() if m.is_deleted}
    notices = sorted(notice.text for notice in state.notices)
    return state.conversation, said, new, deleted, notices


@pytest.mark.parametrize("name", CHANGES)
async def test_what_cannot_be_recorded_has_not_happened(name: str) -> None:
    """The disk fails at every record of a change in turn: memory holds what the file does."""
    failed = []
    for fails_at in range(4):
        recorder, start = FailsAt(fails_at), a_start()
        async with a_room(silent(), recorder, start=start) as room:
            with suppress(StorageError):
                await CHANGES[name](room)
            recorder.left = 99
            await room.say("Still here.")
        assert room.state == replayed(start, recorder.events)
        failed.append(recorder.failed)
    assert failed[0], "the first record fails"
    assert not failed[-1], "the last round fails nowhere"


class FailsAt(ListRecorder):
    """Fails once, when so many events were recorded."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left
        self.failed = 0

    async def record(self, conversation_id: int, event: Event) -> None:
        if self.left == 0:
            self.left, self.failed = 99, self.failed + 1
            raise StorageError("The disk is full.", hint="Make room.")
        self.left -= 1
        await super().record(conversation_id, event)


async def test_a_remedy_that_cannot_be_recorded_can_be_chosen_again() -> None:
    for remedy in (Room.skip, Room.keep):
        recorder = ListRecorder()
        async with a_room(ScriptedProvider(["Half ", OUTAGE], ["Next."]), recorder) as room:
            events = room.events()
            room.resume()
            await until(events, TurnFailed)
            recorder.error = StorageError("The disk is full.", hint="Make room.")
            with pytest.raises(StorageError):
                await remedy(room)
            recorder.error = None
            assert room.failure == room.state.failure != None  # noqa: E711
            await remedy(room)
            assert room.state.failure is None


async def until(events: AsyncGenerator[Event], wanted: type[Event]) -> list[Event]:
    seen = []
    async with asyncio.timeout(10):
        async for event in events:
            seen.append(event)
            if isinstance(event, wanted):
                break
    return seen


# Front ends


async def test_a_front_end_knows_from_the_events_alone_what_the_room_knows() -> None:
    """A thousand deeds drawn by lot; then what the screen holds is compared with the engine."""
    for seed in range(12):
        rng = Random(seed)
        provider = ScriptedProvider(
            otherwise=lambda r: (
                [Thinking("Hm. "), "Words ", "and ", f"more {r.seed}."]
                if r.seed % 7
                else ["Half ", OUTAGE]
            )
        )
        start = a_start()
        async with a_room(provider, None, start=start, turn_limit=6) as room:
            scene, late = RoomState(start), list[tuple[RoomState, AsyncGenerator[Event]]]()
            events = room.events()
            reading = asyncio.create_task(read(scene, events))
            for number in range(80):
                await do_something(room, rng)
                if number % 20 == 10:
                    now, coming = room.follow()
                    late.append((RoomState(now), coming))
                await asyncio.sleep(0)
            others = [asyncio.create_task(read(other, coming)) for other, coming in late]
        await asyncio.gather(reading, *others)
        for one in (scene, *(other for other, _ in late)):
            assert one.saved == room.state
            assert not any((one.typing, one.heard, one.waits, one.thoughts))
            assert one.ended is not None


async def read(scene: RoomState, events: AsyncGenerator[Event]) -> None:
    async for event in events:
        scene.note(event)


async def do_something(room: Room, rng: Random) -> None:
    doors: list[Door] = [*CHANGES.values(), *3 * [resume], pause, go_next, Room.stop]
    doors += [Room.skip, Room.keep, Room.retry]
    with suppress(ChimeraError):  # said in words; nothing has changed
        await rng.choice(doors)(room)


async def resume(room: Room) -> None:
    room.resume()
    for _ in range(30):
        await asyncio.sleep(0)


async def pause(room: Room) -> None:
    room.pause()


async def go_next(room: Room) -> None:
    room.next()
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_joins_late_hears_the_reply_of_the_moment_from_its_beginning() -> None:
    go_on = asyncio.Event()
    provider = ScriptedProvider([Thinking("Well, "), "I was ", go_on, "first."])
    async with a_room(provider, turn_limit=1) as room:
        first = room.events()
        room.resume()
        await until(first, TextReceived)
        now, events = room.follow()
        assert now.tree.path == []
        go_on.set()
        heard = await until(events, MessageCompleted)
    assert isinstance(heard[0], TurnStarted)
    assert [e.text for e in heard if isinstance(e, ThinkingReceived)] == ["Well, "]
    assert [e.text for e in heard if isinstance(e, TextReceived)] == ["I was ", "first."]


async def test_who_joins_after_the_end_is_told_so() -> None:
    room = a_room(None, turn_limit=1, attended=False)
    async with room:
        await until(room.events(), ConversationEnded)
        _, events = room.follow()
        assert [type(e) async for e in events] == [ConversationEnded]


async def test_two_front_ends_cannot_touch_each_other_nor_the_room() -> None:
    start = a_start()
    async with a_room(None, start=start) as room:
        one, _ = room.follow()
        other, _ = room.follow()
        one.tree.choose(4)
        one.notices.append(None)  # type: ignore[arg-type]
        one.spent.cost = 9
        assert other == room.state == start != one


async def test_memory_and_file_hold_the_same(tmp_path: Path) -> None:
    """All deeds on a real database: what is loaded is what the room held."""
    for seed in range(4):
        rng = Random(seed)
        async with saving(tmp_path / f"{seed}.db") as s:
            room = Room(
                s.saved,
                replies=calls_to(ScriptedProvider(otherwise=lambda r: [f"Number {r.seed}."])),
                budget_guard=FullBudget(),
                recorder=s.recorder,
                models=FixedModels(),
                now=lambda: NOON,
            )
            async with room:
                for _ in range(60):
                    await do_something(room, rng)
            loaded = await s.load()
        assert loaded.conversation == room.conversation
        assert loaded.tree.messages == room.tree.messages
        assert loaded.notices == room.state.notices
        whole = [m.id for m in loaded.tree.trunk]
        cut = [m.id for m in room.tree.trunk]
        assert whole[: len(cut)] == cut, "a path that was cut short is whole again after a start"
