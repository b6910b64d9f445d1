"""Who is to speak next, and when: what a person says about it."""

from chimera_tui.domain.conversation import HUMAN, Failure
from chimera_tui.domain.events import PauseReason, RoomPaused, RoomResumed
from chimera_tui.engine.agenda import Agenda, Asked
from chimera_tui.engine.amending import Amending
from chimera_tui.engine.chairing import Chair, Offer
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.needs import Models
from chimera_tui.engine.request import Told
from chimera_tui.engine.speaking import Listener, Speaking
from chimera_tui.quality.vitals import Vitals


class Steering(Amending):
    """The part of a room in which the human speaks, pauses it, lets it go on."""

    def __init__(
        self, journal: Journal, models: Models, agenda: Agenda, listener: Listener, chair: Chair
    ) -> None:
        super().__init__(journal, models)
        self._chair = chair
        self._agenda = agenda
        self._listener = listener
        self.speaking: dict[int, Speaking] = {}
        """Who speaks now, by the number of the turn."""
        self.auto_turns = journal.tree.turns_since_human
        """Turns of personas since the last human word."""

    @property
    def paused(self) -> PauseReason | None:
        """Why nobody is asked to speak; None while the room is live."""
        return self._agenda.paused

    @property
    def failure(self) -> Failure | None:
        """The failed turn that waits for a remedy."""
        failures = self._agenda.failures
        return failures[0] if failures else None

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
        await self._journal.add_message(self._journal.new_turn(HUMAN), text, to=to)
        await self._answer_human()

    async def narrate(self, text: str) -> None:
        """Tell what happens, as nobody in particular; else as `say`.

        Raises:
            StorageError: If it cannot be saved; then it was not told.
        """
        turn = self._journal.new_turn(HUMAN)
        await self._journal.add_message(turn, text, is_narration=True)
        await self._answer_human()

    async def _answer_human(self) -> None:
        """Let those answer who are called, or a few; what was asked for before counts no more."""
        self.auto_turns = 0
        self._chair.call_off()
        self._chair.limits.start_anew()
        answers = self._chair.answers()
        self._agenda.ask_only(Asked(speaker=speaker, is_answer=True) for speaker in answers)
        self._agenda.release()
        if self.paused is not PauseReason.ASKED:
            await self.resume()

    async def set_mode(self, name: str) -> None:
        """As `Arranging`; a room that waited because of its former mode goes on."""
        await super().set_mode(name)
        if self.paused is PauseReason.YOUR_TURN:
            await self.resume()

    async def pause(self) -> None:
        """Begin no more turns; the speaker of the moment finishes."""
        await self._pause(PauseReason.ASKED)
        self._chair.call_off()

    async def resume(self) -> None:
        """Go on. Does nothing while a failed turn waits for a remedy."""
        if self.paused is None or self.failure:
            return
        if self._chair.limits.is_far(self.auto_turns):
            self.auto_turns = 0
        self._chair.limits.start_anew()
        self._agenda.paused = None
        await self._journal.emit(RoomResumed())
        self._agenda.wake()

    def next(self, speaker: str | None = None) -> None:
        """Let one turn be taken now, even in a paused room. After a failure: choose a remedy.

        Where somebody who has the turn is held back, that turn is tried now instead.

        Args:
            speaker: The slug of who is to take it, a muted persona too; None: whom the mode names.

        Raises:
            UnknownError: If nobody here is called so.
        """
        if speaker:
            self.conversation.assignment(speaker)
        self._listener.wake()
        is_held_back = any(one.is_held_back for one in self.speaking.values())
        if not (self.failure or is_held_back):
            self._agenda.ask(Asked(speaker=speaker))
            self._chair.call_off()

    def suggestion(self) -> str | None:
        """The slug of who would speak next by `natural`; None if nobody may."""
        return self._chair.suggestion()

    async def preview(self, speaker: str | None = None) -> Told | None:
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
        if (slug := speaker or self.suggestion()) is None:
            return None
        return await self._listener.preview(self.conversation.assignment(slug))

    def offer_from(self, draw: Offer) -> None:
        """Offer topics drawn so, when they have left theirs."""
        self._chair.offer = draw

    @property
    def vitals(self) -> Vitals:
        """How the conversation is doing, as it is now; at first as far as it has been read."""
        self._chair.vitals.follow(self.conversation, self.tree.path)
        return self._chair.vitals

    async def measured(self) -> Vitals:
        """How the conversation is doing, once all of it has been read, beside the loop."""
        await self._chair.catch_up()
        return self.vitals

    @property
    def offered_topic(self) -> str:
        """Another topic, offered when they left theirs; empty if none was."""
        return self._chair.offered

    def hold(self) -> None:
        """The human is typing: who was not named waits for 30 seconds, or until `release`."""
        self._agenda.hold()

    def release(self) -> None:
        """The human has stopped typing."""
        self._agenda.release()

    async def _pause(self, reason: PauseReason) -> None:
        if self.paused is not reason:
            self._agenda.paused = reason
            await self._journal.emit(RoomPaused(reason=reason))
