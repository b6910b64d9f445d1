"""What a person does to a room that runs is there after the next start."""

from dataclasses import replace
from pathlib import Path

from chimera_tui.domain.conversation import HUMAN, Assignment
from chimera_tui.domain.events import ConversationChanged, MessageChanged, MessageCompleted
from tests.storage.values import ADA, BOB, CAST, MODEL, NOON, a_message, a_persona, saving


async def test_a_changed_cast_is_loaded_as_it_was_left(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        twin = replace(ADA, slug="ada~2", name="The Ada 2")
        changed = replace(
            s.saved.conversation,
            cast=(Assignment(persona=twin, model=MODEL, is_muted=True), CAST[0]),
            former=(BOB, a_persona("cleo")),
            solo="ada~2",
            topic_now="Is one?",
        )
        await s.record(ConversationChanged(conversation=changed))
        assert (await s.load()).conversation == changed


async def test_whispers_narration_and_deletions_are_loaded(tmp_path: Path) -> None:
    whisper = replace(a_message(1, None, 1, speaker=HUMAN), to="bob")
    told = replace(a_message(2, 1, 2, speaker=HUMAN), is_narration=True)
    async with saving(tmp_path / "c.db") as s:
        await s.record(MessageCompleted(message=whisper), MessageCompleted(message=told))
        gone = replace(told, is_deleted=True)
        await s.record(MessageChanged(message=gone))
        tree = (await s.load()).tree
        assert tree.messages == {1: whisper, 2: gone}
        assert (tree.path, tree.trunk) == ([whisper], [whisper, gone])


async def test_the_words_before_an_edit_are_kept(tmp_path: Path) -> None:
    message = a_message(1, None, 1, "Helo.")
    async with saving(tmp_path / "c.db") as s:
        await s.record(MessageCompleted(message=message))
        for text in ("Hello.", "Hello!"):
            message = replace(message, text=text, edited_at=NOON)
            await s.record(MessageChanged(message=message))
        await s.record(MessageChanged(message=replace(message, is_deleted=True)))
        assert await s.ask("SELECT text FROM former_text ORDER BY key") == [("Helo.",), ("Hello.",)]
        await s.conversations.delete(s.id)
        assert await s.ask("SELECT count(*) FROM former_text") == [(0,)]
