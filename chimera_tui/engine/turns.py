"""The turns of a room: begun, taken, stopped, taken again, one after another."""

import asyncio

from chimera_tui.domain.conversation import HUMAN, Failure, Finish, Message
from chimera_tui.domain.errors import Fault, ProviderError, StorageError, UnknownError, innermost
from chimera_tui.domain.events import (
    ConversationEnded,
    EndReason,
    Event,
    PathChanged,
    PauseReason,
    RoomPaused,
    RoomResumed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)
from chimera_tui.engine.housekeeping import Housekeeping
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.limits import Stop
from chimera_tui.engine.needs import BeforeTurn
from chimera_tui.engine.request import Cue
from chimera_tui.engine.turn_queue import Asked, TurnQueue
from chimera_tui.engine.turn_runner import TurnRunner, TurnState
from chimera_tui.engine.turn_scheduler import TurnScheduler
from chimera_tui.engine.turn_taking import TurnChoice

MOST_FAILURES = 3
"""Failed turns in a row after which an unattended room ends."""


NOTHING_COMES = "paused: three turns in a row came to nothing. Give them other models."


class Turns:
    """Takes the turns of one room while it is alive."""

    def __init__(
        self,
        journal: Journal,
        queue: TurnQueue,
        runner: TurnRunner,
        scheduler: TurnScheduler,
        housekeeping: Housekeeping,
        *,
        is_attended: bool,
        before_turn: BeforeTurn,
    ) -> None:
        self.crash: Exception | None = None
        """The mistake of ours that ended the room."""
        self.speaking: dict[int, TurnState] = {}
        """Who has the turn now, by its number."""
        self._journal = journal
        self._queue = queue
        self._runner = runner
        self._scheduler = scheduler
        self._housekeeping = housekeeping
        self._is_attended = is_attended
        self._before_turn = before_turn
        self._failed_in_row = 0
        self._ended: EndReason | None = None

    @property
    def paused(self) -> PauseReason | None:
        """Why nobody is asked to speak; None while the room is live."""
        return self._queue.paused

    @property
    def failure(self) -> Failure | None:
        """The failed turn that waits for a remedy."""
        failures = self._queue.failures
        return failures[0] if failures else None

    def catch_up(self) -> list[Event]:
        """Return what somebody has to be told of the turns that are being taken, and of a pause."""
        events: list[Event] = [RoomPaused(reason=self.paused)] if self.paused else []
        for one in self.speaking.values():
            events += one.story()
        return events

    # What a person can do

    def answer_human(self) -> None:
        """Let those answer who are called, or a few; what was asked for before counts no more."""
        self._scheduler.call_off()
        self._scheduler.limits.start_anew()
        answers = self._scheduler.answers()
        self._queue.ask_only(Asked(speaker=speaker, is_answer=True) for speaker in answers)
        self._queue.release()
        if self.paused is not PauseReason.ASKED:
            self.resume()

    def pause(self, reason: PauseReason = PauseReason.ASKED) -> None:
        """Begin no more turns; the speaker of the moment finishes."""
        if self.paused is not reason:
            self._queue.paused = reason
            self._journal.show(RoomPaused(reason=reason))
        if reason is PauseReason.ASKED:
            self._scheduler.call_off()

    def resume(self) -> None:
        """Go on. Does nothing while a failed turn waits for a remedy."""
        if self.paused is None or self.failure:
            return
        self._scheduler.limits.start_anew()
        self._queue.paused = None
        self._journal.show(RoomResumed())
        self._queue.wake()

    def next(self, speaker: str | None = None) -> None:
        """Let one turn be taken now; see `Room.next`."""
        if speaker:
            self._journal.conversation.assignment(speaker)
        self._runner.wake()
        is_held_back = any(one.is_held_back for one in self.speaking.values())
        if not (self.failure or is_held_back):
            self._queue.ask(Asked(speaker=speaker))
            self._scheduler.call_off()

    async def stop(self) -> None:
        """Stop who speaks; what has been heard is kept as a message marked `stopped`."""
        self._scheduler.call_off()
        speaking = list(self.speaking.values())
        for one in speaking:
            one.is_stopped = True
            if one.listening:
                one.listening.cancel()
        for one in speaking:
            await one.over.wait()

    async def quiet(self) -> None:
        """Stop who speaks; in a room that is paused nobody answers any more either."""
        if self.paused:
            self._queue.ask_only(())
        await self.stop()

    async def warn(self, text: str) -> None:
        """Say what a person has to know; pause, or end where nobody attends."""
        if not self._is_attended:
            self._ended = self._ended or EndReason.STRAYED
        try:
            await self._journal.post_notice(text)
        except StorageError:
            self._journal.show(self._journal.notice(text))
        if self._is_attended:
            self.pause()
        else:
            self.end(EndReason.STRAYED)
            await self.stop()

    async def retry(self, message_id: int | None = None) -> None:
        """Ask for another answer, or take the failed turn again; see `Room.retry`."""
        self._runner.wake()
        if message_id is None and self.failure:
            turn = self.failure.turn
            replaces = self._journal.tree.messages.get(self.failure.replaces_id or 0)
            self._settle(Asked(speaker=turn.speaker, redo=turn, replaces=replaces))
            return
        message = self._answer(message_id)
        await self.stop()
        await self._journal.emit(PathChanged(chosen_id=None, end_id=message.parent_id))
        again = Asked(speaker=message.turn.speaker, redo=message.turn, replaces=message)
        self._queue.ask(again, first=True)

    async def skip(self) -> None:
        """Go on without the turn that failed."""
        if (failure := self.failure) is None:
            return
        await self._journal.emit(TurnDropped(turn=failure.turn))
        await self._restore(failure.replaces_id)
        name = self._journal.conversation.name_of(failure.turn.speaker)
        await self._journal.post_notice(f"{name} was passed over: {failure.problem}")
        self._settle()

    async def keep(self) -> None:
        """Keep the part that was said before the turn failed, marked `cut`, and go on."""
        if (failure := self.failure) is None or not failure.text:
            return
        await self._journal.add_message(
            failure.turn,
            failure.text,
            finish=Finish.CUT,
            note=failure.problem,
            provenance=failure.provenance,
            replaces=self._journal.tree.messages.get(failure.replaces_id or 0),
        )
        self._settle()

    async def clear(self) -> None:
        """Drop what failed, and what was asked for."""
        for failure in list(self._queue.failures):
            await self._journal.emit(TurnDropped(turn=failure.turn))
            self._queue.failures.remove(failure)
        self._queue.ask_only(())

    async def path_changed(self) -> None:
        """Read what was said on the path that was chosen."""
        await self._scheduler.catch_up()

    def end(self, reason: EndReason) -> None:
        """Take no more turns."""
        self._ended = self._ended or reason
        self._queue.close()

    # The loop

    async def run(self) -> None:
        """Take turns until the end; a mistake of ours ends this room only."""
        try:
            await self._scheduler.catch_up()
            while asked := await self._queue.next():
                stop = self._scheduler.limits.stop() if asked.is_automatic else None
                if stop:
                    await self._stop_at(stop)
                    continue
                await self._before_turn()
                async with asyncio.TaskGroup() as turns:
                    for speaking in await self._begin(asked):
                        turns.create_task(self._take(speaking))
                await self._scheduler.mind_the_topic()
                self._housekeeping.tend(self._runner.renderer.fullness)
        except Exception as error:  # noqa: BLE001 - the edge
            self.crash, self._ended = innermost(error), EndReason.CRASHED
        finally:
            await self._housekeeping.done()
            await self._journal.settled()
            self._journal.show(ConversationEnded(reason=self._ended or EndReason.STOPPED))

    async def _stop_at(self, stop: Stop) -> None:
        """Begin no turn by itself any more, and say why."""
        if stop.notice and (self._is_attended or stop.reason is not PauseReason.TURN_LIMIT):
            await self._journal.post_notice(stop.notice)
        if self._is_attended:
            self.pause(stop.reason)
        else:
            self.end(stop.end)

    async def _begin(self, asked: Asked) -> list[TurnState]:
        """Give the word to whoever is asked, or whom the mode names; to nobody if that is off."""
        choice: TurnChoice | None = TurnChoice(speakers=(asked.speaker,) if asked.speaker else ())
        if not asked.speaker:
            choice = await self._scheduler.choose(is_asked=not asked.is_automatic)
        if choice is None or not self._queue.stands(asked):
            return []
        if not choice.speakers:
            await self._stop_at(Stop(PauseReason.YOUR_TURN, ""))
        for slug in choice.speakers:
            await self._start(slug, asked, Cue(beat=choice.beat))
        if not self.speaking:  # whoever was asked has left meanwhile
            await self._restore(asked.replaces.id if asked.replaces else None)
        return list(self.speaking.values())

    async def _start(self, slug: str, asked: Asked, cue: Cue) -> None:
        """Number the turn and report it, as one step; nothing begins if that is off by now."""

        def started() -> TurnStarted | None:
            cast = self._journal.conversation.cast
            place = next((one for one in cast if one.persona.slug == slug), None)
            if place is None or not self._queue.stands(asked):
                return None
            turn = asked.redo or self._journal.next_turn(slug)
            self.speaking[turn.number] = TurnState(turn, place, asked.replaces, cue=cue)
            return TurnStarted(turn=turn, replaces_id=asked.replaces.id if asked.replaces else None)

        await self._journal.change(started)

    async def _take(self, speaking: TurnState) -> None:
        """Let one persona speak: ends in a message, in a failure, or in nothing."""
        try:
            await self._hear_out(speaking)
        except (ProviderError, StorageError) as error:
            await self._fail(speaking, error)
        finally:
            del self.speaking[speaking.turn.number]
            speaking.over.set()

    async def _hear_out(self, speaking: TurnState) -> None:
        """Listen to the end, or until somebody stops the speaker, and keep what was said."""
        listening = speaking.listening = asyncio.create_task(self._runner.listen(speaking))
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
        await self._runner.save(speaking, finish)
        self._taken()

    async def _pass_over(self, speaking: TurnState) -> None:
        """Nothing came of the turn, twice: its model speaks only for others."""
        used = await self._runner.used(speaking)
        await self._journal.emit(TurnDropped(turn=speaking.turn, kind=Fault.LABEL, provenance=used))
        await self._restore(speaking.replaces.id if speaking.replaces else None)
        name = self._journal.conversation.name_of(speaking.turn.speaker)
        because = f"{speaking.model} says nothing of its own. Give it another model."
        await self._journal.post_notice(f"{name} was passed over: {because}")
        self._scheduler.passed_over = speaking.turn.speaker
        self._failed_in_row += 1
        if self._failed_in_row >= MOST_FAILURES:
            self._failed_in_row = 0
            await self._stop_at(Stop(PauseReason.ASKED, NOTHING_COMES, EndReason.FAILED))

    async def _stopped(self, speaking: TurnState) -> None:
        if speaking.text.strip():
            await self._runner.save(speaking, Finish.STOPPED)
            self._taken()
            return
        self._scheduler.passed_over = speaking.turn.speaker
        used = await self._runner.used(speaking)
        await self._journal.emit(TurnDropped(turn=speaking.turn, provenance=used))
        await self._restore(speaking.replaces.id if speaking.replaces else None)

    async def _fail(self, speaking: TurnState, error: ProviderError | StorageError) -> None:
        if isinstance(error, ProviderError) and error.kind is Fault.BUDGET:
            await self._used_up(speaking, error)
            return
        failure = await self._runner.failure(speaking, error)
        if self._is_attended:  # whoever hears of it may choose a remedy at once
            self._queue.failures.append(failure)
        try:
            await self._journal.emit(TurnFailed(failure=failure))
        except StorageError:
            self._journal.show(TurnFailed(failure=failure))  # shown all the same: nothing is lost
        self._failed_in_row += 1
        self._scheduler.passed_over = speaking.turn.speaker
        if self._is_attended:
            if self.paused is not PauseReason.ASKED:  # who paused it goes on deciding
                self.pause(PauseReason.FAILURE)
        elif self._failed_in_row >= MOST_FAILURES or isinstance(error, StorageError):
            self.end(EndReason.FAILED)

    async def _used_up(self, speaking: TurnState, error: ProviderError) -> None:
        """Nothing more may be spent: that is no fault of the turn."""
        await self._stopped(speaking)
        await self._journal.post_notice(f"paused: {error.problem} {error.hint}")
        if self._is_attended:
            self.pause(PauseReason.BUDGET)
        else:
            self.end(EndReason.BUDGET)

    def _taken(self) -> None:
        """A persona has said something."""
        self._failed_in_row = 0
        self._scheduler.passed_over = None

    def _settle(self, again: Asked | None = None) -> None:
        """A remedy was chosen: go on, unless another failure waits or a person paused the room."""
        self._queue.failures.popleft()
        self._failed_in_row = 0
        if again:
            self._queue.ask(again, first=True)
        if self.paused is not PauseReason.ASKED:
            self.resume()

    async def _restore(self, replaced_id: int | None) -> None:
        """Go back to the answer that was to be replaced."""
        if replaced_id is not None:
            await self._journal.emit(PathChanged(chosen_id=replaced_id))

    def _answer(self, message_id: int | None) -> Message:
        path = self._journal.tree.path
        said = path[-1:] if message_id is None else [m for m in path if m.id == message_id]
        if not said or said[0].turn.speaker == HUMAN:
            raise UnknownError(
                "There is no answer here to ask for again.", hint="Choose what a persona said."
            )
        return said[0]
