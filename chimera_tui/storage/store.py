"""The open database: one thread writes, another reads."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.errors import ReadOnlyDatabaseError
from chimera_tui.domain.saved import Recovered
from chimera_tui.storage.connection import REPLACING, storage_error, transaction
from chimera_tui.storage.leases import Leases
from chimera_tui.storage.migrate import MIGRATIONS
from chimera_tui.storage.opening import lock_file, open_reader, open_viewer, open_writer
from chimera_tui.storage.recovery import recover
from chimera_tui.storage.worker import Worker

T = TypeVar("T")

CHECKPOINT_PAGES = 1000
"""Pages of log (4 MB) after which it is moved into the database."""


class Store:
    """The open database. At most one in a process for a file (see `Leases`).

    A transaction is a function of a connection; it is run in the thread of that
    connection, whole or not at all. Callers may be cancelled, transactions not.
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
        self.leases = Leases(None, can_lock=False)
        self._migrations = migrations
        self._patience = patience
        self._writer = Worker("store-writer")
        self._reader = Worker("store-reader")
        self._writing: sqlite3.Connection | None = None
        self._reading: sqlite3.Connection | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._writer.run(self._open_writer)
            await self._reader.run(self._open_reader)
            if not self.read_only:
                find = partial(recover, leases=self.leases, now=self.now())
                self.recovered = await self.write(find)
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
        if self._writing is None:
            raise ReadOnlyDatabaseError(self.read_only, hint="Make it writable, then start again.")
        try:
            if self.leases.take_checkpoints():
                self._writing.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            with transaction(self._writing):
                return change(self._writing)
        except (sqlite3.Error, OverflowError) as error:
            raise storage_error(error) from error

    def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        assert self._reading  # noqa: S101 - entering has opened it
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
            raise storage_error(error) from error

    def _open_writer(self) -> None:
        try:
            self._writing, self.leases = open_writer(self.path, self._migrations)
            self._writing.execute("PRAGMA wal_autocheckpoint = 0")
        except ReadOnlyDatabaseError as error:
            self.read_only = error.problem
            self.leases = Leases.open_to_look(lock_file(self.path))

    def _open_reader(self) -> None:
        opener = open_viewer if self.read_only else open_reader
        self._reading, is_log_left_out = opener(self.path, self._migrations)
        self._reading.text_factory = str
        if is_log_left_out:
            self.read_only += " What was said last may be missing."

    async def _close(self) -> None:
        """Close both connections, the writing one last: it tidies up the log.

        A disk that does not answer is given up after a while. Nothing is lost:
        what is committed is there, and the next start tidies up.
        """
        for worker, close in (self._reader, self._close_reader), (self._writer, self._close_writer):
            try:
                async with asyncio.timeout(self._patience):
                    await worker.run(close)
            except TimeoutError:
                continue
            finally:
                worker.stop()

    def _close_reader(self) -> None:
        if self._reading:
            self._reading.close()

    def _close_writer(self) -> None:
        if self._writing:
            self._writing.close()
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
        NewerDatabaseError: If a newer Chimera made it; nothing is written.
        NoDatabaseError: If it can be neither read nor made, or is no database of Chimera.
        StorageError: If it cannot be used for another reason.
    """
    return Store(path, now, migrations, patience)
