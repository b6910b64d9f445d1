"""Diagnostics, keys, models, costs and thoughts: every key and click does what it says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.timer import Timer
from textual.widgets import Input

from chimera_tui.domain.conversation import Budget, ModelRef
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.events import PauseReason, RoomPaused
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.providers.scripted import ScriptedProvider
from chimera_tui.ui.kit.dialog import AskText, Choose
from chimera_tui.ui.providers.key_dialog import AskKey
from chimera_tui.ui.providers.model_list import ModelList
from chimera_tui.ui.providers.providers_screen import DiagnosticsScreen
from chimera_tui.ui.room.model_picker import ModelPicker, ModelRows
from chimera_tui.ui.room.room_panels import ProviderList
from tests.ui.fakes import FakeChimera, a_saved
from tests.ui.pictures import look
from tests.ui.running import live_room, room_of, running, scene_of, text_of, until
from tests.ui.service_pictures import (
    ASKED,
    KEY,
    LOADING,
    THOUGHT,
    WAIT,
    a_costly_room,
    a_refused_room,
    a_talk,
    after,
    unfold,
)
from tests.ui.services import ALL, with_services


def is_ticking(timer: Timer) -> bool:
    return timer._active.is_set()


@asynccontextmanager
async def near(
    tmp_path: Path, fake: FakeChimera, *keys: str, size: tuple[int, int] = (120, 44)
) -> AsyncIterator[tuple[Pilot[Any], DiagnosticsScreen]]:
    """The providers from near."""
    async with running(fake, tmp_path, size) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        screen = pilot.app.screen
        assert isinstance(screen, DiagnosticsScreen)
        await until(pilot, lambda: screen._keys)
        await pilot.press(*keys)
        await pilot.pause()
        yield pilot, screen


# Diagnostics


async def test_f4_shows_who_is_not_well_first(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room()) as (pilot, screen):
        assert screen.provider == "openai"
        shown = text_of(pilot)
        for words in ("Sent", "POST /v1/chat/completions", "412 of 500", "half-open", "$0.1417"):
            assert words in shown
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is room_of(pilot))


async def test_which_model_speaks_for_others_stands_by_its_provider(tmp_path: Path) -> None:
    fake = a_costly_room()
    counts = {"replies": 40, "leaks": 3, "retries": 1, "refusals": 0}
    fake.slipped = (
        Impersonations(model=ModelRef("openai", "gpt-x"), **counts),
        Impersonations(model=ModelRef("openai", "gpt-good"), **counts | {"leaks": 0, "retries": 0}),
        Impersonations(model=ModelRef("ollama", "llama"), **counts),
    )
    async with near(tmp_path, fake) as (pilot, _):
        await until(pilot, lambda: "In company" in text_of(pilot))
        assert "gpt-x  3 cut: spoke for others, 1 asked again" in text_of(pilot)
        assert "gpt-good" not in text_of(pilot)
        assert "llama  3 cut" not in text_of(pilot)


async def test_enter_on_a_provider_looks_at_it(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path, (120, 44)) as pilot:
        room_of(pilot).query_one(ProviderList).focus()
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        assert isinstance(pilot.app.screen, DiagnosticsScreen)
        assert pilot.app.screen.provider == "anthropic"


async def test_a_click_on_a_provider_looks_at_it(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path, (120, 44)) as pilot:
        await pilot.click(ProviderList, offset=(9, 0))
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))


async def test_a_command_looks_at_the_one_that_is_named(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path, (120, 44)) as pilot:
        await pilot.press(*"/providers gemini", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        await until(pilot, lambda: "Press k to set a key" in text_of(pilot))


async def test_c_checks_now(tmp_path: Path) -> None:
    fake = a_costly_room()
    async with near(tmp_path, fake) as (pilot, _):
        checks = fake.checks
        fake.may_answer.clear()
        await pilot.press("c")
        await until(pilot, lambda: "checking …" in text_of(pilot))
        fake.found["openai"] = replace(fake.found["openai"], state=HealthState.UP, latency=0.2)
        fake.may_answer.set()
        await until(pilot, lambda: "200 ms" in text_of(pilot))
        assert fake.checks == checks + 1


async def test_the_arrows_show_older_exchanges(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room(), "left") as (pilot, _):
        assert "no answer" in text_of(pilot)
        assert "3 of 4" in text_of(pilot)
        await pilot.press("right")
        await until(pilot, lambda: "the last" in text_of(pilot))


async def test_an_exchange_is_shown_when_it_is_clicked(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room()) as (pilot, screen):
        lines = text_of(pilot).split("\n")
        y = next(y for y, line in enumerate(lines) if "11:47:20" in line)
        await pilot.click(offset=(60, y))
        await until(pilot, lambda: "2 of 4" in text_of(pilot))
        assert screen._exchange == 1


async def test_y_copies_a_report(tmp_path: Path, clipboard: list[str]) -> None:
    async with near(tmp_path, a_costly_room(), "y") as (pilot, _):
        await until(pilot, lambda: clipboard)
        assert "provider: openai" in clipboard[0]
        assert "status: 429" in clipboard[0]


async def test_m_lists_its_models(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room(), "m") as (pilot, _):
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelList))
        assert "gpt-6-luna" in text_of(pilot)
        await pilot.press(*"luna")
        await until(pilot, lambda: "ignores stop, temperature" in text_of(pilot))
        assert "1 of 3" in text_of(pilot)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))


async def test_the_palette_has_what_the_keys_do(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room(), "ctrl+p") as (pilot, _):
        await until(pilot, lambda: "Copy report" in text_of(pilot))
        await pilot.press(*"set a key", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskKey))


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 18)])
async def test_it_works_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with near(tmp_path, a_costly_room(), "pagedown", size=size) as (pilot, screen):
        assert "c check now" in text_of(pilot)
        page = screen.query_one("#near-page")
        assert page.scroll_y > 0 or page.max_scroll_y == 0
        for _ in ALL:
            await pilot.press("down")
        assert screen.provider == ALL[-1].provider


async def test_seconds_tick_only_while_a_breaker_is_open(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room()) as (pilot, screen):
        assert not is_ticking(screen._ticking)
        await pilot.press("down", "down")
        await until(pilot, lambda: "again in 24 s" in text_of(pilot))
        assert is_ticking(screen._ticking)
        await pilot.press("down")
        await until(pilot, lambda: not is_ticking(screen._ticking))


# Keys


async def test_a_key_is_dots_then_four_characters_and_is_tested(tmp_path: Path) -> None:
    fake = a_costly_room()
    async with near(tmp_path, fake, "down", "k") as (pilot, _):
        await until(pilot, lambda: isinstance(pilot.app.screen, AskKey))
        await pilot.press(*KEY)
        assert "•" * len(KEY) in text_of(pilot)
        assert "real" not in text_of(pilot)
        checks = fake.checks
        await pilot.press("enter")
        await until(pilot, lambda: "answered in 412 ms" in text_of(pilot))
        assert fake.given == [("anthropic", KEY)]
        assert fake.checks == checks + 1
        assert "ends 4711" in text_of(pilot)
        assert pilot.app.screen.query_one(Input).value == ""
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))


async def test_a_key_cannot_be_copied_out_of_its_line(tmp_path: Path, clipboard: list[str]) -> None:
    async with near(tmp_path, a_costly_room(), "k") as (pilot, _):
        await until(pilot, lambda: isinstance(pilot.app.screen, AskKey))
        await pilot.press(*KEY, "shift+home", "ctrl+c", "ctrl+x")
        await pilot.pause()
        assert not clipboard
        assert pilot.app.clipboard == ""


async def test_what_is_no_key_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    fake = a_costly_room()
    fake.key_error = ChimeraError("This is an address, not a key.", hint="Copy the key again.")
    async with near(tmp_path, fake, "k", *"https", "enter") as (pilot, _):
        await until(pilot, lambda: "This is an address, not a key." in text_of(pilot))
        fake.key_error = None
        await pilot.press(*KEY, "enter")
        await until(pilot, lambda: fake.given)


async def test_a_key_is_removed_after_asking(tmp_path: Path) -> None:
    fake = a_costly_room()
    async with near(tmp_path, fake, "down", "x") as (pilot, _):
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        assert fake.keys["anthropic"].end
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, Choose))
        await pilot.press("down", "enter")
        await until(pilot, lambda: not fake.keys["anthropic"].end)
        await until(pilot, lambda: "Press k to set a key" in text_of(pilot))


async def test_a_key_in_the_environment_is_removed_there(tmp_path: Path) -> None:
    async with near(tmp_path, a_costly_room(), "x") as (pilot, _):
        await until(pilot, lambda: "stands in OPENAI_API_KEY" in text_of(pilot))


async def test_a_refused_key_is_set_from_the_failure_and_the_turn_taken_again(
    tmp_path: Path,
) -> None:
    fake = a_refused_room()
    fake.provider = ScriptedProvider(["Whole."])
    fake.found["openai"] = replace(ALL[0], state=HealthState.UP)
    async with running(fake, tmp_path) as pilot:
        assert "set a key for openai" in text_of(pilot)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskKey))
        await pilot.press(*KEY, "enter")
        await until(pilot, lambda: "answered in" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: scene_of(pilot).tree.path[-1].text == "Whole.")


async def test_a_failure_leads_to_diagnostics(tmp_path: Path) -> None:
    async with running(a_refused_room(), tmp_path) as pilot:
        await pilot.press("5")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        assert "OpenAI refuses the key (401)." in text_of(pilot)


async def test_the_first_run_sets_a_key(tmp_path: Path) -> None:
    fake = with_services()
    async with running(fake, tmp_path, (100, 36)) as pilot:
        await until(pilot, lambda: "key found (OPENAI_API_KEY)" in text_of(pilot))
        assert "k to set one" in text_of(pilot)
        await pilot.press("k")
        await until(pilot, lambda: "Whose key?" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskKey))
        assert "The key of Gemini" in text_of(pilot)
        fake.found["gemini"] = replace(ALL[1], provider="gemini")
        await pilot.press(*KEY, "enter")
        await until(pilot, lambda: "answered in" in text_of(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "key kept in keys.toml" in text_of(pilot))


# Models


@asynccontextmanager
async def picking(tmp_path: Path, fake: FakeChimera) -> AsyncIterator[tuple[Pilot[Any], ModelRows]]:
    """The picker, for the Scientist."""
    async with running(fake, tmp_path) as pilot:
        await look(pilot)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelPicker))
        yield pilot, pilot.app.screen.query_one(ModelRows)


async def test_f_adds_fallbacks_in_their_order(tmp_path: Path) -> None:
    async with picking(tmp_path, a_costly_room()) as (pilot, rows):
        await pilot.press(*"gpt-4.1", "ctrl+f", "down", "f")
        assert [str(model) for model in rows.fallbacks] == ["openai/gpt-4.1-mini", "openai/gpt-4.1"]
        assert "takes over: 1 gpt-4.1-mini, then 2 gpt-4.1" in text_of(pilot)
        await pilot.press("slash", "ctrl+u", *"haiku", "enter")
        room = live_room(pilot)
        await until(pilot, lambda: room.conversation.assignment("scientist").fallbacks)
        assignment = room.conversation.assignment("scientist")
        assert str(assignment.model) == "anthropic/claude-haiku-5-5"
        assert [one.model for one in assignment.fallbacks] == ["gpt-4.1-mini", "gpt-4.1"]


async def test_f_again_takes_a_fallback_out(tmp_path: Path) -> None:
    async with picking(tmp_path, a_costly_room()) as (pilot, rows):
        await pilot.press("down", "f")
        assert len(rows.fallbacks) == 1
        await pilot.press("f")
        assert not rows.fallbacks


async def test_typing_over_the_list_goes_on_searching(tmp_path: Path) -> None:
    async with picking(tmp_path, a_costly_room()) as (pilot, rows):
        await pilot.press("down", *"haiku")
        assert [offer.name for offer in rows.offers] == ["claude-haiku-5-5"]
        await pilot.press("down", "up")
        assert pilot.app.focused is pilot.app.screen.query_one(Input)


async def test_an_unknown_provider_is_said(tmp_path: Path) -> None:
    async with picking(tmp_path, a_costly_room()) as (pilot, rows):
        await pilot.press(*"nobody/gpt")
        assert not rows.offers
        assert "There is no provider `nobody`." in text_of(pilot)
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, ModelPicker)


async def test_nothing_listed_says_what_to_do(tmp_path: Path) -> None:
    fake = with_services(a_saved(("comedian", "Hm.")), healths=ALL[3:5])
    async with picking(tmp_path, fake) as (pilot, _):
        assert "no models yet" in text_of(pilot)
        assert "Nobody lists a model yet" in text_of(pilot)


async def test_five_thousand_models_are_drawn_as_a_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = tuple(ModelInfo(name=f"maker/model-{number}") for number in range(5000))
    health = Health(provider="openrouter", state=HealthState.UP, latency=0.3, models=many)
    async with picking(tmp_path, with_services(a_talk(), healths=(health,))) as (pilot, rows):
        drawn: set[int] = set()
        draw = rows.row_lines

        def remember(index: int, width: int) -> list[Content]:
            drawn.add(index)
            return draw(index, width)

        monkeypatch.setattr(rows, "row_lines", remember)
        await pilot.press(*"model-4999")
        await until(pilot, lambda: rows.offers[0].name == "maker/model-4999")
        assert len(drawn) < 100


# Costs, thoughts, waits


@pytest.mark.parametrize("how", ["command", "dialog"])
async def test_a_budget_is_set(tmp_path: Path, how: str) -> None:
    async with running(a_costly_room(), tmp_path) as pilot:
        room = live_room(pilot)
        if how == "command":
            await pilot.press(*"/budget 2.00 300k", "enter")
        else:
            await pilot.press(*"/budget", "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
            assert pilot.app.screen.query_one(Input).value == "0.50 200k"
            await pilot.press(*"2.00 300k", "enter")
        wanted = Budget(cost=2_000_000, tokens=300_000)
        await until(pilot, lambda: room.conversation.budget == wanted)
        await until(pilot, lambda: "$0.01 of $2.00" in text_of(pilot))


async def test_a_model_that_helps_is_chosen(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path) as pilot:
        room = live_room(pilot)
        await pilot.press(*"/helper nobody/x", "enter")
        await until(pilot, lambda: "There is no provider `nobody`" in text_of(pilot))
        await pilot.press(*"/helper", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskText))
        assert pilot.app.screen.query_one(Input).value == "off"
        await pilot.press(*"ollama/llama3.2", "enter")
        await until(pilot, lambda: room.conversation.rules.helper == "ollama/llama3.2")
        await pilot.press(*"/helper off", "enter")
        await until(pilot, lambda: not room.conversation.rules.helper)


async def test_what_is_no_budget_says_so(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path) as pilot:
        await pilot.press(*"/budget much", "enter")
        await until(pilot, lambda: "`much` is no budget." in text_of(pilot))


async def test_a_room_that_waited_for_money_goes_on_when_there_is_more(tmp_path: Path) -> None:
    fake = a_costly_room()
    fake.provider = ScriptedProvider(["More."])
    async with running(fake, tmp_path) as pilot:
        room = live_room(pilot)
        room._queue.paused = PauseReason.BUDGET
        room_of(pilot).session.hear(RoomPaused(reason=PauseReason.BUDGET))
        await until(pilot, lambda: "/budget 1.00 allows more" in text_of(pilot))
        await pilot.press(*"/budget off", "enter")
        await until(pilot, lambda: "More." in text_of(pilot))


async def test_a_focused_message_says_what_it_cost(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path, (160, 40)) as pilot:
        assert "priced" not in text_of(pilot)
        await look(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "1,289 tok · $0.0031 priced" in text_of(pilot))


async def test_t_unfolds_what_was_thought_and_folds_it_again(
    tmp_path: Path, clipboard: list[str]
) -> None:
    async with running(a_costly_room(), tmp_path) as pilot:
        await unfold()(pilot)
        assert "Wrong is a" in text_of(pilot)
        await pilot.press("y")
        await until(pilot, lambda: clipboard)
        assert THOUGHT[:20] not in clipboard[0]
        await pilot.press("t")
        await until(pilot, lambda: "Wrong is a" not in text_of(pilot))


async def test_a_click_on_the_mark_unfolds_it(tmp_path: Path) -> None:
    async with running(a_costly_room(), tmp_path) as pilot:
        lines = text_of(pilot).split("\n")
        y = next(y for y, line in enumerate(lines) if "Scientist" in line and " thought " in line)
        await pilot.click(offset=(lines[y].index(" thought ") + 3, y))
        await until(pilot, lambda: "Wrong is a" in text_of(pilot))


async def test_a_message_without_thoughts_says_so(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(("comedian", "Hm."))), tmp_path) as pilot:
        await look(pilot)
        await pilot.press("t")
        await until(pilot, lambda: "No thoughts came" in text_of(pilot))


async def test_seconds_tick_only_while_a_turn_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    for module in ("room_panes", "room_screen"):
        monkeypatch.setattr(f"chimera_tui.ui.room.{module}.monotonic", lambda: now[0])
    async with running(a_costly_room(), tmp_path) as pilot:
        room = room_of(pilot)
        assert not is_ticking(room.panes._ticking)
        await after(ASKED, WAIT)(pilot)
        assert text_of(pilot).count("openai asks for 34 s") == 2  # status row and cast panel
        assert is_ticking(room.panes._ticking)
        now[0] += 12
        room.panes._tick()
        await until(pilot, lambda: text_of(pilot).count("openai asks for 22 s") == 2)


async def test_loading_counts_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    for module in ("room_panes", "room_screen"):
        monkeypatch.setattr(f"chimera_tui.ui.room.{module}.monotonic", lambda: now[0])
    async with running(a_costly_room(), tmp_path) as pilot:
        await after(ASKED, LOADING)(pilot)
        now[0] += 12
        room_of(pilot).panes._tick()
        await until(pilot, lambda: "loading the model … 12 s" in text_of(pilot))
