"""Starting, ending, and what happens when something breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from textual.css.stylesheet import Stylesheet

from chimera_tui.domain.conversation import DEMO
from chimera_tui.domain.errors import InvalidFileError, StorageError, StorageFault
from chimera_tui.domain.events import Event, RoomResumed
from chimera_tui.domain.health import Health, HealthState
from chimera_tui.domain.saved import Recovered, Rescue
from chimera_tui.library.library import Changes
from chimera_tui.providers.base import Withdrawn
from chimera_tui.providers.scripted import ScriptedProvider, Step
from chimera_tui.settings.settings import Settings
from chimera_tui.ui import checks
from chimera_tui.ui.app import ChimeraApp
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.kit import dialog as dialog_module
from chimera_tui.ui.kit.themes import LIGHT
from chimera_tui.ui.room.room_panes import RoomPanes
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.room.room_session import RoomSession
from tests.ui.fakes import LMSTUDIO, FakeChimera, a_saved
from tests.ui.running import (
    an_app,
    composer_of,
    live_room,
    ready,
    room_of,
    running,
    scene_of,
    text_of,
    until,
)

TALK = (("philosopher", "Is it?"),)


async def test_the_first_paint_does_not_wait_for_the_database(tmp_path: Path) -> None:
    gate = asyncio.Event()
    fake = FakeChimera(a_saved(*TALK))

    @asynccontextmanager
    async def slowly() -> AsyncIterator[FakeChimera]:
        await gate.wait()
        async with fake.open() as opened:
            yield opened

    app = ChimeraApp(slowly, log_folder=tmp_path)  # type: ignore[arg-type]  # as good as one
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "opening …" in text_of(pilot))
        gate.set()
        await ready(pilot, fake)
        assert "Is it?" in text_of(pilot)


async def test_the_first_paint_reads_all_styles_once_and_has_the_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[Stylesheet] = []
    monkeypatch.setattr(Stylesheet, "reparse", again.append)
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path, theme=LIGHT.name) as pilot:
        assert pilot.app.screen.styles.background.hex.lower() == LIGHT.background
    assert again == []


async def test_one_key_starts_a_live_room(tmp_path: Path) -> None:
    fake = FakeChimera()
    async with running(fake, tmp_path) as pilot:
        assert "1 of 2 can speak" in text_of(pilot)
        assert "▸ live" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Well, yes." in text_of(pilot))
        assert not fake.saved[1].conversation.is_demo


async def test_without_a_provider_the_same_key_starts_the_demo(tmp_path: Path) -> None:
    fake = FakeChimera(healths=[LMSTUDIO])
    async with running(fake, tmp_path) as pilot:
        assert "demo, offline and free" in text_of(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "DEMO" in text_of(pilot))
        assert {one.model for one in fake.saved[1].conversation.cast} == {DEMO}


async def test_nothing_is_begun_before_a_key(tmp_path: Path) -> None:
    fake = FakeChimera()
    async with running(fake, tmp_path):
        assert fake.saved == {}


async def test_first_run_other_topic_and_looking_again(tmp_path: Path) -> None:
    fake = FakeChimera()
    async with running(fake, tmp_path) as pilot:
        assert "Is a joke a kind of knowledge?" in text_of(pilot)
        await pilot.press("n")
        assert "Is a joke a kind of knowledge?" not in text_of(pilot)
        await pilot.press("r")
        await until(pilot, lambda: fake.checks == 2 * len(fake.found))
        await pilot.press("d")
        await until(pilot, lambda: 1 in fake.saved)
        assert fake.saved[1].conversation.is_demo


async def test_an_empty_library_says_so_and_the_app_lives(tmp_path: Path) -> None:
    fake = FakeChimera(personas=[])
    async with running(fake, tmp_path) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "There are no personas" in text_of(pilot))
        assert "/home/ada/.config/chimera/personas" in text_of(pilot)
        assert "Start talking" not in text_of(pilot)
        assert fake.saved == {}


@pytest.fixture(autouse=True)
def _no_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dialogs that nobody asked for take keys at once."""
    monkeypatch.setattr(dialog_module, "HOLD", 0.0)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StorageError("The database is newer than this Chimera.", kind=StorageFault.NEWER), 4),
        (StorageError("No database can be made there.", kind=StorageFault.NO_DATABASE), 5),
    ],
)
async def test_a_database_that_cannot_be_opened_ends_with_its_reason(
    tmp_path: Path, error: Exception, code: int
) -> None:
    @asynccontextmanager
    async def never() -> AsyncIterator[FakeChimera]:
        await asyncio.sleep(0)
        for problem in (error,):
            raise problem
        yield FakeChimera()

    app = ChimeraApp(never, log_folder=tmp_path)  # type: ignore[arg-type]  # as good as one
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == code


