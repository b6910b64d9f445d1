"""What 0.1.0 wrote is opened by the present program, and shows what it showed then."""

import gzip
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chimera_tui.core.chimera import Chimera, open_chimera
from chimera_tui.settings.settings import Settings, load_settings
from tests.fakes import Watcher

FOLDER = Path(__file__).parent / "recorded" / "0.1.0"
CONVERSATIONS = (1, 2, 3, 4)
"""Edited, branched and steered; failed; ended; empty. Of all of them 0.1.0 wrote what it shows."""
KILLED = 6
"""In this one it was killed while somebody spoke."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of what 0.1.0 left."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "chimera.db").write_bytes(gzip.decompress((FOLDER / "chimera.db.gz").read_bytes()))
    return tmp_path


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Chimera]:
    settings, problem = load_settings(home / "config.toml")
    assert not problem
    async with open_chimera(
        settings, db=home / "chimera.db", personas=home / "personas", environ={}
    ) as chimera:
        yield chimera


def shown(name: str) -> Any:
    return json.loads((FOLDER / "shown" / f"{name}.json").read_text("utf-8"))


def changed(then: Any, now: Any, at: str = "") -> list[str]:
    """What is no longer as it was; that something was added is no change."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [
            line
            for key, value in then.items()
            for line in changed(value, now.get(key, "gone"), f"{at}.{key}")
        ]
    if isinstance(then, list) and isinstance(now, list | tuple) and len(then) == len(now):
        pairs = enumerate(zip(then, now, strict=True))
        return [line for n, pair in pairs for line in changed(*pair, f"{at}[{n}]")]
    return [] if then == now else [f"{at}: {then!r} became {now!r}"]


@pytest.mark.parametrize("number", CONVERSATIONS)
async def test_a_conversation_shows_all_that_it_showed(home: Path, number: int) -> None:
    async with opened(home) as chimera:
        now = json.loads(await chimera.exported(number, "json"))
    assert changed(shown(str(number)), now) == []


async def test_the_recorded_conversation_holds_every_kind_of_message(home: Path) -> None:
    """The recording itself: it would prove nothing without them."""
    async with opened(home) as chimera:
        tree = (await chimera.load(1)).tree
        failed = await chimera.load(2)
    messages = tree.messages.values()
    assert any(m.to for m in messages)
    assert any(m.is_narration for m in messages)
    assert any(m.edited_at for m in messages)
    assert any(m.is_deleted for m in messages)
    assert any(len(tree.alternatives(m)) > 1 for m in messages)
    assert len(tree.path) < len(tree.messages)
    assert failed.failure


async def test_a_room_goes_on_where_it_was_left(home: Path) -> None:
    async with opened(home) as chimera:
        saved = await chimera.load(1)
        before = [message.id for message in saved.tree.path]
        async with chimera.room(saved) as room:
            watcher = Watcher(room)
            await room.say("And now?")
            await watcher.until(lambda _: len(room.tree.path) > len(before) + 1)
        again = await chimera.load(1)
        assert [message.id for message in again.tree.path][: len(before)] == before


async def test_a_reply_that_a_kill_cut_off_is_kept_as_a_draft(home: Path) -> None:
    async with opened(home) as chimera:
        assert [one.conversation_id for one in chimera.recovered] == [KILLED]
        saved = await chimera.load(KILLED)
    assert saved.failure
    assert saved.failure.text.startswith("Let me begin with the word that does the most work")


async def test_the_personas_their_versions_and_drafts_are_as_they_were(home: Path) -> None:
    then = shown("rest")
    async with opened(home) as chimera:
        studio = chimera.studio
        now = {
            "personas": {slug: asdict(chimera.library.get(slug)) for slug in then["personas"]},
            "versions": {
                slug: [
                    {"words": v.persona.words, "prompt": v.persona.prompt, "messages": v.messages}
                    for v in await studio.versions(slug)
                ]
                for slug in then["versions"]
            },
            "sketches": [asdict(sketch) for sketch in await studio.sketches()],
            "uses": {slug: asdict(use) for slug, use in (await studio.uses()).items()},
        }
        assert not chimera.library.problems
        titles = {one.title for one in await chimera.conversations()}
    del then["settings"]
    assert set(then.pop("conversations")) < titles
    assert changed(then, now) == []


async def test_the_data_of_a_card_are_still_carried_by_its_persona(home: Path) -> None:
    async with opened(home) as chimera:
        out = home / "out.json"
        await chimera.studio.export_persona(chimera.library.get("card-ada"), "v2", out)
    given = json.loads(out.read_text("utf-8"))["data"]
    assert changed(json.loads((FOLDER / "card.json").read_text("utf-8"))["data"], given) == []


def test_every_setting_is_read_as_it_was(home: Path) -> None:
    settings, problem = load_settings(home / "config.toml")
    now = msgspec.to_builtins(settings)
    assert not problem
    assert changed(shown("rest")["settings"], now) == []


def test_the_recorded_settings_are_all_that_0_1_0_had() -> None:
    """The recording itself: every setting of then stands in it, with another value than usual."""
    usual = msgspec.to_builtins(Settings())
    assert all(value != usual.get(name) for name, value in shown("rest")["settings"].items())
