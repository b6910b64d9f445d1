"""The events of OpenAI's chat format, as plain data, with what other services add to them.

Nothing in an event has to be there, or of its type, but the words: all else that is odd counts as
not said.
"""

import math
from collections.abc import Iterator
from typing import Any

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.providers.base import StreamItem, Thinking
from chimera_tui.providers.parts import ReplySoFar, fields, first, name, thought, told
from chimera_tui.providers.watch import count

MOST_DOLLARS = 1000.0
"""A reply that is said to cost more is a mistake of the service."""

_FINISH = {
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "content_filter": Finish.FILTER,
}
_BROKEN_OFF = {
    "error": "no reason given",
    "insufficient_system_resource": "it ran out of resources in the middle of the reply",
}
"""Reasons to end that are none: the reply was interrupted."""
_GOES_ON = {"", "null", "none", "nil", "undefined", "unknown", "in_progress", "incomplete"}
"""What some servers call the reason as long as there is none."""
_WORDS = ("content", "text", "refusal")
_THOUGHTS = (
    "reasoning_content", "reasoning", "reasoning_text", "thinking", "thoughts", "reasoning_details",
)  # fmt: skip
_REASONS = ("finish_reason", "stop_reason", "finish_details", "finishReason", "done_reason")


class OpenAIEvent:
    """One event of a stream, or a whole reply.

    Args:
        document: As it came.
        said: What was said before; what is said once more, as a whole, is passed over.

    Attributes:
        items: What is said and thought in it.

    Raises:
        ValueError: If it is no object, or its words cannot be read.
    """

    __slots__ = ("_choice", "_data", "_reason", "items")

    def __init__(self, document: object, said: ReplySoFar) -> None:
        if not isinstance(document, dict):
            raise ValueError  # noqa: TRY004 - data that is not what the format says
        self._data: dict[str, Any] = document
        self._choice = first(document.get("choices"))
        if not self._choice and isinstance(document.get("message"), dict):
            self._choice = document
        self._reason = _reason(self._choice, document)
        self.items = list(self._items(self._choice, said)) if self._choice else []

    def _items(self, choice: dict[str, Any], said: ReplySoFar) -> Iterator[StreamItem]:
        delta, message = choice.get("delta"), choice.get("message")
        if delta:
            yield from said.new(_pieces(delta))
        if message:
            yield from said.missing(_pieces(message), is_last=bool(self._reason))
        elif not delta and (text := choice.get("text")):
            yield from said.new(told(text))

    @property
    def model(self) -> str:
        """The model that says it answered; empty if it does not."""
        return name(self._data.get("model"))

    def finish(self) -> Finish | None:
        """How it ended; None if it goes on."""
        return _FINISH.get(self._reason, Finish.STOP) if self._reason else None

    def trouble(self) -> object:
        """An error in the place of words, in one of its shapes; None if there is none."""
        data = self._data
        if (error := data.get("error")) or data.get("object") == "error":
            return error or name(data.get("message")) or "no reason given"
        return _BROKEN_OFF.get(self._reason) or fields(self._choice.get("error")) or None

    def is_counted(self) -> bool:
        """Whether it counts what was used."""
        return bool(self._data.get("usage"))

    def count(self, *, reports_cost: bool) -> Usage | None:
        """The count of tokens; None if there is none that can be true.

        Args:
            reports_cost: Whether to believe what it says of the cost.
        """
        usage = fields(self._data.get("usage"))
        sent, received = count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))
        if sent is None or received is None:
            return None
        read = fields(usage.get("prompt_tokens_details"))
        written = fields(usage.get("completion_tokens_details"))
        cached = count(read.get("cached_tokens"))
        cached = cached or count(usage.get("prompt_cache_hit_tokens"))  # DeepSeek's name for it
        return Usage(
            input=sent,
            output=received,
            cache_read=min(cached or 0, sent),
            cache_write=min(count(read.get("cache_write_tokens")) or 0, sent),
            thinking=min(count(written.get("reasoning_tokens")) or 0, received),
            cost=_micro_dollars(usage) if reports_cost else None,
        )


def _reason(choice: dict[str, Any], data: dict[str, Any]) -> str:
    """Why it ended, wherever that is said; empty if it goes on."""
    reason = choice.get("finish_reason")
    if not reason:
        for place in (choice, fields(choice.get("delta")), fields(choice.get("message")), data):
            reason = next((place[key] for key in _REASONS if place.get(key)), None)
            if reason:
                break
        else:
            return ""
    if isinstance(reason, dict):
        reason = reason.get("type") or reason.get("reason")
    reason = name(reason)
    return "" if reason.strip().lower() in _GOES_ON else reason


def _pieces(piece: object) -> Iterator[StreamItem]:
    """What is said and thought in a delta or a message; the names differ by service."""
    if not isinstance(piece, dict):
        yield from told(piece)
        return
    for key in _THOUGHTS:
        if (value := piece.get(key)) and (text := thought(value)):
            yield Thinking(text)
            break
    for key in _WORDS:
        if value := piece.get(key):
            yield from told(value)
            break


def _micro_dollars(usage: dict[str, Any]) -> int | None:
    cost = _dollars(usage.get("cost"))
    if cost is not None and usage.get("is_byok") is True:
        # OpenRouter: the model is paid with a key of the person's own, and `cost` is only the fee.
        cost += _dollars(fields(usage.get("cost_details")).get("upstream_inference_cost")) or 0
    return None if cost is None else round(cost * 10**6)


def _dollars(value: object) -> float | None:
    """An amount of money; None if it cannot be one, whatever the service says."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if math.isfinite(value) and 0 <= value <= MOST_DOLLARS else None
    return None
