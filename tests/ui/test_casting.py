"""Changing the cast of a room that runs: from the panel, by commands, by keys."""

import asyncio
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.library.rooms import RoomTemplate
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.room.invite_dialog import Invite, PeopleRows
from chimera_tui.ui.room.model_picker import ModelPicker
from chimera_tui.ui.room.room_panels import CastList
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.running import composer_of, live_room, room_of, running, scene_of, text_of, until

TALK = (("philosopher", "Is it?"), ("comedian", "It is."))


def cast_in(pilot: Pilot[Any]) -> list[str]:
    return [one.persona.slug for one in live_room(pilot).conversation.cast]


async def say(pilot: Pilot[Any], text: str) -> None:
    """Write a command and send it."""
    composer = composer_of(pilot)
    composer.field.focus()
    composer.write(text)
    composer.completions.show(())
    await room_of(pilot).action_send()
    await pilot.pause()


async def open_menu(pilot: Pilot[Any], place: int) -> None:
    """Open the menu of the persona at this place of the cast panel."""
    panel = room_of(pilot).query_one(CastList)
    panel.focus()
    panel.cursor = place
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, Choose))


async def choose(pilot: Pilot[Any], words: str) -> None:
    """Choose what begins so in the open menu."""
    screen = pilot.app.screen
    assert isinstance(screen, Choose)
    place = next(i for i, (name, _) in enumerate(screen._choices) if name == words)
    await pilot.press(*["down"] * place, "enter")
    await until(pilot, lambda: pilot.app.screen is not screen)


