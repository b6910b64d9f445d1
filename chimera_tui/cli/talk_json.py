"""What `talk --json` prints: one event a line."""

import json
from dataclasses import dataclass
from typing import Any, assert_never

from chimera_tui.cli.output import Lines
from chimera_tui.domain.conversation import Failure, Message, Provenance
from chimera_tui.domain.events import (
    ConversationChanged,
    ConversationEnded,
    Event,
    MessageCompleted,
    NoticePosted,
    PathChanged,
    RoomPaused,
    RoomResumed,
    TextReceived,
    TurnDropped,
    TurnFailed,
    TurnStarted,
)


@dataclass(frozen=True, slots=True)
class JsonText:
    """Writes down what happens in a conversation, for programs."""

    conversation_id: int

    def __call__(self, event: Event) -> Lines:
        """Return the line of an event; nothing for what only a person at a screen can cause."""
        if (named := _named(event)) is None:
            return Lines()
        name, fields = named
        line = {"event": name, "conversation_id": self.conversation_id} | fields
        return Lines(json.dumps(line) + "\n")


def _named(event: Event) -> tuple[str, dict[str, Any]] | None:  # noqa: C901, PLR0911 - the union
    match event:
        case TurnStarted(turn=turn, model=model):
            about = {"provider": model.provider, "model": model.model}
            return "turn_started", {"turn": turn.number, "speaker": turn.speaker} | about
        case TextReceived(turn=turn, text=text):
            return "text_received", {"turn": turn.number, "speaker": turn.speaker, "text": text}
        case MessageCompleted(message=message):
            return "message_completed", _message(message)
        case TurnFailed(failure=failure):
            return "turn_failed", _failure(failure)
        case TurnDropped(turn=turn):
            return "turn_dropped", {"turn": turn.number, "speaker": turn.speaker}
        case NoticePosted(notice=notice):
            return "notice_posted", {"text": notice.text}
        case ConversationEnded(reason=reason):
            return "conversation_ended", {"reason": reason}
        case RoomPaused() | RoomResumed() | PathChanged() | ConversationChanged():
            return None
        case _:
            assert_never(event)


def _message(message: Message) -> dict[str, Any]:
    return {
        "turn": message.turn.number,
        "message_id": message.id,
        "speaker": message.turn.speaker,
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
        "provider": provenance.model.provider,
        "model": provenance.model.model,
        "input_tokens": provenance.usage.input,
        "output_tokens": provenance.usage.output,
        "cost_usd": None if cost is None else cost / 1e6,
        "cost_source": provenance.cost_source,
        "first_text_s": provenance.first_text,
        "duration_s": provenance.duration,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    model = failure.model
    return {
        "turn": failure.turn.number,
        "speaker": failure.turn.speaker,
        "provider": model and model.provider,
        "model": model and model.model,
        "kind": failure.kind,
        "problem": failure.problem,
        "hint": failure.hint,
        "text": failure.text,
    }
