"""What a person does to a conversation by key, by mouse and by command."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input, TextArea

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.events import PauseReason
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.first_run.first_run_screen import FirstRunScreen
from chimera_tui.ui.kit.dialog import Choice, Choose
from chimera_tui.ui.room import deleting
from chimera_tui.ui.room.answers_screen import Answers
from chimera_tui.ui.room.branches_screen import BranchRows
from chimera_tui.ui.room.room_dialogs import AskTopic, EditText, PaceSlider
from chimera_tui.ui.room.room_panels import RoomList, VitalsPanel
from chimera_tui.ui.room.sent_screen import SentPage, SentScreen
from chimera_tui.ui.room.vitals_screen import VitalsScreen
from chimera_tui.ui.room.waiting import PAUSES
from chimera_tui.ui.transcript.conversation_entries import key_of
from chimera_tui.ui.transcript.transcript import Transcript
from tests.ui.fakes import FakeChimera, a_saved, with_alternative
from tests.ui.hand_pictures import a_disputing_room, whispered
from tests.ui.running import (
    can_undo,
    composer_of,
    live_room,
    room_of,
    running,
    scene_of,
    text_of,
    until,
)

TALK = (("philosopher", "Is it?"), (HUMAN, "@Comedian well?"), ("comedian", "It is."))


def said(pilot: Any) -> list[str]:
    return [message.text for message in scene_of(pilot).tree.path]


def a_talk(*steps: Any) -> FakeChimera:
    return FakeChimera(a_saved(*TALK), provider=ScriptedProvider(*steps))


async def command(pilot: Any, text: str) -> None:
    """Write a command and send it."""
    composer_of(pilot).write(text)
    await room_of(pilot).action_send()


async def press(pilot: Any, *keys: str) -> None:
    """Press keys in the transcript."""
    room_of(pilot).transcript.focus()
    await pilot.pause()
    await pilot.press(*keys)


# To whom


async def test_a_whisper_is_for_one_alone_and_says_so(tmp_path: Path) -> None:
    async with running(a_talk(["Psst.", asyncio.Event()]), tmp_path) as pilot:
        await command(pilot, "/whisper @Comedian, let him win.")
        await until(pilot, lambda: "to Comedian alone" in text_of(pilot))
        whisper = scene_of(pilot).tree.path[3]
        assert (whisper.to, whisper.text) == ("comedian", "let him win.")


@pytest.mark.parametrize("name", ["@comedian", "The Comedian", "@The Comedian", "@Comedian"])
async def test_whoever_is_named_in_any_way_is_told(tmp_path: Path, name: str) -> None:
    async with running(a_talk(["Psst."]), tmp_path) as pilot:
        await command(pilot, f"/whisper {name} Comedian is a fine word.")
        await until(pilot, lambda: len(said(pilot)) > 3)
        assert said(pilot)[3] == "Comedian is a fine word."


async def test_a_whisper_to_nobody_here_is_not_said(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await command(pilot, "/whisper @Plato hello")
        await until(pilot, lambda: "is not in this room" in text_of(pilot))
        assert len(said(pilot)) == 3


async def test_the_composer_says_to_whom_until_it_is_sent(tmp_path: Path) -> None:
    async with running(a_talk(["Psst."], ["Loud."]), tmp_path) as pilot:
        await press(pilot, "w")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: "to Comedian alone" in text_of(pilot))
        await pilot.press(*"Hush", "enter")
        await until(pilot, lambda: len(said(pilot)) > 3)
        assert scene_of(pilot).tree.path[3].to == "comedian"
        await pilot.press(*"All", "enter")
        await until(pilot, lambda: "All" in said(pilot))
        heard = next(m for m in scene_of(pilot).tree.path if m.text == "All")
        assert heard.to == ""


async def test_esc_lets_what_is_written_be_for_all_again(tmp_path: Path) -> None:
    async with running(a_talk(["Well."]), tmp_path) as pilot:
        await command(pilot, "/whisper @Comedian")
        await until(pilot, lambda: "to Comedian alone" in text_of(pilot))
        await pilot.press(*"Hi", "escape")
        await until(pilot, lambda: "to Comedian alone" not in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: len(said(pilot)) > 3)
        assert scene_of(pilot).tree.path[3].to == ""


async def test_a_narration_is_a_line_of_its_own_without_a_name(tmp_path: Path) -> None:
    async with running(a_talk([asyncio.Event()]), tmp_path) as pilot:
        await command(pilot, "/narrate The lights go out.")
        await until(pilot, lambda: "◇  The lights go out." in text_of(pilot))
        assert scene_of(pilot).tree.path[3].is_narration
        assert text_of(pilot).count("You") == 1


async def test_a_copy_of_all_says_what_was_for_one_alone(
    tmp_path: Path, clipboard: list[str]
) -> None:
    async with running(whispered(), tmp_path) as pilot:
        await press(pilot, "Y")
        await until(pilot, lambda: clipboard)
        assert "Human (to The Comedian alone):\nDo not let him" in clipboard[0]
        assert "Human (narration):\nThe lights go out." in clipboard[0]


async def test_columns_say_what_was_for_one_alone(tmp_path: Path) -> None:
    async with running(a_talk([asyncio.Event()]), tmp_path) as pilot:
        await command(pilot, "/whisper @Comedian Hush.")
        await until(pilot, lambda: len(said(pilot)) == 4)
        await press(pilot, "c")
        await until(pilot, lambda: room_of(pilot).view.columns)
        await until(pilot, lambda: "You  to Comedian alone" in text_of(pilot))


# Edit, delete, undo


async def test_e_edits_the_message_and_u_takes_it_back(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "home", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditText))
        assert "What Philosopher said" in text_of(pilot)
        await pilot.press(*" Hm.", "ctrl+s")
        await until(pilot, lambda: said(pilot)[0] == "Is it? Hm.")
        await until(pilot, lambda: " edited " in text_of(pilot))
        await press(pilot, "u")
        await until(pilot, lambda: said(pilot)[0] == "Is it?")


async def test_esc_asks_only_if_something_was_written(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "home", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditText))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        await press(pilot, "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditText))
        await pilot.press("X", "escape")
        await until(pilot, lambda: "Esc again throws the changes away" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        assert said(pilot)[0] == "Is it?"


async def test_what_a_human_said_can_be_edited_while_another_speaks(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with running(a_talk(["Hm, ", gate, "yes."]), tmp_path) as pilot:
        await press(pilot, "n")
        await until(pilot, lambda: scene_of(pilot).heard)
        await press(pilot, "home", "j", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditText))
        pilot.app.screen.query_one(TextArea).load_text("Anybody?")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: said(pilot)[1] == "Anybody?")
        gate.set()
        await until(pilot, lambda: said(pilot)[-1] == "Hm, yes.")
        assert "Hm, yes." in text_of(pilot)


@pytest.mark.parametrize("key", ["e", "d", "b"])
async def test_what_is_still_being_said_cannot_be_changed(tmp_path: Path, key: str) -> None:
    gate = asyncio.Event()
    async with running(a_talk(["Hm, ", gate, "yes."]), tmp_path) as pilot:
        await press(pilot, "n")
        await until(pilot, lambda: scene_of(pilot).heard)
        await press(pilot, "end", key)
        await until(pilot, lambda: "It is still being said" in text_of(pilot))
        assert said(pilot) == ["Is it?", "@Comedian well?", "It is."]
        assert pilot.app.screen is room_of(pilot)


async def test_d_deletes_and_u_brings_back(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "home", "d")
        await until(pilot, lambda: said(pilot) == ["@Comedian well?", "It is."])
        await until(pilot, lambda: "u brings it back" in text_of(pilot))
        await pilot.press("delete")
        await until(pilot, lambda: said(pilot) == ["It is."])
        await pilot.press("u", "u")
        await until(pilot, lambda: len(said(pilot)) == 3)
        await pilot.press("u")
        assert said(pilot) == ["Is it?", "@Comedian well?", "It is."]


async def test_a_message_is_deleted_beside_one_that_is_drawn_no_more(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "home")
        index = room_of(pilot).transcript._index
        del index[list(index)[1]]  # deleted a moment ago: the room does not know yet
        await pilot.press("d")
        await until(pilot, lambda: "Is it?" not in said(pilot))


async def test_another_room_does_not_take_back_what_was_done_in_this_one(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(*TALK, number=2), a_saved(("comedian", "Mars."), number=1))
    async with running(fake, tmp_path) as pilot:
        await press(pilot, "home", "d")
        await until(pilot, lambda: len(said(pilot)) == 2)
        await room_of(pilot).session.open_saved(1, fake)  # type: ignore[arg-type]
        await until(pilot, lambda: room_of(pilot).room)
        assert not can_undo(pilot)


async def test_actions_under_a_message_can_be_clicked(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        first = key_of(scene_of(pilot).tree.path[0].turn)
        room_of(pilot).post_message(Transcript.ActionChosen(first, "delete"))
        await until(pilot, lambda: said(pilot) == ["@Comedian well?", "It is."])


# Branches and answers


async def test_b_goes_on_from_a_message_and_stops_who_speaks(tmp_path: Path) -> None:
    steps = (["Half", asyncio.Event()], ["Elsewhere."])
    async with running(a_talk(*steps), tmp_path) as pilot:
        await press(pilot, "n")
        await until(pilot, lambda: scene_of(pilot).heard)
        await press(pilot, "home", "b")
        await until(pilot, lambda: said(pilot) == ["Is it?"])
        assert scene_of(pilot).paused is PauseReason.ASKED
        assert not scene_of(pilot).heard
        await press(pilot, "n")
        await until(pilot, lambda: said(pilot) == ["Is it?", "Elsewhere."])
        await press(pilot, "B")
        await until(pilot, lambda: pilot.app.screen.query(BranchRows))
        rows = pilot.app.screen.query_one(BranchRows).branches
        assert [row.count for row in rows] == [1, 3, 1]
        await pilot.press("up", "enter")
        await until(pilot, lambda: said(pilot)[1:] == ["@Comedian well?", "It is.", "Half"])


async def test_a_branch_that_is_here_already_changes_nothing(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "ctrl+b", "enter")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        assert len(said(pilot)) == 3


async def test_answers_stand_side_by_side_and_enter_chooses(tmp_path: Path) -> None:
    fake = FakeChimera(with_alternative(a_saved(*TALK), 3, "Older."))
    async with running(fake, tmp_path) as pilot:
        await press(pilot, "end", "a")
        await until(pilot, lambda: isinstance(pilot.app.screen, Answers))
        await until(pilot, lambda: "It is." in text_of(pilot) and "Older." in text_of(pilot))
        assert "2 answers of 🎭 Comedian" in text_of(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: said(pilot)[-1] == "Older.")
        await press(pilot, "end", "a")
        await until(pilot, lambda: isinstance(pilot.app.screen, Answers))
        await pilot.press("1")
        await until(pilot, lambda: said(pilot)[-1] == "It is.")


async def test_one_answer_is_no_choice(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "a")
        await until(pilot, lambda: "There is one answer" in text_of(pilot))


# Topic and pace


async def test_a_topic_is_written_or_chosen_from_the_deck(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await command(pilot, "/topic Tea?")
        await until(pilot, lambda: "the topic moves: Tea?" in text_of(pilot))
        await press(pilot, "T")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTopic))
        assert "now  Tea?" in text_of(pilot)
        await pilot.press("f3", "down", "enter")
        room = live_room(pilot)
        await until(pilot, lambda: room.conversation.current_topic != "Tea?")
        await press(pilot, "T")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTopic))
        assert pilot.app.screen.query_one(Input).has_focus
        assert pilot.app.screen.query_one(Choice).row_count() > 1
        await pilot.press(*"Cake", "enter")
        await until(pilot, lambda: room.conversation.current_topic == "Cake")


async def test_the_pace_slides(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "P")
        await until(pilot, lambda: pilot.app.screen.query(PaceSlider))
        await pilot.press("end", "minus", "enter")
        await until(pilot, lambda: live_room(pilot).conversation.pace == 2.75)
        await press(pilot, "P")
        await until(pilot, lambda: pilot.app.screen.query(PaceSlider))
        await pilot.click(PaceSlider, offset=(2, 0))
        await pilot.press("enter")
        await until(pilot, lambda: live_room(pilot).conversation.pace == 0)


@pytest.mark.parametrize("pace", ["4", "-1", "nan", "warp"])
async def test_a_pace_that_is_none_is_refused(tmp_path: Path, pace: str) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await command(pilot, f"/pace {pace}")
        await until(pilot, lambda: "is no pace" in text_of(pilot))


# What is measured, what is sent, why it pauses


async def test_the_panel_shows_the_score_and_enter_its_parts(tmp_path: Path) -> None:
    async with running(a_disputing_room(), tmp_path) as pilot:
        await until(pilot, lambda: scene_of(pilot).measures.score)
        await until(pilot, lambda: "heat" in text_of(pilot))
        room_of(pilot).query_one(VitalsPanel).focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, VitalsScreen))
        shown = text_of(pilot)
        assert all(part in shown for part in ("novelty", "voice", "Who agrees with whom", "blind"))


async def test_it_is_measured_once_a_turn_and_not_for_every_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"word {number} " for number in range(50)]
    async with running(a_talk([*words]), tmp_path) as pilot:
        room = room_of(pilot)
        measured: list[int] = []
        monkeypatch.setattr(room.session, "measure", lambda: measured.append(len(said(pilot))))
        await press(pilot, "n")
        await until(pilot, lambda: len(said(pilot)) == 4)
        assert measured == [4]


async def test_what_can_only_be_read_is_measured_too(tmp_path: Path) -> None:
    fake = a_disputing_room()
    fake.read_only = "The database can be read, but not written."
    async with running(fake, tmp_path) as pilot:
        await until(pilot, lambda: scene_of(pilot).measures.score)


async def test_f9_shows_what_is_sent_and_it_can_be_copied(
    tmp_path: Path, clipboard: list[str]
) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await press(pilot, "f9")
        await until(pilot, lambda: isinstance(pilot.app.screen, SentScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(SentPage).row_count())
        assert "You are The Scientist." in text_of(pilot)
        await pilot.press("y")
        await until(pilot, lambda: clipboard)
        assert clipboard[0].startswith("[system]\n")
        assert "[The Comedian]: It is." in clipboard[0]
        await pilot.press("right")
        await until(pilot, lambda: "You are The Philosopher." in text_of(pilot))
        assert live_room(pilot).paused


def test_every_reason_to_pause_has_words_and_a_way_on() -> None:
    assert set(PAUSES) == set(PauseReason)
    assert all(words and ways for words, *ways in PAUSES.values())


# Deleting a conversation


def two_rooms() -> FakeChimera:
    return FakeChimera(
        a_saved(*TALK, number=2), a_saved(("comedian", "Marvin."), number=1, title="Mars")
    )


async def in_the_list(pilot: Any, *keys: str) -> None:
    room_of(pilot).query_one(RoomList).focus()
    await pilot.pause()
    await pilot.press(*keys)


async def test_a_deleted_room_is_out_of_sight_and_u_brings_it_back(tmp_path: Path) -> None:
    fake = two_rooms()
    async with running(fake, tmp_path) as pilot:
        await in_the_list(pilot, "down", "d")
        await until(pilot, lambda: [r.id for r in room_of(pilot).query_one(RoomList).rooms] == [2])
        assert "“Mars” is deleted" in text_of(pilot)
        await pilot.press("u")
        await until(pilot, lambda: len(room_of(pilot).query_one(RoomList).rooms) == 2)
    assert set(fake.saved) == {1, 2}


async def test_a_deleted_room_is_gone_a_little_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "KEPT", 0.01)
    fake = two_rooms()
    async with running(fake, tmp_path) as pilot:
        await in_the_list(pilot, "down", "delete")
        await until(pilot, lambda: set(fake.saved) == {2})
        assert not can_undo(pilot)


async def test_a_deleted_room_is_gone_with_the_program(tmp_path: Path) -> None:
    fake = two_rooms()
    async with running(fake, tmp_path) as pilot:
        await in_the_list(pilot, "down", "d")
        await until(pilot, lambda: len(room_of(pilot).query_one(RoomList).rooms) == 1)
    assert set(fake.saved) == {2}


async def test_the_room_on_the_screen_makes_way_for_another(tmp_path: Path) -> None:
    fake = two_rooms()
    async with running(fake, tmp_path) as pilot:
        await command(pilot, "/remove-room")
        await until(pilot, lambda: "Marvin." in text_of(pilot))
        await press(pilot, "u")
        await until(pilot, lambda: "@Comedian well?" in text_of(pilot))


async def test_after_the_last_room_there_is_the_beginning(tmp_path: Path) -> None:
    async with running(a_talk(), tmp_path) as pilot:
        await command(pilot, "/remove-room")
        await until(pilot, lambda: isinstance(pilot.app.screen, FirstRunScreen))
        await until(pilot, lambda: "looking" not in text_of(pilot))
        await pilot.press("u")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        await until(pilot, lambda: "@Comedian well?" in text_of(pilot))


async def test_where_nothing_can_be_saved_nothing_is_deleted(tmp_path: Path) -> None:
    fake = two_rooms()
    fake.read_only = "The database can be read, but not written."
    async with running(fake, tmp_path) as pilot:
        await in_the_list(pilot, "down", "d")
        await until(pilot, lambda: "can be read, but not written" in text_of(pilot))
        assert len(room_of(pilot).query_one(RoomList).rooms) == 2
    assert set(fake.saved) == {1, 2}


async def test_a_room_that_is_live_elsewhere_stays_and_says_so(tmp_path: Path) -> None:
    fake = two_rooms()
    fake.live_pids[1] = 77
    async with running(fake, tmp_path) as pilot:
        await in_the_list(pilot, "down", "d")
        await until(pilot, lambda: "is live in process 77" in text_of(pilot))
        assert len(room_of(pilot).query_one(RoomList).rooms) == 2


async def test_a_room_that_goes_live_elsewhere_meanwhile_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_number: int) -> None:
        raise StorageError(
            "This conversation is live in process 77.", pid=77, kind=StorageFault.LIVE_ELSEWHERE
        )

    monkeypatch.setattr(deleting, "KEPT", 0.01)
    fake = two_rooms()
    monkeypatch.setattr(fake, "delete", refuse)
    async with running(fake, tmp_path) as pilot:
        await in_the_list(pilot, "down", "d")
        await until(pilot, lambda: "This conversation is live in process 77" in text_of(pilot))
        await until(pilot, lambda: len(room_of(pilot).query_one(RoomList).rooms) == 2)
