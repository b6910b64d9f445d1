"""What is saved is what is loaded."""

from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import HUMAN, Assignment, Finish, ModelRef, Notice
from chimera_tui.domain.errors import Fault, StorageError, StorageFault, UnknownError
from chimera_tui.domain.events import (
    ConversationChanged,
    NoticePosted,
    PathChanged,
    PauseReason,
    RoomPaused,
)
from chimera_tui.domain.saved import Tree
from chimera_tui.storage import conversations
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.store import open_store
from tests.fakes import is_a
from tests.storage.values import (
    CAST,
    MODEL,
    NOON,
    a_failure,
    a_message,
    completed,
    dropped,
    failed,
    received,
    saving,
    started,
)


async def test_a_conversation_comes_back_whole(tmp_path: Path) -> None:
    said = [
        a_message(1, None, 1, "Hello."),
        a_message(2, 1, 2, "And you?", speaker=HUMAN),
        a_message(3, 2, 3, "Well \N{GRINNING FACE}.", finish=Finish.LENGTH),
    ]
    notice = Notice(after_id=2, text="paused", created_at=NOON)
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), received(1, "Hello."), completed(1, None, 1))
        await s.record(completed(2, 1, 2, "And you?", speaker=HUMAN))
        await s.record(NoticePosted(notice=notice), RoomPaused(reason=PauseReason.ASKED))
        await s.record(started(3), completed(3, 2, 3, said[2].text, finish=Finish.LENGTH))

    async with open_store(tmp_path / "c.db") as store:
        loaded = await Conversations(store).load(s.id)

    assert loaded.conversation == s.saved.conversation
    assert loaded.tree == Tree.of(said, {None: 1, 1: 2, 2: 3})
    assert loaded.notices == [notice]
    assert (loaded.failure, loaded.turns) == (None, 3)


async def test_a_changed_conversation_goes_on_as_it_was_changed(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        other = Assignment(persona=CAST[1].persona, model=ModelRef("ollama", "llama3.2"))
        changed = replace(
            s.saved.conversation, title="Zero", mode="random", pace=0.0, cast=(other,)
        )

        await s.record(ConversationChanged(conversation=changed))

        assert (await s.load()).conversation == changed


async def test_another_answer_is_chosen_and_can_be_put_back(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1), completed(2, 1, 2, "One"), completed(3, 1, 2, "Two"))
        assert [m.text for m in (await s.load()).tree.path] == ["Hello.", "Two"]

        await s.record(PathChanged(chosen_id=2))

        assert [m.text for m in (await s.load()).tree.path] == ["Hello.", "One"]


async def test_what_the_human_said_meanwhile_stands_behind_the_reply(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1), started(2))
        await s.record(completed(2, 1, 3, "Wait!", speaker=HUMAN))
        await s.record(completed(3, 1, 2, "A reply"))

        assert [m.id for m in (await s.load()).tree.path] == [1, 3, 2]


async def test_a_failed_turn_waits_until_a_remedy_is_chosen(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), received(1, "Hel"), failed(1, "Hel"))
        assert (await s.load()).failure == a_failure(1, "Hel")

        await s.record(dropped(1))
        assert (await s.load()).failure is None

        await s.record(started(2), failed(2, "Hel"), started(2), failed(2, "He", replaces_id=4))
        assert (await s.load()).failure == a_failure(2, "He")

        await s.record(completed(1, None, 2, "He", finish=Finish.CUT))
        assert (await s.load()).failure is None
        rows = await s.ask("SELECT turn, number, outcome, message_id, draft FROM attempt")
        assert rows == [
            (1, 1, "failed", None, "Hel"),
            (2, 1, "failed", None, "Hel"),
            (2, 2, "failed", 1, ""),
        ]


