from collections.abc import Callable

import pytest

from chimera_tui.domain.casting import MOST_CAST
from chimera_tui.domain.conversation import DEMO, HUMAN, Message
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.events import ConversationChanged, Event, MessageCompleted, NoticePosted
from chimera_tui.engine.room import Room
from chimera_tui.providers.scripted import ScriptedProvider
from tests.fakes import ListRecorder, Watcher, a_persona, a_room

MANY = [[f"Reply {n}."] for n in range(40)]


def slugs(room: Room) -> list[str]:
    return [a.persona.slug for a in room.conversation.cast]


def speakers(room: Room) -> list[str]:
    return [m.turn.speaker for m in room.tree.path]


def notices(watcher: Watcher) -> list[str]:
    return [e.notice.text for e in watcher.seen if isinstance(e, NoticePosted)]


def said_by(speaker: str) -> Callable[[Event], bool]:
    return lambda e: isinstance(e, MessageCompleted) and e.message.turn.speaker == speaker


async def test_who_is_invited_speaks_from_the_next_turn_on() -> None:
    async with a_room(ScriptedProvider(*MANY), None, "Ada", "Bob", turn_limit=3) as room:
        watcher = Watcher(room)
        assert await room.cast.invite(a_persona("Cleo"), DEMO) == "cleo"
        room.resume()
        await watcher.until(said_by("cleo"))
    assert room.conversation.assignment("cleo").model == DEMO
    assert "The Cleo joins" in notices(watcher)


async def test_a_persona_can_be_there_twice_on_two_models() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider, None, "Ada") as room:
        twin = await room.cast.invite(a_persona("Ada"), DEMO)
        watcher = Watcher(room)
        room.next(twin)
        await watcher.until(said_by("ada~2"))
    told = provider.requests[0].system
    assert "You are The Ada 2." in told
    assert "- The Ada: " in told


async def test_the_room_is_full_at_some_point() -> None:
    async with a_room(None, None, *(f"P{n}" for n in range(MOST_CAST))) as room:
        with pytest.raises(UnknownError, match="16 are here already"):
            await room.cast.invite(a_persona("Zoe"))


async def test_who_leaves_is_still_named_over_what_was_said() -> None:
    recorder = ListRecorder()
    async with a_room(ScriptedProvider(*MANY), recorder, "Ada", "Bob") as room:
        watcher = Watcher(room)
        room.next("bob")
        await watcher.until(said_by("bob"))
        await room.cast.solo("bob")
        await room.cast.remove("bob")
        await watcher.until(lambda e: isinstance(e, NoticePosted) and "leaves" in e.notice.text)

        assert slugs(room) == ["ada"]
        assert room.conversation.solo == ""
        assert room.conversation.name_of("bob") == "The Bob"
        with pytest.raises(UnknownError, match="Nobody else is here"):
            await room.cast.remove("ada")

        await room.cast.invite(a_persona("Bob"))
        assert (slugs(room), room.conversation.former) == (["ada", "bob"], ())


async def test_the_muted_speak_only_when_they_are_called() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider, None, "Ada", "Bob", "Cleo", turn_limit=4) as room:
        watcher = Watcher(room)
        await room.cast.mute("bob")
        room.resume()
        await watcher.until(NoticePosted)
        assert speakers(room) == ["ada", "cleo", "ada", "cleo"]
        await room.say("@Bob?")
        await watcher.until(said_by("bob"))


async def test_a_solo_is_alone_until_it_ends() -> None:
    async with a_room(ScriptedProvider(*MANY), None, "Ada", "Bob", turn_limit=3) as room:
        watcher = Watcher(room)
        await room.cast.solo("bob")
        room.resume()
        await watcher.until(NoticePosted)
        assert set(speakers(room)) == {"bob"}
        await room.cast.solo("")
        await room.say("And all of you?")
        await watcher.until(said_by("ada"))
        with pytest.raises(UnknownError, match="`zoe` is not in this room"):
            await room.cast.solo("zoe")


async def test_the_cast_can_be_put_in_another_order() -> None:
    async with a_room(None, None, "Ada", "Bob", "Cleo") as room:
        await room.cast.reorder(["cleo", "ada"])
        assert slugs(room) == ["cleo", "ada", "bob"]


async def test_a_saved_persona_speaks_from_its_next_turn_on() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider, None, "Ada", "Bob") as room:
        watcher = Watcher(room)
        await room.cast.recast(a_persona("Ada", prompt="You whisper now."))
        await room.cast.recast(a_persona("Zoe"))  # not here: nothing happens
        room.next("ada")
        await watcher.until(said_by("ada"))
        changed = [e for e in watcher.seen if isinstance(e, ConversationChanged)]
    assert len(changed) == 1
    assert "You whisper now." in provider.requests[0].system


async def test_a_whisper_is_told_to_one_alone_who_answers() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider, None, "Ada", "Bob", turn_limit=2) as room:
        watcher = Watcher(room)
        await room.say("Psst, lose on purpose.", to="bob")
        await watcher.until(said_by("ada"))
        assert speakers(room) == [HUMAN, "bob", "ada"]
    to_bob, to_ada = (str(request.messages) for request in provider.requests)
    assert "lose on purpose" in to_bob
    assert "lose on purpose" not in to_ada


async def test_what_is_narrated_is_said_by_nobody() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider, None, "Ada") as room:
        watcher = Watcher(room)
        await room.narrate("The lights go out.")
        await watcher.until(said_by("ada"))
    assert "[Narrator]: The lights go out." in str(provider.requests[0].messages)


async def test_the_topic_moves_and_the_demo_follows() -> None:
    provider = ScriptedProvider(*MANY)
    async with a_room(provider, None, "Ada") as room:
        watcher = Watcher(room)
        await room.settings.set_topic("Is tea a soup?")
        room.next()
        await watcher.until(said_by("ada"))
    assert provider.requests[0].topic == "Is tea a soup?"
    assert "the topic moves: Is tea a soup?" in notices(watcher)


async def test_who_is_not_here_cannot_be_asked_to_speak() -> None:
    async with a_room() as room:
        for ask in (room.next, room.conversation.assignment):
            with pytest.raises(UnknownError, match="`zoe` is not in this room"):
                ask("zoe")
        with pytest.raises(UnknownError):
            await room.say("Psst.", to="zoe")
    assert room.tree.path == list[Message]()
