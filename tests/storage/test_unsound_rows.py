"""S16: a row that cannot be read is shown as unreadable; the rest loads."""

from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.domain.conversation import HUMAN, Notice, Usage
from chimera_tui.domain.errors import StorageError
from chimera_tui.domain.events import MessageCompleted, NoticePosted
from tests.storage.values import NOON, a_message, a_provenance, completed, failed, saving


@pytest.mark.parametrize(
    "damage",
    [
        "finish = 'sideways'",
        "cost_source = 'dice'",
        "text = x'00ff'",
        "created_at = 'noon'",
        "created_at = 9223372036854775807",
        "turn = 'second'",
        "speaker = x'00'",
        "model = NULL",
        "input_tokens = 'many'",
        "duration = 'long'",
    ],
)
async def test_s16_an_unsound_message_keeps_its_place(tmp_path: Path, damage: str) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1), completed(2, 1, 2), completed(3, 2, 3))
        await s.store.write(lambda db: db.execute(f"UPDATE message SET {damage} WHERE id = 2"))  # noqa: S608

        path = (await s.load()).tree.path

    assert [m.text for m in path] == ["Hello.", "unreadable (2)", "Hello."]


async def test_s16_text_that_is_no_utf8_is_read_with_marks(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1), completed(2, 1, 2))
        await s.store.write(
            lambda db: db.execute(
                "UPDATE message SET text = CAST(x'4869ff21' AS TEXT) WHERE id = 2"
            )
        )

        path = (await s.load()).tree.path

    assert [m.text for m in path] == ["Hello.", "Hi\ufffd!"]


async def test_s16_a_message_without_a_place_is_left_out(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1), completed(2, 1, 2))
        await s.store.write(lambda db: db.execute("UPDATE message SET id = 'two' WHERE id = 2"))

        assert [m.id for m in (await s.load()).tree.path] == [1]


async def test_s16_a_persona_that_cannot_be_read_is_still_cast(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.store.write(
            lambda db: db.execute("UPDATE persona_version SET definition = '{' WHERE slug = 'ada'")
        )

        ada, bob = (await s.load()).conversation.cast

    assert (ada.persona.slug, ada.persona.prompt) == ("ada", "")
    assert bob == s.saved.conversation.cast[1]


async def test_s16_unsound_notices_and_failures_are_left_out(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        notices = [Notice(after_id=None, text=text, created_at=NOON) for text in "ab"]
        await s.record(*(NoticePosted(notice=notice) for notice in notices), failed(1))
        await s.store.write(
            lambda db: db.execute("UPDATE notice SET text = x'00' WHERE number = 1")
        )
        await s.store.write(lambda db: db.execute("UPDATE attempt SET problem = x'00'"))

        loaded = await s.load()

    assert loaded.notices == notices[1:]
    assert loaded.failure is None


async def test_s16_an_unsound_conversation_is_listed_and_named(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.store.write(
            lambda db: db.execute("UPDATE conversation SET title = x'00', updated_at = 'noon'")
        )

        lines = await s.conversations.list_all()

        assert [line.title for line in lines] == ["unreadable (1)"]
        with pytest.raises(StorageError, match="Conversation 1 cannot be read"):
            await s.load()


async def test_what_cannot_be_encoded_or_counted_is_saved_all_the_same(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        claims = replace(a_provenance(), usage=Usage(input=10**30, output=-1))
        said = replace(a_message(1, None, 1, "a\ud800b\0c"), provenance=claims)
        await s.record(MessageCompleted(message=said))

        message = (await s.load()).tree.path[0]

    assert message.text == "a\ufffdb\ufffdc"
    assert message.provenance is not None
    assert message.provenance.usage == Usage(input=2**63 - 1, output=0)


async def test_what_the_human_says_has_no_provenance(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        await s.record(completed(1, None, 1, speaker=HUMAN))

        assert (await s.load()).tree.path[0].provenance is None
