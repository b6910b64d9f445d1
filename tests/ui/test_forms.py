"""Every screen in every size, and the states that have no picture, told by their words."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chimera_tui.ui.room.room_screen import RoomScreen
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.hand_pictures import many_answers, opened
from tests.ui.pictures import CAST, TALK, Act, a_library, new_room, press
from tests.ui.running import room_of, running, text_of, until
from tests.ui.service_pictures import a_costly_room, near
from tests.ui.services import ALL as ALL_SERVICES
from tests.ui.services import with_services
from tests.ui.test_snapshots import ALL

SIZES = ((80, 24), (60, 18), (120, 36))
"""The forms of the room: normal, narrow, wide."""
SCREENS = {
    "answers": "esc",
    "branches": "go there",
    "cast-menu": "mute",
    "columns": "Say something",
    "edit": "save",
    "failure": "try again",
    "first-run-keys": "quit",
    "help": "esc",
    "invite": "Who joins?",
    "key": "esc",
    "models": "Who speaks for",
    "new-room": "talk",
    "providers": "openai",
    "sent": "esc",
    "studio": "Persona",
    "thought": "measure the groan",
    "topic": "esc",
    "vitals": "esc",
    "waiting": "Comedian",
    "whispering": "Do not let him",
}
"""Pictures by their names, and a word that may be missed in no size."""


@pytest.mark.parametrize("name", SCREENS)
async def test_what_has_the_focus_stays_in_sight_at_every_size(
    tmp_path: Path, fixed_time: None, name: str
) -> None:
    picture = ALL[name]
    async with running(picture.make(), tmp_path, size=picture.size) as pilot:
        await picture.act(pilot)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await until(pilot, lambda: pilot.app.screen.size == pilot.app.size, "the new size")
            screen = pilot.app.screen
            assert SCREENS[name] in text_of(pilot)
            if screen.focused:
                seen = screen.focused.region.intersection(screen.region)
                assert seen.height, f"{screen.focused} at {width} by {height}:\n{text_of(pilot)}"


def nobody_answered() -> FakeChimera:
    return with_services(a_saved(*TALK, cast=CAST), healths=ALL_SERVICES[3:5])


@pytest.mark.parametrize(
    ("make", "act", "words"),
    [
        (
            lambda: FakeChimera(a_saved(*TALK, cast=CAST)),
            press("B"),
            ("no forks yet: b at a message makes one", "5 messages"),
        ),
        (
            lambda: FakeChimera(a_saved()),
            press("v"),
            ("too early to tell", "A score comes after 6 turns of the personas."),
        ),
        (
            nobody_answered,
            press("m"),
            ("Nobody lists a model yet", "lmstudio     mistral-nemo-12b", "not listed"),
        ),
        (many_answers, opened("e", "X", "escape"), ("Not saved.", "report?X")),
        (
            a_costly_room,
            near("down", "down", "down"),
            ("Press k to set a key, or set GEMINI_API_KEY and start again.",),
        ),
        (
            a_costly_room,
            near("down", "x"),
            ("Remove the key of Anthropic?", "it cannot be brought back from here"),
        ),
        (
            a_library,
            new_room("tab", "tab", "slash", *"zebra"),
            ("Nobody fits “zebra”.",),
        ),
    ],
    ids=["branches", "vitals", "models", "edit", "no-key", "remove-key", "search"],
)
async def test_a_state_says_what_it_is_and_what_can_be_done(
    tmp_path: Path, fixed_time: None, make: Callable[[], FakeChimera], act: Act, words: tuple[str]
) -> None:
    async with running(make(), tmp_path, size=(120, 36)) as pilot:
        await act(pilot)
        await until(pilot, lambda: all(word in text_of(pilot) for word in words))


async def test_a_first_run_that_still_looks_says_so(tmp_path: Path, fixed_time: None) -> None:
    fake = FakeChimera()
    fake.may_answer.clear()
    async with running(fake, tmp_path) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: "Starting …" in text_of(pilot))
        assert "looking for what can speak …" in text_of(pilot)
        fake.may_answer.set()
        await until(pilot, lambda: isinstance(pilot.app.screen, RoomScreen))
        await until(pilot, lambda: room_of(pilot).room)