async def test_what_was_recovered_is_said(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    fake.recovered = (
        Recovered(conversation_id=1, title="Jokes", speaker="Comedian", characters=120),
    )
    async with running(fake, tmp_path) as pilot:
        told = [toast.message for toast in pilot.app._notifications]
        assert any("120 characters are kept" in message for message in told)


async def test_what_was_found_wrong_with_the_database_is_said(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    fake.notes = ("The log is damaged.",)
    async with running(fake, tmp_path) as pilot:
        told = [toast.message for toast in pilot.app._notifications]
        assert "The log is damaged." in told


@pytest.mark.parametrize(("key", "is_live"), [("enter", True), ("escape", False)])
async def test_a_database_that_was_replaced_is_said_and_the_room_goes_on_when_told(
    tmp_path: Path, key: str, *, is_live: bool
) -> None:
    path = tmp_path / ("[/foo]" * 10) / "chimera-rescued-1.db"
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        fake.when_strayed(Rescue(problem="`c.db` was replaced.", path=path, is_whole=True))
        await until(pilot, lambda: "`c.db` was replaced." in text_of(pilot))
        assert "go on" in text_of(pilot)
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        await until(pilot, lambda: (len(live_room(pilot).tree.path) > len(TALK)) == is_live)


async def test_a_database_that_was_replaced_can_be_the_end(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        fake.when_strayed(Rescue(problem="Gone.", path=tmp_path, is_whole=True))
        await until(pilot, lambda: "quit" in text_of(pilot))
        await pilot.press("down", "enter")
    assert fake.is_closed


async def test_a_database_that_can_be_written_nowhere_is_said(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        fake.when_strayed(
            StorageError("Gone, and nowhere to write.", hint="Make room.", kind=StorageFault.LOST)
        )
        await until(pilot, lambda: "nowhere to write" in text_of(pilot))


async def test_a_dialog_that_nobody_asked_for_takes_no_key_of_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialog_module, "HOLD", 600.0)
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        composer_of(pilot).write("Half a sent")
        fake.when_strayed(Rescue(problem="`c.db` was replaced.", path=tmp_path, is_whole=True))
        await until(pilot, lambda: "`c.db` was replaced." in text_of(pilot))
        await pilot.press("e", "n", "enter", "escape", "down", "space")
        assert "`c.db` was replaced." in text_of(pilot)
        assert composer_of(pilot).text == "Half a sent"
        monkeypatch.setattr(pilot.app.screen, "held_until", 0.0)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))


async def test_quitting_while_words_are_in_memory_alone_asks_first(tmp_path: Path) -> None:
    lost = StorageError("Gone, and nowhere to write.", hint="Make room.", kind=StorageFault.LOST)
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        fake.when_strayed(lost)
        await until(pilot, lambda: "nowhere to write" in text_of(pilot))
        await pilot.press("ctrl+q", "ctrl+q")
        await until(pilot, lambda: "in memory alone" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        assert not fake.is_closed
        await pilot.press("ctrl+q")
        await until(pilot, lambda: "in memory alone" in text_of(pilot))
        await pilot.press("down", "enter")
    assert fake.is_closed


async def test_what_was_rescued_before_is_said_at_the_start(tmp_path: Path) -> None:
    told = "`chimera-rescued-1.db` keeps what was rescued: `chimera-tui --db X` opens it."
    for fake in FakeChimera(a_saved(*TALK)), FakeChimera():
        fake.notes = (told,)
        async with running(fake, tmp_path) as pilot:
            assert told in [toast.message for toast in pilot.app._notifications]
            if not fake.saved:
                await until(pilot, lambda: "chimera-rescued-1.db" in text_of(pilot))


async def test_leaving_keeps_what_is_being_said_and_closes_the_database(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Half", asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: scene_of(pilot).heard)
        await pilot.press("ctrl+q")
    assert fake.saved[1].tree.path[-1].text == "Half"
    assert fake.is_closed


async def test_ctrl_c_says_how_to_leave(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("ctrl+c")
        await until(pilot, lambda: "Leave with ^q" in text_of(pilot))
        assert pilot.app.is_running


async def test_a_mistake_in_a_room_ends_that_room_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider([asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        room = room_of(pilot)
        real = RoomSession.hear

        def broken(self: RoomSession, event: Event) -> None:
            if isinstance(event, RoomResumed):
                secret = "what was said in private"  # noqa: F841, S105 - must not be written down
                raise ZeroDivisionError("an example")
            real(self, event)

        monkeypatch.setattr(RoomSession, "hear", broken)
        await pilot.press("space")
        await until(pilot, lambda: "A mistake in Chimera stopped this room" in text_of(pilot))
        assert composer_of(pilot).field.disabled
        monkeypatch.setattr(RoomSession, "hear", real)
        await pilot.press("f5")
        await until(pilot, lambda: room.room is not None)
        assert "as you left it" in text_of(pilot)
    (crash,) = tmp_path.glob("crash-*.txt")  # noqa: ASYNC240 - a test may wait for the disk
    written = crash.read_text()
    assert "ZeroDivisionError: an example" in written
    assert "in private" not in written.replace('secret = "what was said in private"', "")
    assert crash.stat().st_mode & 0o777 == 0o600


async def test_a_mistake_in_the_app_ends_it_shortly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: RoomScreen) -> None:
        private = "a letter"  # noqa: F841 - must not be shown
        raise ZeroDivisionError("an example")

    monkeypatch.setattr(RoomPanes, "draw", broken)
    app = an_app(FakeChimera(a_saved(*TALK)), tmp_path)
    with pytest.raises(ZeroDivisionError):
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.return_code)
    assert app.return_code == 1
    shown = capsys.readouterr().err
    assert "Chimera stopped by a mistake of its own: ZeroDivisionError: an example" in shown
    assert "a letter" not in shown
    assert len(shown.splitlines()) < 8


async def test_a_theme_that_does_not_exist_is_said(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path, theme="mauve") as pilot:
        assert pilot.app.theme == "chimera-dark"
        await until(pilot, lambda: "There is no theme `mauve`." in text_of(pilot))


async def test_no_color_starts_without_colours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        assert pilot.app.theme == "ansi-dark"


async def test_in_too_small_a_terminal_nothing_is_laid_out_and_no_key_does_anything(
    tmp_path: Path,
) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await pilot.resize_terminal(50, 12)
        assert pilot.app.size == (60, 18)
        await pilot.press("a", "question_mark", "enter", "ctrl+p")
        await pilot.click(offset=(5, 5))
        assert isinstance(pilot.app.screen, RoomScreen)
        assert composer_of(pilot).text == ""
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: "Is it?" in text_of(pilot))
        await pilot.resize_terminal(50, 12)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not pilot.app.is_running)


@pytest.mark.parametrize("screen", ["room", "first run"])
async def test_a_storm_of_sizes(tmp_path: Path, screen: str) -> None:
    fake = FakeChimera(a_saved(*TALK)) if screen == "room" else FakeChimera()
    async with running(fake, tmp_path) as pilot:
        for width, height in ((1, 1), (5, 2), (500, 200), (60, 18), (80, 3), (3, 80), (119, 27)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
        await pilot.resize_terminal(120, 36)
        expected = "Is it?" if screen == "room" else "Start talking"
        await until(pilot, lambda: expected in text_of(pilot))
        assert isinstance(pilot.app.screen, RoomScreen | FirstRunScreen)


async def test_a_theme_chosen_in_the_app_is_kept(tmp_path: Path) -> None:
    kept: list[tuple[str, str]] = []

    def save(key: str, value: str) -> None:
        kept.append((key, value))

    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path, theme="nord", save=save) as pilot:
        assert kept == []
        composer_of(pilot).write("/theme chimera-light")
        await pilot.press("enter")
        await until(pilot, lambda: kept == [("theme", "chimera-light")])
        assert pilot.app.theme == "chimera-light"
        composer_of(pilot).write("/theme mauve")
        await pilot.press("enter")
        await until(pilot, lambda: "There is no theme `mauve`." in text_of(pilot))
        assert len(kept) == 1


async def test_a_settings_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    def save(key: str, value: str) -> None:
        raise InvalidFileError("`config.toml` is broken.", hint="Mend line 3.")

    async with running(FakeChimera(a_saved(*TALK)), tmp_path, save=save) as pilot:
        composer_of(pilot).write("/theme nord")
        await pilot.press("enter")
        await until(pilot, lambda: "is broken. Mend line 3." in text_of(pilot))
        assert pilot.app.theme == "nord"


async def test_who_is_spoken_to_unprotected_is_asked_about_once_and_it_is_kept(
    tmp_path: Path,
) -> None:
    kept: list[tuple[str, object]] = []
    place = "http://nas.local:11434"
    away = Health(provider="ollama", state=HealthState.DOWN, unprotected=place, reason="Asked.")

    def save(key: str, value: object) -> None:
        kept.append((key, value))

    for answer, expected in ((("enter",), []), (("down", "enter"), [("plain_http", (place,))])):
        fake = FakeChimera(a_saved(*TALK), healths=[away])
        fake.health["ollama"] = away
        async with an_app(fake, tmp_path, save=save).run_test(size=(120, 36)) as pilot:
            await until(pilot, lambda: f"Speak to {place} without protection?" in text_of(pilot))
            await pilot.press(*answer)
            await until(pilot, lambda: "without protection" not in text_of(pilot))
            await until(pilot, partial(kept.__eq__, expected))


async def test_words_that_were_only_thought_go_when_that_is_known(tmp_path: Path) -> None:
    heard, said = asyncio.Event(), asyncio.Event()
    script: list[Step] = ["Secret plan.", heard, Withdrawn(), said, "All is calm."]
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(script))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: "Secret plan." in text_of(pilot))
        heard.set()
        await until(pilot, lambda: "Secret plan." not in text_of(pilot))
        said.set()
        await until(pilot, lambda: "All is calm." in text_of(pilot))
        assert "Secret plan." not in text_of(pilot)


