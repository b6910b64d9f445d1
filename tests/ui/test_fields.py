"""What is written, pasted or put into a field is clean, whatever field it is."""

from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from chimera_tui.domain.text import clean, one_line
from tests.ui.pictures import a_talk, press
from tests.ui.running import composer_of, running, scene_of, until
from tests.ui.test_snapshots import ALL

NASTY = "\x1b]52;c;cm0=\x07 \u202eno \x9b2J a\tb \u2066 \x7f\r\nend\u200b"


def assert_clean(field: Input | TextArea) -> None:
    """Nothing in it that a terminal would obey; in a field of one line, no other line."""
    text = field.value if isinstance(field, Input) else field.text
    assert text == clean(text)
    assert isinstance(field, TextArea) or not {"\n", "\t"} & set(text)


async def put_into(pilot: Pilot[Any], field: Input | TextArea) -> None:
    """Bring the text in by all ways there are."""
    field.focus()
    await pilot.pause()
    field.post_message(events.Paste(NASTY))
    await pilot.pause()
    pilot.app._clipboard = NASTY  # what was copied out of a message
    await pilot.press("ctrl+v")
    await pilot.pause()
    field.post_message(events.Key("x", "\u202e"))
    await pilot.pause()


FIELDS = (
    *("edit", "first-run-keys", "invite", "key", "models", "new-room"),
    *("palette", "rename", "studio", "studio-emoji", "topic"),
)
"""Pictures of all screens that have fields."""


@pytest.mark.parametrize("name", FIELDS)
async def test_every_field_of_every_screen_is_clean(tmp_path: Path, name: str) -> None:
    picture = ALL[name]
    async with running(picture.make(), tmp_path, size=picture.size) as pilot:
        await picture.act(pilot)
        for field in pilot.app.screen.query("Input, TextArea"):
            assert isinstance(field, Input | TextArea)
            await put_into(pilot, field)
            assert_clean(field)
            for strip in pilot.app.screen._compositor.render_strips(pilot.app.size):
                assert strip.text == clean(strip.text)


async def test_a_room_is_renamed_to_what_is_clean(tmp_path: Path) -> None:
    fake = ALL["rename"].make()
    async with running(fake, tmp_path) as pilot:
        await press("f2")(pilot)
        field = pilot.app.screen.query_one(Input)
        await put_into(pilot, field)
        await pilot.press("enter")
        await until(pilot, lambda: "end" in scene_of(pilot).conversation.title)
        assert scene_of(pilot).conversation.title == one_line(scene_of(pilot).conversation.title)
        assert "␛" in scene_of(pilot).conversation.title


async def test_the_cursor_stands_behind_what_was_pasted(tmp_path: Path) -> None:
    async with running(ALL["rename"].make(), tmp_path) as pilot:
        await press("f2")(pilot)
        field = pilot.app.screen.query_one(Input)
        field.post_message(events.Paste("a\u200b\u200bb"))
        await pilot.press("c")
        assert field.value == "abc"


@pytest.mark.parametrize("keys", [("ctrl+underscore",), ("ctrl+z",), ("ctrl+z", "ctrl+y")])
async def test_what_was_pasted_is_taken_back_whole(tmp_path: Path, keys: tuple[str, ...]) -> None:
    """Textual looks for the cursor on a line that is gone, and ends the app."""
    async with running(a_talk(), tmp_path) as pilot:
        field = composer_of(pilot).query_one(TextArea)
        field.focus()
        await pilot.pause()
        text = "\n".join(map(str, range(30)))
        field.post_message(events.Paste(text))
        await pilot.pause()
        await pilot.press(*keys)
        assert field.text == (text if "ctrl+y" in keys else "")
