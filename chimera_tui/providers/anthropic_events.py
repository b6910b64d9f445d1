"""The events of Anthropic's messages format, as plain data.

Nothing in an event has to be there, or of its type, but the words: all else that is odd counts as
not said.
"""

from collections.abc import Iterator
from typing import Any

from chimera_tui.domain.conversation import Finish, Usage
from chimera_tui.domain.text import one_line
from chimera_tui.providers.base import Finished, StreamItem
from chimera_tui.providers.parts import ReplySoFar, fields, name, told
from chimera_tui.providers.watch import count

_FINISH = {
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "refusal": Finish.FILTER,
}
_GOES_ON = {"", "null", "none"}
"""What some gateways call the reason as long as there is none."""
_ENDS = {"message_stop", "message"}


class AnthropicEvent:
    """One event of a stream, or a whole message.

    Args:
        document: As it came.
        said: What was said before; what is said once more, as a whole, is passed over.

    Attributes:
        items: What is said and thought in it.

    Raises:
        ValueError: If it is no object, or its words cannot be read.
    """

    __slots__ = ("_data", "_message", "items", "kind")

    def __init__(self, document: object, said: ReplySoFar) -> None:
        if not isinstance(document, dict):
            raise ValueError  # noqa: TRY004 - data that is not what the format says
        self._data: dict[str, Any] = document
        self._message = fields(document.get("message"))
        self.kind = name(document.get("type"))
        self.items = list(self._items(said))

    def _items(self, said: ReplySoFar) -> Iterator[StreamItem]:
        for piece in (self._data.get("content_block"), self._data.get("delta")):
            if piece:
                yield from said.new(told(piece))
        for message in (self._message, self._data):
            if whole := message.get("content"):
                yield from said.missing(told(whole), is_last=self.kind in _ENDS)

    def trouble(self) -> object:
        """An error in the place of words; None if there is none."""
        return self._data.get("error") or ("no reason given" if self.kind == "error" else None)

    def told_of_message(self) -> Iterator[dict[str, Any]]:
        """Yield the places where it may say something of the message as a whole."""
        yield self._message
        yield fields(self._data.get("delta"))
        yield self._data


class Count:
    """What the events of one reply say about it as a whole, gathered until it ends."""

    def __init__(self) -> None:
        self._model = self._reason = ""
        self._details: object = None
        self._usage: dict[str, object] = {}

    def take(self, event: AnthropicEvent) -> Finished | None:
        """Take note of an event; return the end if it is the terminal mark."""
        for place in event.told_of_message():
            self._model = name(place.get("model")) or self._model
            # Counts are running totals, and a later event may leave out what an earlier one said.
            usage = fields(place.get("usage"))
            self._usage |= {key: value for key, value in usage.items() if value is not None}
            reason = name(place.get("stop_reason"))
            if reason.lower() not in _GOES_ON:
                self._reason, self._details = reason, place.get("stop_details")
        # Without a reason the mark says nothing: something cut out what was before it.
        return self.finished() if self._reason and event.kind in _ENDS else None

    def finished(self) -> Finished:
        """The end, as far as is known."""
        finish = _FINISH.get(self._reason, Finish.STOP)
        return Finished(finish, self._sum(), self._model, _note(self._details))

    def _sum(self) -> Usage | None:
        usage = self._usage
        new, received = count(usage.get("input_tokens")), count(usage.get("output_tokens"))
        if new is None or received is None:
            return None
        read = count(usage.get("cache_read_input_tokens")) or 0
        written = count(usage.get("cache_creation_input_tokens")) or 0
        thought = count(fields(usage.get("output_tokens_details")).get("thinking_tokens"))
        return Usage(
            input=new + read + written,
            output=received,
            cache_read=read,
            cache_write=written,
            thinking=min(thought or 0, received),
        )


def _note(details: object) -> str:
    """Why the model refuses, in the service's words; empty if it does not."""
    match details:
        case {"explanation": str(why)} | {"category": str(why)}:
            return f"Refused: {one_line(why, 200)}"
    return ""
