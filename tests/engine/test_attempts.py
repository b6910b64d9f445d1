"""What a turn goes through before it is a message: waits, retries, other models, thoughts."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace

import pytest

from chimera_tui.domain.conversation import (
    Assignment,
    Budget,
    CostSource,
    Finish,
    ModelRef,
    Turn,
    Usage,
)
from chimera_tui.domain.errors import Fault, ProviderError, UnknownError
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationEnded,
    EndReason,
    NoticePosted,
    PauseReason,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnStarted,
)
from chimera_tui.domain.health import WaitReason
from chimera_tui.engine.room import Room
from chimera_tui.providers.base import Finished, Text, Thinking, Waiting
from chimera_tui.resilience.calls import AttemptBegan, AttemptFailed, CallItem, RequestWriter
from tests.fakes import (
    MODEL,
    NOON,
    FixedModels,
    FullBudget,
    ListRecorder,
    Watcher,
    a_room,
    play,
    saved,
)
from tests.resilience.helpers import fault

OTHER = ModelRef("other", "spare")
ILL = ProviderError("The model is overloaded.", kind=Fault.SERVER, hint="Wait.", retry_after=7)
SPENT = ProviderError("The budget is used up.", kind=Fault.BUDGET, hint="`/budget` raises it.")
TURN = Turn(number=1, speaker="ada")


class Script:
    """Replies by a script: models to ask, and what else happens."""

    def __init__(self, *items: CallItem | ModelRef) -> None:
        self.items = items
        self.models: Sequence[ModelRef] = ()
        self.woken = 0

    def wake(self) -> None:
        """Count it."""
        self.woken += 1

    async def reply(
        self, models: Sequence[ModelRef], ask: RequestWriter, allow: Callable[[ModelRef], None]
    ) -> AsyncGenerator[CallItem]:
        """Go through the script; a model stands for a request to it."""
        self.models = models
        for item in self.items:
            if isinstance(item, ModelRef):
                allow(item)
                yield AttemptBegan(item, ask(item))
            else:
                yield item


class Priced(FixedModels):
    """A reply costs 500 micro-dollars."""

    async def cost(self, model: ModelRef, usage: Usage) -> tuple[int | None, CostSource]:
        return 500, CostSource.PRICED


def scripted(
    *items: CallItem | ModelRef, budget_guard: FullBudget | None = None, attended: bool
) -> Room:
    """A room for one turn of Ada, by a script."""
    start = saved("Ada", turn_limit=1)
    cast = (replace(start.conversation.cast[0], fallbacks=(OTHER,)),)
    start.conversation = replace(start.conversation, cast=cast)
    return Room(
        start,
        replies=Script(*items),
        budget_guard=budget_guard or FullBudget(),
        recorder=ListRecorder(),
        models=Priced(),
        attended=attended,
        now=lambda: NOON,
        clock=lambda: 0.0,
    )


async def test_waits_retries_and_thoughts_are_told_and_the_message_says_which_attempt() -> None:
    usage = Usage(input=100, output=20, thinking=5)
    room = scripted(
        Waiting(WaitReason.LIMIT, 3.0),
        MODEL,
        Thinking("Half a thought"),
        AttemptFailed(MODEL, ILL, MODEL, 2, 3, 7.0),
        MODEL,
        Thinking("Hm. "),
        Thinking("So."),
        Text("Well."),
        Finished(Finish.STOP, usage),
        attended=False,
    )
    seen = await play(room)
    assert seen[:2] == [
        TurnStarted(turn=TURN),
        TurnDelayed(turn=TURN, why=WaitReason.LIMIT, seconds=3.0),
    ]
    assert [e.text for e in seen if isinstance(e, ThinkingReceived)] == [
        "Half a thought",
        "Hm. ",
        "So.",
    ]
    (retry,) = (e for e in seen if isinstance(e, RetryScheduled))
    assert (retry.kind, retry.number, retry.of, retry.seconds) == (Fault.SERVER, 2, 3, 7.0)
    (message,) = room.tree.path
    assert (message.text, message.thinking) == ("Well.", "Hm. So.")
    assert message.provenance
    assert message.provenance.attempt == 2
    assert message.provenance.usage == usage
    assert (message.provenance.cost, message.provenance.cost_source) == (500, CostSource.PRICED)


async def test_another_model_takes_over_and_that_is_said_and_kept() -> None:
    room = scripted(
        MODEL,
        AttemptFailed(MODEL, ILL, OTHER, 1, 3, 0.0),
        OTHER,
        Text("Well."),
        Finished(Finish.STOP, Usage(input=100, output=20), "spare-2"),
        attended=False,
    )
    seen = await play(room)
    (switched,) = (e for e in seen if isinstance(e, ProviderSwitched))
    assert (switched.old, switched.new, switched.kind) == (MODEL, OTHER, Fault.SERVER)
    (notice,) = (e.notice for e in seen if isinstance(e, NoticePosted))
    assert notice.text == "The Ada is played by other/spare now: The model is overloaded."
    assert [e.model for e in seen if isinstance(e, AttemptStarted)] == [MODEL, OTHER]
    (message,) = room.tree.path
    assert message.provenance
    assert message.provenance.model == ModelRef("other", "spare-2")


async def test_what_the_provider_wants_known_is_said_once() -> None:
    items = (MODEL, Text("Well."), Finished(Finish.STOP, note="It dropped the beginning."))
    start = saved("Ada", turn_limit=2)
    room = Room(
        start,
        replies=Script(*items),
        budget_guard=FullBudget(),
        recorder=ListRecorder(),
        models=FixedModels(),
        attended=False,
        clock=lambda: 0.0,
    )
    seen = await play(room)
    assert len(room.tree.path) == 2
    notices = [e.notice.text for e in seen if isinstance(e, NoticePosted)]
    assert notices == ["It dropped the beginning."]


async def test_a_used_up_budget_pauses_the_room_and_is_no_failure() -> None:
    budget_guard = FullBudget()
    budget_guard.error = SPENT
    said = (MODEL, Text("Well."), Finished(Finish.STOP))
    async with scripted(*said, budget_guard=budget_guard, attended=True) as room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.BUDGET))
        assert TurnDropped(turn=TURN) in watcher.seen
        assert room.failure is None
        (notice,) = (e.notice for e in watcher.seen if isinstance(e, NoticePosted))
        assert notice.text == "paused: The budget is used up. `/budget` raises it."
        budget_guard.error = None
        await room.settings.set_budget(Budget(cost=1_000_000))
        room.resume()
        await watcher.until(lambda _: bool(room.tree.path))
        assert room.conversation.budget == Budget(cost=1_000_000)


async def test_a_used_up_budget_ends_a_room_that_nobody_attends() -> None:
    budget_guard = FullBudget()
    budget_guard.error = SPENT
    seen = await play(scripted(MODEL, budget_guard=budget_guard, attended=False))
    assert seen[-1] == ConversationEnded(reason=EndReason.BUDGET)


async def test_all_that_was_used_is_counted_even_of_a_turn_that_broke() -> None:
    start = saved("Ada", turn_limit=1)

    class Broken(Script):
        async def reply(
            self, models: Sequence[ModelRef], ask: RequestWriter, allow: Callable[[ModelRef], None]
        ) -> AsyncGenerator[CallItem]:
            yield AttemptBegan(MODEL, ask(MODEL))
            yield Text("Half")
            raise ILL

    room = Room(
        start,
        replies=Broken(),
        budget_guard=FullBudget(),
        recorder=ListRecorder(),
        models=Priced(),
        clock=lambda: 0.0,
    )
    async with room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.FAILURE))
        assert room.state.spent.cost == 500
        assert room.state.spent.tokens > 0
        await room.keep()
        assert room.state.spent.cost == 500
        assert room.tree.path[0].provenance
        assert room.tree.path[0].provenance.cost == 500


async def test_what_a_failed_attempt_used_is_counted_as_reported_or_as_far_as_it_was_heard() -> (
    None
):
    counted, silent = Usage(input=100, output=20, thinking=20), fault(Fault.EMPTY)
    room = scripted(
        MODEL,
        Thinking("All of it."),
        Finished(Finish.STOP, counted),
        AttemptFailed(MODEL, silent, MODEL, 2, 3, 0.0),
        MODEL,
        Thinking("Half a thought"),
        AttemptFailed(MODEL, ILL, MODEL, 3, 3, 0.0),
        MODEL,
        AttemptFailed(MODEL, ILL, OTHER, 1, 3, 0.0),
        OTHER,
        Text("Well."),
        Finished(Finish.STOP, counted),
        attended=False,
    )
    seen = await play(room)
    first, second = (e.provenance for e in seen if isinstance(e, RetryScheduled))
    assert first
    assert (first.usage, first.cost, first.attempt) == (counted, 500, 1)
    assert second
    assert (second.usage.is_estimate, second.cost, second.attempt) == (True, 500, 2)
    (switched,) = (e for e in seen if isinstance(e, ProviderSwitched))
    assert switched.provenance is None, "nobody answered"
    assert room.state.spent.cost == 3 * 500


async def test_thoughts_that_somebody_stops_are_counted() -> None:
    thought = asyncio.Event()

    class Thinker(Script):
        async def reply(
            self, models: Sequence[ModelRef], ask: RequestWriter, allow: Callable[[ModelRef], None]
        ) -> AsyncGenerator[CallItem]:
            yield AttemptBegan(MODEL, ask(MODEL))
            yield Thinking("Hm.")
            thought.set()
            await asyncio.Event().wait()

    start = saved("Ada", turn_limit=1)
    room = Room(
        start,
        replies=Thinker(),
        budget_guard=FullBudget(),
        recorder=ListRecorder(),
        models=Priced(),
        clock=lambda: 0.0,
    )
    async with room:
        watcher = Watcher(room)
        room.resume()
        await thought.wait()
        await room.stop()
        dropped = await watcher.until(TurnDropped)
        assert dropped.provenance.cost == room.state.spent.cost == 500


async def test_fallbacks_are_assigned_and_asked_in_their_order() -> None:
    async with a_room() as room:
        await room.cast.assign("ada", MODEL, [OTHER])
        assert room.conversation.cast[0] == Assignment(
            persona=room.conversation.cast[0].persona, model=MODEL, fallbacks=(OTHER,)
        )
        with pytest.raises(UnknownError):
            await room.cast.assign("ada", MODEL, [ModelRef("nobody", "m")])


async def test_a_turn_that_is_held_back_is_tried_when_a_person_wants_the_next() -> None:
    class HeldBack(Script):
        async def reply(
            self, models: Sequence[ModelRef], ask: RequestWriter, allow: Callable[[ModelRef], None]
        ) -> AsyncGenerator[CallItem]:
            yield Waiting(WaitReason.BREAKER, 30)
            await self.changed.wait()
            yield AttemptBegan(MODEL, ask(MODEL))
            yield Text("Well.")
            yield Finished(Finish.STOP)

        def wake(self) -> None:
            self.changed.set()

        changed = asyncio.Event()

    room = Room(
        saved("Ada", turn_limit=1),
        replies=HeldBack(),
        budget_guard=FullBudget(),
        recorder=ListRecorder(),
        models=FixedModels(),
        clock=lambda: 0.0,
    )
    async with room:
        watcher = Watcher(room)
        room.resume()
        await watcher.until(TurnDelayed)
        room.next()
        await watcher.until(lambda e: e == RoomPaused(reason=PauseReason.TURN_LIMIT))
        assert len(room.tree.path) == 1
