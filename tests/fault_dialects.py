"""The wire formats of the fault server, and what its scenarios write with."""

import asyncio
import json
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

SAID = "Hello, wörld 🙂 世界!"
"""What is said when nothing goes wrong."""
PIECES = (SAID[:3], SAID[3:9], SAID[9:])


class Dialect(Protocol):
    """How a wire format says things."""

    content_type: str

    def event(self, value: object) -> bytes:
        """Any JSON value as one event."""

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        """Something said or thought."""

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        """The terminal mark, with a count of tokens."""

    def document(self) -> bytes:
        """A whole reply that is not streamed."""


class OpenAI:
    """Server-sent events; the end is a reason, then the count, then `[DONE]`."""

    content_type = "text/event-stream"

    def event(self, value: object) -> bytes:
        return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"

    def choice(self, reason: str | None = None, **delta: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return self.event({"object": "chat.completion.chunk", "model": "m-1", "choices": [choice]})

    def piece(self, text: str, *, is_thought: bool = False) -> bytes:
        return self.choice(**{"reasoning_content" if is_thought else "content": text})

    def end(self, reason: str = "stop", *, sent: object = 7, received: object = 5) -> bytes:
        usage = {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": 0}
        return (
            self.choice(reason) + self.event({"choices": [], "usage": usage}) + b"data: [DONE]\n\n"
        )

    def document(self) -> bytes:
        message = {"role": "assistant", "content": SAID}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        usage = {"prompt_tokens": 7, "completion_tokens": 5}
        return json.dumps({"model": "m-1", "choices": choices, "usage": usage}).encode()


class Ollama:
    """One JSON object a line; the last one is `done`, with the count."""

    content_type = "application/x-ndjson"

    def event(self, value: object) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"

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
    """The list of models, in both dialects at once: the JSON document that a GET asks for."""

    content_type = "application/json"
    models = ("m-1", "text-embedding-m-2")

    def event(self, value: object) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode()

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


OPENAI, OLLAMA, LISTING = OpenAI(), Ollama(), Listing()


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
