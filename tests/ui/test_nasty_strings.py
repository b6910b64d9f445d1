"""Strings that break programs, wherever the screen shows names, titles and reasons."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import pytest
from rich.cells import cell_len
from textual.content import Content
from textual.events import Paste
from textual.pilot import Pilot

from chimera_tui.core.chimera import Chimera
from chimera_tui.domain.conversation import HUMAN, Notice
from chimera_tui.domain.health import Health, HealthState, ModelInfo
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.domain.text import one_line
from chimera_tui.engine.request import RenderedRequest
from chimera_tui.providers.base import ChatMessage, ChatRequest
from chimera_tui.quality.vitals import Affinity
from chimera_tui.ui.app import ChimeraApp
from chimera_tui.ui.kit.dialog import AskText
from chimera_tui.ui.providers.key_dialog import AskKey
from chimera_tui.ui.providers.model_list import ModelList
from chimera_tui.ui.providers.providers_screen import DiagnosticsScreen
from chimera_tui.ui.room.answers_screen import Answers
from chimera_tui.ui.room.branch_rows import branch_rows
from chimera_tui.ui.room.branches_screen import Branches
from chimera_tui.ui.room.room_dialogs import AskTopic, EditText
from chimera_tui.ui.room.room_screen import RoomScreen
from chimera_tui.ui.room.sent_screen import page_lines
from chimera_tui.ui.room.vitals_screen import VitalsScreen
from chimera_tui.ui.room.vitals_words import Measures
from chimera_tui.ui.transcript.conversation_entries import message_entry, speakers
from tests.corpus import CORPUS, HONEST
from tests.fakes import NOON
from tests.ui.fakes import MODELS, PEOPLE, FakeChimera, a_message, a_saved
from tests.ui.running import composer_of, do, room_of, running, text_of, until
from tests.ui.services import KEYS, an_exchange, priced
from tests.ui.studio import StudioChimera, open_studio

TEXTS = [*(one.text for one in CORPUS), *HONEST]
SHORT = [text[:300] for text in TEXTS]
BIDI = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


def show(room: RoomScreen, saved: SavedConversation, read_only: str = "") -> None:
    """Show this in place of what is on the screen."""
    assert room.session.chimera
    room.session._load(room.session.chimera, saved, read_only)


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Six at a time."""
    for start in range(0, len(texts), 6):
        yield texts[start : start + 6]


def assert_clean(pilot: Pilot[Any]) -> None:
    """All lines are there, none is longer than the screen, nothing in them steers a terminal."""
    width, height = pilot.app.size
    lines = text_of(pilot).split("\n")
    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}
    steering = {c for line in lines for c in line if unicodedata.category(c) == "Cc" or c in BIDI}
    assert not steering


def nasty(texts: Sequence[str]) -> SavedConversation:
    """A conversation in which all that has a name is called one of `texts`."""
    title, *_ = texts
    saved = a_saved(("comedian", "Fine."), (HUMAN, "Is it?"), ("ghost", "No."), title=title or "x")
    people = tuple(
        replace(one, persona=replace(one.persona, name=text, emoji=text))
        for one, text in zip(saved.conversation.cast, cycle(texts), strict=False)
    )
    conversation = replace(saved.conversation, cast=people, human_name=texts[-1] or "x")
    notices = [Notice(text=text, after_id=1, created_at=NOON) for text in texts]
    return replace(saved, conversation=conversation, notices=notices)


async def test_the_room_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    titles: list[str] = []
    monkeypatch.setattr(ChimeraApp, "_write_raw", lambda _app, sequence: titles.append(sequence))
    fake = FakeChimera(a_saved(("comedian", "Fine.")))
    fake.read_only = "For a test."
    async with running(fake, tmp_path, size=(140, 42)) as pilot:
        room = room_of(pilot)
        for texts in batches(TEXTS):
            show(room, nasty(texts), texts[0])
            down = (Health(provider=t, state=HealthState.DOWN, reason=t, hint=t) for t in texts)
            room.draw_providers(list(down))
            await pilot.pause()
            assert_clean(pilot)
    for title in (one for one in titles if one.startswith("\x1b]2;")):
        inner = title.removeprefix("\x1b]2;").removesuffix("\x07")
        assert all(unicodedata.category(c) != "Cc" and c not in BIDI for c in inner)


async def test_columns_show_them(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(("comedian", "Fine.")))
    fake.read_only = "For a test."
    async with running(fake, tmp_path) as pilot:
        room = room_of(pilot)
        await room.view.toggle_columns()
        for texts in batches(SHORT):
            show(room, nasty(texts))
            await pilot.pause()
            assert_clean(pilot)


