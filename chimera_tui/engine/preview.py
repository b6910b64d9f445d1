"""A persona tried out: it answers once, in a room of which no conversation is kept."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime

from chimera_tui.domain.casting import recast, seated
from chimera_tui.domain.conversation import (
    HUMAN,
    Assignment,
    Budget,
    Conversation,
    Message,
    ModelRef,
    Turn,
)
from chimera_tui.domain.events import (
    ConversationEnded,
    Event,
    MessageCompleted,
    PauseReason,
    RoomPaused,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.saved import SavedConversation, Tree
from chimera_tui.engine.room import Room
from chimera_tui.engine.turn_taking import DEFAULT_MODE


def alone(
    persona: Persona, model: ModelRef | None, line: str, budget: Budget, now: datetime
) -> SavedConversation:
    """Return a conversation of `persona`, played by `model`, in which only `line` was said."""
    conversation = Conversation(
        id=0,
        title=line,
        topic=line,
        cast=(Assignment(persona=persona, model=model),),
        mode=DEFAULT_MODE,
        pace=0.0,
        budget=budget,
        created_at=now,
    )
    turn = Turn(number=1, speaker=HUMAN)
    said = Message(id=1, parent_id=None, turn=turn, text=line, created_at=now)
    return SavedConversation(conversation=conversation, tree=Tree.of([said], {}), turns=1)


def among(persona: Persona, model: ModelRef | None, room: Room) -> SavedConversation:
    """Return what was said in `room` as a conversation of its own, with `persona` in its cast.

    There it has the place of its former definition, or joins; `model` plays it.
    """
    conversation = room.conversation
    cast = recast(conversation, persona)
    if all(one.persona.original != persona.slug for one in cast):
        cast = (*cast, Assignment(persona=seated(persona, conversation)))
    speaker = _place(cast, persona)
    cast = tuple(replace(a, model=model, fallbacks=()) if a is speaker else a for a in cast)
    said = list(room.tree.trunk)
    rules = replace(conversation.rules, helper="")  # one turn needs no background requests
    return SavedConversation(
        conversation=replace(conversation, cast=cast, pace=0.0, rules=rules),
        tree=Tree.of(said, {}),
        turns=max((message.turn.number for message in said), default=0),
        spent=replace(room.state.spent),
    )


async def preview(room: Room, persona: Persona) -> AsyncGenerator[Event]:
    """Let `persona` take one turn in a room that was made for this, and yield what happens.

    The last event is the message, or why there is none.
    """
    async with room:
        room.next(_place(room.conversation.cast, persona).persona.slug)
        async with aclosing(room.events()) as events:
            async for event in events:
                yield event
                match event:
                    case RoomPaused(reason=PauseReason.OPENED):
                        pass  # as all rooms are at first
                    case MessageCompleted() | RoomPaused() | ConversationEnded():
                        break
    if room.crash:
        raise room.crash


def _place(cast: Sequence[Assignment], persona: Persona) -> Assignment:
    """Where a persona sits; the first of twins."""
    return next(one for one in cast if one.persona.original == persona.slug)
