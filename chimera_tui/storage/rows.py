"""Between rows and values. A row may come from anywhere: an unsound one raises `ValueError`."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any

import msgspec

from chimera_tui.domain.conversation import (
    Assignment,
    Conversation,
    ConversationSummary,
    CostSource,
    Failure,
    Finish,
    Message,
    ModelRef,
    Notice,
    Provenance,
    Turn,
    Usage,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import storable

Row = tuple[Any, ...]
Values = dict[str, str | int | float | None]

PROVENANCE_COLUMNS = (
    "provider, model, persona_version, temperature, max_tokens, input_tokens, output_tokens,"
    " is_estimate, cost, cost_source, first_text, duration"
)
MESSAGE_COLUMNS = (
    f"id, parent_id, turn, speaker, text, finish, finish_note, created_at, {PROVENANCE_COLUMNS}"
)
NOTICE_COLUMNS = "after_id, text, created_at"
CONVERSATION_COLUMNS = "id, title, topic, mode, pace, seed, turn_limit, human_name, created_at"
ASSIGNMENT_COLUMNS = "assignment.slug, definition, provider, model"
FAILURE_COLUMNS = "turn, speaker, provider, model, fault, problem, hint, draft, replaces_id"

_TEXT_OR_NULL, _INT_OR_NULL, _REAL_OR_NULL = (str, NoneType), (int, NoneType), (float, NoneType)
_MESSAGE = (int, _INT_OR_NULL, int, str, str, str, str, int)
_PROVENANCE = (
    *(str, str, _TEXT_OR_NULL, _REAL_OR_NULL, int, int, int),
    *(int, _INT_OR_NULL, str, _REAL_OR_NULL, float),
)
_NOTICE = (_INT_OR_NULL, str, int)
_CONVERSATION = (int, str, str, str, float, int, int, str, int)
_FAILURE = (int, str, _TEXT_OR_NULL, _TEXT_OR_NULL, str, str, str, str, _INT_OR_NULL)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63 - 1
_FINISHES: dict[str, Finish] = {finish: finish for finish in Finish}
_COST_SOURCES: dict[str, CostSource] = {source: source for source in CostSource}


def microseconds(moment: datetime) -> int:
    """A time as the database keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def read_time(microseconds: int) -> datetime:
    """A time as the program keeps it."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise ValueError("out of range") from error


def read_message(row: Row) -> Message:
    """Read `MESSAGE_COLUMNS`."""
    _check(row[:8], _MESSAGE)
    id_, parent_id, turn, speaker, text, finish, note, created_at, provider = row[:9]
    return Message(
        id=id_,
        parent_id=parent_id,
        turn=Turn(number=turn, speaker=speaker),
        text=text,
        finish=_known(finish, _FINISHES),
        finish_note=note,
        provenance=None if provider is None else _read_provenance(row[8:]),
        created_at=read_time(created_at),
    )


def stand_in(row: Row) -> Message | None:
    """Say where a message is that cannot be read; None if not even its place is known."""
    id_, parent_id, turn, speaker = row[:4]
    if not (isinstance(id_, int) and isinstance(parent_id, _INT_OR_NULL)):
        return None
    return Message(
        id=id_,
        parent_id=parent_id,
        turn=Turn(
            number=turn if isinstance(turn, int) else 0,
            speaker=speaker if isinstance(speaker, str) else "?",
        ),
        text=f"unreadable ({id_})",
        created_at=_EPOCH,
    )


def message_values(message: Message) -> Values:
    """The columns of a message, by name, as SQL wants them."""
    values: Values = {
        "id": message.id,
        "parent_id": message.parent_id,
        "turn": message.turn.number,
        "speaker": storable(message.turn.speaker),
        "text": storable(message.text),
        "finish": message.finish,
        "finish_note": storable(message.finish_note),
        "created_at": microseconds(message.created_at),
    }
    return values | _provenance_values(message.provenance)


def read_notice(row: Row) -> Notice:
    """Read `NOTICE_COLUMNS`."""
    _check(row, _NOTICE)
    after_id, text, created_at = row
    return Notice(after_id=after_id, text=text, created_at=read_time(created_at))


def read_conversation(row: Row, cast: tuple[Assignment, ...]) -> Conversation:
    """Read `CONVERSATION_COLUMNS`."""
    _check(row, _CONVERSATION)
    id_, title, topic, mode, pace, seed, turn_limit, human_name, created_at = row
    return Conversation(
        id=id_,
        title=title,
        topic=topic,
        cast=cast,
        mode=mode,
        pace=pace,
        seed=seed,
        turn_limit=turn_limit,
        human_name=human_name,
        created_at=read_time(created_at),
    )


def read_summary(row: Row) -> ConversationSummary:
    """Read id, title, number of messages, whether it is a demo, and when it was spoken in."""
    id_, title, messages, is_demo, updated_at = row
    is_sound = isinstance(title, str) and isinstance(updated_at, int)
    return ConversationSummary(
        id=id_,
        title=title if is_sound else f"unreadable ({id_})",
        messages=messages,
        is_demo=bool(is_demo),
        updated_at=read_time(updated_at) if is_sound else _EPOCH,
    )


def conversation_values(conversation: Conversation) -> Values:
    """The columns of a conversation but its id, by name."""
    return {
        "title": storable(conversation.title),
        "topic": storable(conversation.topic),
        "mode": storable(conversation.mode),
        "pace": conversation.pace,
        "seed": conversation.seed,
        "turn_limit": conversation.turn_limit,
        "human_name": storable(conversation.human_name),
        "created_at": microseconds(conversation.created_at),
    }


def read_assignment(row: Row) -> Assignment:
    """Read `ASSIGNMENT_COLUMNS`; a persona that cannot be read has no prompt."""
    slug, definition, provider, model = row
    try:
        persona = msgspec.json.decode(definition, type=Persona)
    except (msgspec.MsgspecError, TypeError, UnicodeError):
        slug = str(slug)
        persona = Persona(
            slug=slug,
            name=slug,
            emoji="",
            colour=1,
            category="",
            one_line="What it is cannot be read.",
            prompt="",
        )
    return Assignment(persona=persona, model=_model(provider, model))


def definition(persona: Persona) -> str:
    """A persona as the database keeps it: JSON."""
    return storable(json.dumps(asdict(persona), ensure_ascii=False))


def read_failure(row: Row) -> Failure:
    """Read `FAILURE_COLUMNS`."""
    _check(row, _FAILURE)
    turn, speaker, provider, model, fault, problem, hint, draft, replaces_id = row
    return Failure(
        turn=Turn(number=turn, speaker=speaker),
        model=_model(provider, model),
        kind=fault,
        problem=problem,
        hint=hint,
        text=draft,
        replaces_id=replaces_id,
    )


def _read_provenance(row: Row) -> Provenance:
    _check(row, _PROVENANCE)
    (provider, model, version, temperature, max_tokens, input_, output, is_estimate) = row[:8]
    cost, cost_source, first_text, duration = row[8:]
    return Provenance(
        model=ModelRef(provider, model),
        persona_version=version or "",
        temperature=temperature,
        max_tokens=max_tokens,
        usage=Usage(input=input_, output=output, is_estimate=bool(is_estimate)),
        cost=cost,
        cost_source=_known(cost_source, _COST_SOURCES),
        first_text=first_text,
        duration=duration,
    )


def _provenance_values(provenance: Provenance | None) -> Values:
    if provenance is None:
        return dict.fromkeys(PROVENANCE_COLUMNS.split(", "))
    return {
        "provider": storable(provenance.model.provider),
        "model": storable(provenance.model.model),
        "persona_version": provenance.persona_version,
        "temperature": provenance.temperature,
        "max_tokens": provenance.max_tokens,
        "input_tokens": _claim(provenance.usage.input),
        "output_tokens": _claim(provenance.usage.output),
        "is_estimate": provenance.usage.is_estimate,
        "cost": provenance.cost,
        "cost_source": provenance.cost_source,
        "first_text": provenance.first_text,
        "duration": provenance.duration,
    }


def _claim(number: int) -> int:
    """What a server claims must not keep its reply from being saved."""
    return min(max(number, 0), _LARGEST)


def _model(provider: object, model: object) -> ModelRef | None:
    if isinstance(provider, str) and isinstance(model, str):
        return ModelRef(provider, model)
    return None


def _known(value: str, values: dict[str, Any]) -> Any:
    try:
        return values[value]
    except KeyError as error:
        raise ValueError(value) from error


def _check(row: Row, types: tuple[Any, ...]) -> None:
    if not all(map(isinstance, row, types)):
        raise ValueError("a column of the wrong type")
