"""S11: the log (the `-wal` file) is missing, damaged, or belongs to another file."""

import asyncio
import os
import shutil
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from chimera_tui.storage.logs import _checksum
from chimera_tui.storage.store import open_store
from tests.storage.processes import child, line
from tests.storage.values import completed, saving

FRAME = 24 + 4096


def killed(path: Path) -> int:
    """Leave a database whose log was not moved into it; returns how many messages were said."""
    with child("talk", path) as process:
        said = [line(process) for _ in range(13)]
        process.kill()
    return int(said[-1].split()[1])


def opened(path: Path) -> tuple[tuple[str, ...], int]:
    """Open it: what was found wrong, and how many messages there are."""

    async def look() -> tuple[tuple[str, ...], int]:
        async with open_store(path) as store:
            count = "SELECT count(*) FROM message"
            return store.notes, await store.read(lambda db: db.execute(count).fetchone()[0])

    return asyncio.run(look())


def log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def a_backup(path: Path) -> bytes:
    """Another database of Chimera, closed."""

    async def make() -> None:
        async with saving(path) as s:
            await s.record(completed(1, None, 1, "From the backup."))

    asyncio.run(make())
    return path.read_bytes()


def texts(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [text for (text,) in db.execute("SELECT text FROM message")]


def test_after_a_kill_the_log_is_used_and_there_is_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    said = killed(path)
    notes, there = opened(path)
    assert (notes, there >= said) == ((), True)
    assert opened(path) == ((), there)


def test_after_a_clean_exit_there_is_nothing_to_say(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    a_backup(path)
    assert opened(path) == ((), 1)


@pytest.mark.parametrize("deed", [os.remove, lambda log: os.truncate(log, 0)])
def test_a_log_that_is_missing_is_said_once(tmp_path: Path, deed: Callable[[Path], None]) -> None:
    path = tmp_path / "c.db"
    killed(path)
    deed(log_of(path))

    (note,), there = opened(path)

    assert str(log_of(path)) in note
    assert "may be missing" in note
    assert there == 0
    assert opened(path) == ((), 0)


def cut(log: Path) -> None:
    os.truncate(log, log.stat().st_size // 2)


def spoil(log: Path, at: int) -> None:
    with log.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff\x00" * 50)


@pytest.mark.parametrize(
    ("deed", "word"),
    [
        (cut, "cut short"),
        (lambda log: spoil(log, 0), "damaged"),
        (lambda log: spoil(log, 32), "damaged"),
        (lambda log: spoil(log, 32 + 20 * FRAME + 2000), "damaged"),
        (lambda log: spoil(log, log.stat().st_size - FRAME - 2000), "damaged"),
    ],
    ids=["cut", "header", "first frame", "in the middle", "near the end"],
)
def test_a_log_that_is_damaged_is_said_and_a_copy_kept(
    tmp_path: Path, deed: Callable[[Path], None], word: str
) -> None:
    path = tmp_path / "c.db"
    said = killed(path)
    deed(log_of(path))
    spoiled = log_of(path).read_bytes()

    (note,), there = opened(path)

    assert word in note
    assert "may be missing" in note
    assert there < said + 2
    if word == "damaged":
        (copy,) = tmp_path.glob("c.db-wal.damaged-*")
        assert copy.read_bytes() == spoiled


@pytest.mark.parametrize("pages", [1, 4])
@pytest.mark.parametrize("body", [0, 2000, 4096])
def test_a_commit_that_was_being_written_when_it_was_killed_is_nothing_to_speak_of(
    tmp_path: Path, pages: int, body: int
) -> None:
    """SQLite writes the head of a page before the page: killed in between, it seems to be there."""
    path = tmp_path / "c.db"
    said = killed(path)
    log = log_of(path)
    before = log.read_bytes()
    frames = [before[at : at + FRAME] for at in range(32, len(before), FRAME)]
    torn = unfinished(before[:32], frames, pages)
    log.write_bytes(before + torn[: (pages - 1) * FRAME + 24 + body])

    notes, there = opened(path)

    assert notes == ()
    assert there >= said


def unfinished(header: bytes, frames: list[bytes], pages: int) -> bytes:
    """One more commit of so many pages, of which the last has only its head."""
    order = ">" if header[3] & 1 else "<"
    sums = struct.unpack(">2I", frames[-1][16:24])
    made = b""
    for number in range(pages):
        last = number == pages - 1
        head = frames[-1][:4] + (frames[-1][4:8] if last else bytes(4))
        words = struct.unpack(f"{order}{(8 + 4096) // 4}I", head + frames[-1][24:])
        sums = _checksum(sums, words)
        page = bytes(4096) if last else frames[-1][24:]
        made += head + header[16:24] + struct.pack(">2I", *sums) + page
    return made


@pytest.mark.parametrize("is_in_place", [True, False])
def test_a_log_is_not_replayed_over_a_backup_that_was_put_in_its_place(
    tmp_path: Path, *, is_in_place: bool
) -> None:
    backup, path = tmp_path / "backup.db", tmp_path / "c.db"
    content = a_backup(backup)
    killed(path)
    log = log_of(path).read_bytes()
    if is_in_place:
        path.write_bytes(content)
    else:
        backup.rename(path)

    (note,), there = opened(path)

    (aside,) = tmp_path.glob("c.db-wal.of-another-*")
    assert aside.name in note
    assert aside.read_bytes() == log
    assert there == 1
    assert texts(path) == ["From the backup."]


def test_a_log_of_another_database_is_not_replayed_over_this_one(tmp_path: Path) -> None:
    path, other = tmp_path / "c.db", tmp_path / "other.db"
    for one in (path, other):
        killed(one)
    log_of(other).replace(log_of(path))

    (note,), there = opened(path)

    assert "is not the one that Chimera left" in note
    assert there == 0


@pytest.mark.parametrize("copy", [shutil.copy, shutil.copy2])
def test_a_folder_that_was_copied_or_moved_keeps_its_log(
    tmp_path: Path, copy: Callable[[str, str], object]
) -> None:
    path = tmp_path / "one" / "c.db"
    said = killed(path)
    shutil.copytree(path.parent, tmp_path / "two", copy_function=copy)
    path.parent.rename(tmp_path / "three")

    for folder in ("two", "three"):
        notes, there = opened(tmp_path / folder / "c.db")
        assert (notes, there >= said) == ((), True)


def test_a_database_and_its_log_that_were_restored_together_are_used_together(
    tmp_path: Path,
) -> None:
    path = tmp_path / "c.db"
    said = killed(path)
    backup = {file: file.read_bytes() for file in (path, log_of(path))}
    opened(path)
    a_backup(tmp_path / "other.db")
    for file, content in backup.items():
        file.unlink(missing_ok=True)
        file.write_bytes(content)

    notes, there = opened(path)
    assert (notes, there >= said) == ((), True)


def test_without_a_lock_file_the_log_is_used(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    said = killed(path)
    path.with_name("c.db-lock").unlink()
    notes, there = opened(path)
    assert (notes, there >= said) == ((), True)
