"""The events of OpenAI's chat format, as plain data, with what other services add to them."""

import math
from collections.abc import Iterator

import msgspec

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.providers.base import StreamItem, Text, Thinking
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


class _Piece(msgspec.Struct):
    """What was said or thought; the names differ by service."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct):
    delta: _Piece | None = None
    message: _Piece | None = None
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    """Of the tokens read and written; of the cost."""

    cached_tokens: object = None
    cache_write_tokens: object = None
    reasoning_tokens: object = None
    upstream_inference_cost: object = None


_NO_DETAILS = _Details()


class _Usage(msgspec.Struct):
    prompt_tokens: object = None
    completion_tokens: object = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: object = None
    """DeepSeek's name for cached tokens."""
    cost: object = None
    is_byok: object = None
    """OpenRouter: the model is paid with a key of the person's own, and `cost` is only the fee."""
    cost_details: _Details | None = None

    def micro_dollars(self) -> int | None:
        cost = _dollars(self.cost)
        if cost is not None and self.is_byok is True:
            cost += _dollars((self.cost_details or _NO_DETAILS).upstream_inference_cost) or 0
        return None if cost is None else round(cost * 10**6)


class Event(msgspec.Struct):
    """One event of a stream, or a whole reply."""

    choices: list[_Choice] | None = None
    usage: object = None
    model: str | None = None
    kind: str | None = msgspec.field(default=None, name="object")
    error: object = None
    message: object = None

    def pieces(self) -> Iterator[StreamItem]:
        """What is said and thought in it."""
        for choice in (self.choices or ())[:1]:
            if piece := choice.delta or choice.message:
                if thought := piece.reasoning_content or piece.reasoning:
                    yield Thinking(thought)
                if said := piece.content or piece.refusal:
                    yield Text(said)

    def finish(self) -> Finish | None:
        """How it ended; None if it goes on."""
        reason = self.choices[0].finish_reason if self.choices else None
        return _FINISH.get(reason, Finish.STOP) if reason else None

    def trouble(self) -> object:
        """An error in the place of words, in one of its shapes; None if there is none."""
        if self.error or self.kind == "error":
            return self.error or self.message or "no reason given"
        if self.choices:
            return _BROKEN_OFF.get(self.choices[0].finish_reason or "")
        return None

    def count(self, *, reports_cost: bool) -> Usage | None:
        """The count of tokens; None if there is none that can be true.

        Args:
            reports_cost: Whether to believe what it says of the cost.
        """
        try:
            usage = msgspec.convert(self.usage, _Usage)
        except msgspec.ValidationError:
            return None
        sent, received = count(usage.prompt_tokens), count(usage.completion_tokens)
        if sent is None or received is None:
            return None
        read = usage.prompt_tokens_details or _NO_DETAILS
        written = usage.completion_tokens_details or _NO_DETAILS
        cached = count(read.cached_tokens) or count(usage.prompt_cache_hit_tokens) or 0
        return Usage(
            input=sent,
            output=received,
            cache_read=min(cached, sent),
            cache_write=min(count(read.cache_write_tokens) or 0, sent),
            thinking=min(count(written.reasoning_tokens) or 0, received),
            cost=usage.micro_dollars() if reports_cost else None,
        )


def whole(document: bytes) -> Event:
    """A server that does not stream answers with one document, whose end is its terminal mark.

    Raises:
        ValueError: If it is something else.
    """
    event = msgspec.json.decode(document, type=Event)
    for choice in event.choices or ():
        choice.finish_reason = choice.finish_reason or "stop"
    return event


def _dollars(value: object) -> float | None:
    """An amount of money; None if it cannot be one, whatever the service says."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if math.isfinite(value) and 0 <= value <= MOST_DOLLARS else None
    return None
