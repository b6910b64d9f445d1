"""A thread for what must not hold up the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from chimera_tui.domain.errors import StorageError

T = TypeVar("T")


class Worker:
    """One thread that runs what it is given, in order.

    What has been given is run to its end, even if its caller is cancelled. The
    thread is a daemon: a disk that never answers cannot keep the process alive.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._is_stopped = False
        Thread(target=self._work, name=name, daemon=True).start()

    async def run(self, function: Callable[[], T]) -> T:
        """Run `function` on the thread and return what it returns.

        Raises:
            StorageError: If the worker was stopped.
        """
        if self._is_stopped:
            raise StorageError("The database is closed.")
        result: Future[T] = Future()
        result.set_running_or_notify_cancel()  # from now on nothing can cancel it

        def job() -> None:
            try:
                result.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                result.set_exception(error)

        self._jobs.put(job)
        return await asyncio.shield(asyncio.wrap_future(result))

    def stop(self) -> None:
        """End the thread after what it has been given."""
        self._is_stopped = True
        self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            job()
