"""Screens that are closed while something is still on its way to them."""

from pathlib import Path
from typing import Any, cast

from textual import events
from textual.command import CommandList
from textual.screen import Screen

from chimera_tui.core.chimera import Chimera
from chimera_tui.ui.app import ChimeraApp
from chimera_tui.ui.kit.closing import close
from chimera_tui.ui.kit.dialog import AskText, ChoiceRows, Choose
from chimera_tui.ui.kit.palette_screen import PaletteScreen
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.new_room.new_room_screen import NewRoom
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.room.status_row import StatusRow
from chimera_tui.ui.studio.studio_screen import StudioScreen
from tests.ui.pictures import a_library, a_talk
from tests.ui.running import room_of, running, until
from tests.ui.studio_pictures import a_studio


async def test_a_second_answer_closes_nothing_below(tmp_path: Path) -> None:
    given: list[str | None] = []
    async with running(a_talk(), tmp_path) as pilot:
        below, dialog = (AskText("?", "", note="", done="") for _ in range(2))
        await pilot.app.push_screen(below, given.append)
        await pilot.app.push_screen(dialog, given.append)
        dialog.give("one")
        dialog.give("two")
        await until(pilot, lambda: given == ["one"])
        assert pilot.app.screen is below


async def test_a_screen_on_its_way_when_the_app_is_left_is_no_mistake(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        made = pilot.app.push_screen(RoomScreen())
        pilot.app.exit(return_code=0)
        await made
    assert pilot.app._exception is None
    assert pilot.app.return_code == 0


async def test_two_of_the_same_events_close_a_dialog_once(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await pilot.app.push_screen(dialog := Choose("?", [("one", ""), ("two", "")], 0))
        rows = dialog.query_one(ChoiceRows)
        for _ in range(2):
            rows.post_message(Rows.Chosen(rows, 1))
        await until(pilot, lambda: isinstance(pilot.app.screen, RoomScreen))
        await pilot.pause()
        assert pilot.app.screen is room_of(pilot)


async def test_what_is_closed_before_it_is_made_is_made_first(tmp_path: Path) -> None:
    fake = a_studio()
    async with running(fake, tmp_path) as pilot:
        screens: list[Screen[Any]] = [
            StudioScreen(cast("Chimera", fake), ""),
            PaletteScreen(),
            AskText("?", "", note="", done=""),
        ]
        for screen in screens:
            made = pilot.app.push_screen(screen)
            close(screen)
            _ = screen.dismiss() if isinstance(screen, PaletteScreen) else None
            await made
            await until(pilot, lambda: isinstance(pilot.app.screen, RoomScreen))


async def test_a_search_that_begins_when_the_palette_is_closed_ends_nothing(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        for _ in range(5):
            await pilot.app.push_screen(palette := PaletteScreen())
            palette._gather_commands("room")
            _ = palette.dismiss()
            _ = palette.dismiss()
            await until(pilot, lambda: isinstance(pilot.app.screen, RoomScreen))


async def test_a_page_down_in_a_palette_that_is_not_drawn_yet_ends_nothing(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await pilot.app.push_screen(palette := PaletteScreen())
        palette.query_one(CommandList)._index_to_line.clear()
        await palette.run_action("command_list('page_down')")
        await palette.run_action("command_list('page_up')")
        assert pilot.app.screen is palette


async def test_a_click_on_what_was_just_removed_ends_nothing(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        screen = pilot.app.screen
        title = screen.query_one(StatusRow)
        place = title.region.offset
        parent = title._parent
        title._parent = None  # as between the removal and the next layout
        for kind in (events.MouseDown, events.MouseUp, events.MouseMove):
            pilot.app.post_message(kind(None, *place, 0, 0, 1, shift=False, meta=False, ctrl=False))
        await pilot.pause()
        title._parent = parent
        assert pilot.app.is_running


async def test_a_key_waits_for_the_screen_it_is_meant_for(tmp_path: Path) -> None:
    async with running(a_library(), tmp_path) as pilot:
        app = pilot.app
        assert isinstance(app, ChimeraApp)
        assert app.chimera
        made = app.push_screen(screen := NewRoom(app.chimera, "", []))
        assert not screen.is_mounted
        await app.on_event(events.Key("slash", "/"))
        await until(pilot, lambda: screen.is_mounted)
        await made
        await pilot.pause()
        assert pilot.app.screen is screen
        assert pilot.app.is_running