async def test_the_menu_offers_what_can_be_done_with_a_persona(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await open_menu(pilot, 0)
        shown = text_of(pilot)
        for words in ("model", "speak next", "mute", "solo", "move down", "duplicate", "remove"):
            assert words in shown
        assert "move up" not in shown
        await choose(pilot, "model")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        assert "Who speaks for 🦉 Philosopher?" in text_of(pilot)


async def test_who_is_muted_has_a_mark_and_a_word(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await open_menu(pilot, 1)
        await choose(pilot, "mute")
        await until(pilot, lambda: live_room(pilot).conversation.cast[1].is_muted)
        await until(pilot, lambda: "– muted" in text_of(pilot))
        await say(pilot, "/mute @Comedian")
        await until(pilot, lambda: not live_room(pilot).conversation.cast[1].is_muted)
        await until(pilot, lambda: "– muted" not in text_of(pilot))


async def test_solo_mutes_all_others_until_it_ends(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await say(pilot, "/solo scientist")
        await until(pilot, lambda: "◉ solo" in text_of(pilot))
        assert text_of(pilot).count("– muted") == 2
        await open_menu(pilot, 2)
        await choose(pilot, "end solo")
        await until(pilot, lambda: "◉ solo" not in text_of(pilot))
        await say(pilot, "/solo @Comedian")
        await until(pilot, lambda: live_room(pilot).conversation.solo == "comedian")
        composer_of(pilot).field.focus()
        await say(pilot, "/solo")
        await until(pilot, lambda: live_room(pilot).conversation.solo == "")


async def test_speak_next_is_the_next_turn(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Now me.", asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        await open_menu(pilot, 0)
        await choose(pilot, "speak next")
        await until(pilot, lambda: "philosopher" in scene_of(pilot).heard.values())


async def test_invite_finds_somebody_and_the_transcript_says_who_joins(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).query_one(CastList).focus()
        await pilot.press("i")
        await until(pilot, lambda: isinstance(pilot.app.screen, Invite))
        await pilot.press(*"xyz")
        await until(pilot, lambda: "Nobody fits “xyz”." in text_of(pilot))
        await pilot.press("enter", *["backspace"] * 3, *"grand")
        people = pilot.app.screen.query_one(PeopleRows)
        await until(pilot, lambda: [p.slug for p in people.personas] == ["grandmother"])
        await pilot.press("enter")
        await until(pilot, lambda: cast_in(pilot)[-1] == "grandmother")
        await until(pilot, lambda: "Grandmother joins" in text_of(pilot))


async def test_a_command_invites_by_name_onto_a_model_and_a_second_is_a_twin(
    tmp_path: Path,
) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await say(pilot, "/invite @The Diplomat ollama/gemma2")
        await until(pilot, lambda: cast_in(pilot)[-1] == "diplomat")
        assert live_room(pilot).conversation.cast[-1].model == ModelRef("ollama", "gemma2")
        await say(pilot, "/invite diplomat")
        await until(pilot, lambda: cast_in(pilot)[-1] == "diplomat~2")
        await say(pilot, "/invite @Diplomate")
        await until(pilot, lambda: "`@Diplomate` is not in the library." in text_of(pilot))


async def test_a_twin_of_a_twin_is_a_third(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await open_menu(pilot, 1)
        await choose(pilot, "duplicate")
        await until(pilot, lambda: cast_in(pilot)[-1] == "comedian~2")
        await until(pilot, lambda: len(room_of(pilot).query_one(CastList).cast) == 4)
        await open_menu(pilot, 3)
        await choose(pilot, "duplicate")
        await until(pilot, lambda: cast_in(pilot)[-1] == "comedian~3")
        assert live_room(pilot).conversation.cast[-1].persona.name == "The Comedian 3"


async def test_who_leaves_is_told_and_the_last_one_stays(tmp_path: Path) -> None:
    saved = a_saved(*TALK, cast=("philosopher", "comedian"))
    async with running(FakeChimera(saved), tmp_path) as pilot:
        room_of(pilot).query_one(CastList).focus()
        await pilot.press("delete")
        await until(pilot, lambda: cast_in(pilot) == ["comedian"])
        await until(pilot, lambda: "Philosopher leaves" in text_of(pilot))
        await say(pilot, "/remove comedian")
        await until(pilot, lambda: "Nobody else is here." in text_of(pilot))
        assert cast_in(pilot) == ["comedian"]


async def test_the_order_is_changed_by_keys_by_the_menu_and_by_a_command(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        panel = room_of(pilot).query_one(CastList)
        panel.focus()
        await pilot.press("shift+down")
        await until(pilot, lambda: cast_in(pilot) == ["comedian", "philosopher", "scientist"])
        await until(pilot, lambda: panel.cursor == 1)
        await open_menu(pilot, 2)
        await choose(pilot, "move up")
        await until(pilot, lambda: cast_in(pilot) == ["comedian", "scientist", "philosopher"])
        await say(pilot, "/order @Philosopher @Scientist")
        await until(pilot, lambda: cast_in(pilot) == ["philosopher", "scientist", "comedian"])
        await say(pilot, "/order scientist, comedian")
        await until(pilot, lambda: cast_in(pilot) == ["scientist", "comedian", "philosopher"])


async def test_a_command_without_a_name_asks(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await say(pilot, "/mute")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: live_room(pilot).conversation.cast[2].is_muted)


async def test_behind_invite_the_whole_library_is_completed(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        composer = composer_of(pilot)
        composer.write("/invite @di")
        await until(pilot, lambda: composer.completions.display)
        assert [one.text for one in composer.completions.found] == ["@Diplomat "]
        composer.write("/remove @di")
        await until(pilot, lambda: not composer.completions.display)


async def test_a_running_room_is_kept_as_a_ready_made_one(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        await live_room(pilot).settings.set_topic("Tea?")
        await say(pilot, "/template Tea for three")
        await until(pilot, lambda: fake.library.rooms)
        assert fake.library.rooms["tea-for-three"] == RoomTemplate(
            slug="tea-for-three",
            title="Tea for three",
            cast=("philosopher", "comedian", "scientist"),
            mode="round_robin",
            pace=0.0,
            topics=("Tea?",),
        )
        await say(pilot, "/template")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        await pilot.press(*"Tea for three", "enter")
        await until(pilot, lambda: "tea-for-three-2" in fake.library.rooms)
