"""What is opened, what is refused, and what is left alone."""

import asyncio
import os
import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.storage.connection import OPENING_WAIT
from chimera_tui.storage.conversations import Conversations
from chimera_tui.storage.inspection import inspect
from chimera_tui.storage.store import open_store
from tests.fakes import is_a
from tests.storage.processes import child, rest
from tests.storage.values import completed, saving


async def a_database(path: Path) -> None:
    async with saving(path) as s:
        await s.record(completed(1, None, 1))


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        for statement in statements:
            db.execute(statement)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users may enter (that of pytest they may not)."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def test_the_database_is_for_its_user_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "c.db"
    async with saving(path) as s:
        await s.record(completed(1, None, 1))

        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == {0o600}  # the log and the locks, too


async def test_a_commit_is_on_the_disk_and_nothing_in_the_file_is_trusted(tmp_path: Path) -> None:
    async with open_store(tmp_path / "c.db") as store:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "fullfsync")

        values = await store.write(
            lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
        )

    assert values == ["wal", 2, 1, 0, 1]


async def test_s10_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.touch()

    async with open_store(path) as store:
        assert await Conversations(store).list_all() == []


async def test_s12_a_newer_database_is_named_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    await a_database(path)
    change(path, "PRAGMA user_version = 99")
    before = path.read_bytes()

    with pytest.raises(StorageError, match="form 99", check=is_a(StorageFault.NEWER)):
        async with open_store(path):
            pass

    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 1000, b"SQLite format 3\0" + b"\1" * 5000])
async def test_what_is_no_database_is_named_and_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(content)

    with pytest.raises(StorageError, match=r"c\.db", check=is_a(StorageFault.NO_DATABASE)):
        async with open_store(path):
            pass

    assert path.read_bytes() == content


async def test_the_database_of_another_program_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    change(path, "CREATE TABLE history (url TEXT)")
    before = path.read_bytes()

    with pytest.raises(StorageError, match="another program", check=is_a(StorageFault.NO_DATABASE)):
        async with open_store(path):
            pass

    assert path.read_bytes() == before


async def test_a_place_where_nothing_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for path in (tmp_path / "file" / "c.db", tmp_path):
        with pytest.raises(StorageError, match=str(path), check=is_a(StorageFault.NO_DATABASE)):
            async with open_store(path):
                pass


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def a_directory(path: Path) -> None:
    path.mkdir()


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [a_fifo, a_socket, a_directory, a_device])
@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-lock"])
def test_what_is_no_file_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make: Callable[[Path], None], ending: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket has to be short
    if ending:
        asyncio.run(a_database(Path("c.db")))
    Path(f"c.db{ending}").unlink(missing_ok=True)
    make(Path(f"c.db{ending}"))

    kind = make.__name__.replace("_", " ").replace("fifo", "FIFO")
    for look in (lambda path: asyncio.run(open_store(path).__aenter__()), inspect):
        with pytest.raises(
            StorageError,
            match=f"c.db{ending}` is {kind}, and no file",
            check=is_a(StorageFault.NO_DATABASE),
        ):
            look(Path("c.db"))


