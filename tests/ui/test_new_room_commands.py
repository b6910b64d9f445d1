"""The commands of the screen that opens a room, without a terminal: over a real Chimera."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chimera_tui.core.chimera import open_chimera
from chimera_tui.domain.casting import MOST_CAST
from chimera_tui.domain.conversation import Budget
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.settings.settings import Settings
from chimera_tui.ui.new_room import new_room_commands as commands
from chimera_tui.ui.new_room.new_room_commands import COMMANDS, NewRoomContext
from chimera_tui.ui.new_room.room_draft import RoomPlan
from chimera_tui.ui.new_room.room_drafts import RoomDrafts
from chimera_tui.ui.room.room_state import CastRow
from tests.ui.test_room_commands import Person

CAST = ["scientist", "comedian"]


class NoPanes:
    """A screen of which only the topic is real."""

    def __init__(self) -> None:
        self.topic = ""
        self.drawn = 0
        self.went: list[object] = []
        self.has_search = False

    def draw(self) -> None:
        self.drawn += 1

    def seats(self) -> list[CastRow]:
        return []

    def go_on(self, by: int) -> None:
        self.went.append(by)

    def go_to_people(self) -> None:
        self.went.append("people")

    def show_all(self) -> bool:
        return self.has_search

    def finish(self, plan: RoomPlan | None) -> None:
        self.went.append(plan)


@asynccontextmanager
async def planning(
    folder: Path, cast: list[str] | None = None
) -> AsyncIterator[tuple[NewRoomContext, Person, NoPanes]]:
    """A room that is put together, a person who answers, and what was drawn."""
    db, own = folder / "chimera.db", folder / "personas"
    nowhere = {"LM_STUDIO_URL": "http://127.0.0.1:9", "OLLAMA_HOST": "http://127.0.0.1:9"}
    async with open_chimera(Settings(), db=db, personas=own, environ=nowhere) as chimera:
        drafts = RoomDrafts(chimera, "Is it so?", CAST if cast is None else cast)
        person, view = Person(), NoPanes()
        yield NewRoomContext(person, chimera, drafts, view), person, view


async def do(context: NewRoomContext, name: str) -> None:
    await COMMANDS.by_name[name].run(context, "")


async def test_talking_gives_the_plan_back(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, _, view):
        view.topic = " Tea? "
        await do(context, "new.talk")
        (plan,) = view.went
        assert isinstance(plan, RoomPlan)
        assert plan.topic == "Tea?"
        assert [seat.persona.slug for seat in plan.cast] == CAST
        assert plan.is_demo


async def test_with_nobody_in_it_one_is_led_to_the_people(tmp_path: Path) -> None:
    async with planning(tmp_path, cast=[]) as (context, person, view):
        await do(context, "new.talk")
        await do(context, "new.save")
        assert view.went == ["people"]
        assert person.asked == []


async def test_leaving_shows_all_people_first(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, _, view):
        view.has_search = True
        await do(context, "back")
        assert view.went == []
        view.has_search = False
        await do(context, "back")
        assert view.went == [None]


async def test_another_topic_takes_the_place_of_what_was_written(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, _, view):
        view.topic = "Tea?"
        await do(context, "new.topic")
        assert context.plan.topic not in {"Tea?", "Is it so?"}
        await commands.topic_before(context)
        assert context.plan.topic == "Is it so?"


async def test_a_full_room_takes_nobody_else_in_and_says_so(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, person, _):
        for _number in range(MOST_CAST):
            commands.change_cast(context, "poet", 1)
        assert len(context.draft.cast) == MOST_CAST
        assert f"{MOST_CAST} are here already." in person.told
        commands.change_cast(context, "poet", 0)
        assert [one.slug for one in context.draft.people] == CAST


async def test_how_it_is_to_go_is_chosen_and_asked_for(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, person, _):
        person.answers = [1, "2.50", "much"]
        await commands.change_how(context, commands.MODE)
        await commands.change_how(context, commands.BUDGET)
        assert context.plan.budget == Budget(cost=2_500_000)
        with pytest.raises(ChimeraError):
            await commands.change_how(context, commands.BUDGET)
        assert context.plan.budget == Budget(cost=2_500_000)
        assert person.asked == ["Choose", "AskText", "AskText"]
        mode, pace = context.plan.mode, context.plan.pace
        await commands.step(context, commands.MODE, 1)
        await commands.step(context, commands.PACE, 1)
        assert context.plan.mode != mode
        assert context.plan.pace != pace


async def test_without_a_provider_the_demo_plays_and_that_is_said(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, person, _):
        await do(context, "new.voices")
        assert context.plan.is_demo
        assert person.told == [
            "No provider answers: the demo plays all without a model of their own."
        ]


async def test_a_room_is_kept_deleted_and_brought_back_by_the_key_that_is_bound(
    tmp_path: Path,
) -> None:
    async with planning(tmp_path) as (context, person, _):
        library = context.chimera.library
        person.answers = ["Jam"]
        await do(context, "new.save")
        assert library.room("jam").cast == tuple(CAST)
        assert context.drafts.is_own
        await commands.delete_room(context)
        assert "jam" not in library.rooms
        assert person.told[-1] == "“Jam” is deleted. <rooms.undo> brings it back."
        await commands.undo_delete(context)
        assert library.room("jam").cast == tuple(CAST)
        assert context.drafts.slug == "jam"


async def test_what_cannot_be_brought_back_can_be_tried_again(tmp_path: Path) -> None:
    async with planning(tmp_path) as (context, person, _):
        person.answers = ["Jam"]
        await do(context, "new.save")
        await commands.delete_room(context)
        rooms = tmp_path / "rooms"
        for file in rooms.iterdir():
            file.unlink()
        rooms.rmdir()
        rooms.write_text("A file in the place of the folder.")
        with pytest.raises(ChimeraError):
            await commands.undo_delete(context)
        rooms.unlink()
        await commands.undo_delete(context)
        assert "jam" in context.chimera.library.rooms
