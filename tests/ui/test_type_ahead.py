"""What is typed ahead takes effect one key after the other, and is never too much."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.new_room.new_room_screen import NewRoom
from chimera_tui.ui.new_room.room_fields import TopicField
from chimera_tui.ui.terminal import type_ahead
from chimera_tui.ui.terminal.type_ahead import LONGEST_PASTE, LONGEST_TYPED, MOST_WAITING, TypeAhead
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.running import composer_of, room_of, running, scene_of, until

TALK = (("philosopher", "Is it?"),)
FAMILY = "👩\u200d👩\u200d👧\u200d👦"


@asynccontextmanager
async def typing(folder: Path, fake: FakeChimera | None = None) -> AsyncIterator[Any]:
    """A room, and the queue in front of it."""
    fake = fake or FakeChimera(a_saved(*TALK), provider=ScriptedProvider([asyncio.Event()]))
    async with running(fake, folder) as pilot:
        yield pilot, TypeAhead(pilot.app)


async def focus_messages(pilot: Pilot[Any]) -> None:
    room_of(pilot).transcript.focus()
    await until(pilot, lambda: room_of(pilot).transcript.has_focus)


def said(pilot: Pilot[Any]) -> list[str]:
    return [m.text for m in scene_of(pilot).tree.path if m.turn.speaker == HUMAN]


def told(pilot: Pilot[Any], words: str) -> bool:
    return any(words in notification.message for notification in pilot.app._notifications)


async def test_letters_behind_a_slash_are_written_and_no_hotkeys(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        await focus_messages(pilot)
        ahead.put("/delete")
        await until(pilot, lambda: composer_of(pilot).text == "/delete")
        assert pilot.app.screen is room_of(pilot)
        assert composer_of(pilot).field.has_focus


async def test_a_command_typed_at_once_is_done(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        await focus_messages(pilot)
        ahead.put("/new\r")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRoom))
        assert composer_of(pilot).text == ""


async def test_letters_behind_the_key_of_a_screen_are_for_that_screen(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        ahead.put(events.Key("ctrl+n", None))
        ahead.put("\tA topic of my own")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRoom))
        await until(
            pilot, lambda: pilot.app.screen.query_one(TopicField).value == "A topic of my own"
        )
        assert composer_of(pilot).text == ""


async def test_letters_before_any_field_has_the_focus_still_are_hotkeys(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        await focus_messages(pilot)
        ahead.put("?")
        await until(pilot, lambda: pilot.app.screen is not room_of(pilot))


async def test_a_paste_over_messages_is_written_and_said_and_so_is_what_follows(
    tmp_path: Path,
) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        await focus_messages(pilot)
        ahead.put(events.Paste("deny \x1b[31m\r\nit"))
        ahead.put("dy")
        await until(pilot, lambda: composer_of(pilot).text == "deny ␛[31m\nitdy")
        assert told(pilot, "Pasted into your line")
        assert pilot.app.screen is room_of(pilot)


async def test_where_nothing_can_be_said_a_paste_is_refused_and_a_slash_opens_the_palette(
    tmp_path: Path,
) -> None:
    fake = FakeChimera(a_saved(*TALK))
    fake.read_only = "For a test."
    async with typing(tmp_path, fake) as (pilot, ahead):
        await focus_messages(pilot)
        ahead.put(events.Paste("words"))
        await until(pilot, lambda: told(pilot, "Nothing was pasted"))
        ahead.put("/copy")
        await until(pilot, lambda: "copy" in [i.value for i in pilot.app.screen.query(Input)])
        assert composer_of(pilot).text == ""


@pytest.mark.parametrize(
    "text", [FAMILY, "全角　スペース", "可\u200c能", "e\u0301a\u00a0b", "ខ្មែរ\u200bភាសា"]
)
async def test_every_field_takes_what_is_typed_in_any_language(tmp_path: Path, text: str) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        ahead.put(text)
        await until(pilot, lambda: composer_of(pilot).text == text)
        ahead.put(events.Key("ctrl+n", None))
        ahead.put(f"\t{text}")
        await until(pilot, lambda: [i.value for i in pilot.app.screen.query(TopicField)] == [text])


async def test_what_no_screen_may_show_is_replaced_as_it_is_typed(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        ahead.put("a\u202eb\x9bc\u2028d")
        await until(pilot, lambda: composer_of(pilot).text == "a\ufffdb\ufffdc\ufffdd")


async def test_more_than_a_person_types_at_once_is_a_paste(tmp_path: Path) -> None:
    lines = "\r".join(f"line {number} / e d" for number in range(5000))
    async with typing(tmp_path) as (pilot, ahead):
        await focus_messages(pilot)
        for start in range(0, len(lines), 4095):
            ahead.put(lines[start : start + 4095])
        wanted = lines.replace("\r", "\n")
        await until(pilot, lambda: composer_of(pilot).text == wanted)
        assert said(pilot) == []
        ahead.put("\r")  # a moment later, alone: a person, or a program that waited
        await until(pilot, lambda: said(pilot) == [wanted])


async def test_a_long_line_that_is_typed_by_a_program_is_sent(tmp_path: Path) -> None:
    line = "word " * LONGEST_TYPED + "end"
    async with typing(tmp_path) as (pilot, ahead):
        ahead.put(f"{line}\r")
        await until(pilot, lambda: said(pilot) == [line])
        ahead.put(line)
        await until(pilot, lambda: composer_of(pilot).text == line)
        ahead.put("\r")  # a moment later, in a piece of its own
        await until(pilot, lambda: said(pilot) == [line, line])
        assert composer_of(pilot).text == ""


async def test_a_paste_is_cleaned_and_cut_with_a_note(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        ahead.put(events.Paste("\x1b]0;owned\x07" + "x" * LONGEST_PASTE))
        await until(pilot, lambda: composer_of(pilot).text)
        assert composer_of(pilot).text.startswith("␛]0;owned␇x")
        assert len(composer_of(pilot).text) == LONGEST_PASTE
        await until(pilot, lambda: told(pilot, "256 KiB"))


async def test_a_flood_of_text_without_marks_is_cut_with_a_note(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        for _ in range(100):
            ahead.put("x" * 4095)
        await until(pilot, lambda: told(pilot, "256 KiB"))
        assert len(composer_of(pilot).text) == LONGEST_PASTE


async def test_a_flood_of_keys_is_bounded_and_quitting_comes_through(tmp_path: Path) -> None:
    async with typing(tmp_path) as (pilot, ahead):
        keys = (events.Key("up", None) for _ in range(20_000))
        await asyncio.to_thread(lambda: [ahead.put(key) for key in keys])
        assert len(ahead._waiting) <= MOST_WAITING
        ahead.put(events.Key("ctrl+q", None))
        await until(pilot, lambda: pilot.app._exit)


async def test_a_key_that_takes_for_ever_holds_no_other_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type_ahead, "SETTLES", 0.01)
    async with typing(tmp_path) as (pilot, ahead):
        await focus_messages(pilot)
        never = asyncio.Event()
        room_of(pilot).transcript.call_later(never.wait)
        ahead.put("jk")
        ahead.put(events.Key("ctrl+q", None))
        while not pilot.app._exit:  # noqa: ASYNC110 - the pilot would wait for the transcript
            await asyncio.sleep(0.001)
        never.set()


async def test_a_mistake_while_a_key_is_handed_on_ends_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[Exception] = []
    async with typing(tmp_path) as (pilot, ahead):
        monkeypatch.setattr(App, "_handle_exception", lambda _app, error: failed.append(error))
        monkeypatch.setattr(type_ahead, "typed", lambda _: 1 / 0)
        ahead.put("a")
        await until(pilot, lambda: [type(error) for error in failed] == [ZeroDivisionError])
