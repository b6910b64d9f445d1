"""Cards and conversations come in through the room."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events

from chimera_tui.core.chimera import ImportResult
from chimera_tui.domain.conversation import HUMAN
from chimera_tui.engine.turn_taking import MODES
from chimera_tui.formats.conversations.conversation_import import import_conversation
from chimera_tui.formats.conversations.conversation_json import to_json
from chimera_tui.ui.kit.dialog import Choose
from chimera_tui.ui.kit.pick_file import PickFile
from tests.cards.corpus import coded, v2
from tests.cards.test_chats import HEADER, line
from tests.fakes import NOON
from tests.ui.fakes import a_saved
from tests.ui.running import composer_of, do, running, scene_of, text_of, until
from tests.ui.studio import StudioChimera

TALK = (("philosopher", "Is it?"), (HUMAN, "@Comedian well?"))


class Importing(StudioChimera):
    """Reads real files, and keeps conversations in memory."""

    async def import_conversation(self, path: Path) -> ImportResult:
        """As the real one."""
        found = import_conversation(path, now=NOON, modes=MODES)
        id_ = max(self.saved) + 1
        conversation = replace(found.saved.conversation, id=id_)
        self.saved[id_] = replace(found.saved, conversation=conversation)
        return ImportResult(id_, found.notes)


@pytest.fixture
def fake() -> Importing:
    return Importing(a_saved(*TALK))


def a_card(folder: Path, **data: Any) -> Path:
    path = folder / "my clown.json"
    path.write_bytes(coded(v2(name="Clown", description="Honks.", **data)))
    return path


def a_chat(folder: Path) -> Path:
    path = folder / "chat.jsonl"
    swiped = line("Sit.", swipes=["Stand.", "Sit."], swipe_id=1)
    path.write_text("\n".join(map(json.dumps, (HEADER, line("Hi.", "Kim"), swiped))))
    return path


async def test_a_card_comes_into_the_library_and_what_was_dropped_is_said(
    tmp_path: Path, fake: Importing
) -> None:
    card = a_card(tmp_path, first_mes="Honk! " * 200)
    async with running(fake, tmp_path) as pilot:
        composer_of(pilot).write(f"/import {card}")
        await pilot.press("enter")
        await until(pilot, (fake.own / "clown.card.json").is_file)
        await until(pilot, lambda: "Clown is in the library now." in text_of(pilot))
        assert "greeting was cut" in text_of(pilot)


async def test_a_chat_becomes_a_conversation_and_is_opened(tmp_path: Path, fake: Importing) -> None:
    async with running(fake, tmp_path) as pilot:
        do(pilot, "import", str(a_chat(tmp_path)))
        await until(pilot, lambda: scene_of(pilot).conversation.title == "A chat of Mira and Kim")
        await until(pilot, lambda: "‹ 2/2 ›" in text_of(pilot))
        assert "Mira is not in the library" in text_of(pilot)


async def test_our_own_json_becomes_a_conversation(tmp_path: Path, fake: Importing) -> None:
    path = tmp_path / "c.json"
    path.write_text(to_json(a_saved(("comedian", "So a clown walks in."))))
    async with running(fake, tmp_path) as pilot:
        do(pilot, "import", str(path))
        await until(pilot, lambda: "So a clown walks in." in text_of(pilot))
        assert len(fake.saved) == 2


async def test_a_file_that_is_dropped_on_the_composer_is_offered(
    tmp_path: Path, fake: Importing
) -> None:
    card = a_card(tmp_path)
    async with running(fake, tmp_path) as pilot:
        field = composer_of(pilot).field
        field.post_message(events.Paste(f"'{card}' "))
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        assert "Import my clown.json?" in text_of(pilot)
        await pilot.press("down", "enter")
        await until(pilot, lambda: composer_of(pilot).text == f"'{card}' ")
        assert not (fake.own / "clown.toml").exists()

        composer_of(pilot).write("")
        field.post_message(events.Paste(card.as_uri()))
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, (fake.own / "clown.toml").is_file)
        assert composer_of(pilot).text == ""


async def test_a_path_of_nothing_and_one_among_words_are_text(
    tmp_path: Path, fake: Importing
) -> None:
    async with running(fake, tmp_path) as pilot:
        field = composer_of(pilot).field
        field.post_message(events.Paste(str(tmp_path / "none.png")))
        await until(pilot, lambda: composer_of(pilot).text.endswith("none.png"))
        composer_of(pilot).write("Look at ")
        field.post_message(events.Paste(str(a_card(tmp_path))))
        await until(pilot, lambda: composer_of(pilot).text.endswith("my clown.json"))


async def test_a_file_is_chosen_where_none_is_named(tmp_path: Path, fake: Importing) -> None:
    async with running(fake, tmp_path) as pilot:
        do(pilot, "import")
        await until(pilot, lambda: isinstance(pilot.app.screen, PickFile))
        assert "Import which card or conversation?" in text_of(pilot)


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.png", b"\x89PNG", "holds no readable JSON"),
        ("a.json", b"{", "holds no readable JSON"),
        ("b.json", b"{", "Nor"),
        ("a.jsonl", b"", "holds no message"),
        ("none.json", None, "no such file"),
    ],
)
async def test_what_cannot_be_read_is_said(
    tmp_path: Path, fake: Importing, name: str, data: bytes | None, why: str
) -> None:
    path = tmp_path / name
    if data is not None:
        path.write_bytes(data)
    async with running(fake, tmp_path) as pilot:
        do(pilot, "import", str(path))
        told = pilot.app._notifications
        await until(pilot, lambda: any(why in toast.message for toast in told))
        assert len(fake.saved) == 1
