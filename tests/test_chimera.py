"""The whole program without a screen: real database, real SDKs, a server on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.conversation import DEMO, HUMAN, Budget, Finish, ModelRef
from chimera_tui.domain.errors import ChimeraError, StorageError, StorageFault, UnknownError
from chimera_tui.domain.events import (
    ConversationEnded,
    EndReason,
    MessageCompleted,
    NoticePosted,
    RoomPaused,
    TextReceived,
    TurnFailed,
)
from chimera_tui.domain.health import HealthState
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.engine.room import Room
from chimera_tui.library.library import Changes
from chimera_tui.library.persona_file import write_persona
from chimera_tui.library.persona_formats import import_persona, keep_card
from chimera_tui.settings.settings import HOSTED_PROVIDERS, ProviderSettings, Settings
from tests.cards.corpus import coded, v2
from tests.fakes import Watcher, is_a, play
from tests.fault_server import FaultServer, refused_address

CAST = ("philosopher", "comedian", "scientist")


@asynccontextmanager
async def opened(folder: Path, **addresses: str) -> AsyncIterator[Chimera]:
    """Chimera over a database in `folder`, with these endpoints; nothing else answers."""
    nowhere = refused_address()
    settings = Settings(
        providers={name: ProviderSettings(base_url=url) for name, url in addresses.items()}
    )
    environ = {"LM_STUDIO_URL": nowhere, "OLLAMA_HOST": nowhere}
    async with open_chimera(settings, db=folder / "chimera.db", environ=environ) as chimera:
        yield chimera


async def a_demo(chimera: Chimera, turns: int = 3) -> SavedConversation:
    return await chimera.new_conversation(
        topic="Is a joke a kind of knowledge?",
        cast=CAST,
        pace=0,
        seed=1,
        demo=True,
        turn_limit=turns,
    )


def said(saved: SavedConversation) -> list[tuple[str, str]]:
    return [(message.turn.speaker, message.text) for message in saved.tree.path]


async def test_a_conversation_goes_on_where_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        saved = await a_demo(chimera)
        room = chimera.room(saved, attended=False)
        await play(room)
        before = said(room.state)
    async with opened(tmp_path) as chimera:
        (last,) = await chimera.conversations()
        again = await chimera.load(last.id)
        assert said(again) == before
        async with chimera.room(again) as room:
            watcher = Watcher(room)
            await room.say("And you, @Comedian?")
            await watcher.until(
                lambda e: isinstance(e, MessageCompleted) and e.message.turn.speaker == "comedian"
            )
        assert said(room.state)[3] == (HUMAN, "And you, @Comedian?")
    assert len(before) == 3


async def test_the_same_seed_gives_the_same_demo(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        first, second = [await a_demo(chimera) for _ in range(2)]
        for saved in (first, second):
            await play(chimera.room(saved, attended=False))
    assert said(first) == said(second)


async def test_who_has_no_model_is_played_by_the_first_provider_that_answers(
    tmp_path: Path,
) -> None:
    async with FaultServer() as server, opened(tmp_path, desk=server.url("ok")) as chimera:
        health = {name: (await chimera.check_provider(name)).state for name in chimera.health}
        assert health == dict.fromkeys(HOSTED_PROVIDERS, HealthState.NO_KEY) | {
            "desk": HealthState.UP,
            "lmstudio": HealthState.DOWN,
            "ollama": HealthState.DOWN,
        }
        saved = await chimera.new_conversation(topic="Hello?", cast=CAST, pace=0, turn_limit=1)
        room = chimera.room(saved, attended=False)
        await play(room)
    message = room.tree.path[0]
    assert message.provenance is not None
    assert message.provenance.model.provider == "desk"
    assert message.finish is Finish.STOP


async def test_who_came_in_a_card_is_told_its_lore_and_nobody_else_is(tmp_path: Path) -> None:
    book = {"entries": [{"keys": ["lamp"], "content": "{{char}} lit it.", "enabled": True}]}
    card = tmp_path / "card.json"
    card.write_bytes(coded(v2(character_book=book, post_history_instructions="Stay dry.")))
    found = import_persona(card)
    async with FaultServer() as server:
        settings = Settings(providers={"desk": ProviderSettings(base_url=server.url("ok"))})
        db, own = tmp_path / "chimera.db", tmp_path / "personas"
        async with open_chimera(settings, db=db, personas=own, environ={}) as chimera:
            assert found.card
            keep_card(chimera.library.save(found.persona), found.card)
            model = ModelRef("desk", "model")
            saved = await chimera.new_conversation(
                topic="The lamp",
                cast=["mira-voss", "poet"],
                mode="round_robin",
                pace=0,
                models={"mira-voss": model, "poet": model},
                turn_limit=2,
            )
            await play(chimera.room(saved, attended=False))
    mira, poet = (body["messages"] for body in server.bodies if body)
    assert "Mira Voss lit it.\n\nYour usual first words" in mira[-1]["content"]
    assert (
        "[Above all, Mira Voss:\nStay dry.]\n\n[Mira Voss, it is your turn" in mira[-1]["content"]
    )
    assert "lit it" not in str(poet)


async def test_an_edited_persona_speaks_as_it_is_in_its_file_from_the_next_turn_on(
    tmp_path: Path,
) -> None:
    own, changes = tmp_path / "personas", list[Changes]()
    async with FaultServer() as server:
        settings = Settings(providers={"desk": ProviderSettings(base_url=server.url("ok"))})
        db = tmp_path / "chimera.db"
        async with open_chimera(settings, db=db, personas=own, environ={}) as chimera:
            chimera.library_watch.when_changed = changes.append
            saved = await chimera.new_conversation(
                topic="x", cast=CAST, mode="round_robin", pace=0, turn_limit=4
            )
            edited = replace(
                chimera.library.get("comedian"), prompt="You speak of nothing but herrings."
            )
            room = chimera.room(saved, attended=False)
            async with room:
                async for event in room.events():
                    if isinstance(event, MessageCompleted) and event.message.id == 1:
                        own.mkdir(exist_ok=True)
                        (own / "comedian.toml").write_text(write_persona(edited))
                        (own / "broken.toml").write_text("name = ")
            assert room.state.conversation.cast[1].persona.prompt == edited.prompt
            again = await chimera.load(saved.conversation.id)
    heard = [str(body["messages"]) for body in server.bodies if body]
    assert "herrings" not in heard[0]
    assert any("herrings" in one for one in heard[1:])
    assert again.conversation.cast[1].persona.prompt == edited.prompt
    assert [one.changed for one in changes if one.changed] == [("comedian",)]
    assert any("broken.toml" in problem for one in changes for problem in one.problems)


async def test_the_demo_never_stands_in_for_a_provider_that_failed(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        saved = await chimera.new_conversation(topic="Hello?", cast=CAST, pace=0)
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            room.resume()
            failed = await watcher.until(TurnFailed)
    assert failed.failure.problem == "No model can be reached."
    assert room.tree.path == []


async def test_a_server_that_dies_in_mid_sentence_loses_nothing(tmp_path: Path) -> None:
    async with FaultServer() as server, opened(tmp_path, desk=server.url("reset")) as chimera:
        models = dict.fromkeys(CAST, ModelRef("desk", "m-1"))
        saved = await chimera.new_conversation(topic="Hello?", cast=CAST, pace=0, models=models)
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            room.resume()
            failed = await watcher.until(TurnFailed)
            assert failed.failure.text
            assert chimera.health["desk"].state is HealthState.DOWN
        loaded = await chimera.load(saved.conversation.id)
        assert loaded.failure == failed.failure
        async with chimera.room(loaded) as room:
            await room.keep()
        assert said(room.state)[0][1] == failed.failure.text
        assert room.tree.path[0].finish is Finish.CUT


async def test_what_is_live_here_cannot_be_opened_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        saved = await a_demo(chimera)
        async with chimera.room(saved):
            with pytest.raises(StorageError, check=is_a(StorageFault.LIVE_ELSEWHERE)):
                async with chimera.room(await chimera.load(saved.conversation.id)):
                    pass
            with pytest.raises(StorageError, check=is_a(StorageFault.LIVE_ELSEWHERE)):
                await chimera.delete(saved.conversation.id)
        async with chimera.room(saved):
            pass


async def test_what_does_not_exist_is_named_with_the_nearest(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        with pytest.raises(UnknownError, match="no persona `comediann`"):
            await chimera.new_conversation(topic="x", cast=["comediann"])
        with pytest.raises(UnknownError, match="no mode `roundrobin`"):
            await chimera.new_conversation(topic="x", cast=CAST, mode="roundrobin")
        models = {"comedian": ModelRef("olama", "x")}
        with pytest.raises(UnknownError, match="no provider `olama`") as caught:
            await chimera.new_conversation(topic="x", cast=CAST, models=models)
        assert caught.value.hint == "Did you mean `ollama`?"
        with pytest.raises(UnknownError, match="no persona in this cast `poet`"):
            await chimera.new_conversation(topic="x", cast=CAST, models={"poet": DEMO})
        with pytest.raises(UnknownError, match="no conversation 7"):
            await chimera.exported(7, "json")


async def test_a_wrong_address_is_a_provider_that_is_down_and_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path, desk="http://models.example.com:8080") as chimera:
        health = await chimera.check_provider("desk")
    assert health.state is HealthState.DOWN
    assert "unprotected" in health.reason


async def test_a_conversation_is_exported_renamed_and_deleted(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        saved = await a_demo(chimera, turns=2)
        await play(chimera.room(saved, attended=False))
        number = saved.conversation.id
        await chimera.rename(number, "Humour")
        await chimera.export(number, "json", tmp_path / "talk.json")
        written = json.loads((tmp_path / "talk.json").read_text())
        with pytest.raises(ChimeraError, match=r"There is a file .* already"):
            await chimera.export(number, "markdown", tmp_path / "talk.json")
        assert json.loads((tmp_path / "talk.json").read_text()) == written
        await chimera.export(number, "markdown", tmp_path / "talk.json", overwrite=True)
        assert "# Humour" in (tmp_path / "talk.json").read_text()
        assert "Humour" in json.dumps(written)
        assert "DEMO" in await chimera.exported(number, "markdown")
        await chimera.delete(number)
        assert await chimera.conversations() == []


async def test_leaving_in_mid_sentence_keeps_what_was_said(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        saved = await chimera.new_conversation(topic="Jokes", cast=CAST, demo=True, seed=1)
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            room.resume()
            await watcher.until(TextReceived)
        loaded = await chimera.load(saved.conversation.id)
    assert loaded.failure is None
    assert loaded.tree.path[0].finish is Finish.STOPPED


@pytest.mark.slow
async def test_a_conversation_over_a_real_server(real_server: str, tmp_path: Path) -> None:
    """llama.cpp's own server, with a small random model: real streams, real counts."""
    async with opened(tmp_path, llama=real_server) as chimera:
        saved = await chimera.new_conversation(
            topic="Is a joke a kind of knowledge?", cast=CAST, pace=0, seed=5, turn_limit=6
        )
        room = chimera.room(saved, attended=False)
        events = await play(room)
        assert events[-1] == ConversationEnded(reason=EndReason.FINISHED)
        loaded = await chimera.load(saved.conversation.id)
    assert said(loaded) == said(room.state)
    assert len(loaded.tree.path) == 6
    for message in loaded.tree.path:
        assert message.provenance is not None
        usage = message.provenance.usage
        assert usage.input > 100
        assert usage.output > 0
        assert not usage.is_estimate


