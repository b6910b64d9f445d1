"""What `talk --json` prints: one event a line."""

import json
from dataclasses import dataclass
from typing import Any, assert_never

from chimera_tui.cli.output import Output
from chimera_tui.domain.conversation import Failure, Message, ModelRef, Provenance, Turn
from chimera_tui.domain.events import (
    AttemptStarted,
    ConversationChanged,
    ConversationEnded,
    ErrandDone,
    Event,
    MessageChanged,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    ProviderSwitched,
    RetryScheduled,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TextWithdrawn,
    ThinkingReceived,
    TurnDelayed,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)


@dataclass(frozen=True, slots=True)
class JsonText:
    """Writes down what happens in a conversation, for programs."""

    conversation_id: int

    def __call__(self, event: Event) -> Output:
        """Return the line of an event; nothing for what only a person at a screen can cause."""
        if (named := _named(event)) is None:
            return Output()
        name, fields = named
        line = {"event": name, "conversation_id": self.conversation_id} | fields
        return Output(json.dumps(line) + "\n")


def _named(event: Event) -> tuple[str, dict[str, Any]] | None:  # noqa: C901, PLR0911, PLR0912 - the union
    match event:
        case TurnStarted(turn=turn):
            return "turn_started", _turn(turn)
        case AttemptStarted(turn=turn, model=model):
            return "attempt_started", _turn(turn) | _model(model)
        case TurnDelayed(turn=turn, why=why, seconds=seconds):
            return "turn_delayed", _turn(turn) | {"why": why, "seconds": seconds}
        case RetryScheduled(turn=turn, model=model) as retry:
            about = {"number": retry.number, "of": retry.of, "seconds": retry.seconds}
            said = {"kind": retry.kind, "problem": retry.problem}
            return "retry_scheduled", _turn(turn) | _model(model) | said | about
        case ProviderSwitched(turn=turn, old=old, new=new, kind=kind, problem=problem):
            said = {"from": str(old), "to": str(new), "kind": kind, "problem": problem}
            return "provider_switched", _turn(turn) | said
        case ThinkingReceived(turn=turn, text=text):
            return "thinking_received", _turn(turn) | {"text": text}
        case TextReceived(turn=turn, text=text):
            return "text_received", _turn(turn) | {"text": text}
        case TextWithdrawn(turn=turn):
            return "text_withdrawn", _turn(turn)
        case MessageCompleted(message=message):
            return "message_completed", _message(message)
        case TurnFailed(failure=failure):
            return "turn_failed", _failure(failure)
        case TurnDropped(turn=turn):
            return "turn_dropped", _turn(turn)
        case NoticePosted(notice=notice):
            return "notice_posted", {"text": notice.text}
        case ConversationEnded(reason=reason):
            return "conversation_ended", {"reason": reason}
        case (
            RoomPaused()
            | RoomResumed()
            | PathChanged()
            | ConversationChanged()
            | MessageChanged()
            | ErrandDone()
        ):
            return None
        case _:
            assert_never(event)


def _turn(turn: Turn) -> dict[str, Any]:
    return {"turn": turn.number, "speaker": turn.speaker}


def _model(model: ModelRef | None) -> dict[str, Any]:
    return {"provider": model and model.provider, "model": model and model.model}


def _message(message: Message) -> dict[str, Any]:
    return {
        **_turn(message.turn),
        "message_id": message.id,
        "text": message.text,
        **_provenance(message.provenance),
        "finish": message.finish,
        "finish_note": message.finish_note,
    }


def _provenance(provenance: Provenance | None) -> dict[str, Any]:
    if provenance is None:
        return {}
    cost = provenance.cost
    return {
        **_model(provenance.model),
        "input_tokens": provenance.usage.input,
        "output_tokens": provenance.usage.output,
        "cost_usd": None if cost is None else cost / 1e6,
        "cost_source": provenance.cost_source,
        "first_text_s": provenance.first_text,
        "duration_s": provenance.duration,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        **_turn(failure.turn),
        **_model(failure.model),
        "kind": failure.kind,
        "problem": failure.problem,
        "hint": failure.hint,
        "text": failure.text,
    }
