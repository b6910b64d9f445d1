"""From events to the database."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Concatenate, ParamSpec, assert_never

from chimera_tui.domain.conversation import Turn
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TextWithdrawn,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.storage import changes, helping
from chimera_tui.storage.drafts import Draft
from chimera_tui.storage.store import Store

P = ParamSpec("P")


class Recorder:
    """Saves what rooms report, an event a transaction.

    Of a reply in progress all text older than a second is in the database. A
    draft that could not be written does no harm by itself: the next piece of
    text raises the error, and all that was heard is still there to be saved.
    """

    def __init__(
        self, store: Store, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._store = store
        self._sleep = sleep
        self._drafts: dict[tuple[int, int], Draft] = {}
        """By conversation and number of the turn."""

    async def record(self, conversation_id: int, event: Event) -> None:  # noqa: C901, PLR0912 - a table
        """Save what `event` says; when this returns it is on the disk (text: within a second).

        Raises:
            StorageError: If it cannot be saved; then nothing of it is.
        """
        now = self._store.now()
        match event:
            case AttemptStarted(turn=turn):
                self._forget_draft(conversation_id, turn)
                await self._write(changes.start_attempt, conversation_id, event, now)
            case (
                RetryScheduled(turn=turn, kind=kind, problem=problem, provenance=used)
                | ProviderSwitched(turn=turn, kind=kind, problem=problem, provenance=used)
            ):
                end = partial(changes.end_attempt, kind=kind, problem=problem, used=used, now=now)
                await self._write(end, conversation_id, turn.number)
            case TextReceived(turn=turn, text=text):
                self._draft(conversation_id, turn).add(text)
            case TextWithdrawn(turn=turn):
                self._forget_draft(conversation_id, turn)
                await self._write(changes.save_draft, conversation_id, turn.number, "")
            case MessageCompleted(message=message):
                await self._write(changes.add_message, conversation_id, message, now)
                self._forget_draft(conversation_id, message.turn)
            case MessageChanged(message=message):
                await self._write(changes.change_message, conversation_id, message, now)
            case TurnFailed(failure=failure):
                await self._write(changes.fail_attempt, conversation_id, failure, now)
                self._forget_draft(conversation_id, failure.turn)
            case TurnDropped(turn=turn, kind=kind, provenance=used):
                await self._write(changes.drop_turn, conversation_id, turn.number, kind, used, now)
                self._forget_draft(conversation_id, turn)
            case NoticePosted(notice=notice):
                await self._write(changes.add_notice, conversation_id, notice)
            case ErrandDone():
                await self._write(helping.add_errand, conversation_id, event, now)
            case PathChanged(chosen_id=int() as message_id):
                await self._write(changes.choose, conversation_id, message_id)
            case ConversationChanged(conversation=conversation):
                await self._write(changes.change_conversation, conversation)
            case TurnStarted() | TurnDelayed() | ThinkingReceived():
                pass  # nothing was said yet
            case PathChanged() | RoomPaused() | RoomResumed() | ConversationEnded():
                pass  # a path that was only cut short is whole again after the next start
            case _:
                assert_never(event)

    def _draft(self, conversation_id: int, turn: Turn) -> Draft:
        key = conversation_id, turn.number
        if key not in self._drafts:

            async def save(text: str) -> None:
                await self._write(changes.save_draft, conversation_id, turn.number, text)

            self._drafts[key] = Draft(save, self._sleep)
        return self._drafts[key]

    def _forget_draft(self, conversation_id: int, turn: Turn) -> None:
        if draft := self._drafts.pop((conversation_id, turn.number), None):
            draft.stop()

    async def _write(
        self,
        change: Callable[Concatenate[sqlite3.Connection, P], None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> None:
        await self._store.write(lambda db: change(db, *args, **kwargs))
