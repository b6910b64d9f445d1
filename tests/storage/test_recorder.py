"""The draft of a reply in progress is never old, and a broken disk is not hidden."""

import asyncio
from pathlib import Path

import pytest

from chimera_tui.domain.errors import StorageError
from chimera_tui.storage.drafts import DELAY, Draft
from chimera_tui.storage.recorder import Recorder
from tests.storage.values import a_turn, completed, dropped, received, saving, started


class Sleep:
    """A `sleep` that ends when the test says so."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self._may_end = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self._may_end.wait()
        self._may_end.clear()

    async def end(self, draft: Draft) -> None:
        """End it, and wait until the draft has nothing more to write."""
        saving = draft._saving
        assert saving is not None
        self._may_end.set()
        await saving


class Disk:
    """What a draft is written to."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.error: StorageError | None = None

    async def save(self, text: str) -> None:
        if self.error:
            raise self.error
        self.written.append(text)


async def test_a_draft_is_written_soon_even_if_nothing_more_comes() -> None:
    disk, sleep = Disk(), Sleep()
    draft = Draft(disk.save, sleep)

    draft.add("Hel")
    draft.add("lo")
    await sleep.end(draft)

    assert disk.written == ["Hello"]
    assert sleep.asked == [DELAY]


async def test_what_comes_during_a_write_is_in_the_next() -> None:
    disk, sleep = Disk(), Sleep()

    async def save(text: str) -> None:
        await disk.save(text)
        if text == "Hel":
            draft.add("lo")
            sleep._may_end.set()

    draft = Draft(save, sleep)
    draft.add("Hel")
    await sleep.end(draft)

    assert disk.written == ["Hel", "Hello"]
    assert sleep.asked == [DELAY, DELAY]


async def test_a_draft_that_could_not_be_written_is_reported_once_and_written_later() -> None:
    disk, sleep = Disk(), Sleep()
    draft = Draft(disk.save, sleep)
    disk.error = StorageError("The disk is full.")
    draft.add("Hel")
    await sleep.end(draft)

    with pytest.raises(StorageError, match="full"):
        draft.add("lo")
    disk.error = None
    await sleep.end(draft)
    draft.add("!")  # raises no more
    await sleep.end(draft)

    assert disk.written == ["Hello", "Hello!"]


async def test_a_stopped_draft_writes_nothing_more() -> None:
    disk, sleep = Disk(), Sleep()
    draft = Draft(disk.save, sleep)
    draft.add("Hel")

    draft.stop()
    with pytest.raises(asyncio.CancelledError):
        await sleep.end(draft)

    assert disk.written == []


async def test_the_draft_of_a_turn_is_in_the_database_until_its_message_is(tmp_path: Path) -> None:
    query = "SELECT draft FROM attempt"
    async with saving(tmp_path / "c.db") as s:
        sleep = Sleep()
        recorder = Recorder(s.store, sleep=sleep)
        for event in (started(1), received(1, "Hel"), received(1, "lo")):
            await recorder.record(s.id, event)
        await sleep.end(recorder._draft(s.id, a_turn(1)))
        assert await s.ask(query) == [("Hello",)]

        await recorder.record(s.id, completed(1, None, 1))

        assert await s.ask(query) == [("",)]
        assert recorder._drafts == {}


async def test_a_new_attempt_begins_with_an_empty_draft(tmp_path: Path) -> None:
    async with saving(tmp_path / "c.db") as s:
        sleep = Sleep()
        recorder = Recorder(s.store, sleep=sleep)
        for event in (started(1), received(1, "One"), dropped(1), started(1), received(1, "Two")):
            await recorder.record(s.id, event)
        await sleep.end(recorder._draft(s.id, a_turn(1)))

        assert await s.ask("SELECT draft FROM attempt ORDER BY key") == [("",), ("Two",)]
