"""The live conversation: calls in, events out."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Self

from chimera_tui.domain.clock import utc_now
from chimera_tui.domain.conversation import HUMAN, Finish, Message
from chimera_tui.domain.errors import Fault, ProviderError, StorageError, UnknownError, innermost
from chimera_tui.domain.events import (
    ConversationEnded,
    EndReason,
    Event,
    NoticePosted,
    PauseReason,
    RoomPaused,
    TurnDropped,
    TurnFailed,
)
from chimera_tui.domain.saved import SavedConversation
from chimera_tui.engine.agenda import Agenda, Asked
from chimera_tui.engine.chairing import Chair
from chimera_tui.engine.clerk import Clerk
from chimera_tui.engine.errands import Errands
from chimera_tui.engine.journal import Journal, Recorder
from chimera_tui.engine.limits import Stop
from chimera_tui.engine.needs import Carrying, Models, Purse, Replies, no_cards
from chimera_tui.engine.request import Cue
from chimera_tui.engine.speaking import Listener, Speaking
from chimera_tui.engine.steering import Steering
from chimera_tui.engine.turn_taking import Choice

MOST_FAILURES = 3
"""Failed turns in a row after which an unattended room ends."""


NOTHING_COMES = "paused: three turns in a row came to nothing. Give them other models."


class Room(Steering):
    """A conversation while it is alive.

    Entering it opens it, leaving it stops it; what is being said then is kept.
    It begins paused: nothing is sent before somebody says so.

    Args:
        saved: The conversation to go on with.
        replies: Whom to ask for replies.
        purse: Says what may still be spent.
        recorder: Where events go first.
        models: Which model plays whom, and what is known about it.
        carrying: What personas take along from the cards they came in.
        attended: Whether a person is there to choose remedies. An unattended room begins at
            once, skips failed turns, and ends where an attended one would pause.
        lease: Held while the room is open, so that no other process opens it too.
        now: The wall clock, for stamps.
        clock: The monotonic clock, in seconds, for durations.
        sleep: Waits so many seconds.
    """

    def __init__(  # noqa: PLR0913 - all that a room needs of others, by name
        self,
        saved: SavedConversation,
        *,
        replies: Replies,
        purse: Purse,
        recorder: Recorder,
        models: Models,
        carrying: Carrying = no_cards,
        attended: bool = True,
        lease: AbstractContextManager[object] | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.crash: Exception | None = None
        """The mistake of ours that ended the room."""
        agenda = Agenda(clock)
        if attended:
            agenda.paused = PauseReason.OPENED
            if saved.failure:
                agenda.paused = PauseReason.FAILURE
                agenda.failures.append(saved.failure)
        self._attended = attended
        self._lease = lease or nullcontext()
        journal = Journal(saved, recorder, now)
        listener = Listener(journal, replies, models, purse, carrying, clock, sleep)
        errands = Errands(journal, replies, models, purse, clock)
        chair = Chair(journal, errands, attended)
        self._clerk = Clerk(journal, errands)
        super().__init__(journal, models, agenda, listener, chair)
        self._clock = clock
        self._failed_in_row = 0
        self._ended: EndReason | None = None
        self._running: asyncio.Task[None] | None = None
        self._is_left = False

    async def __aenter__(self) -> Self:
        self._lease.__enter__()
        if self.paused:
            self._journal.show(RoomPaused(reason=self.paused))
        self._running = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        try:
            self._end(EndReason.STOPPED)
            await self.stop()
            await self._clerk.close()
            if self._running:
                await self._running
        finally:
            self._is_left = True
            self._lease.__exit__(None, None, None)

    @property
    def is_open(self) -> bool:
        """Whether it was entered, and not left."""
        return self._running is not None and not self._is_left

    def snapshot(self) -> SavedConversation:
        """All that was said, as it is in memory now."""
        return self._journal.snapshot()

    def events(self) -> AsyncGenerator[Event]:
        """Yield what happens, as it happens; the last is `ConversationEnded`. For one reader."""
        return self._journal.events()

    # What a person can do

    async def stop(self) -> None:
        """Stop who speaks; what has been heard is kept as a message marked `stopped`."""
        self._chair.call_off()
        speaking = list(self.speaking.values())
        for one in speaking:
            one.is_stopped = True
            if one.listening:
                one.listening.cancel()
        for one in speaking:
            await one.over.wait()

    async def warn(self, text: str) -> None:
        """Say what a person has to know, and wait for one to go on; unattended, the room ends."""
        if not self._attended:
            self._ended = self._ended or EndReason.STRAYED
        try:
            await self._journal.post_notice(text)
        except StorageError:
            self._journal.show(NoticePosted(notice=self._journal.notice(text)))
        if self._attended:
            await self.pause()
        else:
            self._end(EndReason.STRAYED)
            await self.stop()

    async def retry(self, message_id: int | None = None) -> None:
        """Ask for another answer in place of a message, or take the failed turn again.

        Args:
            message_id: The message of a persona; None for the failed turn, else the last message.

        Raises:
            UnknownError: If there is no such message, or a person said it.
        """
        self._listener.wake()
        if message_id is None and self.failure:
            turn = self.failure.turn
            replaces = self.tree.messages.get(self.failure.replaces_id or 0)
            await self._settle(Asked(speaker=turn.speaker, redo=turn, replaces=replaces))
            return
        message = self._answer(message_id)
        await self.stop()
        await self._journal.end_at(message.parent_id)
        self.auto_turns = self.tree.turns_since_human
        again = Asked(speaker=message.turn.speaker, redo=message.turn, replaces=message)
        self._agenda.ask(again, first=True)

    async def skip(self) -> None:
        """Go on without the turn that failed."""
        if (failure := self.failure) is None:
            return
        await self._journal.emit(TurnDropped(turn=failure.turn))
        await self._restore(failure.replaces_id)
        name = self.conversation.name_of(failure.turn.speaker)
        await self._journal.post_notice(f"{name} was passed over: {failure.problem}")
        await self._settle()

    async def keep(self) -> None:
        """Keep the part that was said before the turn failed, marked `cut`, and go on."""
        if (failure := self.failure) is None or not failure.text:
            return
        replaces = self.tree.messages.get(failure.replaces_id or 0)
        await self._journal.add_message(
            failure.turn,
            failure.text,
            finish=Finish.CUT,
            note=failure.problem,
            provenance=failure.provenance,
            replaces=replaces,
        )
        await self._settle()

    async def choose(self, message_id: int) -> None:
        """Put the path through this message; who speaks on the old one is stopped."""
        self._message(message_id)
        await self.stop()
        await self._journal.choose(message_id)
        self.auto_turns = self.tree.turns_since_human
        await self._chair.catch_up()

    async def branch(self, message_id: int) -> None:
        """Go back to this message, to go on from there; what was said after it stays a branch.

        The room pauses: somebody wants another future, and has yet to say which.

        Raises:
            UnknownError: If there is no such message.
        """
        self._message(message_id)
        await self.stop()
        for failure in self._agenda.failures:
            await self._journal.emit(TurnDropped(turn=failure.turn))
        self._agenda.failures.clear()
        self._agenda.ask_only(())
        await self._journal.choose(message_id)
        await self._journal.end_at(message_id)
        self.auto_turns = self.tree.turns_since_human
        await self.pause()
        await self._chair.catch_up()

    # The loop

    async def _run(self) -> None:
        try:
            await self._chair.catch_up()
            while asked := await self._agenda.next():
                stop = self._chair.limits.stop(self.auto_turns) if asked.is_automatic else None
                if stop:
                    await self._stop_at(stop)
                    continue
                async with asyncio.TaskGroup() as turns:
                    for speaking in await self._begin(asked):
                        turns.create_task(self._take_turn(speaking))
                await self._chair.mind_the_topic()
                self._clerk.tend(self._listener.renderer.fullness)
        except Exception as error:  # noqa: BLE001 - the edge: a mistake of ours ends this room only
            self.crash, self._ended = innermost(error), EndReason.CRASHED
        finally:
            self._journal.show(ConversationEnded(reason=self._ended or EndReason.STOPPED))

    async def _stop_at(self, stop: Stop) -> None:
        """Begin no turn by itself any more, and say why."""
        if stop.notice and (self._attended or stop.reason is not PauseReason.TURN_LIMIT):
            await self._journal.post_notice(stop.notice)
        if self._attended:
            await self._pause(stop.reason)
        else:
            self._end(stop.end)

    async def _begin(self, asked: Asked) -> list[Speaking]:
        """Give the word to whoever is asked, or whom the mode names; to nobody if that is off."""
        choice: Choice | None = Choice(speakers=(asked.speaker,) if asked.speaker else ())
        if not asked.speaker:
            choice = await self._chair.choose(is_asked=not asked.is_automatic)
        if choice is None or not self._agenda.stands(asked):
            return []
        if not choice.speakers:
            await self._stop_at(Stop(PauseReason.YOUR_TURN, ""))
        here = {one.persona.slug for one in self.conversation.cast}
        for slug in choice.speakers:
            if slug not in here:  # it has left meanwhile
                await self._restore(asked.replaces.id if asked.replaces else None)
                continue
            turn = asked.redo or self._journal.new_turn(slug)
            assignment = self.conversation.assignment(slug)
            cue = Cue(beat=choice.beat)
            self.speaking[turn.number] = Speaking(turn, assignment, asked.replaces, cue=cue)
        return list(self.speaking.values())

    async def _take_turn(self, speaking: Speaking) -> None:
        """Let one persona speak: ends in a message, in a failure, or in nothing."""
        began = self._clock()
        try:
            await self._hear_out(speaking)
        except (ProviderError, StorageError) as error:
            await self._fail(speaking, error)
        finally:
            self._journal.spent.seconds += self._clock() - began
            del self.speaking[speaking.turn.number]
            speaking.over.set()

    async def _hear_out(self, speaking: Speaking) -> None:
        """Listen to the end, or until somebody stops the speaker, and keep what was said."""
        listening = speaking.listening = asyncio.create_task(self._listener.listen(speaking))
        if speaking.is_stopped:  # before it began
            listening.cancel()
        try:
            finished = await listening
        except asyncio.CancelledError:
            listening.cancel()
            if not speaking.is_stopped:
                raise
            await self._stopped(speaking)
            return
        if not speaking.text.strip():
            await self._pass_over(speaking)
            return
        finish = finished.reason if finished else Finish.CUT
        await self._listener.save(speaking, finish)
        self._taken()

    async def _pass_over(self, speaking: Speaking) -> None:
        """Nothing came of the turn, twice: its model speaks only for others."""
        used = await self._listener.used(speaking)
        await self._journal.emit(TurnDropped(turn=speaking.turn, kind=Fault.LABEL, provenance=used))
        await self._restore(speaking.replaces.id if speaking.replaces else None)
        name = self.conversation.name_of(speaking.turn.speaker)
        because = f"{speaking.model} says nothing of its own. Give it another model."
        await self._journal.post_notice(f"{name} was passed over: {because}")
        self._chair.passed_over = speaking.turn.speaker
        self._failed_in_row += 1
        if self._failed_in_row >= MOST_FAILURES:
            self._failed_in_row = 0
            await self._stop_at(Stop(PauseReason.ASKED, NOTHING_COMES, EndReason.FAILED))

    async def _stopped(self, speaking: Speaking) -> None:
        if speaking.text.strip():
            await self._listener.save(speaking, Finish.STOPPED)
            self._taken()
            return
        self._chair.passed_over = speaking.turn.speaker
        if speaking.is_begun:
            used = await self._listener.used(speaking)
            await self._journal.emit(TurnDropped(turn=speaking.turn, provenance=used))
        await self._restore(speaking.replaces.id if speaking.replaces else None)

    async def _fail(self, speaking: Speaking, error: ProviderError | StorageError) -> None:
        if isinstance(error, ProviderError) and error.kind is Fault.BUDGET:
            await self._close_purse(speaking, error)
            return
        failure = await self._listener.failure(speaking, error)
        try:
            await self._journal.emit(TurnFailed(failure=failure))
        except StorageError:
            self._journal.show(TurnFailed(failure=failure))  # shown all the same: nothing is lost
        self._failed_in_row += 1
        self._chair.passed_over = speaking.turn.speaker
        if self._attended:
            self._agenda.failures.append(failure)
            await self._pause(PauseReason.FAILURE)
        elif self._failed_in_row >= MOST_FAILURES or isinstance(error, StorageError):
            self._end(EndReason.FAILED)

    async def _close_purse(self, speaking: Speaking, error: ProviderError) -> None:
        """Nothing more may be spent: that is no fault of the turn."""
        await self._stopped(speaking)
        await self._journal.post_notice(f"paused: {error.problem} {error.hint}")
        if self._attended:
            await self._pause(PauseReason.BUDGET)
        else:
            self._end(EndReason.BUDGET)

    def _taken(self) -> None:
        """A persona has said something."""
        self.auto_turns += 1
        self._failed_in_row = 0
        self._chair.passed_over = None

    async def _settle(self, again: Asked | None = None) -> None:
        """A remedy was chosen: go on, unless another failure waits."""
        self._agenda.failures.popleft()
        self._failed_in_row = 0
        if again:
            self._agenda.ask(again, first=True)
        await self.resume()

    async def _restore(self, replaced_id: int | None) -> None:
        """Go back to the answer that was to be replaced."""
        if replaced_id is not None:
            await self._journal.choose(replaced_id)

    def _answer(self, message_id: int | None) -> Message:
        path = self.tree.path
        said = path[-1:] if message_id is None else [m for m in path if m.id == message_id]
        if not said or said[0].turn.speaker == HUMAN:
            raise UnknownError(
                "There is no answer here to ask for again.", hint="Choose what a persona said."
            )
        return said[0]

    def _end(self, reason: EndReason) -> None:
        self._ended = self._ended or reason
        self._agenda.close()