async def test_marks_in_ascii(tmp_path: Path) -> None:
    settings = Settings(ascii=True, safe_emoji=True, reduced_motion=True)
    async with running(FakeChimera(a_saved(*TALK)), tmp_path, settings=settings) as pilot:
        assert pilot.app.animation_level == "none"
        shown = text_of(pilot).replace("🦉", "").replace("🎭", "").replace("🔬", "")
        assert {c for c in shown if not c.isascii()} == set()
        assert "enter send" in shown


async def test_enter_waits_until_it_is_known_what_can_speak(tmp_path: Path) -> None:
    fake = FakeChimera()
    fake.may_answer.clear()
    async with running(fake, tmp_path) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "Starting …" in text_of(pilot))
        fake.may_answer.set()
        await until(pilot, lambda: 1 in fake.saved)
        assert not fake.saved[1].conversation.is_demo


async def test_files_that_were_skipped_are_told(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    fake.library.problems = tuple(f"`{number}.toml` is broken." for number in range(5))
    async with running(fake, tmp_path) as pilot:
        await until(pilot, lambda: "And 2 more" in text_of(pilot))
        assert "`0.toml` is broken." in text_of(pilot)


async def test_what_was_written_into_the_library_is_taken_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "LOOK_FOR_FILES", 0.05)
    fake = FakeChimera(a_saved(("comedian", "Hello.")))
    async with running(fake, tmp_path) as pilot:
        fake.changes = Changes(added=("comedian",), problems=("x.toml is broken.",))
        await until(pilot, lambda: "in the library now" in text_of(pilot))
        assert "x.toml is broken." in text_of(pilot)
