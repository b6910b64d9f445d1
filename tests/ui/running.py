"""Runs the app in a test, over a Chimera without files and networks."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any, cast

from textual.pilot import Pilot

from chimera_tui.engine.room import Room
from chimera_tui.ui.app import ChimeraApp
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.keeper import OpenChimera
from chimera_tui.ui.room.commands import COMMANDS
from chimera_tui.ui.room.composer import Composer
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.room.room_state import RoomState
from tests import HANG
from tests.ui.fakes import FakeChimera


async def until(pilot: Pilot[Any], condition: Callable[[], object], what: str = "") -> None:
    """Let the app work until `condition` holds."""
    hangs_at = monotonic() + HANG
    while monotonic() < hangs_at:
        if pilot.app._exception:
            raise pilot.app._exception
        if condition():
            await pilot.pause()
            return
        await pilot.pause()
    raise AssertionError(f"never came true: {what or condition}\n{text_of(pilot)}")


def text_of(pilot: Pilot[Any]) -> str:
    """The screen as plain text."""
    app = pilot.app
    return "\n".join(s.text for s in app.screen._compositor.render_strips(app.size))


def room_of(pilot: Pilot[Any]) -> RoomScreen:
    """The room screen, wherever it stands in the stack."""
    return next(s for s in pilot.app.screen_stack if isinstance(s, RoomScreen))


def scene_of(pilot: Pilot[Any]) -> RoomState:
    """What the room screen shows."""
    scene = room_of(pilot).session.state
    assert scene
    return scene


def live_room(pilot: Pilot[Any]) -> Room:
    """The room that is open."""
    room = room_of(pilot).room
    assert room
    return room


def composer_of(pilot: Pilot[Any]) -> Composer:
    """The composer of the room."""
    return room_of(pilot).query_one(Composer)


def do(pilot: Pilot[Any], command: str, argument: str = "") -> None:
    """Begin a command of the room, as its key or the palette does."""
    screen = room_of(pilot)
    screen.call_later(screen._do, COMMANDS.by_name[command], argument)


def can_undo(pilot: Pilot[Any]) -> bool:
    """Whether there is a step that the room can take back."""
    return bool(room_of(pilot).check_action("do", ("undo",)))


def an_app(fake: FakeChimera, logs: Path, **options: Any) -> ChimeraApp:
    """The app, not yet running."""
    options.setdefault("is_first_run", not fake.saved)
    opened = cast("OpenChimera", fake.open)
    return ChimeraApp(opened, log_folder=logs, **options)


async def ready(pilot: Pilot[Any], fake: FakeChimera) -> None:
    """Wait until the first screen shows what there is."""

    def is_there() -> bool:
        screen = pilot.app.screen
        is_checked = fake.checks >= len(fake.found)
        if isinstance(screen, FirstRunScreen):
            is_here = screen._chimera is not None
            return is_here and (not screen._is_looking or not fake.may_answer.is_set())
        if isinstance(screen, RoomScreen) and screen.session.state and is_checked:
            return bool(screen.room or screen.session.state.read_only)
        return False

    await until(pilot, is_there, "the first screen")
    for field in pilot.app.screen.query("TextArea, Input"):
        field.cursor_blink = False  # type: ignore[attr-defined]  # both have it
    await pilot.pause()


@asynccontextmanager
async def running(
    fake: FakeChimera, logs: Path, size: tuple[int, int] = (120, 36), **options: Any
) -> AsyncIterator[Pilot[None]]:
    """The app, showing its first screen."""
    app = an_app(fake, logs, **options)
    async with app.run_test(size=size, notifications=True) as pilot:
        await ready(pilot, fake)
        yield pilot
