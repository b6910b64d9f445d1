"""S14: the database is replaced, removed or written over while it is open."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.saved import Rescue, SavedConversation, Tree
from chimera_tui.storage import store as store_module
from chimera_tui.storage.store import CHECKPOINT_COMMITS, open_store
from tests.fakes import is_a
from tests.storage.processes import child, line, rest
from tests.storage.values import Saving, a_message, completed, saving

Deed = Callable[[Path, Path], None]


def replace(path: Path, other: Path) -> None:
    other.rename(path)


def replace_with_a_link(path: Path, other: Path) -> None:
    path.unlink()
    path.symlink_to(other)


def remove(path: Path, _: Path) -> None:
    path.unlink()


def rename(path: Path, _: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def remove_the_folder(path: Path, _: Path) -> None:
    shutil.rmtree(path.parent)


def rename_the_folder(path: Path, _: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def beside(ending: str, deed: Deed) -> Deed:
    def do(path: Path, other: Path) -> None:
        deed(path.with_name(path.name + ending), other)

    return do


DEEDS: dict[str, Deed] = {
    "replaced": replace,
    "replaced with a link": replace_with_a_link,
    "removed": remove,
    "renamed": rename,
    "folder removed": remove_the_folder,
    "folder renamed": rename_the_folder,
    "log removed": beside("-wal", remove),
    "log replaced": beside("-wal", replace),
    "index removed": beside("-shm", remove),
    "locks removed": beside("-lock", remove),
    "locks replaced": beside("-lock", replace),
}


async def a_stranger(path: Path) -> Path:
    """Another database of Chimera: with five messages."""
    async with saving(path) as s:
        for number in range(1, 6):
            await s.record(completed(number, number - 1 or None, number, "Stranger."))
    path.with_name(f"{path.name}-lock").unlink()
    return path


def said(path: Path) -> list[str]:
    """What is said in a database, which must be sound."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        return [text for (text,) in db.execute("SELECT text FROM message ORDER BY key")]


def in_memory(saved: SavedConversation, *texts: str) -> SavedConversation:
    """A conversation as a room holds it."""
    messages = [a_message(n, n - 1 or None, n, text) for n, text in enumerate(texts, 1)]
    return SavedConversation(conversation=saved.conversation, tree=Tree.of(messages, {}))


async def wait_for_rescue(s: Saving) -> Rescue:
    while not s.store.rescues:  # noqa: ASYNC110 - no event tells a test more than this
        await asyncio.sleep(0.01)
    return s.store.rescues[-1]


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
async def test_what_was_said_before_and_after_is_in_a_new_database(
    tmp_path: Path, deed: Deed
) -> None:
    stranger = await a_stranger(tmp_path / "stranger.db")
    path = tmp_path / "folder" / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        deed(path, stranger)

        await s.record(completed(2, 1, 2, "Two."))

        (rescued,) = s.store.rescues
        assert rescued.is_whole
        assert rescued.path.name.startswith("c-rescued-")
        assert rescued.path.parent == next(p for p in path.parents if p.is_dir())
        assert said(rescued.path) == ["One.", "Two."]
        await s.record(completed(3, 2, 3, "Three."))
        assert [m.text for m in (await s.load()).tree.path] == ["One.", "Two.", "Three."]
    assert said(rescued.path) == ["One.", "Two.", "Three."]
    assert len(s.store.rescues) == 1


@pytest.mark.parametrize("deed", [replace, replace_with_a_link])
async def test_the_stranger_is_not_touched(tmp_path: Path, deed: Deed) -> None:
    stranger = await a_stranger(tmp_path / "stranger.db")
    path, before = tmp_path / "folder" / "c.db", stranger.read_bytes()
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        deed(path, stranger)
        await s.record(completed(2, 1, 2, "Two."))
        own_log = path.with_name("c.db-wal")
        own_log.write_bytes(b"The log of the stranger, by now.")

    assert path.read_bytes() == before
    assert own_log.read_bytes() == b"The log of the stranger, by now."
    own_log.unlink()
    assert said(path) == ["Stranger."] * 5


async def test_a_file_that_is_written_over_is_noticed_and_what_is_open_is_kept(
    tmp_path: Path,
) -> None:
    stranger = await a_stranger(tmp_path / "stranger.db")
    path = tmp_path / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        held = in_memory(await s.load(), "One.")
        s.store.held = lambda: [held]
        shutil.copyfile(stranger, path)

        await s.record(completed(2, 1, 2, "Two."))

        (rescued,) = s.store.rescues
        assert not rescued.is_whole
        assert [m.text for m in (await s.load()).tree.path] == ["One.", "Two."]
    assert said(rescued.path) == ["One.", "Two."]
    assert path.read_bytes() == stranger.read_bytes()
    assert not path.with_name("c.db-wal").exists()
    assert [one for one in tmp_path.iterdir() if one.name.startswith("c.db-wal.old-")]  # noqa: ASYNC240


