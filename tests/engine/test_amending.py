import asyncio

import pytest

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.errors import Fault, ProviderError, StorageError, UnknownError
from chimera_tui.domain.events import (
    MessageChanged,
    MessageCompleted,
    PauseReason,
    TextReceived,
    TurnFailed,
)
from chimera_tui.engine.room import Room
from chimera_tui.providers.scripted import ScriptedProvider
from tests.fakes import NOON, ListRecorder, Watcher, a_room

MANY = [[f"Reply {n}."] for n in range(40)]
OUTAGE = ProviderError("The model is overloaded.", kind=Fault.SERVER, hint="Wait a little.")


def texts(room: Room) -> list[str]:
    return [m.text for m in room.tree.path]


async def talk(room: Room, turns: int) -> Watcher:
    """Let some turns be taken, one by one."""
    watcher = Watcher(room)
    for _ in range(turns):
        room.next()
        await watcher.until(MessageCompleted)
    return watcher


async def test_an_edited_message_stays_where_it_is_and_says_so() -> None:
    provider, recorder = ScriptedProvider(*MANY), ListRecorder()
    async with a_room(provider, recorder) as room:
        watcher = await talk(room, 2)
        await room.messages.edit(1, "Another beginning.")
        changed = await watcher.until(MessageChanged)
        assert (changed.message.text, changed.message.edited_at) == ("Another beginning.", NOON)
        room.next()
        await watcher.until(MessageCompleted)
        assert texts(room) == ["Another beginning.", "Reply 1.", "Reply 2."]
    assert "Another beginning." in str(provider.requests[-1].messages)
    assert "Reply 0." not in str(provider.requests[-1].messages)


async def test_an_edit_needs_words_and_a_message() -> None:
    async with a_room(ScriptedProvider(*MANY)) as room:
        await talk(room, 1)
        with pytest.raises(UnknownError, match="There are no words"):
            await room.messages.edit(1, " \n")
        with pytest.raises(UnknownError, match="There is no message 9"):
            await room.messages.edit(9, "Hm.")


async def test_what_cannot_be_saved_is_not_changed() -> None:
    recorder = ListRecorder()
    async with a_room(ScriptedProvider(*MANY), recorder) as room:
        await talk(room, 1)
        recorder.error = StorageError("The disk is full.")
        with pytest.raises(StorageError):
            await room.messages.edit(1, "Other.")
        recorder.error = None
        assert texts(room) == ["Reply 0."]


async def test_a_deleted_message_is_gone_for_all_until_it_is_restored() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider) as room:
        watcher = await talk(room, 3)
        await room.messages.delete(2)
        assert texts(room) == ["Reply 0.", "Reply 2."]
        room.next()
        await watcher.until(MessageCompleted)
        assert "Reply 1." not in str(provider.requests[-1].messages)
        await room.messages.restore(2)
        assert texts(room) == ["Reply 0.", "Reply 1.", "Reply 2.", "Reply 3."]


async def test_what_is_said_after_a_deleted_end_stands_behind_it_when_it_returns() -> None:
    async with a_room(ScriptedProvider(*MANY)) as room:
        watcher = await talk(room, 2)
        await room.messages.delete(2)
        room.next()
        await watcher.until(MessageCompleted)
        await room.messages.restore(2)
        assert texts(room) == ["Reply 0.", "Reply 1.", "Reply 2."]


async def test_a_branch_goes_on_from_an_earlier_message_and_keeps_the_other() -> None:
    async with a_room(ScriptedProvider(*MANY)) as room:
        watcher = await talk(room, 3)
        await room.messages.branch(1)
        assert texts(room) == ["Reply 0."]
        assert room.paused is PauseReason.ASKED
        room.next()
        await watcher.until(MessageCompleted)
        assert texts(room) == ["Reply 0.", "Reply 3."]

        await room.messages.choose(3)  # deep in the other branch
        assert texts(room) == ["Reply 0.", "Reply 1.", "Reply 2."]


async def test_a_branch_stops_who_speaks_and_pauses() -> None:
    go_on = asyncio.Event()
    provider = ScriptedProvider(["Reply 0."], ["Half ", go_on, "said."], *MANY)
    async with a_room(provider) as room:
        watcher = Watcher(room)
        await room.say("Go!")
        await watcher.until(lambda e: isinstance(e, TextReceived) and e.text == "Half ")
        await room.messages.branch(1)
        assert [m.turn.speaker for m in room.tree.path] == [HUMAN]
        assert room.paused is PauseReason.ASKED
        assert "Half" in [m.text for m in room.tree.messages.values()]


async def test_a_branch_leaves_a_failed_turn_behind() -> None:
    async with a_room(ScriptedProvider(["Reply 0."], [OUTAGE], *MANY)) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TurnFailed)
        await room.messages.branch(1)
        assert room.failure is None
        room.next()
        await watcher.until(MessageCompleted)
        assert len(texts(room)) == 2