async def test_a_turn_for_which_no_model_was_found_fails_too(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        failure = replace(a_failure(1, ""), model=None, kind=Fault.CONNECT)
        await s.record(replace(failed(1), failure=failure))

        loaded = await s.load()

        assert (loaded.failure, loaded.turns) == (failure, 1)


@pytest.mark.parametrize(
    ("finish", "outcome"),
    [(Finish.STOP, "ok"), (Finish.CUT, "ok"), (Finish.STOPPED, "stopped")],
)
async def test_an_attempt_ends_with_its_message(
    tmp_path: Path, finish: Finish, outcome: str
) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), completed(1, None, 1, finish=finish))

        assert await s.ask("SELECT outcome, message_id FROM attempt") == [(outcome, 1)]


async def test_a_turn_stopped_before_its_first_text_leaves_no_failure(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), dropped(1))

        assert (await s.load()).failure is None
        assert await s.ask("SELECT outcome FROM attempt") == [("stopped",)]


async def test_conversations_are_listed_with_the_latest_first(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        demo = (Assignment(persona=CAST[0].persona, model=ModelRef("demo", "demo")),)
        await s.conversations.new_conversation(topic="Tea", cast=demo, mode="random")
        await s.record(completed(1, None, 1), completed(2, 1, 2))

        lines = await s.conversations.list_all()

        assert [(line.title, line.messages, line.is_demo) for line in lines] == [
            ("Tea", 0, True),
            ("Is zero a number?", 2, False),
        ]


async def test_a_conversation_can_be_renamed_and_deleted(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(started(1), completed(1, None, 1), completed(2, 1, 2))

        await s.conversations.rename(s.id, "Zero")
        assert (await s.load()).conversation.title == "Zero"

        await s.conversations.delete(s.id)
        assert await s.conversations.list_all() == []
        assert await s.ask("SELECT id FROM message UNION SELECT turn FROM attempt") == []


async def test_a_live_conversation_can_be_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        with s.store.leases.hold(s.id):
            with pytest.raises(StorageError, check=is_a(StorageFault.LIVE_ELSEWHERE)):
                await s.conversations.rename(s.id, "Zero")
            with pytest.raises(StorageError, check=is_a(StorageFault.LIVE_ELSEWHERE)):
                await s.conversations.delete(s.id)

        assert (await s.load()).conversation.title == "Is zero a number?"


@pytest.mark.parametrize("number", [99, 0, -1])
async def test_an_unknown_conversation_is_named(tmp_path: Path, number: int) -> None:
    async with saving(tmp_path / "c.db") as s:
        for attempt in (s.conversations.load, s.conversations.delete):
            with pytest.raises(UnknownError, match=str(number)):
                await attempt(number)


async def test_the_persona_that_spoke_is_kept_when_the_cast_changes(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1))
        ada = CAST[0].persona
        wiser = Assignment(persona=replace(ada, prompt="You are wiser."), model=MODEL)
        changed = replace(s.saved.conversation, cast=(wiser,))
        await s.record(ConversationChanged(conversation=changed))

        provenance = (await s.load()).tree.path[0].provenance
        versions = await s.ask("SELECT version FROM persona_version WHERE slug = 'ada'")

        assert provenance is not None
        assert provenance.persona_version == ada.version
        assert {version for (version,) in versions} == {ada.version, wiser.persona.version}


async def test_a_version_that_was_never_saved_is_that_of_the_cast(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(replace(started(1), persona_version="0123456789ab"))

        rows = await s.ask("SELECT persona_version FROM attempt")

        assert rows == [(CAST[0].persona.version,)]


async def test_the_end_of_a_long_conversation_is_there_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "LONG", 20)
    monkeypatch.setattr(conversations, "END", 5)
    async with saving(tmp_path / "c.db") as s:
        for number in range(1, 31):
            await s.record(completed(number, number - 1 or None, number))
        await s.record(completed(31, 28, 29, "Another answer."), completed(32, 31, 31))
        whole = await s.load()
        end = await s.conversations.load_end(s.id)
        monkeypatch.setattr(conversations, "LONG", 32)
        assert await s.conversations.load_end(s.id) is None
        assert await s.conversations.load_end(99) is None
    assert end is not None
    assert [m.id for m in end.tree.path] == [26, 27, 28, 31, 32]
    assert end.tree.path[1:] == whole.tree.path[-4:]
    assert end.tree.alternatives(end.tree.path[3]) == [29, 31]
