"""A turn that is being taken: asking the model, and letting its words be heard."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from chimera_tui.domain.conversation import (
    Assignment,
    Failure,
    Finish,
    Message,
    ModelRef,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.errors import Fault, ProviderError, StorageError
from chimera_tui.domain.events import (
    AttemptStarted,
    Event,
    ProviderSwitched,
    RetryScheduled,
    TextReceived,
    TextWithdrawn,
    ThinkingReceived,
    TurnDelayed,
    TurnStarted,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.engine import pacing
from chimera_tui.engine.journal import Journal
from chimera_tui.engine.label_guard import LabelGuard, guard_for
from chimera_tui.engine.needs import BudgetGuard, Carrying, Models, Replies
from chimera_tui.engine.request import NO_CUE, Cue, RenderedRequest, Renderer
from chimera_tui.lore.carried import Carried
from chimera_tui.providers.base import ChatRequest, Finished, Text, Thinking, Waiting, Withdrawn
from chimera_tui.quality.signs import refuses
from chimera_tui.resilience.calls import AttemptBegan, AttemptFailed, CallItem, RequestWriter

LONGEST_REPLY = 256 * 1024
"""Characters of a reply that are kept; then it is cut. Of thoughts the first are kept."""


ONLY_OTHERS = "It said nothing of its own."
ROOM_TO_THINK = 1500
"""Tokens more for a model that thought until they ran out."""


@dataclass(slots=True)
class TurnState:
    """A persona that has the turn, and what has been heard of it."""

    turn: Turn
    assignment: Assignment
    replaces: Message | None = None
    """The message to which this is to be another answer."""
    model: ModelRef | None = None
    text: str = ""
    thinking: str = ""
    finish_note: str = ""
    """Why we cut the reply; empty if we did not."""
    delay: TurnDelayed | RetryScheduled | None = None
    """What the turn waits for since nothing was heard of it."""
    is_held_back: bool = False
    """Whether the request waits to be made, or to be made again."""
    is_stopped: bool = False
    cue: Cue = NO_CUE
    """What only this turn is told."""
    carried: Carried | None = None
    """What it takes along from its card."""
    guard: LabelGuard = field(default_factory=lambda: LabelGuard((), ()))
    """Keeps the model from speaking for others."""
    impersonations: int = 0
    """How often it began to."""
    listening: asyncio.Task[Finished | None] | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)
    request: ChatRequest | None = None
    finished: Finished | None = None
    """How the last request ended, if it came to its end."""
    attempt: int = 0
    """How many requests were made."""
    heard_at: float = 0.0
    """Until when the persona seems to think, on the room's clock."""
    began: float = 0.0
    """When the last request was made, on the room's clock."""
    first_text: float | None = None
    """Seconds from the request to the first text."""

    @property
    def replaces_id(self) -> int | None:
        """The id of the message to which this is to be another answer."""
        return self.replaces.id if self.replaces else None

    def attempted(self, model: ModelRef, request: ChatRequest) -> AttemptStarted:
        """Tell that `model` is asked."""
        return AttemptStarted(
            turn=self.turn,
            model=model,
            persona_version=self.assignment.persona.version,
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            replaces_id=self.replaces_id,
        )

    def story(self) -> list[Event]:
        """Tell all that has happened in the turn so far, as short as that can be told."""
        events: list[Event] = [TurnStarted(turn=self.turn, replaces_id=self.replaces_id)]
        if self.model and self.request:
            events.append(self.attempted(self.model, self.request))
        if self.delay:
            events.append(self.delay)
        if self.thinking:
            events.append(ThinkingReceived(turn=self.turn, text=self.thinking))
        if self.text:
            events.append(TextReceived(turn=self.turn, text=self.text))
        return events


