"""Between rows and values.

A row may come from anywhere. msgspec checks its types while it makes a value of
it, in half the time that the constructors take; an unsound row raises `ValueError`.
"""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any

import msgspec

from chimera_tui.domain.conversation import (
    Assignment,
    Conversation,
    Failure,
    Message,
    ModelRef,
    Notice,
    Provenance,
    Turn,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.rules import PLAIN, Rules
from chimera_tui.domain.saved import ConversationSummary
from chimera_tui.domain.text import one_line, storable

Row = tuple[Any, ...]
Values = dict[str, str | int | float | None]

PROVENANCE_COLUMNS = (
    "provider, model, persona_version, temperature, max_tokens, input_tokens, output_tokens,"
    " cache_read, cache_write, thinking_tokens, is_estimate, cost, cost_source, first_text,"
    " duration, attempt, leaks, is_refusal"
)
USED_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "is_estimate",
    "cost",
    "cost_source",
    "first_text",
    "duration",
    "leaks",
    "is_refusal",
)
MESSAGE_COLUMNS = (
    "id, parent_id, is_chosen, turn, speaker, text, finish, finish_note, thinking, heard_by,"
    f" is_narration, edited_at, is_deleted, created_at, {PROVENANCE_COLUMNS}"
)
IS_CHOSEN = 2
"""Where it stands among `MESSAGE_COLUMNS`."""
NOTICE_COLUMNS = "after_id, text, created_at"
CONVERSATION_COLUMNS = (
    "id, title, topic, topic_now, mode, pace, seed, turn_limit, budget_cost, budget_tokens,"
    " budget_minutes, human_name, solo, rules, created_at"
)
ASSIGNMENT_COLUMNS = "assignment.slug, definition, provider, model, fallbacks, is_muted"
FAILURE_COLUMNS = (
    "turn, speaker, provider, model, fault, problem, hint, draft, replaces_id, persona_version,"
    " temperature, max_tokens, number, input_tokens, output_tokens, is_estimate, cost,"
    " cost_source, first_text, duration"
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 2**63 - 1


def microseconds(moment: datetime) -> int:
    """A time as the database keeps it."""
    return (moment - _EPOCH) // _MICROSECOND


def read_message(row: Row) -> Message:
    """Read `MESSAGE_COLUMNS`."""
    id_, parent_id, _, turn, speaker, text, finish, note, thinking, *more = row
    heard_by, is_narration, edited_at, is_deleted, created_at, *told = more
    fields = {
        "id": id_,
        "parent_id": parent_id,
        "turn": {"number": turn, "speaker": speaker},
        "text": text,
        "finish": finish,
        "finish_note": note,
        "thinking": thinking,
        "to": heard_by,
        "is_narration": is_narration == 1,
        "edited_at": None if edited_at is None else read_time(edited_at),
        "is_deleted": is_deleted == 1,
        "provenance": _provenance_fields(told),
        "created_at": read_time(created_at),
    }
    return msgspec.convert(fields, Message)


def stand_in(row: Row) -> Message | None:
    """Say where a message is that cannot be read; None if not even its place is known."""
    id_, parent_id, _, turn, speaker = row[:5]
    if not (isinstance(id_, int) and isinstance(parent_id, (int, NoneType))):
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
    """`MESSAGE_COLUMNS` by name, as SQL wants them. A new message is chosen."""
    values: Values = {
        "id": message.id,
        "parent_id": message.parent_id,
        "is_chosen": True,
        "turn": message.turn.number,
        "speaker": storable(message.turn.speaker),
        "text": storable(message.text),
        "finish": message.finish,
        "finish_note": storable(message.finish_note),
        "thinking": storable(message.thinking),
        "heard_by": storable(message.to),
        "is_narration": message.is_narration,
        "edited_at": microseconds(message.edited_at) if message.edited_at else None,
        "is_deleted": message.is_deleted,
        "created_at": microseconds(message.created_at),
    }
    return values | _provenance_values(message.provenance)


def read_notice(row: Row) -> Notice:
    """Read `NOTICE_COLUMNS`."""
    after_id, text, created_at = row
    fields = {"after_id": after_id, "text": text, "created_at": read_time(created_at)}
    return msgspec.convert(fields, Notice)


def read_conversation(
    row: Row, cast: tuple[Assignment, ...], former: tuple[Persona, ...]
) -> Conversation:
    """Read `CONVERSATION_COLUMNS`; rules that cannot be read are none."""
    fields = dict(zip(CONVERSATION_COLUMNS.split(", "), row, strict=True))
    budget = {what: fields.pop(f"budget_{what}") for what in ("cost", "tokens", "minutes")}
    try:
        rules = msgspec.json.decode(fields.pop("rules"), type=Rules)
    except (ValueError, TypeError):
        rules = PLAIN
    fields |= {"cast": (), "budget": budget, "created_at": read_time(fields["created_at"])}
    conversation = msgspec.convert(fields, Conversation)
    return replace(conversation, cast=cast, former=former, rules=rules)


def conversation_values(conversation: Conversation) -> Values:
    """`CONVERSATION_COLUMNS` by name, but for the id."""
    return {
        "title": storable(conversation.title),
        "topic": storable(conversation.topic),
        "topic_now": storable(conversation.topic_now),
        "mode": storable(conversation.mode),
        "pace": conversation.pace,
        "seed": conversation.seed,
        "turn_limit": conversation.turn_limit,
        "budget_cost": conversation.budget.cost,
        "budget_tokens": conversation.budget.tokens,
        "budget_minutes": conversation.budget.minutes,
        "human_name": storable(conversation.human_name),
        "solo": storable(conversation.solo),
        "rules": storable(json.dumps(asdict(conversation.rules), ensure_ascii=False)),
        "created_at": microseconds(conversation.created_at),
    }


def read_summary(row: Row) -> ConversationSummary:
    """Read id, title, number of messages, whether it is a demo, and when it was spoken in."""
    id_, title, messages, is_demo, updated_at = row
    try:
        updated = read_time(updated_at)
    except ValueError:
        updated = _EPOCH
    return ConversationSummary(
        id=id_,
        title=title if isinstance(title, str) else f"unreadable ({id_})",
        messages=messages,
        is_demo=bool(is_demo),
        updated_at=updated,
    )


def read_assignment(row: Row) -> Assignment:
    """Read `ASSIGNMENT_COLUMNS`; a persona that cannot be read is there, without a prompt."""
    slug, definition, provider, model, fallbacks, is_muted = row
    try:
        persona = msgspec.json.decode(definition, type=Persona)
    except (ValueError, TypeError):
        persona = _unreadable_persona(str(slug))
    models = (line.partition("/") for line in str(fallbacks).splitlines())
    return Assignment(
        persona=persona,
        model=_read_model(provider, model),
        fallbacks=tuple(ModelRef(provider, model) for provider, slash, model in models if slash),
        is_muted=is_muted == 1,
    )


def fallback_lines(assignment: Assignment) -> str:
    """The fallbacks of an assignment as the database keeps them."""
    return "\n".join(storable(one_line(str(model))) for model in assignment.fallbacks)


def definition(persona: Persona) -> str:
    """A persona as the database keeps it: JSON."""
    return storable(json.dumps(asdict(persona), ensure_ascii=False))


def read_failure(row: Row) -> Failure:
    """Read `FAILURE_COLUMNS`."""
    turn, speaker, provider, model, kind, problem, hint, text, replaces_id, *told = row
    fields = {
        "turn": {"number": turn, "speaker": speaker},
        "model": None,
        "kind": kind,
        "problem": problem,
        "hint": hint,
        "text": text,
        "replaces_id": replaces_id,
        "provenance": _used_by_failure(provider, model, told),
    }
    return replace(msgspec.convert(fields, Failure), model=_read_model(provider, model))


def _used_by_failure(provider: object, model: object, told: list[Any]) -> dict[str, Any] | None:
    version, temperature, max_tokens, number, *used = told
    input_, output, is_estimate, cost, source, first_text, duration = used
    if source is None:
        return None
    return {
        "model": {"provider": provider, "model": model},
        "persona_version": version or "",
        "temperature": temperature,
        "max_tokens": max_tokens or 0,
        "usage": {"input": input_, "output": output, "is_estimate": is_estimate == 1},
        "cost": cost,
        "cost_source": source,
        "first_text": first_text,
        "duration": duration or 0.0,
        "attempt": number,
    }


def read_time(microseconds: object) -> datetime:
    """A time as it was kept; raises ValueError if it is none."""
    if not isinstance(microseconds, int):
        raise ValueError("no time")  # noqa: TRY004 - callers want one kind of error
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError as error:
        raise ValueError("no time") from error


def moment_of(microseconds: object) -> datetime | None:
    """Read a time that need not be there."""
    try:
        return read_time(microseconds)
    except ValueError:
        return None


def _provenance_fields(row: list[Any]) -> dict[str, Any] | None:
    fields = dict(zip(PROVENANCE_COLUMNS.split(", "), row, strict=True))
    if fields["provider"] is None:
        return None
    usage = {
        "input": fields.pop("input_tokens"),
        "output": fields.pop("output_tokens"),
        "cache_read": fields.pop("cache_read") or 0,
        "cache_write": fields.pop("cache_write") or 0,
        "thinking": fields.pop("thinking_tokens") or 0,
        "is_estimate": fields.pop("is_estimate") == 1,
    }
    model = {"provider": fields.pop("provider"), "model": fields.pop("model")}
    fields["persona_version"] = fields["persona_version"] or ""
    fields["attempt"] = fields["attempt"] or 1
    fields["leaks"] = fields["leaks"] or 0
    fields["is_refusal"] = fields["is_refusal"] == 1
    return fields | {"model": model, "usage": usage}


def _provenance_values(provenance: Provenance | None) -> Values:
    if provenance is None:
        return dict.fromkeys(PROVENANCE_COLUMNS.split(", "))
    return {
        "provider": storable(provenance.model.provider),
        "model": storable(provenance.model.model),
        "persona_version": provenance.persona_version,
        "temperature": provenance.temperature,
        "max_tokens": provenance.max_tokens,
        "cache_read": _claim(provenance.usage.cache_read),
        "cache_write": _claim(provenance.usage.cache_write),
        "thinking_tokens": _claim(provenance.usage.thinking),
        "attempt": provenance.attempt,
        **used_values(provenance),
    }


def used_values(provenance: Provenance | None) -> Values:
    """`USED_COLUMNS` by name: what a reply used up, as messages and attempts keep it."""
    if provenance is None:
        return dict.fromkeys(USED_COLUMNS)
    return {
        "input_tokens": _claim(provenance.usage.input),
        "output_tokens": _claim(provenance.usage.output),
        "is_estimate": provenance.usage.is_estimate,
        "cost": None if provenance.cost is None else _claim(provenance.cost),
        "cost_source": provenance.cost_source,
        "first_text": provenance.first_text,
        "duration": provenance.duration,
        "leaks": provenance.leaks,
        "is_refusal": provenance.is_refusal,
    }


def _claim(number: int) -> int:
    """What a server claims must not keep its reply from being saved."""
    return min(max(number, 0), _LARGEST)


def _read_model(provider: object, model: object) -> ModelRef | None:
    if isinstance(provider, str) and isinstance(model, str):
        return ModelRef(provider, model)
    return None


def _unreadable_persona(slug: str) -> Persona:
    return Persona(
        slug=slug,
        name=slug,
        emoji="",
        colour=1,
        category="",
        one_line="Its definition cannot be read.",
        prompt="",
    )