async def test_the_list_of_rooms_has_two_lines_for_each(tmp_path: Path) -> None:
    saved = [a_saved(number=number, title=text) for number, text in enumerate(SHORT, 1)]
    async with running(FakeChimera(*saved), tmp_path) as pilot:
        rooms = room_of(pilot).query_one("#room-list")
        rooms.focus()
        for _ in range(len(saved) // 8 + 1):
            await pilot.press("pagedown")
            await pilot.pause()
            assert_clean(pilot)
        assert rooms.virtual_size.height == 3 * len(saved)


async def test_dialogs_show_them(tmp_path: Path) -> None:
    people = [
        replace(one.persona, slug=f"p{number}", name=text, one_line=text)
        for number, text in enumerate(SHORT)
        for one in a_saved().conversation.cast[:1]
    ]
    models = tuple(ModelInfo(name=text or "x") for text in SHORT)
    up = Health(provider="ollama", state=HealthState.UP, models=models, checked_at=NOON)
    fake = FakeChimera(a_saved(("comedian", "Fine.")), healths=[up], personas=people)
    async with running(fake, tmp_path) as pilot:
        room_of(pilot).transcript.focus()
        for key in ("m", "ctrl+n"):
            await pilot.press(key)
            await until(pilot, lambda: len(pilot.app.screen_stack) > 1)
            for _ in range(len(SHORT) // 8 + 1):
                await pilot.press(*(["tab"] if key == "ctrl+n" else []), "pagedown")
                await pilot.pause()
                assert_clean(pilot)
            await pilot.press("escape")
        for text in SHORT[::10]:
            await pilot.app.push_screen(AskText("Which?", text, note="It holds.", done="use"))
            await pilot.pause()
            assert_clean(pilot)
            await pilot.app.pop_screen()


@pytest.mark.slow
async def test_answers_branches_and_measures_show_them(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(("comedian", "Fine.")))
    fake.read_only = "For a test."
    async with running(fake, tmp_path) as pilot:
        for texts in batches(SHORT):
            saved = nasty(texts)
            said = [
                replace(a_message(2, "comedian", text, MODELS["comedian"]), id=number)
                for number, text in enumerate(texts, 10)
            ]
            tree = Tree.of([*saved.tree.messages.values(), *said], {})
            known = speakers(saved.conversation)
            cast = [(one.persona.slug, known[one.persona.slug]) for one in saved.conversation.cast]
            bonds = {(one, other): Affinity(2, 0.4) for one, _ in cast for other, _ in cast}
            entries = [message_entry(one, known, [one.id]) for one in said]
            for screen in (
                Branches(branch_rows(tree), known),
                Answers(entries, 1, Content(one_line(texts[0]))),
                VitalsScreen(Measures(bonds=bonds), cast),
                EditText(known["comedian"].name, texts[0]),
                AskTopic(texts[0], cycle(texts).__next__),
            ):
                await pilot.app.push_screen(screen)
                await pilot.pause()
                assert_clean(pilot)
                await pilot.app.pop_screen()


def test_what_is_sent_is_shown_in_lines_that_fit() -> None:
    for text in TEXTS:
        said = (ChatMessage("user", text), ChatMessage("assistant", text))
        request = ChatRequest(
            model="m", system=text, messages=said, max_tokens=9, persona=PEOPLE[0]
        )
        lines = page_lines(RenderedRequest(request, ()), 60)
        assert all(one.cell_length <= 60 for one in lines)
        shown = "".join(one.plain for one in lines)
        assert not {c for c in shown if unicodedata.category(c) == "Cc" or c in BIDI}


async def test_toasts_and_what_is_written_show_them(tmp_path: Path) -> None:
    async with running(FakeChimera(a_saved(("comedian", "Fine."))), tmp_path) as pilot:
        app = pilot.app
        assert isinstance(app, ChimeraApp)
        for texts in batches(SHORT):
            for text in texts:
                app.tell(text)
            composer_of(pilot).write("")
            composer_of(pilot).field.post_message(Paste("@".join(texts)))
            await pilot.pause()
            assert_clean(pilot)
            app.clear_notifications()


async def test_thoughts_show_them(tmp_path: Path) -> None:
    saved = priced(a_saved(("comedian", "Fine."), ("scientist", "Hm.")), "x")
    fake = FakeChimera(saved)
    fake.read_only = "For a test."
    async with running(fake, tmp_path) as pilot:
        room = room_of(pilot)
        for text in TEXTS[::3]:
            show(room, priced(saved, text or "x"))
            do(pilot, "thought")
            await pilot.pause()
            assert_clean(pilot)


@pytest.mark.slow
async def test_diagnostics_and_its_dialogs_show_them(tmp_path: Path) -> None:
    fake = FakeChimera(a_saved(("comedian", "Fine.")), healths=[])
    async with running(fake, tmp_path) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiagnosticsScreen))
        screen = pilot.app.screen
        assert isinstance(screen, DiagnosticsScreen)
        for text in SHORT[::3]:
            info = ModelInfo(name=text or "x", ignores=frozenset({text}))
            fake.health = {
                "x": Health(provider=text, state=HealthState.DOWN, reason=text, hint=text),
            }
            fake.health["x"] = replace(fake.health["x"], models=(info,))
            key = replace(KEYS["openai"], title=text, place=text, end=text[:5], address=text)
            screen._keys = {"x": key}
            fake.said = {"x": (an_exchange(1, 200, text, text),)}
            screen.draw_providers(list(fake.health.values()))
            await pilot.pause()
            assert_clean(pilot)
            for dialog in (
                AskKey(cast(Chimera, fake), key),
                ModelList(fake.health["x"], is_local=False),
            ):
                await pilot.app.push_screen(dialog)
                await pilot.pause()
                assert_clean(pilot)
                await pilot.app.pop_screen()


@pytest.mark.slow
async def test_the_studio_shows_them(tmp_path: Path) -> None:
    fake = StudioChimera(a_saved(("comedian", "Fine.")))
    library = fake.studio.library
    usual = library.get("comedian")
    async with running(fake, tmp_path, size=(140, 42)) as pilot:
        studio = await open_studio(pilot)
        for text in SHORT:
            keys = ("name", "emoji", "category", "one_line", "prompt", "greeting")
            details: dict[str, Any] = dict.fromkeys(keys, text or "x")
            details |= dict.fromkeys(("traits", "expertise", "tags"), (text,))
            persona = replace(usual, **details)
            library.personas = {**library.personas, "comedian": persona}
            studio.state.slug = "comedian"
            studio.draw_library()
            await pilot.pause()
            assert_clean(pilot)
            assert studio.state.book.sketches == {}