@pytest.mark.slow
async def test_a_person_steers_a_room_over_a_real_server(real_server: str, tmp_path: Path) -> None:
    async with opened(tmp_path, llama=real_server) as chimera:
        saved = await chimera.new_conversation(topic="Hello?", cast=CAST, pace=0, turn_limit=2)
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            await room.say("@Scientist, is it warm?")
            await watcher.until(lambda e: isinstance(e, RoomPaused) and room.state.auto_turns == 2)
            await _another_answer(room, watcher)
        assert [m.turn.speaker for m in room.tree.path[:2]] == [HUMAN, "scientist"]
        assert len(room.tree.alternatives(room.tree.path[-1])) == 2


async def _another_answer(room: Room, watcher: Watcher) -> None:
    last = room.tree.path[-1]
    async with asyncio.timeout(30):
        await room.retry(last.id)
        await watcher.until(
            lambda e: isinstance(e, MessageCompleted) and e.message.turn == last.turn
        )


async def test_a_key_is_used_as_soon_as_it_is_set_and_no_longer_than_it_is_kept(
    tmp_path: Path,
) -> None:
    key = "canary-0123456789-WXYZ"
    async with FaultServer() as server, opened(tmp_path, desk=server.url("ok")) as chimera:
        known = chimera.connections
        assert (await known.set_key("desk", f" {key}\n")).end == "…WXYZ"
        assert (await chimera.check_provider("desk")).state is HealthState.UP
        assert known.exchanges("desk")[-1].request_headers["authorization"] == "Bearer …WXYZ"
        (state,) = [one for one in await known.key_states() if one.provider == "desk"]
        assert state.place == str(tmp_path / "keys.toml")

        assert (await known.forget_key("desk")).source is None
        await chimera.check_provider("desk")
        assert "authorization" not in known.exchanges("desk")[-1].request_headers
        assert [f"Bearer {key}" in head for head in server.heads] == [True, True, False, False]


