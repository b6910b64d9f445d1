"""The one door out of a room: what happens is recorded, then shown."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chimera_tui.domain.conversation import Finish, Message, Notice, Provenance, Turn
from chimera_tui.domain.events import (
    ConversationChanged,
    ConversationEnded,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
)
from chimera_tui.domain.saved import SavedConversation, Tree


class Recorder(Protocol):
    """Where events go before they are shown."""

    async def record(self, conversation_id: int, event: Event) -> None:
        """Save what `event` says.

        Raises:
            StorageError: If it cannot be saved; then it has not happened.
        """


class Journal:
    """A conversation as it grows: its messages, and the events that tell of them."""

    def __init__(
        self, saved: SavedConversation, recorder: Recorder, now: Callable[[], datetime]
    ) -> None:
        self.conversation = saved.conversation
        self.tree = saved.tree
        self.notices = list(saved.notices)
        self.turns = saved.turns
        self.spent = saved.spent
        self.summaries = saved.summaries
        self._recorder = recorder
        self._now = now
        self._next_id = max(self.tree.messages, default=0) + 1
        self._adding = asyncio.Lock()
        self._outbox: asyncio.Queue[Event] = asyncio.Queue()

    async def emit(self, event: Event) -> None:
        """Record, then show: what is on the screen is in the database."""
        await self._recorder.record(self.conversation.id, event)
        self._outbox.put_nowait(event)

    def show(self, event: Event) -> None:
        """Report what there is nothing to record of, or what could not be recorded."""
        self._outbox.put_nowait(event)

    async def events(self) -> AsyncGenerator[Event]:
        """Yield what happens, as it happens; the last is `ConversationEnded`. For one reader."""
        while True:
            event = await self._outbox.get()
            yield event
            if isinstance(event, ConversationEnded):
                return

    def snapshot(self) -> SavedConversation:
        """All that was said, as it is now; what is said later does not change it."""
        return SavedConversation(
            conversation=self.conversation,
            tree=Tree(messages=dict(self.tree.messages), chosen=dict(self.tree.chosen)),
            notices=list(self.notices),
            turns=self.turns,
        )

    def new_turn(self, speaker: str) -> Turn:
        """Give `speaker` the next number."""
        self.turns += 1
        return Turn(number=self.turns, speaker=speaker)

    async def add_message(
        self,
        turn: Turn,
        text: str,
        *,
        finish: Finish = Finish.STOP,
        note: str = "",
        thinking: str = "",
        provenance: Provenance | None = None,
        replaces: Message | None = None,
        to: str = "",
        is_narration: bool = False,
    ) -> None:
        """Save what was said in `turn`, where it belongs: behind the last earlier turn.

        Never cancelled half-way: once begun, it is done in the database and here.
        """
        message = Message(
            id=0,
            parent_id=replaces.parent_id if replaces else None,
            turn=turn,
            text=text,
            finish=finish,
            finish_note=note,
            thinking=thinking,
            provenance=provenance,
            to=to,
            is_narration=is_narration,
            created_at=self._now(),
        )
        await asyncio.shield(self._add(message, is_replacing=replaces is not None))

    async def _add(self, message: Message, *, is_replacing: bool) -> None:
        async with self._adding:
            parent_id = message.parent_id
            if not is_replacing:
                trunk, number = self.tree.trunk, message.turn.number
                parent_id = next((m.id for m in reversed(trunk) if m.turn.number < number), None)
            message = replace(message, id=self._next_id, parent_id=parent_id)
            await self._recorder.record(self.conversation.id, MessageCompleted(message=message))
            self._next_id += 1
            self.tree.add(message)
            self._outbox.put_nowait(MessageCompleted(message=message))

    async def post_notice(self, text: str) -> None:
        """Say something in the name of the system."""
        notice = self.notice(text)
        await self.emit(NoticePosted(notice=notice))
        self.notices.append(notice)

    def notice(self, text: str) -> Notice:
        """A line of the system behind what was said last."""
        tip = self.tree.tip
        return Notice(after_id=tip.id if tip else None, text=text, created_at=self._now())

    async def change_message(self, message: Message) -> None:
        """Put `message` in the place of the one of its id."""
        async with self._adding:
            await self._recorder.record(self.conversation.id, MessageChanged(message=message))
            self.tree.change(message)
            self._outbox.put_nowait(MessageChanged(message=message))

    def now(self) -> datetime:
        """The time on the wall."""
        return self._now()

    async def end_at(self, message_id: int | None) -> None:
        """Go back to this message, as if nothing had been said after it; None: to the beginning."""
        self.tree.end_at(message_id)
        await self.emit(PathChanged(chosen_id=None))

    async def choose(self, message_id: int) -> None:
        """Put the path through `message_id`."""
        self.tree.choose(message_id)
        await self.emit(PathChanged(chosen_id=message_id))

    async def change(self, **changes: object) -> None:
        """Change title, topic, mode, pace or cast."""
        changed = replace(self.conversation, **changes)  # type: ignore[arg-type]
        await self.emit(ConversationChanged(conversation=changed))
        self.conversation = changed
