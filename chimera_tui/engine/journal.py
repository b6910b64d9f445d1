"""The one door out of a room: what happens is recorded, then applied, then shown."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from chimera_tui.domain.conversation import (
    HUMAN,
    Conversation,
    Finish,
    Message,
    Notice,
    Provenance,
    Turn,
)
from chimera_tui.domain.events import (
    ConversationChanged,
    ConversationEnded,
    Event,
    MessageCompleted,
    NoticePosted,
    TextReceived,
    Unrecorded,
)
from chimera_tui.domain.saved import SavedConversation, Tree


class EventRecorder(Protocol):
    """Where events go before they are shown."""

    async def record(self, conversation_id: int, event: Event) -> None:
        """Save what `event` says.

        Raises:
            StorageError: If it cannot be saved; then it has not happened.
        """


class Journal:
    """A conversation as it grows: its state, and the events that tell of it.

    Changes are made one after another. Each is computed from the state that the one before it
    left, recorded, applied, and told to all followers: so no change is lost, and nothing is true
    here that is not in the database.
    """

    def __init__(
        self, saved: SavedConversation, recorder: EventRecorder, now: Callable[[], datetime]
    ) -> None:
        self.state = saved.copy()
        self.now = now
        """Tells the time on the wall."""
        self._recorder = recorder
        self._changing = asyncio.Lock()
        self._followers: list[asyncio.Queue[Event]] = []

    @property
    def conversation(self) -> Conversation:
        """What the conversation goes by now."""
        return self.state.conversation

    @property
    def tree(self) -> Tree:
        """What has been said."""
        return self.state.tree

    def follow(self, first: Iterable[Event] = ()) -> AsyncGenerator[Event]:
        """Return what happens from now on; the last event is `ConversationEnded`.

        Args:
            first: What this follower is told before.
        """
        inbox = asyncio.Queue[Event]()
        for event in first:
            inbox.put_nowait(event)
        self._followers.append(inbox)
        return self._read(inbox)

    async def _read(self, inbox: asyncio.Queue[Event]) -> AsyncGenerator[Event]:
        try:
            while True:
                event = await inbox.get()
                yield event
                if isinstance(event, ConversationEnded):
                    return
        finally:
            self._followers.remove(inbox)

    # Changes

    async def change(self, make: Callable[[], Event | None]) -> None:
        """Let happen what `make` returns; None: nothing.

        `make` is called when all earlier changes are done, and sees the state they left. Once
        begun, a change is made in the database and here, even if the caller is cancelled.

        Raises:
            StorageError: If it cannot be saved; then nothing has changed.
        """
        making = asyncio.create_task(self._change(make))
        try:
            await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(_take_note)
            raise

    async def _change(self, make: Callable[[], Event | None]) -> None:
        async with self._changing:
            if (event := make()) is None:
                return
            if not isinstance(event, Unrecorded):
                await self._recorder.record(self.conversation.id, event)
            self.show(event)

    async def emit(self, event: Event) -> None:
        """Let `event` happen, whatever the state is; else as `change`."""
        await self.change(lambda: event)

    async def hear(self, event: TextReceived) -> None:
        """Let a piece of a reply be heard. It changes no state, so it waits for no change.

        Raises:
            StorageError: If the text before it could not be saved.
        """
        await self._recorder.record(self.conversation.id, event)
        self._tell(event)

    def show(self, event: Event) -> None:
        """Apply and tell what there is nothing to record of, or what could not be recorded."""
        self.state.apply(event)
        self._tell(event)

    def _tell(self, event: Event) -> None:
        for inbox in self._followers:
            inbox.put_nowait(event)

    async def settled(self) -> None:
        """Wait until the changes that have begun are made."""
        async with self._changing:
            pass

    async def change_conversation(self, make: Callable[[Conversation], Conversation]) -> None:
        """Change title, topic, mode, pace, cast and the like; raises as `change` and as `make`."""

        def event() -> ConversationChanged | None:
            changed = make(self.conversation)
            is_other = changed != self.conversation
            return ConversationChanged(conversation=changed) if is_other else None

        await self.change(event)

    async def post_notice(self, text: str) -> None:
        """Say something in the name of the system."""
        await self.change(lambda: self.notice(text))

    def notice(self, text: str) -> NoticePosted:
        """A line of the system, behind what was said last."""
        tip = self.tree.tip
        after_id = tip.id if tip else None
        return NoticePosted(notice=Notice(after_id=after_id, text=text, created_at=self.now()))

    def next_turn(self, speaker: str) -> Turn:
        """The turn of `speaker` that begins now; to be called while a change is made."""
        return Turn(number=self.state.turns + 1, speaker=speaker)

    async def add_human_message(
        self, text: str, *, to: str = "", is_narration: bool = False
    ) -> None:
        """Save what the human said, to one persona alone (`to`, a slug) or to all; or told."""

        def event() -> MessageCompleted:
            message = Message(
                id=0,
                parent_id=None,
                turn=self.next_turn(HUMAN),
                text=text,
                to=to,
                is_narration=is_narration,
                created_at=self.now(),
            )
            return MessageCompleted(message=self._placed(message))

        await self.change(event)

    async def add_message(
        self,
        turn: Turn,
        text: str,
        *,
        finish: Finish,
        note: str = "",
        thinking: str = "",
        provenance: Provenance | None = None,
        replaces: Message | None = None,
    ) -> None:
        """Save what a persona said in `turn`, in the place of the answer it replaces, if any."""

        def event() -> MessageCompleted:
            message = Message(
                id=0,
                parent_id=None,
                turn=turn,
                text=text,
                finish=finish,
                finish_note=note,
                thinking=thinking,
                provenance=provenance,
                created_at=self.now(),
            )
            return MessageCompleted(message=self._placed(message, replaces))

        await self.change(event)

    def _placed(self, message: Message, replaces: Message | None = None) -> Message:
        """Give a message its id and its place: behind the last earlier turn, or that of another."""
        if replaces:
            parent_id = replaces.parent_id
        else:
            earlier = (
                m.id for m in reversed(self.tree.trunk) if m.turn.number < message.turn.number
            )
            parent_id = next(earlier, None)
        return replace(message, id=self.tree.last_id + 1, parent_id=parent_id)


def _take_note(making: asyncio.Task[None]) -> None:
    """Nobody waits for the change any more: if it failed, that is nobody's business."""
    if not making.cancelled():
        making.exception()