async def test_a_service_without_a_key_is_not_asked_until_it_has_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        before = chimera.health["openai"]
        assert before.state is HealthState.NO_KEY
        assert "keys set openai" in before.hint
        assert (await chimera.check_provider("openai")).state is HealthState.NO_KEY
        assert chimera.connections.exchanges("openai") == ()
        await chimera.connections.set_key("openai", "sk-proj-0123456789abcdef")
        assert chimera.health["openai"].state is HealthState.NOT_ASKED
        assert chimera.connections.choice.has_provider("openai")
        with pytest.raises(UnknownError):
            await chimera.connections.set_key("opneai", "sk-proj-0123456789abcdef")


async def test_ready_made_rooms_bring_their_rules(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        ship = chimera.library.room("storm-at-sea")
        assert ship.rules.every == (("narrator", 6),)
        saved = await chimera.new_conversation(
            topic=ship.topics[0], cast=ship.cast, pace=0, demo=True, turn_limit=14, rules=ship.rules
        )
        room = chimera.room(saved, attended=False)
        await play(room)
        spoken = [speaker for speaker, _ in said(room.state)]
        assert "narrator" not in spoken[:6]
        assert all("narrator" in spoken[n : n + 7] for n in range(8))


async def test_every_script_of_a_ready_made_room_names_only_who_is_there(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        rooms = [room for room in chimera.library.rooms.values() if room.mode == "script"]
        assert len(rooms) == 2
        for room in rooms:
            saved = await chimera.new_conversation(
                topic="x", cast=room.cast, mode="script", pace=0, demo=True, rules=room.rules
            )
            events = await play(chimera.room(saved, attended=False))
            notices = [e.notice.text for e in events if isinstance(e, NoticePosted)]
            assert not [text for text in notices if "goes on without" in text]
            assert any("The script is done" in text for text in notices)


async def test_minutes_and_the_helper_come_from_the_settings(tmp_path: Path) -> None:
    settings = Settings(helper="ollama/small", minutes_budget=5)
    async with open_chimera(settings, db=tmp_path / "c.db", environ={}) as chimera:
        saved = await a_demo(chimera)
        assert saved.conversation.rules.helper == "ollama/small"
        assert saved.conversation.budget.minutes == 5
        assert saved.conversation.mode == "natural"
        again = await chimera.load(saved.conversation.id)
        assert again.conversation == saved.conversation


async def test_how_models_behaved_is_counted(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        await play(chimera.room(await a_demo(chimera, turns=3), attended=False))
        (slips,) = await chimera.impersonations()
        assert (slips.model, slips.replies, slips.leaks, slips.retries) == (DEMO, 3, 0, 0)


async def test_a_ready_made_room_says_what_is_not_given(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        begins = chimera.library.room("museum-after-closing")
        room = (await chimera.new_conversation(room="museum-after-closing")).conversation
        assert room.topic == begins.topics[0]
        assert [one.persona.slug for one in room.cast] == list(begins.cast)
        assert (room.mode, room.pace) == ("round_robin", begins.pace)
        given = await chimera.new_conversation(
            room="slow-jazz", topic="Tea", cast=["chef"], mode="round_robin", pace=0
        )
        room = given.conversation
        assert (room.topic, room.mode, room.pace) == ("Tea", "round_robin", 0)
        assert [one.persona.slug for one in room.cast] == ["chef"]


async def test_without_anything_there_are_the_usual_three_and_a_topic_that_suits_them(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as chimera:
        one, other = [(await chimera.new_conversation(seed=4)).conversation for _ in range(2)]
        assert [a.persona.slug for a in one.cast] == list(CAST)
        assert one.topic == other.topic != ""


async def test_two_of_the_same_may_be_played_by_two_models(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        saved = await chimera.new_conversation(
            cast=["comedian", "comedian"],
            models={"comedian~2": DEMO},
            fallbacks={"comedian": [ModelRef("ollama", "m")]},
            budget=Budget(tokens=5),
        )
        room = (await chimera.load(saved.conversation.id)).conversation
        assert [(a.persona.slug, a.model, len(a.fallbacks)) for a in room.cast] == [
            ("comedian", None, 1),
            ("comedian~2", DEMO, 0),
        ]
        assert room.budget == Budget(tokens=5)
        with pytest.raises(UnknownError, match="nowhere"):
            await chimera.new_conversation(
                cast=["chef"], fallbacks={"chef": [ModelRef("nowhere", "m")]}
            )


async def test_a_room_whose_database_is_replaced_waits_and_goes_on_in_a_rescued_one(
    tmp_path: Path,
) -> None:
    """S14."""
    path = tmp_path / "chimera.db"
    told: list[object] = []
    async with opened(tmp_path) as chimera:
        chimera.when_strayed = told.append
        saved = await a_demo(chimera, turns=50)
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            await room.say("Before.")
            path.unlink()
            path.write_bytes(b"Something else.")
            await room.say("After.")
            said_so = await watcher.until(
                lambda e: isinstance(e, NoticePosted) and "was replaced" in e.notice.text
            )
            await watcher.until(RoomPaused)
            (rescue,) = chimera.rescues
            assert told == [rescue]
            assert isinstance(said_so, NoticePosted)
            assert str(rescue.path) in said_so.notice.text

            await room.say("And on.")
            await room.stop()
        words = [m.text for m in room.tree.path if m.turn.speaker == HUMAN]
        assert words == ["Before.", "After.", "And on."]
    async with open_chimera(Settings(), db=rescue.path) as chimera:
        assert said(await chimera.load(saved.conversation.id)) == said(room.state)
    assert path.read_bytes() == b"Something else."


async def test_a_file_that_is_written_over_leaves_what_its_rooms_hold(tmp_path: Path) -> None:
    """S14."""
    path = tmp_path / "chimera.db"
    async with opened(tmp_path) as chimera:
        saved, closed = await a_demo(chimera), await a_demo(chimera)
        async with chimera.room(closed) as room:
            await room.say("In a room that was left.")
        async with chimera.room(saved) as room:
            await room.say("Before.")
            path.write_bytes(b"Something else." * 10_000)
            await room.say("After.")
            await room.stop()
            words = [m.text for m in room.tree.path]
        (rescue,) = chimera.rescues
        (only,) = await chimera.conversations()
    assert not rescue.is_whole
    assert only.id == saved.conversation.id
    assert words[:2] == ["Before.", "After."]
    async with open_chimera(Settings(), db=rescue.path) as chimera:
        assert [m.text for m in (await chimera.load(only.id)).tree.path] == words
    assert path.read_bytes() == b"Something else." * 10_000
