"""What is written is sent, completed, recalled, and never lost."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.domain.conversation import HUMAN, ModelRef
from chimera_tui.domain.errors import StorageError
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.room import composer
from chimera_tui.ui.room.composer import Completions
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.running import composer_of, live_room, running, scene_of, text_of, until

TALK = (("philosopher", "Is it?"),)


def waiting() -> ScriptedProvider:
    return ScriptedProvider([asyncio.Event()])


def human_words(pilot: Any) -> list[str]:
    path = scene_of(pilot).tree.path
    return [message.text for message in path if message.turn.speaker == HUMAN]


async def test_enter_sends_and_wakes_the_room(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=waiting())
    async with running(fake, tmp_path) as pilot:
        await pilot.press(*"Hello", "enter")
        await until(pilot, lambda: human_words(pilot) == ["Hello"])
        assert composer_of(pilot).text == ""
        await until(pilot, lambda: "▸ live" in text_of(pilot))


@pytest.mark.parametrize("key", ["ctrl+j", "shift+enter", "alt+enter"])
async def test_a_new_line_does_not_send(tmp_path: Path, key: str) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        await pilot.press("a", key, "b", "enter")
        await until(pilot, lambda: human_words(pilot) == ["a\nb"])


async def test_up_recalls_what_was_sent(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        for words in ("one", "two"):
            await pilot.press(*words, "enter")
            await until(pilot, lambda: composer_of(pilot).text == "")
        await pilot.press("up")
        assert composer_of(pilot).text == "two"
        await pilot.press("up")
        assert composer_of(pilot).text == "one"
        await pilot.press("down", "down")
        assert composer_of(pilot).text == ""


async def test_the_cursor_comes_to_rest_until_the_next_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composer, "BLINKS", 0.3)
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        field = composer_of(pilot).field
        field.cursor_blink = True
        await pilot.press("a")
        await until(pilot, lambda: not field.blink_timer._active.is_set(), "a steady cursor")
        assert field._cursor_visible
        monkeypatch.setattr(field._resting, "_interval", 60)
        await pilot.press("a")
        await until(pilot, field.blink_timer._active.is_set, "a blinking cursor")


async def test_what_cannot_be_saved_stays_written(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=waiting())
    async with running(fake, tmp_path) as pilot:
        fake.recorder.error = StorageError("The disk is full.", hint="Make room.")
        await pilot.press(*"Hello", "enter")
        await until(pilot, lambda: "The disk is full. Make room." in text_of(pilot))
        assert composer_of(pilot).text == "Hello"


async def test_at_completes_personas(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        await pilot.press("at", "c")
        await until(pilot, lambda: pilot.app.screen.query_one(Completions).display)
        await pilot.press("tab")
        assert composer_of(pilot).text == "@Comedian "
        assert not pilot.app.screen.query_one(Completions).display


async def test_at_completes_personas_where_no_space_stands_before_it(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        await pilot.press("你", "好", "at", "c")
        await until(pilot, lambda: pilot.app.screen.query_one(Completions).display)
        await pilot.press("tab")
        assert composer_of(pilot).text == "你好@Comedian "


async def test_slash_completes_commands_and_esc_closes_the_list(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        await pilot.press("slash", "r", "e", "n")
        await until(pilot, lambda: "Rename the room" in text_of(pilot))
        await pilot.press("escape")
        assert not pilot.app.screen.query_one(Completions).display
        assert composer_of(pilot).text == "/ren"


async def test_a_command_acts(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        composer_of(pilot).write("/rename All about jokes")
        await pilot.press("enter")
        await until(pilot, lambda: "◆ chimera    All about jokes" in text_of(pilot))
        assert human_words(pilot) == []


@pytest.mark.parametrize(
    ("command", "changed"),
    [
        ("/mode random", lambda room: room.conversation.mode == "random"),
        ("/pace slow", lambda room: room.conversation.pace == 2.0),
        (
            "/model @Comedian ollama/gemma2",
            lambda room: (
                room.conversation.assignment("comedian").model == ModelRef("ollama", "gemma2")
            ),
        ),
        ("/resume", lambda room: not room.paused),
    ],
)
async def test_commands_change_the_room(tmp_path: Path, command: str, changed: Any) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        composer_of(pilot).write(command)
        composer_of(pilot).completions.show(())
        await pilot.press("enter")
        await until(pilot, lambda: changed(live_room(pilot)))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("/renam x", "Did you mean `rename`?"),
        ("/mode backwards", "There is no mode `backwards`."),
        ("/pace fast", "`fast` is no pace."),
        ("/model @Nobody ollama/x", "`@Nobody` is not in this room."),
        ("/model @Comedian nowhere/x", "There is no provider `nowhere`."),
        ("/keep", "has nothing to act on now."),
        ("/theme mauve", "There is no theme `mauve`."),
        ("/save notes.txt", "`notes.txt` does not say in which format."),
    ],
)
async def test_a_command_that_cannot_be_done_says_why(
    tmp_path: Path, command: str, says: str
) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        composer_of(pilot).write(command)
        composer_of(pilot).completions.show(())
        await pilot.press("enter")
        await until(pilot, lambda: any(says in n.message for n in pilot.app._notifications), says)
        assert pilot.app.is_running


async def test_two_slashes_begin_a_text(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        composer_of(pilot).write("//etc is a folder")
        await pilot.press("enter")
        await until(pilot, lambda: human_words(pilot) == ["/etc is a folder"])


async def test_writing_holds_the_next_turn_back(tmp_path: Path) -> None:
    gate = asyncio.Event()
    provider = ScriptedProvider([gate, "One."], ["Two.", asyncio.Event()])
    async with running(FakeChimera(a_saved(*TALK), provider=provider), tmp_path) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: scene_of(pilot).typing)
        await pilot.press("h")
        gate.set()
        await until(pilot, lambda: "One." in text_of(pilot))
        await until(pilot, lambda: "the next turn waits while you write" in text_of(pilot))
        assert len(provider.requests) == 1
        await pilot.press("backspace")
        await until(pilot, lambda: len(provider.requests) == 2)


async def test_a_space_begins_no_text(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        await pilot.press("a", "space", "b")
        assert composer_of(pilot).text == "a b"


async def test_the_palette_does_what_it_says(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK), provider=waiting()), tmp_path) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: "Search for commands" in text_of(pilot))
        await pilot.press(*"rename")
        await until(pilot, lambda: "Rename the room" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "What is this room called?" in text_of(pilot))