LOCKER = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
if sys.argv[2] == "EXCLUSIVE":
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN " + sys.argv[2])
db.execute("UPDATE conversation SET title = 'x'")
print("locked", flush=True)
time.sleep(3600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who holds a lock")
@pytest.mark.parametrize("kind", ["IMMEDIATE", "EXCLUSIVE"])
def test_s06_a_lock_of_another_program_is_waited_for_shortly_and_its_holder_named(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "c.db"
    asyncio.run(a_database(path))
    words = [sys.executable, "-c", LOCKER, str(path), kind]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as other:  # noqa: S603 - ours
        assert other.stdout
        assert other.stdout.readline() == b"locked\n"
        try:
            with pytest.raises(StorageError) as caught:
                asyncio.run(open_store(path).__aenter__())
        finally:
            other.kill()

    assert f"(process {other.pid}, python" in caught.value.problem
    assert OPENING_WAIT <= 3


CASE = Path(__file__).with_name("schema-not-utf8.db")


def schema_of_bytes(path: Path) -> None:
    shutil.copyfile(CASE, path)


def dropped_table(path: Path) -> None:
    change(path, "DROP TABLE former_text")


def dropped_column(path: Path) -> None:
    change(path, "ALTER TABLE notice RENAME COLUMN text TO words")


def view_in_our_name(path: Path) -> None:
    change(path, "DROP TABLE summary", "CREATE VIEW summary AS SELECT 1")


def trigger_on_our_table(path: Path) -> None:
    forget = "CREATE TRIGGER forget AFTER INSERT ON message BEGIN DELETE FROM message; END"
    change(path, forget)


def schema_entry(column: str, value: object) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("PRAGMA writable_schema = ON")
            update = f"UPDATE sqlite_master SET {column} = ? WHERE name = 'message'"  # noqa: S608 - ours
            db.execute(update, (value,))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (schema_of_bytes, "bytes that are no UTF-8"),
        (dropped_table, "the table `former_text` is missing"),
        (dropped_column, "the table `notice` has no column `text`"),
        (view_in_our_name, "the table `summary` is a `view`"),
        (trigger_on_our_table, "the trigger `forget` changes the table `message`"),
        (schema_entry("sql", b"\xff\xfe"), "no database, or a damaged one"),
        (schema_entry("sql", None), "no database, or a damaged one"),
        (schema_entry("type", "tabula"), ""),
        (schema_entry("type", b"\xff"), ""),
        (schema_entry("rootpage", 99999), ""),
        (schema_entry("rootpage", "one"), ""),
        (schema_entry("name", b"\xff\xfe"), ""),
        (schema_entry("name", None), ""),
        (schema_entry("tbl_name", b"\xff\xfe"), ""),
        (schema_entry("sql", "CREATE TABLE message (\x00"), ""),
    ],
)
def test_s09_a_schema_that_is_not_ours_is_named_and_not_touched(
    tmp_path: Path, spoil: Callable[[Path], None], word: str
) -> None:
    path = tmp_path / "c.db"
    asyncio.run(a_database(path))
    spoil(path)
    before = path.read_bytes()

    with pytest.raises(
        StorageError, match=r"c\.db", check=is_a(StorageFault.NO_DATABASE)
    ) as caught:
        asyncio.run(open_store(path).__aenter__())

    assert word in caught.value.problem
    assert path.read_bytes() == before
    with pytest.raises(StorageError, match=r"c\.db", check=is_a(StorageFault.NO_DATABASE)):
        inspect(path)


FULL = """
mount -t tmpfs -o size=1m tmpfs "$1" && cd "$1" || exit 77
{before}
dd if=/dev/zero of=filler bs=4k 2>/dev/null
exec {python} -m tests.storage.child add "$1/c.db"
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_full_disk_at_the_start_is_said_as_that(tmp_path: Path, *, is_there: bool) -> None:
    make = f"{sys.executable} -m tests.storage.child leave_open $1/c.db" if is_there else ""
    script = FULL.format(python=sys.executable, before=make)
    words = ["unshare", "-Urm", "sh", "-c", script, "sh", str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    result = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 - ours
    if result.returncode == 77 or result.stderr.startswith("unshare:"):
        pytest.skip("user namespaces are off")

    assert "disk" in result.stdout.splitlines()[-1], result
    assert "full" in result.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("log", "missing"), [(b"", ""), (b"last words", " What was said last may be missing.")]
)
def test_s05_a_database_in_a_read_only_folder_can_be_viewed(
    shared: Path, log: bytes, missing: str
) -> None:
    path = shared / "c.db"
    asyncio.run(a_database(path))
    path.chmod(0o444)
    path.with_name("c.db-wal").write_bytes(log)
    shared.chmod(0o555)

    with child("look", path) as process:
        said = rest(process)

    assert said == [
        f"`{path}-lock` cannot be written.{missing}",
        "['Hello.']",
        f"READ_ONLY {said[0]}",
        f"READ_ONLY {said[0]}",
    ]


def test_s05_a_read_only_file_can_be_viewed(shared: Path) -> None:
    path = shared / "c.db"
    asyncio.run(a_database(path))
    path.chmod(0o444)
    path.with_name("c.db-lock").unlink()
    shared.chmod(0o777)

    with child("look", path) as process:
        said = rest(process)

    assert said[:2] == [f"`{path}` cannot be written.", "['Hello.']"]


def test_s05_without_a_database_a_read_only_folder_is_named(shared: Path) -> None:
    shared.chmod(0o555)

    with child("look", shared / "c.db") as process:
        said = rest(process)

    assert said == [f"NO_DATABASE `{shared / 'c.db'}` cannot be made: Permission denied."]


def test_s05_a_read_only_file_of_no_form_is_named(shared: Path) -> None:
    path = shared / "c.db"
    path.touch()
    path.chmod(0o444)
    shared.chmod(0o777)

    with child("look", path) as process:
        said = rest(process)

    assert said == [
        f"NO_DATABASE `{path}` must be brought up to date first, but cannot be written."
    ]
