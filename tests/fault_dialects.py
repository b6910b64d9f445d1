"""The wire formats of the fault server, and what its scenarios write with."""

import asyncio
import json
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

SAID = "Hello, wörld 🙂 世界!"
"""What is said when nothing goes wrong."""
PIECES = (SAID[:3], SAID[3:9], SAID[9:])


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


class Dialect(Protocol):
    """How a wire format says things."""

    content_type: str

    @property
    def keep_alive(self) -> bytes:
        """What says no more than that the connection stands."""

    def raw(self, data: bytes) -> bytes:
        """Any bytes in the place of the JSON of an event."""

    def event(self, value: object) -> bytes:
        """Any JSON value as one event."""

    def error(self, message: str, status: int = 500) -> dict[str, object]:
        """An error, as JSON."""

    def harmless(self) -> list[bytes]:
        """Events that say nothing."""

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        """Something said or thought."""

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        """The terminal mark, with a count of tokens."""

    def document(self) -> bytes:
        """A whole reply that is not streamed."""


class OpenAI:
    """Server-sent events; the end is a reason, then the count, then `[DONE]`."""

    content_type = "text/event-stream"
    keep_alive = b": keep-alive\n\n"

    def raw(self, data: bytes) -> bytes:
        return b"data: %b\n\n" % data

    def event(self, value: object) -> bytes:
        return self.raw(_json(value))

    def error(self, message: str, status: int = 500) -> dict[str, object]:
        return {"error": {"message": message, "type": "some_error", "code": None}}

    def harmless(self) -> list[bytes]:
        null_choices: dict[str, object] = {"choices": None}
        nothing = self.choice(role="assistant", content=None)
        return [self.event({}), self.event(null_choices), nothing]

    def choice(self, reason: str | None = None, **delta: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return self.event({"object": "chat.completion.chunk", "model": "m-1", "choices": [choice]})

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        return self.choice(**{"reasoning_content" if is_thought else "content": text})

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        usage = {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": 0}
        reason = {"filter": "content_filter"}.get(reason, reason)
        return (
            self.choice(reason) + self.event({"choices": [], "usage": usage}) + b"data: [DONE]\n\n"
        )

    def document(self) -> bytes:
        message = {"role": "assistant", "content": SAID}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        usage = {"prompt_tokens": 7, "completion_tokens": 5}
        return json.dumps({"model": "m-1", "choices": choices, "usage": usage}).encode()


class Anthropic:
    """Named server-sent events; the end is a reason with the count, then `message_stop`."""

    content_type = "text/event-stream"

    keep_alive = b'event: ping\ndata: {"type": "ping"}\n\n'
    types: ClassVar = {
        400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
        403: "permission_error", 404: "not_found_error", 413: "request_too_large",
        429: "rate_limit_error", 504: "timeout_error", 529: "overloaded_error",
    }  # fmt: skip

    def raw(self, data: bytes, name: str = "message") -> bytes:
        return b"event: %b\ndata: %b\n\n" % (name.encode(), data)

    def event(self, value: object) -> bytes:
        name = value.get("type", "message") if isinstance(value, dict) else "message"
        return self.raw(_json(value), str(name))

    def error(self, message: str, status: int = 500) -> dict[str, object]:
        error = {"type": self.types.get(status, "api_error"), "message": message}
        return {"type": "error", "error": error, "request_id": "req_1"}

    def harmless(self) -> list[bytes]:
        block = {"type": "text", "text": ""}
        signature = {"type": "signature_delta", "signature": "c2ln"}
        return [
            self.start(),
            self.event({"type": "content_block_start", "index": 0, "content_block": block}),
            self.event({"type": "content_block_delta", "index": 0, "delta": signature}),
            self.event({"type": "content_block_stop", "index": 0}),
            self.event({"type": "some_day"}),
        ]

    def start(self, sent: object = 4) -> bytes:
        usage = {"input_tokens": sent, "cache_read_input_tokens": 2, "output_tokens": 1}
        usage |= {"cache_creation_input_tokens": 1}
        message = {"type": "message", "role": "assistant", "model": "m-1", "usage": usage}
        return self.event({"type": "message_start", "message": message})

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        kind = "thinking" if is_thought else "text"
        delta = {"type": f"{kind}_delta", kind: text}
        return self.event({"type": "content_block_delta", "index": 0, "delta": delta})

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        reason = {"stop": "end_turn", "length": "max_tokens", "filter": "refusal"}.get(
            reason, reason
        )
        usage = {"output_tokens": received, "output_tokens_details": {"thinking_tokens": 2}}
        delta = {"stop_reason": reason, "stop_sequence": None}
        new = sent - 3 if isinstance(sent, int) else sent
        return (
            self.start(new)
            + self.event({"type": "message_delta", "delta": delta, "usage": usage})
            + self.event({"type": "message_stop"})
        )

    def document(self) -> bytes:
        usage = {"input_tokens": 4, "cache_read_input_tokens": 3, "output_tokens": 5}
        content = [{"type": "text", "text": SAID}]
        message = {"type": "message", "role": "assistant", "model": "m-1", "content": content}
        return _json(message | {"stop_reason": "end_turn", "usage": usage})


class Gemini:
    """Server-sent events with CRLF; the last one has a reason, and there is no other mark."""

    content_type = "text/event-stream"

    keep_alive = b": keep-alive\n\n"

    def raw(self, data: bytes) -> bytes:
        return b"data: %b\r\n\r\n" % data

    def event(self, value: object) -> bytes:
        return self.raw(_json(value))

    def error(self, message: str, status: int = 500) -> dict[str, object]:
        return {"error": {"code": status, "message": message, "status": "SOME_STATUS"}}

    def harmless(self) -> list[bytes]:
        usage = {"promptTokenCount": 7, "totalTokenCount": 7}
        empty: dict[str, object] = {"candidates": [{"content": {"role": "model"}, "index": 0}]}
        return [self.event({"usageMetadata": usage}), self.event(empty), self.event({})]

    def part(self, text: object, *, is_thought: bool = False, **more: object) -> dict[str, object]:
        part = {"text": text} | ({"thought": True} if is_thought else {})
        content = {"parts": [part], "role": "model"}
        return {"candidates": [{"content": content, "index": 0} | more], "modelVersion": "m-1"}

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        return self.event(self.part(text, is_thought=is_thought))

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        reason = {"stop": "STOP", "length": "MAX_TOKENS", "filter": "SAFETY"}.get(reason, reason)
        said = received - 2 if isinstance(received, int) else received
        usage = {"promptTokenCount": sent, "candidatesTokenCount": said, "thoughtsTokenCount": 2}
        usage |= {"cachedContentTokenCount": 2}
        return self.event(self.part("", finishReason=reason) | {"usageMetadata": usage})

    def document(self) -> bytes:
        usage = {"promptTokenCount": 7, "candidatesTokenCount": 5}
        return _json(self.part(SAID, finishReason="STOP") | {"usageMetadata": usage})


class Ollama:
    """One JSON object a line; the last one is `done`, with the count."""

    content_type = "application/x-ndjson"

    @property
    def keep_alive(self) -> bytes:
        """There are no comments in JSON."""
        return self.piece("")

    def raw(self, data: bytes) -> bytes:
        return data + b"\n"

    def event(self, value: object) -> bytes:
        return self.raw(_json(value))

    def error(self, message: str, status: int = 500) -> dict[str, object]:
        return {"error": message}

    def harmless(self) -> list[bytes]:
        return [self.part(some="field")]

    def part(self, text: str = "", **more: object) -> bytes:
        message = {"role": "assistant", "content": text}
        return self.event({"model": "m-1", "message": message, "done": False} | more)

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        if is_thought:
            return self.part(message={"role": "assistant", "content": "", "thinking": text})
        return self.part(text)

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        return self.part(done=True, done_reason=reason, prompt_eval_count=sent, eval_count=received)

    def document(self) -> bytes:
        message = {"role": "assistant", "content": SAID}
        counts = {"prompt_eval_count": 7, "eval_count": 5}
        return json.dumps({"model": "m-1", "message": message, "done": True} | counts).encode()


class Listing:
    """The list of models, in all dialects at once: the JSON document that a GET asks for."""

    content_type = "application/json"
    keep_alive = b" "
    models = ("m-1", "text-embedding-m-2")

    def raw(self, data: bytes) -> bytes:
        return data

    def event(self, value: object) -> bytes:
        return _json(value)

    def error(self, message: str, status: int = 500) -> dict[str, object]:
        return {"error": {"code": status, "message": message}}

    def harmless(self) -> list[bytes]:
        return [b" "]

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        return b" "

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        return self.document()

    def document(self) -> bytes:
        return self.of(*self.models)

    def of(self, *names: str) -> bytes:
        return self.event(
            {"data": [{"id": n} for n in names], "models": [{"name": n} for n in names]}
        )


OPENAI, ANTHROPIC, GEMINI, OLLAMA = OpenAI(), Anthropic(), Gemini(), Ollama()
LISTING = Listing()


def spoken_at(path: str) -> Dialect:
    """The wire format in which a request to `path` is answered."""
    if path.endswith("api/chat"):
        return OLLAMA
    if path.endswith("v1/messages"):
        return ANTHROPIC
    return GEMINI if ":streamGenerateContent" in path else OPENAI


@dataclass
class Reply:
    """What a scenario writes to: one connection, after the request was read."""

    dialect: Any
    """A `Dialect`; scenarios that belong to one format use what only that one has."""
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def head(self, status: int = 200, content_type: str = "", **headers: str) -> None:
        """Send the status and headers of a chunked answer."""
        fields = {"content-type": content_type or self.dialect.content_type}
        fields |= {"transfer-encoding": "chunked"}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
        await self.raw("\r\n".join(lines).encode())

    async def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def send(self, *parts: bytes) -> None:
        """Send each part as a chunk of its own."""
        for part in parts:
            await self.raw(b"%x\r\n%b\r\n" % (len(part), part))

    async def done(self) -> None:
        """End the answer as HTTP wants it."""
        await self.raw(b"0\r\n\r\n")

    async def whole(self, status: int, body: bytes, content_type: str = "", **headers: str) -> None:
        """Send a complete answer."""
        await self.head(status, content_type, **headers)
        await self.send(body)
        await self.done()

    async def say(self, *parts: bytes) -> None:
        """Send a whole, sound stream made of `parts`."""
        await self.head()
        await self.send(*parts)
        await self.done()

    async def wait(self, seconds: float | None = None) -> None:
        """Say nothing more until the client leaves, or for some time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.reader.read()

    def reset(self) -> None:
        """Break the connection with RST instead of FIN."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def pieces(self) -> list[bytes]:
        """The sound stream, event by event."""
        return [*(self.dialect.piece(text) for text in PIECES), self.dialect.end()]
