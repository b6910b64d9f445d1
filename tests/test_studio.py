"""What can be done to personas, with real files and a real database."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.domain.conversation import DEMO
from chimera_tui.domain.errors import ChangedElsewhereError, ChimeraError, Fault
from chimera_tui.domain.events import Event, MessageCompleted, RoomPaused, TurnFailed
from chimera_tui.domain.persona import Persona
from chimera_tui.library.library import Origin
from chimera_tui.settings.settings import Settings
from tests.cards.corpus import v2
from tests.fakes import Watcher
from tests.fault_server import refused_address


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Chimera]:
    """Chimera in `folder`, with a folder for personas; nobody but the demo answers."""
    nowhere = refused_address()
    environ = {"LM_STUDIO_URL": nowhere, "OLLAMA_HOST": nowhere}
    personas = folder / "personas"
    async with open_chimera(
        Settings(), db=folder / "chimera.db", personas=personas, environ=environ
    ) as chimera:
        yield chimera


def comedian(chimera: Chimera) -> Persona:
    return chimera.library.get("comedian")


async def heard(chimera: Chimera, persona: Persona, **details: object) -> list[Event]:
    about = {"model": DEMO, "line": "Is it true?"} | details
    return [e async for e in chimera.studio.preview(persona, **about)]  # type: ignore[arg-type]


async def test_saving_puts_a_file_of_ones_own_over_the_built_in_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        before = comedian(chimera)
        built_in = chimera.library.file("comedian").read_bytes()
        saved = await chimera.studio.save(replace(before, words=60), before)
        assert chimera.library.get("comedian") == saved
        assert saved.words == 60
        assert chimera.library.origin("comedian") is Origin.CHANGED
        assert (chimera.library.folders[0] / "comedian.toml").read_bytes() == built_in
        newest, oldest = await chimera.studio.versions("comedian")
        assert (newest.persona, oldest.persona) == (saved, before)
        assert newest.saved_at


async def test_what_another_program_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    async with opened(tmp_path) as one, opened(tmp_path) as other:
        before = comedian(one)
        theirs = await other.studio.save(replace(before, words=70), before)
        with pytest.raises(ChangedElsewhereError, match="changed by another program"):
            await one.studio.save(replace(before, words=60), before)
        assert comedian(one) == theirs
        mine = await one.studio.save(replace(before, words=60), theirs)
        assert comedian(one) == mine
        found = [version.persona for version in await one.studio.versions("comedian")]
        assert {persona.words for persona in found} == {80, 70, 60}


async def test_a_file_that_was_broken_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        before = comedian(chimera)
        saved = await chimera.studio.save(replace(before, words=60), before)
        chimera.library.file("comedian").write_text("words = 'few'\n")
        with pytest.raises(ChangedElsewhereError, match="is broken now"):
            await chimera.studio.save(replace(saved, words=50), saved)
        assert "few" in chimera.library.own_file("comedian").read_text()


async def test_a_removal_shows_the_built_in_one_and_can_be_undone(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        before = comedian(chimera)
        saved = await chimera.studio.save(replace(before, words=60), before)
        path = chimera.library.file("comedian")
        removed = await chimera.studio.remove(path)
        assert comedian(chimera) == before
        await chimera.studio.bring_back(removed)
        assert comedian(chimera) == saved
        await chimera.studio.remove(path)
    assert list(path.parent.iterdir()) == []


async def test_what_is_built_in_cannot_be_removed(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        with pytest.raises(ChimeraError, match="built in"):
            await chimera.studio.remove(chimera.library.file("comedian"))
        assert chimera.library.file("comedian").exists()


async def test_a_card_comes_in_beside_one_of_its_name_and_goes_out_whole(tmp_path: Path) -> None:
    file = tmp_path / "The Comedian.json"
    card = v2(name="The Comedian", description="A clown.", extensions={"other": {"kept": 1}})
    file.write_text(json.dumps(card))
    async with opened(tmp_path) as chimera:
        found = await chimera.studio.read(file)
        saved = await chimera.studio.import_persona(found)
        assert saved.slug == "comedian-2"
        assert comedian(chimera).prompt != saved.prompt
        out = tmp_path / "out.json"
        await chimera.studio.export_persona(saved, "v2", out)
        assert json.loads(out.read_text())["data"]["extensions"]["other"] == {"kept": 1}
        with pytest.raises(ChimeraError, match="already"):
            await chimera.studio.export_persona(saved, "v2", out)
        again = await chimera.studio.import_persona(found, replacing=True)
        assert comedian(chimera) == again


async def test_an_unsaved_persona_answers_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        persona = replace(comedian(chimera), slug="clown", name="The Clown")
        events = await heard(chimera, persona)
        last = events[-1]
        assert isinstance(last, MessageCompleted)
        assert last.message.provenance
        assert last.message.provenance.model == DEMO
        assert await chimera.conversations() == []
        assert "clown" not in chimera.library.personas
        assert (await chimera.connections.spending())[0].attempts == 1
        assert [type(e) for e in await heard(chimera, persona)] == [type(e) for e in events]


async def test_it_answers_what_was_said_last_in_a_room_that_does_not_notice(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as chimera:
        saved = await chimera.new_conversation(
            topic="Doors",
            cast=("comedian", "philosopher"),
            pace=0,
            seed=1,
            demo=True,
            turn_limit=1,
        )
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            await room.say("Who is at the door?")
            await watcher.until(RoomPaused)
            await watcher.until(RoomPaused)
            path = list(room.tree.path)
            for persona in (
                replace(comedian(chimera), words=30),
                replace(comedian(chimera), slug="clown", name="The Clown"),
            ):
                (said,) = [
                    e.message
                    for e in await heard(chimera, persona, line="", room=room)
                    if isinstance(e, MessageCompleted)
                ]
                assert said.turn.speaker == persona.slug
                assert said.parent_id == path[-1].id
            assert room.tree.path == path
            assert all(one.persona.slug != "clown" for one in room.conversation.cast)
        assert all(m.turn.speaker != "clown" for m in (await chimera.load(1)).tree.path)


async def test_a_try_that_fails_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        events = await heard(chimera, comedian(chimera), model=None)
        (failed,) = [e.failure for e in events if isinstance(e, TurnFailed)]
        assert failed.kind == Fault.CONNECT
        assert failed.hint


async def test_a_try_that_is_left_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        trying = chimera.studio.preview(comedian(chimera), DEMO, "Is it?")
        await anext(trying)
        async with asyncio.timeout(10):
            await trying.aclose()


async def test_a_new_persona_gets_a_slug_of_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path) as chimera:
        assert chimera.studio.free_slug("The Clown") == "clown"
        assert chimera.studio.free_slug("The Comedian") == "comedian-2"
