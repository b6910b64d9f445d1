"""The open database: one thread writes, another reads."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.errors import StorageError, StorageFault
from chimera_tui.domain.saved import Recovered, Rescue, SavedConversation
from chimera_tui.storage.connection import REPLACING, storage_error, transaction
from chimera_tui.storage.leases import Leases
from chimera_tui.storage.logs import beside
from chimera_tui.storage.migrate import MIGRATIONS
from chimera_tui.storage.opening import Opened, open_reader, open_viewer, open_writer
from chimera_tui.storage.recovery import recover
from chimera_tui.storage.rescue import abandon, rescue, rescued_before
from chimera_tui.storage.whereabouts import Place, Straying, Whereabouts
from chimera_tui.storage.worker import Worker

T = TypeVar("T")

CHECKPOINT_COMMITS = 250
"""Transactions after which the log is moved into the database: some 1,000 pages."""
CHECKPOINT_BYTES = 4_000_000
"""Growth of the log after which that is done, too."""
LOOKS = 2.0
"""Seconds between two looks at whether the files are still in their place."""

LOOP_ANSWERS = 30.0
"""Seconds in which the event loop, which is never held up for long, says what it holds."""

WhenStrayed = Callable[[Rescue | StorageError], object]
Held = Callable[[], Sequence[SavedConversation]]


class Store:
    """The open database. At most one in a process for a file (see `Leases`).

    A transaction is a function of a connection; it is run in the thread of that
    connection, whole or not at all. Callers may be cancelled, transactions not.

    After each, before anybody is told, the files are looked at: if they are not in
    their place any more, all is written to a new database, which is in use from then on.
    What lies in the old place is somebody else's, and is not touched.
    """

    def __init__(
        self, path: Path, now: Callable[[], datetime], migrations: Path, patience: float
    ) -> None:
        self.path = path
        self.now = now
        self.read_only = ""
        """Why nothing can be written; empty if it can."""
        self.recovered: tuple[Recovered, ...] = ()
        """What was being said when the program ended, as this opening found it."""
        self.notes: tuple[str, ...] = ()
        """What this opening found wrong, what may be missing, and which rescued files there are."""
        self.leases = Leases(None, can_lock=False)
        self.rescues: list[Rescue] = []
        """How often the database was not in its place any more, and where it is since."""
        self.when_strayed: WhenStrayed = lambda _what: None
        """Is called in the event loop: after each, and when none could be written."""
        self.held: Held = tuple
        """All conversations that are open here; called in the event loop."""
        self._migrations = migrations
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watching: asyncio.Task[None] | None = None
        self._writer = Worker("store-writer")
        self._reader = Worker("store-reader")
        self._writing: sqlite3.Connection | None = None
        self._reading: sqlite3.Connection | None = None
        self._read_at = path
        """What the reading connection reads: it follows the writing one."""
        self._whereabouts: Whereabouts | None = None
        self._straying: Straying | None = None
        """What became of the files, until all of it is in a new one."""
        self._commits = 0
        self._moved_at = 0
        """The size of the log when it was last moved into the database."""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        try:
            await self._writer.run(self._open_writer)
            await self._reader.run(self._open_reader)
            if not self.read_only:
                find = partial(recover, leases=self.leases, now=self.now())
                self.recovered = await self.write(find)
                self._watching = asyncio.create_task(self._watch())
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._close()

    async def write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Run `change` in a transaction of its own; return when it is on the disk.

        If the caller is cancelled the transaction is made all the same.

        Raises:
            StorageError: If it was not made; then nothing of it was.
        """
        return await self._writer.run(partial(self._write, change))

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run `query`; all it reads is of one moment.

        Raises:
            StorageError: If the database cannot be read.
        """
        return await self._reader.run(partial(self._read, query))

    def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        if self._writing is None or self._whereabouts is None:
            raise StorageError(
                self.read_only, hint="Change that, then start again.", kind=StorageFault.READ_ONLY
            )
        try:
            if self._straying:
                self._rescue(self._straying)
            if self.leases.take_checkpoints():
                with suppress(OSError):
                    self._whereabouts.take_over()
            result = self._commit_in_place(change)
            self._tidy()
        except (sqlite3.Error, OverflowError) as error:
            raise storage_error(error, self.path) from error
        return result

    def _commit_in_place(self, change: Callable[[sqlite3.Connection], T]) -> T:
        """Commit, and return only when the file in which it is was seen in its place."""
        try:
            result = self._commit(change)
        except sqlite3.Error:
            if not self._has_strayed():
                raise
            return self._commit(change)  # nothing of it was made
        if self._has_strayed() and not self.rescues[-1].is_whole:
            return self._commit(change)  # it went into a file that was written over
        return result

    def _commit(self, change: Callable[[sqlite3.Connection], T]) -> T:
        assert self._writing  # noqa: S101 - `_write` has looked
        with transaction(self._writing):
            return change(self._writing)

    def _tidy(self) -> None:
        """Move the log into the database now and then, if that is for this process to do."""
        self._commits += 1
        if (where := self._whereabouts) is None or not self.leases.has_checkpoints:
            return
        grown = where.log_size - self._moved_at
        if where.has_log and (self._commits >= CHECKPOINT_COMMITS or grown >= CHECKPOINT_BYTES):
            self._commits, self._moved_at = 0, where.log_size
            with suppress(sqlite3.Error, OSError):  # what was committed is in the log
                where.before_moving()
                try:
                    self._writing.execute("PRAGMA wal_checkpoint(PASSIVE)")  # type: ignore[union-attr]
                finally:
                    where.leave()

    async def _watch(self) -> None:
        """Look at the files while nothing is written, too."""
        while True:
            await asyncio.sleep(LOOKS)
            with suppress(StorageError):
                await self._writer.run(self._has_strayed)

    def _has_strayed(self) -> bool:
        """Look at the files; if they are not in their place, go on in new ones.

        Raises:
            StorageError: If none can be written; then it is tried again.
        """
        if where := self._whereabouts:
            straying = self._straying or where.look(is_mover=self.leases.has_checkpoints)
            if straying:
                self._rescue(straying)
                return True
        return False

    def _rescue(self, straying: Straying) -> None:
        """Write everything to a new database and go on in it; the old one is left as it is."""
        old, where = self._writing, self._whereabouts
        assert old  # noqa: S101 - who has none cannot stray
        assert where  # noqa: S101 - see above
        is_new, self._straying = straying is not self._straying, straying
        now, path, held = self.now(), where.place.path, self._in_loop(self.held)
        try:
            rescued = rescue(old, straying, held, path=path, migrations=self._migrations, now=now)
            opened = self._reopened(rescued)
        except StorageError as error:
            if is_new and error.kind is StorageFault.LOST:
                self._tell(error)
            raise
        abandon(old)
        log = where.place.log
        with suppress(OSError):
            where.withdraw(None if rescued.is_whole else beside(log, "old", now))
        self._use(opened)
        self.path, self._straying = rescued.path, None
        self.rescues.append(rescued)
        self._tell(rescued)

    def _reopened(self, rescued: Rescue) -> Opened:
        """Open what was written just now; what cannot be opened does not stay."""
        try:
            return open_writer(rescued.path, self._migrations, self.now())
        except StorageError as error:
            with suppress(OSError):
                rescued.path.unlink()
            raise StorageError(
                f"{rescued.problem} {error.problem} What was said last is in memory alone.",
                hint="Mend that before you quit: it is tried again every few seconds.",
                kind=StorageFault.LOST,
            ) from error

    def _tell(self, what: Rescue | StorageError) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.when_strayed, what)

    def _in_loop(self, ask: Held) -> Sequence[SavedConversation]:
        """Ask in the event loop, in which conversations grow."""
        if self._loop is None or self._loop.is_closed():
            return ()

        async def answer() -> Sequence[SavedConversation]:
            return ask()

        asked = asyncio.run_coroutine_threadsafe(answer(), self._loop)
        try:
            return asked.result(LOOP_ANSWERS)
        except TimeoutError:  # it is stuck; what was saved may still be read from the old file
            return ()

    def _use(self, opened: Opened) -> None:
        """Work with this database from now on; what is live stays so."""
        self._writing, self._whereabouts = opened.writing, opened.whereabouts
        self.leases.move_to(opened.leases)
        self._commits, self._moved_at = 0, 0

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        assert self._reading  # noqa: S101 - entering has opened it
        if self._read_at != self.path:
            abandon(self._reading)
            self._open_reader()
        try:
            try:
                with transaction(self._reading, "DEFERRED"):
                    return query(self._reading)
            except sqlite3.OperationalError as error:
                if "decode" not in str(error):
                    raise
            # Text that is no UTF-8: read it all the same. Sound text is read a third faster.
            self._reading.text_factory = REPLACING
            with transaction(self._reading, "DEFERRED"):
                return query(self._reading)
        except (sqlite3.Error, OverflowError) as error:
            raise storage_error(error, self.path) from error

    def _open_writer(self) -> None:
        try:
            opened = open_writer(self.path, self._migrations, self.now())
            self._use(opened)
            self.notes = (*opened.notes, *rescued_before(self.path))
        except StorageError as error:
            if error.kind is not StorageFault.READ_ONLY:
                raise
            self.read_only = error.problem
            self.leases = Leases.open_to_look(Place.of(self.path).lock)

    def _open_reader(self) -> None:
        opener = open_viewer if self.read_only else open_reader
        self._reading, is_log_left_out = opener(self.path, self._migrations)
        self._reading.text_factory = str
        self._read_at = self.path
        if is_log_left_out:
            self.read_only += " What was said last may be missing."

    async def _close(self) -> None:
        """Close both connections, the writing one last: it tidies up the log.

        A disk that does not answer is given up after a while. Nothing is lost:
        what is committed is there, and the next start tidies up.
        """
        if self._watching:
            self._watching.cancel()
        for worker, close in (self._reader, self._close_reader), (self._writer, self._close_writer):
            try:
                async with asyncio.timeout(self._patience):
                    await worker.run(close)
            except TimeoutError:
                continue
            finally:
                worker.stop()

    def _close_reader(self) -> None:
        if self._reading and self._read_at == self.path:
            self._reading.close()
        elif self._reading:
            abandon(self._reading)

    def _close_writer(self) -> None:
        if self._writing and self._whereabouts:
            try:
                self._has_strayed()
            except StorageError:
                abandon(self._writing)
                raise
            is_mover = self.leases.take_checkpoints() or self.leases.has_checkpoints
            with self._whereabouts.closing(is_mover=is_mover):
                self._writing.close()
            self._whereabouts = None
        self.leases.close()


def open_store(
    path: Path,
    *,
    now: Callable[[], datetime] = utc_now,
    migrations: Path = MIGRATIONS,
    patience: float = 3.0,
) -> AbstractAsyncContextManager[Store]:
    """Open the database at `path` for a `with` block; it is made if it is not there.

    Args:
        path: The file; others of its name, with an ending more, stand beside it.
        now: The wall clock.
        migrations: A folder of numbered SQL.
        patience: Seconds to wait for each connection to close, should the disk not answer.

    Raises:
        StorageError: If a newer Chimera made it; nothing is written,
            or if it can be neither read nor made, or is no database of Chimera.
        StorageError: If it cannot be used for another reason.
    """
    return Store(path, now, migrations, patience)
