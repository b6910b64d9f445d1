"""The events of Anthropic's messages format, as plain data."""

from collections.abc import Iterator

import msgspec

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.text import one_line
from chimera_tui.providers.base import Finished, StreamItem, Text, Thinking
from chimera_tui.providers.watch import count

_FINISH = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "refusal": Finish.FILTER,
}


class _Piece(msgspec.Struct):
    """A block, a piece of one, or what changes in the message as a whole."""

    text: str | None = None
    thinking: str | None = None
    stop_reason: str | None = None
    stop_details: object = None


class _Details(msgspec.Struct):
    thinking_tokens: object = None


class _Usage(msgspec.Struct):
    input_tokens: object = None
    cache_read_input_tokens: object = None
    cache_creation_input_tokens: object = None
    output_tokens: object = None
    output_tokens_details: _Details | None = None


class _Message(msgspec.Struct):
    model: str | None = None
    usage: object = None


class Event(msgspec.Struct):
    """One event of a stream, or a whole message."""

    type: str = ""
    message: _Message | None = None
    content_block: _Piece | None = None
    delta: _Piece | None = None
    usage: object = None
    error: object = None
    # Of a whole message.
    model: str | None = None
    content: list[_Piece] | None = None
    stop_reason: str | None = None
    stop_details: object = None

    def pieces(self) -> Iterator[StreamItem]:
        """What is said and thought in it."""
        for piece in (self.content_block, self.delta, *(self.content or ())):
            if piece and piece.thinking:
                yield Thinking(piece.thinking)
            if piece and piece.text:
                yield Text(piece.text)

    def trouble(self) -> object:
        """An error in the place of words; None if there is none."""
        return self.error or ("no reason given" if self.type == "error" else None)


class Count:
    """What the events of one reply say about it as a whole, gathered until it ends."""

    def __init__(self) -> None:
        self._model = ""
        self._reason: str | None = None
        self._details: object = None
        self._usage: dict[str, object] = {}

    def take(self, event: Event) -> Finished | None:
        """Take note of an event; return the end if it is the terminal mark."""
        if event.message:
            self._model = event.message.model or self._model
            self._count(event.message.usage)
        self._model = event.model or self._model
        self._count(event.usage)
        for told in (event.delta, event):
            if told and told.stop_reason:
                self._reason, self._details = told.stop_reason, told.stop_details
        # Without a reason the mark says nothing: something cut out what was before it.
        if self._reason and event.type in {"message_stop", "message"}:
            finish = _FINISH.get(self._reason, Finish.STOP)
            return Finished(finish, self._sum(), self._model, _note(self._details))
        return None

    def _count(self, usage: object) -> None:
        """Counts are running totals, and a later event may leave out what an earlier one said."""
        if isinstance(usage, dict):
            self._usage |= {name: value for name, value in usage.items() if value is not None}

    def _sum(self) -> Usage | None:
        try:
            usage = msgspec.convert(self._usage, _Usage)
        except msgspec.ValidationError:
            return None
        new, received = count(usage.input_tokens), count(usage.output_tokens)
        if new is None or received is None:
            return None
        read = count(usage.cache_read_input_tokens) or 0
        written = count(usage.cache_creation_input_tokens) or 0
        thought = count(usage.output_tokens_details and usage.output_tokens_details.thinking_tokens)
        return Usage(
            input=new + read + written,
            output=received,
            cache_read=read,
            cache_write=written,
            thinking=min(thought or 0, received),
        )


def whole(document: bytes) -> Event:
    """A server that does not stream answers with one document, whose end is its terminal mark.

    Raises:
        ValueError: If it is something else.
    """
    event = msgspec.json.decode(document, type=Event)
    if event.content:
        event.stop_reason = event.stop_reason or "end_turn"
    return event


def _note(details: object) -> str:
    """Why the model refuses, in the service's words; empty if it does not."""
    match details:
        case {"explanation": str(why)} | {"category": str(why)}:
            return f"Refused: {one_line(why, 200)}"
    return ""