async def test_a_log_that_was_emptied_is_noticed_and_what_is_open_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        held = in_memory(await s.load(), "One.")
        s.store.held = lambda: [held]
        path.with_name("c.db-wal").write_bytes(b"")

        await s.record(completed(2, 1, 2, "Two."))

    assert said(s.store.rescues[0].path) == ["One.", "Two."]


async def test_what_memory_holds_and_the_copy_lacks_is_put_into_it(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        held = in_memory(await s.load(), "One.", "Two.")
        s.store.held = lambda: [held]
        path.unlink()
        rescued = await wait_for_rescue(s)

        assert [m.text for m in (await s.load()).tree.path] == ["One.", "Two."]
    assert said(rescued.path) == ["One.", "Two."]


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
async def test_it_is_noticed_while_nothing_is_said(
    tmp_path: Path, deed: Deed, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store_module.LOOKS <= 5
    monkeypatch.setattr(store_module, "LOOKS", 0.05)
    stranger = await a_stranger(tmp_path / "stranger.db")
    told: list[object] = []
    path = tmp_path / "folder" / "c.db"
    async with saving(path) as s:
        s.store.when_strayed = told.append
        await s.record(completed(1, None, 1, "One."))
        deed(path, stranger)

        rescued = await wait_for_rescue(s)
        await asyncio.sleep(0)

    assert told == [rescued]
    assert said(rescued.path) == ["One."]


async def test_it_is_noticed_on_leaving(tmp_path: Path) -> None:
    stranger = await a_stranger(tmp_path / "stranger.db")
    path = tmp_path / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        stranger.rename(path)

    (rescued,) = s.store.rescues
    assert said(rescued.path) == ["One."]
    assert said(path) == ["Stranger."] * 5


async def test_the_rescued_database_may_stray_too(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with saving(path) as s:
        with s.store.leases.hold(s.id):
            for number, text in enumerate(("One.", "Two.", "Three."), 1):
                await s.record(completed(number, number - 1 or None, number, text))
                s.store.path.unlink()
            await s.record(completed(4, 3, 4, "Four."))
            assert s.store.leases.is_live(s.id)
        assert not s.store.leases.is_live(s.id)
    assert said(s.store.path) == ["One.", "Two.", "Three.", "Four."]


async def test_a_live_conversation_is_live_in_the_new_database(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    async with saving(path) as s:
        with s.store.leases.hold(s.id):
            path.unlink()
            await s.record(completed(1, None, 1, "One."))
            with child("hold", s.store.path) as process:
                assert line(process).startswith("LIVE_ELSEWHERE")


async def test_many_writers_at_the_moment_lose_nothing(tmp_path: Path) -> None:
    stranger = await a_stranger(tmp_path / "stranger.db")
    path = tmp_path / "c.db"
    async with saving(path) as s:
        writing = [
            asyncio.create_task(s.record(completed(n, n - 1 or None, n, f"{n}")))
            for n in range(1, 101)
        ]
        await writing[20]
        stranger.rename(path)
        await asyncio.gather(*writing)
    assert len(s.store.rescues) == 1
    assert said(s.store.path) == [f"{n}" for n in range(1, 101)]


@pytest.mark.parametrize("is_first", [True, False])
async def test_what_other_instances_write_and_move_is_no_stray(
    tmp_path: Path, *, is_first: bool
) -> None:
    path = tmp_path / "c.db"

    async def write_much(s: Saving) -> None:
        for _ in range(CHECKPOINT_COMMITS * 2):
            await s.store.write(lambda db: db.execute("UPDATE conversation SET pace = pace + 1"))

    if is_first:
        async with saving(path) as s:
            with child("add_much", path) as process:
                await write_much(s)
                assert rest(process)[-1] == "rescues 0"
            await write_much(s)
    else:
        with child("add_much", path) as process:
            line(process)
            async with saving(path) as s:
                await write_much(s)
                assert rest(process)[-1] == "rescues 0"
                await write_much(s)
    assert s.store.rescues == []


async def test_what_was_written_over_is_noticed_by_an_instance_that_moves_no_log(
    tmp_path: Path,
) -> None:
    stranger, path = await a_stranger(tmp_path / "stranger.db"), tmp_path / "c.db"
    for is_over in (False, True):
        with child("hold", path) as process:
            line(process)
            async with saving(path) as s:
                await s.record(completed(1, None, 1, "One."))
                s.store.held = partial(list, [in_memory(await s.load(), "One.")])
                if is_over:
                    process.kill()
                    process.wait()
                shutil.copyfile(stranger, path)
                await s.record(completed(2, 1, 2, "Two."))
            (rescued,) = s.store.rescues
            assert said(rescued.path) == ["One.", "Two."]
        path = tmp_path / "d.db"


async def test_two_instances_go_on_in_a_database_each(tmp_path: Path) -> None:
    stranger, path = await a_stranger(tmp_path / "stranger.db"), tmp_path / "c.db"
    with child("talk", path) as process:
        line(process)
        async with saving(path) as s:
            await s.record(completed(1, None, 1, "One."))
            stranger.rename(path)
            await s.record(completed(2, 1, 2, "Two."))
            before = [line(process) for _ in range(20)][-1]
        process.kill()
        last = [before, *rest(process)][-1].split()[-1]
    assert len(set(tmp_path.glob("c-rescued-*.db"))) == 2  # noqa: ASYNC240
    assert {"One.", "Two."} <= set(said(s.store.path))
    (other,) = set(tmp_path.glob("c-rescued-*.db")) - {s.store.path}  # noqa: ASYNC240
    assert {f"Message {n}" for n in range(1, int(last) + 1)} <= set(said(other))
    assert said(path) == ["Stranger."] * 5


async def test_whoever_dies_while_it_moves_the_log_leaves_no_stray(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    with child("half_move", path) as process:
        assert line(process) == "half-way"
        async with saving(path) as s:
            await s.record(completed(1, None, 1, "One."))
            process.kill()
            process.wait()
            await s.record(completed(2, 1, 2, "Two."))
    assert s.store.rescues == []
    assert said(path)[-2:] == ["One.", "Two."]


async def test_a_database_that_can_be_written_nowhere_is_said_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOOKS", 0.05)
    home = tmp_path / "nowhere"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(home))
    path = as_long_as_sqlite_can(tmp_path) / "c.db"  # it cannot open `c-rescued-…` there
    told: list[object] = []
    async with saving(path) as s:
        s.store.when_strayed = told.append
        await s.record(completed(1, None, 1, "One."))
        path.unlink()
        lost = is_a(StorageFault.LOST)
        with pytest.raises(StorageError, match="in memory alone", check=lost) as caught:
            await s.record(completed(2, 1, 2, "Two."))
        assert "room" not in caught.value.hint
        assert "make another folder writable" in caught.value.hint
        await asyncio.sleep(0.2)
        assert [getattr(one, "kind", None) for one in told] == [StorageFault.LOST]
        assert list(path.parent.glob("*-rescued-*")) == []

        home.mkdir()
        await wait_for_rescue(s)
        await s.record(completed(3, 1, 3, "Three."))
    assert s.store.path.parent == home
    assert "Three." in said(s.store.path)
    async with open_store(path) as store:
        (told_then,) = store.notes
        assert f"--db {s.store.path}`" in told_then


def as_long_as_sqlite_can(folder: Path) -> Path:
    """A folder of so long a path that SQLite opens nothing in it with a name over some letters."""
    missing = 495 - len(str(folder))
    for length in (missing // 3, missing // 3, missing - 2 * (missing // 3)):
        folder /= "f" * (length - 1)
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("stem", ["c" * 225, "c" * 232, "é" * 110])
async def test_a_database_of_a_long_name_is_rescued_under_a_short_one(
    tmp_path: Path, stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / f"{stem}.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        path.unlink()
        await s.record(completed(2, 1, 2, "Two."))
    assert s.store.path.parent == tmp_path
    assert s.store.path.name.startswith("chimera-rescued-")
    assert said(s.store.path) == ["One.", "Two."]
    async with open_store(path) as store:
        assert len(store.notes) == 1


async def test_a_start_names_what_was_rescued_before_and_how_to_open_it(tmp_path: Path) -> None:
    path = tmp_path / "my folder" / "c.db"
    async with saving(path) as s:
        assert s.store.notes == ()
        for number in range(1, 6):
            await s.record(completed(number, number - 1 or None, number, f"{number}"))
            s.store.path.unlink()
        await s.record(completed(6, 5, 6, "6"))
    last = s.store.path
    assert re.fullmatch(r"c-rescued-\d{8}-\d{6}\.db", last.name)
    piled_up = last.with_name(f"{last.stem}-rescued-20260101-000000-2.db")
    shutil.copyfile(last, piled_up)  # as earlier versions named them
    last.with_name("c-rescued-by-hand.db").touch()
    last.with_name("d-rescued-20260101-000000.db").write_bytes(b"Another's.")
    async with open_store(path) as store:
        told = " ".join(store.notes)
    assert len(store.notes) == 2
    assert f"chimera-tui --db '{last}'" in told
    assert f"chimera-tui --db '{piled_up}'" in told
    async with open_store(last) as store:
        assert len(store.notes) == 1


async def test_a_second_start_opens_what_lies_there_now(tmp_path: Path) -> None:
    stranger = await a_stranger(tmp_path / "stranger.db")
    path = tmp_path / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1, "One."))
        stranger.rename(path)
        await s.record(completed(2, 1, 2, "Two."))

    async with open_store(path) as store:
        assert all("keeps what was rescued" in note for note in store.notes)
    assert said(path) == ["Stranger."] * 5
