"""The live conversation: calls in, events out."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Self

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import Conversation, Failure
from chimera_tui.domain.events import ConversationEnded, EndReason, Event, PauseReason, RoomPaused
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.engine.background_requests import BackgroundRequests
from chimera_tui.engine.cast import Cast
from chimera_tui.engine.housekeeping import Housekeeping
from chimera_tui.engine.journal import EventRecorder, Journal
from chimera_tui.engine.messages import Messages
from chimera_tui.engine.needs import (
    BeforeTurn,
    BudgetGuard,
    Carrying,
    Models,
    Replies,
    no_cards,
    nothing_before,
)
from chimera_tui.engine.request import RenderedRequest
from chimera_tui.engine.settings import RoomSettings
from chimera_tui.engine.turn_queue import TurnQueue
from chimera_tui.engine.turn_runner import TurnRunner
from chimera_tui.engine.turn_scheduler import Offer, TurnScheduler, offer_nothing
from chimera_tui.engine.turns import Turns
from chimera_tui.quality.vitals import Vitals


class Room:
    """A conversation while it is alive.

    Entering it opens it, leaving it stops it; what is being said then is kept.
    It begins paused: nothing is sent before somebody says so.

    Args:
        saved: The conversation to go on with; the room works on a copy.
        replies: Whom to ask for replies.
        budget_guard: Says what may still be spent.
        recorder: Where events go first.
        models: Which model plays whom, and what is known about it.
        carrying: What personas take along from the cards they came in.
        before_turn: Takes in whatever is to hold from the next turn on.
        attended: Whether a person is there to choose remedies. An unattended room begins at
            once, skips failed turns, and ends where an attended one would pause.
        lease: Held while the room is open, so that no other process opens it too.
        offer: Draws another topic when they have left theirs.
        now: The wall clock, for stamps.
        clock: The monotonic clock, in seconds, for durations.
        sleep: Waits so many seconds.
    """

    def __init__(  # noqa: PLR0913 - all that a room needs of others, by name
        self,
        saved: SavedConversation,
        *,
        replies: Replies,
        budget_guard: BudgetGuard,
        recorder: EventRecorder,
        models: Models,
        carrying: Carrying = no_cards,
        before_turn: BeforeTurn = nothing_before,
        attended: bool = True,
        lease: AbstractContextManager[object] | None = None,
        offer: Offer = offer_nothing,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        queue = TurnQueue(clock)
        if attended:
            queue.paused = PauseReason.OPENED
            if saved.failure:
                queue.paused = PauseReason.FAILURE
                queue.failures.append(saved.failure)
        self._queue = queue
        self._lease = lease or nullcontext()
        self._journal = journal = Journal(saved, recorder, now)
        self._runner = TurnRunner(journal, replies, models, budget_guard, carrying, clock, sleep)
        background = BackgroundRequests(journal, replies, models, budget_guard, clock)
        self._scheduler = TurnScheduler(journal, background, attended, offer)
        self._housekeeping = Housekeeping(journal, background)
        self._turns = Turns(
            journal,
            queue,
            self._runner,
            self._scheduler,
            self._housekeeping,
            is_attended=attended,
            before_turn=before_turn,
        )
        self._running: asyncio.Task[None] | None = None
        self._is_left = False
        self.messages = Messages(journal, self._turns)
        self.cast = Cast(journal, models, self._scheduler)
        self.settings = RoomSettings(journal, models, self._turns, self._scheduler)

    async def __aenter__(self) -> Self:
        self._lease.__enter__()
        if self.paused:
            self._journal.show(RoomPaused(reason=self.paused))
        self._running = asyncio.create_task(self._turns.run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        try:
            self._turns.end(EndReason.STOPPED)
            await self._turns.stop()
            self._housekeeping.close()
            if self._running:
                await self._running
        finally:
            self._is_left = True
            self._lease.__exit__(None, None, None)

    # What is so

    @property
    def is_open(self) -> bool:
        """Whether it was entered, and not left."""
        return self._running is not None and not self._is_left

    @property
    def state(self) -> SavedConversation:
        """The conversation as it is now; to be read only."""
        return self._journal.state

    @property
    def conversation(self) -> Conversation:
        """What the conversation goes by now."""
        return self.state.conversation

    @property
    def tree(self) -> Tree:
        """What has been said; to be read only."""
        return self.state.tree

    @property
    def paused(self) -> PauseReason | None:
        """Why nobody is asked to speak; None while the room is live."""
        return self._turns.paused

    @property
    def failure(self) -> Failure | None:
        """The failed turn that waits for a remedy."""
        return self._turns.failure

    @property
    def crash(self) -> Exception | None:
        """The mistake of ours that ended the room."""
        return self._turns.crash

    def follow(self) -> tuple[SavedConversation, AsyncGenerator[Event]]:
        """Return the conversation as it is now, and what happens from now on.

        The events begin with what has to be known of the turns that are being taken; the last is
        `ConversationEnded`. There may be any number of followers, and they may come at any time.
        """
        events = self._turns.catch_up()
        if self._running and self._running.done():
            events.append(ConversationEnded(reason=EndReason.STOPPED))
        return self.state.copy(), self._journal.follow(events)

    def events(self) -> AsyncGenerator[Event]:
        """Return what happens from now on; as `follow`, for those who hold the conversation."""
        return self.follow()[1]

    # What a person can do

    async def say(self, text: str, to: str = "") -> None:
        """Speak as the human. The speaker of the moment finishes.

        Who is called answers; else a few do, as the mode has it. Then a room that a person paused
        is still paused; one that paused by itself goes on.

        Args:
            text: What is said.
            to: The slug of the only persona that is to know it, and answers; empty: all hear it.

        Raises:
            UnknownError: If nobody here is called so.
            StorageError: If it cannot be saved; then it was not said.
        """
        if to:
            self.conversation.assignment(to)
        await self._journal.add_human_message(text, to=to)
        self._turns.answer_human()

    async def narrate(self, text: str) -> None:
        """Tell what happens, as nobody in particular; else as `say`.

        Raises:
            StorageError: If it cannot be saved; then it was not told.
        """
        await self._journal.add_human_message(text, is_narration=True)
        self._turns.answer_human()

    def pause(self) -> None:
        """Begin no more turns; the speaker of the moment finishes."""
        self._turns.pause()

    def resume(self) -> None:
        """Go on. Does nothing while a failed turn waits for a remedy."""
        self._turns.resume()

    def next(self, speaker: str | None = None) -> None:
        """Let one turn be taken now, even in a paused room. After a failure: choose a remedy.

        Where somebody who has the turn is held back, that turn is tried now instead.

        Args:
            speaker: The slug of who is to take it, a muted persona too; None: whom the mode names.

        Raises:
            UnknownError: If nobody here is called so.
        """
        self._turns.next(speaker)

    async def stop(self) -> None:
        """Stop who speaks; what has been heard is kept as a message marked `stopped`.

        In a room that is paused, who was to answer next does not begin.
        """
        await self._turns.quiet()

    async def warn(self, text: str) -> None:
        """Say what a person has to know, and wait for one to go on; unattended, the room ends."""
        await self._turns.warn(text)

    async def retry(self, message_id: int | None = None) -> None:
        """Ask for another answer in place of a message, or take the failed turn again.

        Args:
            message_id: The message of a persona; None for the failed turn, else the last message.

        Raises:
            UnknownError: If there is no such message, or a person said it.
        """
        await self._turns.retry(message_id)

    async def skip(self) -> None:
        """Go on without the turn that failed."""
        await self._turns.skip()

    async def keep(self) -> None:
        """Keep the part that was said before the turn failed, marked `cut`, and go on."""
        await self._turns.keep()

    def hold(self, *, is_typing: bool) -> None:
        """While the human is typing, who was not named waits, for 30 seconds at most."""
        if is_typing:
            self._queue.hold()
        else:
            self._queue.release()

    # What is known of it

    async def preview(self, speaker: str | None = None) -> RenderedRequest | None:
        """What the next speaker will be sent, exactly, with about how many tokens each part is.

        A hint of the director or against a loop is known only when the turn begins.

        Args:
            speaker: The slug of whom to ask about; None: whom `natural` would choose.

        Returns:
            None if nobody may speak.

        Raises:
            UnknownError: If nobody here is called so.
            ProviderError: If no model can play it.
        """
        if (slug := speaker or self.cast.suggestion()) is None:
            return None
        return await self._runner.preview(self.conversation.assignment(slug))

    async def vitals(self) -> Vitals:
        """How the conversation is doing, once all of it has been read, beside the loop."""
        await self._scheduler.catch_up()
        return self._scheduler.current_vitals()
