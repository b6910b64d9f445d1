"""Opening a room: the rooms, the topic, the people, how it is to go."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from chimera_tui.domain.conversation import DEMO, Budget, ModelRef
from chimera_tui.library.library import Library, builtin_folder
from chimera_tui.library.starters import STARTERS, deck
from chimera_tui.ui.kit.dialog import AskText
from chimera_tui.ui.new_room.new_room_screen import NewRoom
from chimera_tui.ui.new_room.room_fields import SearchField, TopicField
from chimera_tui.ui.new_room.room_lists import HowRows, SeatRows, TemplateRows
from chimera_tui.ui.room.model_picker import ModelPicker
from chimera_tui.ui.studio.persona_grid import PersonaGrid
from tests.fakes import a_persona
from tests.ui.fakes import LMSTUDIO, FakeChimera, a_saved
from tests.ui.running import room_of, running, scene_of, text_of, until


@asynccontextmanager
async def choosing(
    folder: Path, fake: FakeChimera | None = None, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Pilot[None], NewRoom]]:
    """The screen over a room, with the whole library."""
    fake = fake or FakeChimera(a_saved())
    if len(fake.library) <= 5:
        fake.library = Library.load(builtin_folder(), folder / "personas")  # type: ignore[assignment]
    async with running(fake, folder, size) as pilot:
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(pilot.app.screen, NewRoom))
        screen = pilot.app.screen
        assert isinstance(screen, NewRoom)
        await until(pilot, lambda: isinstance(screen.focused, TemplateRows))
        yield pilot, screen


def cast_of(screen: NewRoom) -> list[str]:
    return [persona.slug for persona in screen.draft.people]


async def go_to(pilot: Pilot[Any], screen: NewRoom, widget: type) -> None:
    """Press Tab until a widget has the focus."""
    for _ in screen.stops:
        if isinstance(screen.focused, widget):
            return
        before = screen.focused
        await pilot.press("tab")
        await until(pilot, lambda: screen.focused not in {None, before})  # noqa: B023
    assert isinstance(screen.focused, widget)


async def take(pilot: Pilot[Any], screen: NewRoom, slug: str) -> None:
    """Choose a ready-made room."""
    rows = screen.query_one(TemplateRows)
    place = [room.slug for room in rows.rooms].index(slug)
    await pilot.press("home", *["down"] * place)
    await until(pilot, lambda: screen.draft.template.slug == slug)


async def test_enter_enter_talks(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.focused, TopicField))
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        await until(pilot, lambda: "yes." in text_of(pilot))
        conversation = scene_of(pilot).conversation
        assert [one.persona.slug for one in conversation.cast] == [
            "philosopher",
            "comedian",
            "scientist",
        ]
        assert conversation.topic in {starter.text for starter in deck()} | {*STARTERS}


async def test_a_ready_made_room_brings_people_topic_mode_and_pace(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await take(pilot, screen, "museum-after-closing")
        template = screen.draft.template
        assert cast_of(screen) == list(template.cast)
        assert screen.plan.topic == template.topics[0]
        assert screen.plan.mode == "round_robin"
        assert "Museum After Closing" in text_of(pilot)


async def test_what_was_changed_of_a_room_is_still_there_when_one_comes_back(
    tmp_path: Path,
) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        screen.draft.toggle("chef")
        await take(pilot, screen, "slow-jazz")
        assert "chef" not in cast_of(screen)
        await pilot.press("home")
        await until(pilot, lambda: "chef" in cast_of(screen))


async def test_topics_of_the_room_come_first_then_those_of_the_deck(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await take(pilot, screen, "slow-jazz")
        own = screen.draft.template.topics
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.focused, TopicField))
        seen = [screen.plan.topic]
        for _ in own:
            await pilot.press("down")
            seen.append(screen.plan.topic)
        assert tuple(seen[:-1]) == own
        assert seen[-1] in {starter.text for starter in deck()}
        await pilot.press("up")
        assert screen.plan.topic == own[-1]
        await pilot.press("ctrl+g")
        first = screen.draft.topics.category
        by_text = {starter.text: starter.category for starter in deck()}
        assert by_text[screen.plan.topic] == first


async def test_a_topic_is_written_or_the_proposal_is_changed(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.focused, TopicField))
        proposed = screen.plan.topic
        await pilot.press("right", "!")
        assert screen.plan.topic == f"{proposed}!"
        await pilot.press("ctrl+u", *"Tea [?]")
        assert screen.plan.topic == "Tea [?]"


async def test_space_takes_in_and_out_and_plus_adds_twins(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await go_to(pilot, screen, PersonaGrid)
        await pilot.press("slash")
        await until(pilot, lambda: isinstance(screen.focused, SearchField))
        await pilot.press(*"stoic", "down")
        await until(pilot, lambda: isinstance(screen.focused, PersonaGrid))
        await pilot.press("space")
        await until(pilot, lambda: cast_of(screen)[3:] == ["stoic"])
        await pilot.press("plus", "plus")
        await until(pilot, lambda: cast_of(screen)[3:] == ["stoic", "stoic~2", "stoic~3"])
        await until(pilot, lambda: "Stoic 3" in text_of(pilot))
        await pilot.press("minus")
        await until(pilot, lambda: cast_of(screen)[3:] == ["stoic", "stoic~2"])
        await pilot.press("space")
        await until(pilot, lambda: len(cast_of(screen)) == 3)


async def test_no_more_than_sixteen_come_in(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await go_to(pilot, screen, PersonaGrid)
        await pilot.press(*["plus"] * 14)
        await until(pilot, lambda: "16 are here already." in text_of(pilot))
        assert len(cast_of(screen)) == 16


async def test_without_people_nothing_begins(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        for slug in cast_of(screen):
            screen.draft.toggle(slug)
        await go_to(pilot, screen, TopicField)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.focused, PersonaGrid))
        assert pilot.app.screen is screen


async def test_what_is_typed_over_the_people_searches_and_esc_shows_all(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await go_to(pilot, screen, PersonaGrid)
        await pilot.press("h")
        await until(pilot, lambda: isinstance(screen.focused, SearchField))
        await pilot.press(*"ackerxx")
        await until(pilot, lambda: "Nobody fits “hackerxx”." in text_of(pilot))
        await pilot.press("backspace", "backspace", "enter")
        await until(pilot, lambda: cast_of(screen)[3:] == ["hacker"])
        await pilot.press(*"zzzz")
        await until(pilot, lambda: "Nobody fits" in text_of(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: len(screen.query_one(PersonaGrid).personas) == 43)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))


async def test_categories_go_round(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await go_to(pilot, screen, PersonaGrid)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "‹ thinkers ›" in text_of(pilot))
        shown = screen.query_one(PersonaGrid).personas
        assert {persona.category for persona in shown} == {"thinkers"}
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: "‹ utility ›" in text_of(pilot))


async def test_seats_move_and_each_may_have_a_model(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await go_to(pilot, screen, SeatRows)
        await pilot.press("shift+down")
        await until(pilot, lambda: cast_of(screen) == ["comedian", "philosopher", "scientist"])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        await pilot.press(*"gemma", "enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert screen.draft.cast[1].model == ModelRef("ollama", "gemma2")
        assert "llama3.2:3b, gemma2" in text_of(pilot)
        await pilot.press("delete")
        await until(pilot, lambda: cast_of(screen) == ["comedian", "scientist"])
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))


async def test_how_it_goes_is_chosen_by_arrows_and_said_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        await go_to(pilot, screen, HowRows)
        mode = screen.plan.mode
        await pilot.press("right")
        assert screen.plan.mode != mode
        await pilot.press("down", "right")
        assert screen.plan.pace == 2.0
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        await pilot.press(*"2.50", "enter")
        await until(pilot, lambda: screen.plan.budget == Budget(cost=2_500_000))
        assert "$2.50" in text_of(pilot)
        await pilot.press("down", "right")
        await until(pilot, lambda: "DEMO" in text_of(pilot))
        assert screen.plan.is_demo
        await pilot.press("f2")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
        conversation = scene_of(pilot).conversation
        assert {one.model for one in conversation.cast} == {DEMO}
        assert conversation.budget == Budget(cost=2_500_000)


async def test_where_nobody_answers_the_demo_plays_and_that_is_said(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(), healths=[LMSTUDIO])
    async with choosing(tmp_path, fake) as (pilot, screen):
        assert "no provider answers: offline and free" in text_of(pilot)
        assert screen.plan.is_demo
        await pilot.press("f4")
        await until(pilot, lambda: "No provider answers:" in text_of(pilot))
        assert screen.plan.is_demo


async def test_a_room_is_kept_deleted_and_brought_back(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        library = screen._chimera.library
        await take(pilot, screen, "slow-jazz")
        screen.draft.toggle("chef")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        await pilot.press(*"Jam", "enter")
        await until(pilot, lambda: "jam" in library.rooms)
        await until(pilot, lambda: screen.draft.template.slug == "jam")
        assert "chef" in library.room("jam").cast
        assert library.room("jam").topics == library.room("slow-jazz").topics
        assert "yours" in text_of(pilot)
        await pilot.press("delete")
        await until(pilot, lambda: "jam" not in library.rooms)
        await pilot.press("u")
        await until(pilot, lambda: "jam" in library.rooms)
        await until(pilot, lambda: screen.draft.template.slug == "jam")
        await take(pilot, screen, "slow-jazz")
        await pilot.press("delete")
        assert "slow-jazz" in library.rooms


async def test_two_thousand_personas_are_searched_and_scrolled(tmp_path: Path) -> None:
    crowd = [a_persona(f"Persona {number}", 1, one_line="One of many.") for number in range(2000)]
    async with choosing(tmp_path, FakeChimera(a_saved(), personas=[*crowd])) as (pilot, screen):
        await go_to(pilot, screen, PersonaGrid)
        grid = screen.query_one(PersonaGrid)
        await pilot.press("end")
        await until(pilot, lambda: "Persona 1999" in text_of(pilot))
        drawn = sum("Persona" in row for row in text_of(pilot).splitlines())
        assert drawn < 36
        await pilot.press("1")
        await until(pilot, lambda: isinstance(screen.focused, SearchField))
        await pilot.press(*"234")
        await until(pilot, lambda: [p.name for p in grid.personas] == ["The Persona 1234"])


async def test_who_is_written_meanwhile_can_be_cast_at_once(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        library = screen._chimera.library
        library.save(replace(library.get("chef"), slug="baker", name="The Baker"))
        screen.draw_library()
        await go_to(pilot, screen, PersonaGrid)
        await pilot.press(*"/baker", "enter")
        await until(pilot, lambda: cast_of(screen)[3:] == ["baker"])


async def test_every_pane_can_be_reached_in_a_narrow_terminal(tmp_path: Path) -> None:
    async with choosing(tmp_path, size=(60, 18)) as (pilot, screen):
        assert "Ask Everyone" in text_of(pilot)
        for widget, words in (
            (TopicField, "What about?"),
            (PersonaGrid, "Who?"),
            (SeatRows, "Cast"),
            (HowRows, "voices"),
            (TemplateRows, "Rooms"),
        ):
            await go_to(pilot, screen, widget)
            await until(pilot, lambda: words in text_of(pilot))  # noqa: B023


async def test_a_click_takes_somebody_in(tmp_path: Path) -> None:
    async with choosing(tmp_path) as (pilot, screen):
        grid = screen.query_one(PersonaGrid)
        await pilot.click(PersonaGrid, offset=(30, 0))
        second = grid.personas[1].slug
        await until(pilot, lambda: cast_of(screen)[3:] == [second])
        await pilot.click("#begin", offset=(6, 1))
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))
