"""Every key of the room does what the footer and the help say."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chimera_tui.domain.conversation import HUMAN, Failure, ModelRef, Turn
from chimera_tui.domain.errors import Fault, ProviderError, StorageError, StorageFault
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.help.help_screen import HelpScreen
from chimera_tui.ui.new_room.new_room_screen import NewRoom
from chimera_tui.ui.new_room.room_fields import TopicField
from chimera_tui.ui.room.model_picker import ModelPicker, ModelRows
from chimera_tui.ui.room.room_panels import CastList, RoomList
from chimera_tui.ui.transcript.conversation_entries import key_of
from tests.ui.fakes import FakeChimera, a_saved, with_alternative
from tests.ui.running import composer_of, live_room, room_of, running, scene_of, text_of, until

TALK = (("philosopher", "Is it?"), (HUMAN, "@Comedian well?"), ("comedian", "It is."))


def said(pilot: Any) -> list[str]:
    return [message.text for message in scene_of(pilot).tree.path]


def a_failed(text: str = "Half a") -> SavedConversation:
    saved = a_saved(*TALK)
    saved.failure = Failure(
        turn=Turn(number=4, speaker="scientist"),
        model=ModelRef("ollama", "llama3.2:3b"),
        kind=Fault.TRANSPORT,
        problem="The connection to Ollama broke.",
        hint="Try again.",
        text=text,
    )
    saved.turns = 4
    return saved


async def test_it_opens_paused_and_sends_nothing(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        assert "as you left it" in text_of(pilot)
        assert isinstance(fake.provider, ScriptedProvider)
        assert fake.provider.requests == []


@pytest.mark.parametrize("pane", ["composer", "transcript"])
async def test_space_goes_on_and_pauses_from_either_pane(tmp_path: Path, pane: str) -> None:
    gate = asyncio.Event()
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Hm", gate]))
    async with running(fake, tmp_path) as pilot:
        room = room_of(pilot)
        (composer_of(pilot).field if pane == "composer" else room.transcript).focus()
        await pilot.press("space")
        await until(pilot, lambda: room.session.state and room.session.state.heard)
        assert "▸ live" in text_of(pilot)
        await pilot.press("space")
        await until(pilot, lambda: room.session.state and room.session.state.paused)
        assert "∥ paused" in text_of(pilot)
        assert composer_of(pilot).text == ""


async def test_n_lets_one_speak_and_stays_paused(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["One."]))
    async with running(fake, tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("n")
        await until(pilot, lambda: len(said(pilot)) == 4)
        assert said(pilot)[-1] == "One."
        assert "∥ paused" in text_of(pilot)


async def test_enter_lets_one_speak_where_the_room_waits_for_a_name(tmp_path: Path) -> None:
    saved = a_saved(*TALK)
    saved.conversation = replace(saved.conversation, mode="manual")
    async with running(FakeChimera(saved), tmp_path) as pilot:
        await pilot.press("enter")  # the room is paused, but not because of that
        room_of(pilot).transcript.focus()
        await pilot.press("space")
        await until(pilot, lambda: "it is your turn" in text_of(pilot))
        assert len(said(pilot)) == len(TALK)
        composer_of(pilot).field.focus()
        await pilot.press("enter")
        await until(pilot, lambda: len(said(pilot)) == len(TALK) + 1)


async def test_who_is_chosen_is_typing_until_the_first_word(tmp_path: Path) -> None:
    gate = asyncio.Event()
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider([gate, "Now."]))
    async with running(fake, tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("n")
        await until(pilot, lambda: "Scientist is typing" in text_of(pilot))
        assert "… typing" in text_of(pilot)
        gate.set()
        await until(pilot, lambda: "Now." in text_of(pilot))
        await until(pilot, lambda: "is typing" not in text_of(pilot))


async def test_esc_stops_the_speaker_and_keeps_what_was_said(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Half", asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: scene_of(pilot).heard)
        await pilot.press("escape")
        await until(pilot, lambda: said(pilot)[-1] == "Half")
        assert "stopped" in text_of(pilot)
        assert pilot.app.is_running


async def test_esc_never_quits(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await pilot.press("escape", "escape", "escape")
        assert pilot.app.is_running


async def test_r_asks_for_another_answer_and_the_arrows_choose(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Perhaps."]))
    async with running(fake, tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("r")
        await until(pilot, lambda: said(pilot)[-1] == "Perhaps.")
        await until(pilot, lambda: "‹ 2/2 ›" in text_of(pilot))
        await pilot.press("left")
        await until(pilot, lambda: "‹ 1/2 ›" in text_of(pilot))
        assert said(pilot)[-1] == "It is."
        await pilot.press("right")
        await until(pilot, lambda: said(pilot)[-1] == "Perhaps.")


async def test_r_acts_on_the_focused_message(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Was it?"]))
    async with running(fake, tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("home", "r")
        await until(pilot, lambda: said(pilot) == ["Was it?"])


async def test_numbers_choose_remedies(tmp_path: Path) -> None:
    fake = FakeChimera(a_failed(), provider=ScriptedProvider(["Whole."]))
    async with running(fake, tmp_path) as pilot:
        assert "Scientist could not finish" in text_of(pilot)
        assert "1–4 choose" in text_of(pilot)
        await pilot.press("1")
        await until(pilot, lambda: "Whole." in said(pilot))
        assert "could not finish" not in text_of(pilot)


async def test_two_goes_on_without_the_turn(tmp_path: Path) -> None:
    fake = FakeChimera(a_failed(), provider=ScriptedProvider(["Next.", asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "was passed over" in text_of(pilot))
        assert "Half a" not in text_of(pilot)


async def test_three_changes_the_model_and_tries_again(tmp_path: Path) -> None:
    fake = FakeChimera(a_failed(), provider=ScriptedProvider(["Whole."]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        assert "Who speaks for 🔬 Scientist?" in text_of(pilot)
        await pilot.press(*"gemma", "enter")
        await until(pilot, lambda: "Whole." in said(pilot))
        assignment = live_room(pilot).conversation.assignment("scientist")
        assert assignment.model == ModelRef("ollama", "gemma2")


async def test_four_keeps_the_part(tmp_path: Path) -> None:
    fake = FakeChimera(a_failed(), provider=ScriptedProvider([asyncio.Event()]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: said(pilot)[-1] == "Half a")
        assert "cut short" in text_of(pilot)


async def test_a_turn_without_text_has_three_remedies(tmp_path: Path) -> None:
    async with running(FakeChimera(a_failed("")), tmp_path) as pilot:
        assert "Scientist could not answer" in text_of(pilot)
        await pilot.press("4")
        assert live_room(pilot).failure


async def test_a_failure_stands_in_the_transcript(tmp_path: Path) -> None:
    broken = ProviderError("Ollama stopped in mid-sentence.", kind=Fault.STALL, hint="Try again.")
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Half", broken]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: "Scientist could not finish" in text_of(pilot))
        shown = text_of(pilot)
        assert "Ollama stopped in mid-sentence." in shown
        assert "Half" in shown
        assert "✕ failed" in shown
        assert "the room waits for you" in shown


async def test_y_copies_the_source_and_says_how(tmp_path: Path, clipboard: list[str]) -> None:
    async with running(FakeChimera(a_saved(("comedian", "**Bold** move."))), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("y")
        await until(pilot, lambda: clipboard == ["**Bold** move."])
        await until(pilot, lambda: "14 characters" in text_of(pilot))


async def test_capital_y_copies_everything(tmp_path: Path, clipboard: list[str]) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("Y")
        await until(pilot, lambda: clipboard)
        assert clipboard[0].startswith("The Philosopher:\nIs it?\n\nHuman:\n@Comedian well?")


async def test_c_shows_columns_and_back(tmp_path: Path) -> None:
    gate = asyncio.Event()
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["Streamed ", gate, "later."]))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: scene_of(pilot).heard)
        room_of(pilot).transcript.focus()
        await pilot.press("c")
        await until(pilot, lambda: room_of(pilot).view.columns)
        await until(pilot, lambda: "Streamed" in text_of(pilot))
        assert "to first word" in text_of(pilot)
        assert "@Comedian well?" in text_of(pilot)
        gate.set()
        await until(pilot, lambda: "Streamed later." in text_of(pilot))
        await pilot.press("c")
        await until(pilot, lambda: not room_of(pilot).view.columns)
        assert "Streamed later." in text_of(pilot)


async def test_words_said_while_somebody_types_stand_behind_what_was_typed(tmp_path: Path) -> None:
    gate = asyncio.Event()
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider([gate, "I began first."], ["So."]))
    async with running(fake, tmp_path) as pilot:
        room = room_of(pilot)
        live_room(pilot).next()
        await until(pilot, lambda: room.session.state and room.session.state.typing)
        await live_room(pilot).say("I came later.")
        await until(pilot, lambda: said(pilot)[-1:] == ["I came later."])
        gate.set()
        await until(pilot, lambda: said(pilot)[3:5] == ["I began first.", "I came later."])
        in_path = [key_of(message.turn) for message in scene_of(pilot).tree.path[:5]]
        await until(pilot, lambda: room.transcript.keys[:5] == in_path)


async def test_the_room_draws_on_while_columns_come_and_go(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room = room_of(pilot)
        for is_open in (True, False):
            changing = asyncio.create_task(room.view.toggle_columns())
            while not changing.done():
                room.panes.draw()
                await asyncio.sleep(0)
            await changing
            room.panes.draw()
            assert bool(room.view.columns) is is_open


async def test_columns_that_do_not_fit_are_reached_by_the_arrows(tmp_path: Path) -> None:
    cast = ("philosopher", "comedian", "scientist", "grandmother")
    fake = FakeChimera(a_saved(*TALK, cast=cast))
    async with running(fake, tmp_path, size=(80, 24)) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("c")
        await until(pilot, lambda: room_of(pilot).view.columns)
        await until(pilot, lambda: "Philosopher" in text_of(pilot))
        assert "Grandmother" not in text_of(pilot)
        await pilot.press("right", "right")
        await until(pilot, lambda: "Grandmother" in text_of(pilot))


async def test_m_chooses_a_model_for_the_next_turn(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        assert "Who speaks for 🎭 Comedian?" in text_of(pilot)
        await pilot.press("tab")
        assert "Who speaks for 🔬 Scientist?" in text_of(pilot)
        await pilot.press("down", "enter")
        room = live_room(pilot)
        await until(
            pilot,
            lambda: (
                room.conversation.assignment("scientist").model == ModelRef("ollama", "llama3.2:3b")
            ),
        )


async def test_a_model_can_be_written(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        await pilot.press(*"ollama/new", "enter")
        room = live_room(pilot)
        await until(
            pilot,
            lambda: room.conversation.assignment("comedian").model == ModelRef("ollama", "new"),
        )


async def test_the_picker_offers_only_what_answers(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        offers = [str(offer.model) for offer in pilot.app.screen.query_one(ModelRows).offers]
        assert offers == [
            "None",
            "ollama/llama3.2:3b",
            "ollama/qwen2.5:14b",
            "ollama/gemma2",
            "demo/demo",
        ]
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))


async def test_m_over_the_cast_chooses_a_model_for_that_persona(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).query_one(CastList).focus()
        await pilot.press("down", "down", "m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        assert "Who speaks for 🔬 Scientist?" in text_of(pilot)


async def test_ctrl_n_opens_a_new_room_that_talks(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    async with running(fake, tmp_path) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRoom))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.focused, TopicField))
        await pilot.press(*"Tea?", "enter")
        await until(pilot, lambda: scene_of(pilot).conversation.title == "Tea?")
        cast = [one.persona.slug for one in fake.saved[2].conversation.cast]
        assert cast == ["philosopher", "comedian", "scientist"]
        await until(pilot, lambda: "yes." in text_of(pilot))


async def test_f2_renames(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        await pilot.press("f2")
        await until(pilot, lambda: "What is this room called?" in text_of(pilot))
        await pilot.press(*"Jokes", "enter")
        await until(pilot, lambda: "◆ chimera    Jokes" in text_of(pilot))


async def test_l_goes_to_the_rooms_and_enter_opens_one(tmp_path: Path) -> None:
    first = a_saved(*TALK, number=2)
    fake = FakeChimera(first, a_saved(("comedian", "Marvin."), number=1, title="Mars"))
    async with running(fake, tmp_path, size=(80, 24)) as pilot:
        composer_of(pilot).write("a draft")
        room_of(pilot).transcript.focus()
        await pilot.press("l")
        await until(pilot, lambda: "Mars" in text_of(pilot))
        await until(pilot, lambda: room_of(pilot).query_one(RoomList).has_focus)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "Marvin." in text_of(pilot))
        assert composer_of(pilot).text == ""
        room_of(pilot).transcript.focus()
        await pilot.press("l")
        await until(pilot, lambda: room_of(pilot).query_one(RoomList).has_focus)
        await pilot.press("home", "enter")
        await until(pilot, lambda: composer_of(pilot).text == "a draft")


async def test_o_opens_the_panels_over_a_narrow_transcript(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path, size=(60, 18)) as pilot:
        assert "Providers" not in text_of(pilot)
        room_of(pilot).transcript.focus()
        await pilot.press("o")
        await until(pilot, lambda: "Providers" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "Providers" not in text_of(pilot))


async def test_help_shows_the_keys(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert "Another answer" in text_of(pilot)
        await pilot.press("escape")
        await pilot.press("shift+tab", "f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        assert "new line" in text_of(pilot)


async def test_x_writes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.press("x")
        await until(pilot, lambda: "is-a-joke-a-kind-of-knowledge.md" in text_of(pilot))
        await pilot.press("enter")
        written = tmp_path / "is-a-joke-a-kind-of-knowledge.md"
        await until(pilot, written.exists)
        assert "@Comedian well?" in written.read_text()


async def test_keys_can_be_moved(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK), provider=ScriptedProvider(["One."]))
    async with running(fake, tmp_path, settings=Settings(keys={"next": "z"})) as pilot:
        room_of(pilot).transcript.focus()
        await pilot.pause()
        assert "z next turn" in text_of(pilot)
        await pilot.press("n")
        await pilot.press("z")
        await until(pilot, lambda: said(pilot)[-1] == "One.")
        assert len(said(pilot)) == 4


async def test_an_alternative_from_the_database_is_marked(tmp_path: Path) -> None:
    fake = FakeChimera(with_alternative(a_saved(*TALK), 3, "Older."))
    async with running(fake, tmp_path) as pilot:
        assert "‹ 1/2 ›" in text_of(pilot)


async def test_a_room_live_elsewhere_is_shown_and_can_be_looked_at_again(tmp_path: Path) -> None:
    class Taken:
        def __enter__(self) -> None:
            raise StorageError(
                "This conversation is live in process 77.", pid=77, kind=StorageFault.LIVE_ELSEWHERE
            )

        def __exit__(self, *_: object) -> None:
            return None

    fake = FakeChimera(a_saved(*TALK))
    fake.lease = Taken()
    async with running(fake, tmp_path) as pilot:
        assert "live in process 77" in text_of(pilot)
        assert composer_of(pilot).field.disabled
        assert "space" not in text_of(pilot).splitlines()[-2]
        fake.lease = None
        await pilot.press("f5")
        await until(pilot, lambda: room_of(pilot).room)
        assert not composer_of(pilot).field.disabled


async def test_a_read_only_database_is_shown(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK))
    fake.read_only = "The database cannot be written."
    async with running(fake, tmp_path) as pilot:
        assert "The database cannot be written." in text_of(pilot)
        assert "It is." in text_of(pilot)
        assert composer_of(pilot).field.disabled


async def test_at_most_a_hundred_widgets(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(*TALK)), tmp_path) as pilot:
        assert len(list(pilot.app.screen.walk_children())) <= 100