class TurnRunner:
    """Asks models for their turns and lets their words be heard."""

    def __init__(
        self,
        journal: Journal,
        replies: Replies,
        models: Models,
        budget_guard: BudgetGuard,
        carrying: Carrying,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._journal = journal
        self._replies = replies
        self._models = models
        self._budget_guard = budget_guard
        self._carrying = carrying
        self._clock, self._sleep = clock, sleep
        self.renderer = Renderer()
        self._told = set[str]()

    async def preview(self, assignment: Assignment) -> RenderedRequest:
        """Write what `assignment.persona` would be told now, and send it to nobody.

        Raises:
            ProviderError: If no model can play it.
        """
        model = (await self._models.candidates(assignment))[0]
        speaking = TurnState(self._journal.next_turn(""), assignment)
        speaking.carried = await self._carrying(assignment.persona)
        return self._tell(speaking, model)

    def wake(self) -> None:
        """A person wants to try now: nobody waits who need not."""
        self._replies.wake()

    async def listen(self, speaking: TurnState) -> Finished | None:
        """Hear a reply to its end; None if we cut it.

        Raises:
            ProviderError: If it did not come, or not to its end.
            StorageError: If it cannot be recorded.
        """
        models = await self._models.candidates(speaking.assignment)
        speaking.model = models[0]
        allow = await self._budget_guard.allowance(
            lambda: self._journal.conversation.budget, self._journal.state.spent
        )
        speaking.carried = await self._carrying(speaking.assignment.persona)
        speaking.heard_at = self._clock() + self._delay(speaking.turn)
        finished = await self._hear_reply(speaking, models, allow)
        if not speaking.text.strip() and speaking.model is not None:
            await self._ask_again(speaking, speaking.model)
            finished = await self._hear_reply(speaking, models, allow)
        if finished and finished.note and finished.note not in self._told:
            self._told.add(finished.note)
            await self._journal.post_notice(finished.note)
        return finished

    async def _hear_reply(
        self, speaking: TurnState, models: Sequence[ModelRef], allow: Callable[[ModelRef], None]
    ) -> Finished | None:
        async with aclosing(self._replies.reply(models, self._asking(speaking), allow)) as items:
            async for item in items:
                await self._take_in(speaking, item)
                if speaking.finish_note:
                    return None
        await self._show(speaking, speaking.guard.finish())
        return speaking.finished

    async def _ask_again(self, speaking: TurnState, model: ModelRef) -> None:
        """Ask once more for words of its own, in plainer terms."""
        used = await self.used(speaking)
        speaking.cue = replace(speaking.cue, is_sharper=True)
        speaking.finish_note, speaking.text = "", ""
        speaking.thinking, speaking.finished = "", None
        again = RetryScheduled(
            turn=speaking.turn,
            model=model,
            kind=Fault.LABEL,
            problem=ONLY_OTHERS,
            number=2,
            of=2,
            seconds=0.0,
            provenance=used,
        )
        await self._journal.emit(again)

    async def save(self, speaking: TurnState, finish: Finish) -> None:
        """Make a message of what was heard."""
        speaking.text += speaking.guard.finish()
        await self._journal.add_message(
            speaking.turn,
            speaking.text.strip(),
            finish=finish,
            note=speaking.finish_note,
            thinking=speaking.thinking.strip(),
            provenance=await self._provenance(speaking),
            replaces=speaking.replaces,
        )

    async def failure(self, speaking: TurnState, error: ProviderError | StorageError) -> Failure:
        """What is left of the turn when `error` ended it."""
        speaking.text += speaking.guard.finish()
        return Failure(
            turn=speaking.turn,
            model=speaking.model,
            kind=error.kind if isinstance(error, ProviderError) else Fault.STORAGE,
            problem=error.problem,
            hint=error.hint,
            text=speaking.text.strip(),
            replaces_id=speaking.replaces_id,
            provenance=await self.used(speaking),
        )

    async def used(self, speaking: TurnState) -> Provenance | None:
        """What the last request used up; None if nothing came of it. To be asked once a request."""
        heard = (speaking.text, speaking.thinking, speaking.finish_note, speaking.finished)
        return await self._provenance(speaking) if any(heard) else None

    def _asking(self, speaking: TurnState) -> RequestWriter:
        def ask(model: ModelRef, *, shorter: bool = False, more_room: bool = False) -> ChatRequest:
            return self._tell(speaking, model, shorter=shorter, more_room=more_room).request

        return ask

    def _tell(
        self,
        speaking: TurnState,
        model: ModelRef,
        *,
        shorter: bool = False,
        more_room: bool = False,
    ) -> RenderedRequest:
        conversation, tree = self._journal.conversation, self._journal.tree
        rng = conversation.rng(speaking.turn.number)
        answers = tree.alternatives(speaking.replaces) if speaking.replaces else []
        return self.renderer.render(
            conversation,
            tree.path,
            speaking.assignment,
            model,
            context=self._models.context(model) // (2 if shorter else 1),
            extra_tokens=ROOM_TO_THINK if more_room else 0,
            seed=[rng.getrandbits(32) for _ in (*answers, None)][-1],  # each answer has its own
            cue=speaking.cue,
            summaries=self._journal.state.summaries,
            carried=speaking.carried,
            now=self._journal.now(),
        )

    async def _take_in(self, speaking: TurnState, item: CallItem) -> None:
        """Let what happens be known."""
        turn = speaking.turn
        match item:
            case Text(text):
                await self._hear(speaking, text)
            case Thinking(text):
                self._overhear(speaking, text)
            case Withdrawn():
                await self._withdraw(speaking)
            case Waiting(why, seconds):
                speaking.is_held_back = why is not WaitReason.LOADING
                speaking.delay = TurnDelayed(turn=turn, why=why, seconds=seconds)
                self._journal.show(speaking.delay)
            case AttemptBegan(model, request):
                await self._begin(speaking, model, request)
            case AttemptFailed():
                await self._begin_again(speaking, item)
            case Finished():
                speaking.finished = item

    async def _begin(self, speaking: TurnState, model: ModelRef, request: ChatRequest) -> None:
        speaking.model, speaking.request = model, request
        speaking.is_held_back = False
        speaking.attempt += 1
        speaking.guard = guard_for(self._journal.conversation, speaking.turn.speaker)
        speaking.delay = None
        await self._journal.emit(speaking.attempted(model, request))
        speaking.began = self._clock()

    async def _begin_again(self, speaking: TurnState, failed: AttemptFailed) -> None:
        turn, error = speaking.turn, failed.error
        used = await self.used(speaking)
        speaking.thinking, speaking.finished = "", None
        if failed.next == failed.model:
            scheduled = RetryScheduled(
                turn=turn,
                model=failed.model,
                kind=error.kind,
                problem=error.problem,
                number=failed.number,
                of=failed.of,
                seconds=failed.seconds,
                provenance=used,
            )
            speaking.delay = scheduled
            await self._journal.emit(scheduled)
            return
        switched = ProviderSwitched(
            turn=turn,
            old=failed.model,
            new=failed.next,
            kind=error.kind,
            problem=error.problem,
            provenance=used,
        )
        await self._journal.emit(switched)
        name = self._journal.conversation.name_of(turn.speaker)
        await self._journal.post_notice(f"{name} is played by {failed.next} now: {error.problem}")

    def _overhear(self, speaking: TurnState, piece: str) -> None:
        if piece := piece[: LONGEST_REPLY - len(speaking.thinking)]:
            speaking.thinking += piece
            self._journal.show(ThinkingReceived(turn=speaking.turn, text=piece))

    async def _withdraw(self, speaking: TurnState) -> None:
        """What was heard so far was a thought, and is kept as one."""
        said = speaking.text + speaking.guard.finish()
        speaking.guard = guard_for(self._journal.conversation, speaking.turn.speaker)
        speaking.text, speaking.first_text = "", None
        await self._journal.emit(TextWithdrawn(turn=speaking.turn))
        self._overhear(speaking, said)

    async def _hear(self, speaking: TurnState, piece: str) -> None:
        await self._show(speaking, speaking.guard.feed(piece))
        if (name := speaking.guard.cut_at) and not speaking.finish_note:
            speaking.finish_note = f"cut where it began to speak for {name.title()}"
            speaking.impersonations += 1

    async def _show(self, speaking: TurnState, piece: str) -> None:
        if not speaking.text:
            piece = piece.lstrip()
        if not piece:
            return
        if speaking.first_text is None:
            speaking.first_text = self._clock() - speaking.began
            if (wait := speaking.heard_at - self._clock()) > 0:
                await self._sleep(wait)
        room_left = LONGEST_REPLY - len(speaking.text)
        if len(piece) > room_left:
            piece = piece[:room_left]
            speaking.finish_note = f"cut at {LONGEST_REPLY // 1024} KiB"
        speaking.text += piece
        await self._journal.hear(TextReceived(turn=speaking.turn, text=piece))

    def _delay(self, turn: Turn) -> float:
        conversation, tip = self._journal.conversation, self._journal.tree.tip
        words = len(tip.text.split()) if tip else 0
        return pacing.delay(words, conversation.pace, conversation.rng(turn.number))

    async def _provenance(self, speaking: TurnState) -> Provenance | None:
        if speaking.model is None:
            return None
        model, request, finished = speaking.model, speaking.request, speaking.finished
        usage = finished.usage if finished else None
        if usage is None and request is not None:
            usage = self.renderer.usage(model, request, speaking.thinking + speaking.text)
        elif usage is not None and request is not None:
            self.renderer.learn(model, request, usage)
        usage = usage or Usage(is_estimate=True)
        answered = ModelRef(model.provider, (finished.model if finished else "") or model.model)
        cost, source = await self._models.cost(model, usage)
        return Provenance(
            model=answered,
            persona_version=speaking.assignment.persona.version,
            temperature=request.temperature if request else None,
            max_tokens=request.max_tokens if request else 0,
            usage=usage,
            cost=cost,
            cost_source=source,
            first_text=speaking.first_text,
            duration=self._clock() - speaking.began if request else 0.0,
            attempt=max(1, speaking.attempt),
            leaks=speaking.impersonations,
            is_refusal=refuses(speaking.text),
        )
