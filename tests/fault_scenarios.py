"""What a model server may do: a function each, reachable under its name.

A scenario that waits, waits for the client to leave: nothing here sleeps.
"""

import gzip
import json
from collections.abc import Awaitable, Callable
from functools import cache

from tests.fault_dialects import ANTHROPIC, LISTING, OPENAI, Reply

Scenario = Callable[[Reply], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(act: Scenario) -> Scenario:
    """Make `act` reachable under its name."""
    SCENARIOS[act.__name__] = act
    return act


async def status(reply: Reply, code: int) -> None:
    """Any status, with an error that says its number and quotes a key."""
    body = reply.dialect.error(f"status {code}, key sk-secret123456", code)
    await reply.whole(code, json.dumps(body).encode(), "application/json", retry_after="7")


# What should be understood.


@scenario
async def ok(reply: Reply) -> None:
    await reply.say(*reply.pieces())


@scenario
async def drip(reply: Reply) -> None:
    await reply.say(*(bytes([byte]) for byte in b"".join(reply.pieces())))


@scenario
async def one_packet(reply: Reply) -> None:
    await reply.say(b"".join(reply.pieces()))


@scenario
async def crlf(reply: Reply) -> None:
    await reply.say(*(part.replace(b"\n", b"\r\n") for part in reply.pieces()))


@scenario
async def odd_lines(reply: Reply) -> None:
    """All else that the format of server-sent events allows."""
    oddly = (part.replace(b"data: {", b"id: 7\nretry: 9\ndata:{\ndata:") for part in reply.pieces())
    await reply.say(b": hello\n\n", *(part.replace(b"\r\n", b"\r") for part in oddly))


@scenario
async def bom(reply: Reply) -> None:
    await reply.say(*(bytes([byte]) for byte in b"\xef\xbb\xbf"), *reply.pieces())


@scenario
async def split_utf8(reply: Reply) -> None:
    data = b"".join(reply.pieces())
    at = data.index("🙂".encode()) + 2
    await reply.say(data[:at], data[at:])


@scenario
async def invalid_utf8(reply: Reply) -> None:
    data = (
        b"".join(reply.pieces()).replace("ö".encode(), b"\xff").replace("🙂".encode(), b"\xf0\x9f")
    )
    await reply.say(data)


@scenario
async def odd_newlines(reply: Reply) -> None:
    """Characters that end a line for Python, but not in JSON."""
    await reply.say(reply.dialect.piece("one\x85two\u2028three\u2029four"), reply.dialect.end())


@scenario
async def thinking(reply: Reply) -> None:
    await reply.say(reply.dialect.piece("Hmm.", is_thought=True), *reply.pieces())


@scenario
async def length(reply: Reply) -> None:
    await reply.say(*reply.pieces()[:-1], reply.dialect.end("length"))


@scenario
async def filtered(reply: Reply) -> None:
    await reply.say(*reply.pieces()[:-1], reply.dialect.end("filter"))


@scenario
async def prompt_blocked(reply: Reply) -> None:
    """As Gemini refuses a request."""
    await reply.say(reply.dialect.event({"promptFeedback": {"blockReason": "SAFETY"}}))


@scenario
async def usage_odd(reply: Reply) -> None:
    await reply.say(*reply.pieces()[:-1], reply.dialect.end(sent=-3, received=10**12))


@scenario
async def whitespace_only(reply: Reply) -> None:
    await reply.say(reply.dialect.piece(" \n "), reply.dialect.end())


@scenario
async def thinking_only(reply: Reply) -> None:
    await reply.say(reply.dialect.piece("Hmm.", is_thought=True), reply.dialect.end())


@scenario
async def whole_document(reply: Reply) -> None:
    """A server that does not stream."""
    await reply.whole(200, reply.dialect.document(), "application/json")


@scenario
async def silent_after_end(reply: Reply) -> None:
    """The reply is whole, but the connection stays, without count or `[DONE]`."""
    await reply.head()
    end = reply.dialect.end()
    if reply.dialect is OPENAI:
        end = end.split(b"\n\n")[0] + b"\n\n"
    await reply.send(*reply.pieces()[:-1], end)
    await reply.wait()


@scenario
async def reset_after_end(reply: Reply) -> None:
    await reply.head()
    await reply.send(*reply.pieces())
    reply.reset()


@scenario
async def error_after_end(reply: Reply) -> None:
    await reply.say(*reply.pieces(), reply.dialect.event(reply.dialect.error("too late")))


# Silence, and connections that break.


@scenario
async def never_answers(reply: Reply) -> None:
    await reply.wait()


@scenario
async def half_a_head(reply: Reply) -> None:
    await reply.raw(b"HTTP/1.1 200 OK\r\ncontent-ty")
    await reply.wait()


@scenario
async def head_only(reply: Reply) -> None:
    await reply.head()
    await reply.wait()


@scenario
async def stall(reply: Reply) -> None:
    await reply.head()
    await reply.send(reply.dialect.piece("Hel"))
    await reply.wait()


@scenario
async def keep_alive(reply: Reply) -> None:
    """Comments for ever (Ollama knows none: empty words instead), after the first words."""
    await reply.head()
    await reply.send(reply.dialect.piece("Hel"))
    while not reply.reader.at_eof():
        await reply.send(reply.dialect.keep_alive)
        await reply.wait(0.01)


@scenario
async def reset(reply: Reply) -> None:
    await reply.head()
    await reply.send(reply.dialect.piece("Hel"))
    reply.reset()


@scenario
async def clean_close(reply: Reply) -> None:
    """A polite end without the terminal mark."""
    await reply.say(*reply.pieces()[:-1])


@scenario
async def cut_event(reply: Reply) -> None:
    await reply.say(*reply.pieces()[:-2], reply.dialect.piece("lost")[:30])


@scenario
async def cut_chunk(reply: Reply) -> None:
    await reply.head()
    await reply.send(reply.dialect.piece("Hel"))
    await reply.raw(b"400\r\ndata: ")


@scenario
async def done_without_reason(reply: Reply) -> None:
    """The mark that closes the connection, without the one that says why the reply ended."""
    mark = {"type": "message_stop"}
    last = reply.dialect.event(mark) if reply.dialect is ANTHROPIC else b"data: [DONE]\n\n"
    await reply.say(*reply.pieces()[:-1], last)


@scenario
async def empty_stream(reply: Reply) -> None:
    await reply.say(b"\n")


@scenario
async def not_http(reply: Reply) -> None:
    await reply.raw(b"SSH-2.0-OpenSSH_9.6\r\n")


@scenario
async def huge_header(reply: Reply) -> None:
    await reply.head(200, "", x_large="x" * 200_000)
    await reply.wait()


# What is no reply.


@scenario
async def garbage(reply: Reply) -> None:
    await reply.say(
        reply.dialect.piece("Hel"), reply.dialect.raw(b"{nonsense"), reply.dialect.end()
    )


@scenario
async def wrong_shapes(reply: Reply) -> None:
    await reply.say(reply.dialect.piece("Hel"), reply.dialect.event([1, 2]), reply.dialect.end())


@scenario
async def null(reply: Reply) -> None:
    await reply.say(reply.dialect.event(None), reply.dialect.end())


@scenario
async def text_is_a_number(reply: Reply) -> None:
    await reply.say(reply.dialect.piece(5), reply.dialect.end())


@scenario
async def nested(reply: Reply) -> None:
    depth = 100_000
    await reply.say(reply.dialect.raw(b"[" * depth + b"]" * depth))


@scenario
async def harmless(reply: Reply) -> None:
    """Events that say nothing."""
    await reply.say(*reply.dialect.harmless(), *reply.pieces())


@scenario
async def html(reply: Reply) -> None:
    await reply.whole(200, b"<html><title>Log in</title>\x1b[2J" + b"x" * 9000, "text/html")


@scenario
async def html_502(reply: Reply) -> None:
    await reply.whole(502, b"<html>Bad gateway" + b"x" * 200_000, "text/html; charset=utf-8")


@scenario
async def stalled_503(reply: Reply) -> None:
    """An error whose text never ends."""
    await reply.head(503, "text/plain")
    await reply.send(b"overloaded")
    await reply.wait()


@scenario
async def wrong_key(reply: Reply) -> None:
    """As Gemini says it, with status 400; the others say 401."""
    said = "API key not valid. Please pass a valid API key: sk-secret123456"
    error = {"error": {"code": 400, "message": said, "details": [{"reason": "API_KEY_INVALID"}]}}
    await reply.whole(400, json.dumps(error).encode(), "application/json")


@scenario
async def context(reply: Reply) -> None:
    """As llama.cpp says it."""
    error = {"code": 400, "message": "request (9000 tokens) exceeds the available context size"}
    error |= {"type": "exceed_context_size_error"}
    await reply.whole(400, json.dumps({"error": error}).encode(), "application/json")


@scenario
async def error_document(reply: Reply) -> None:
    """An error with status 200, as LM Studio sends it."""
    error = reply.dialect.error("No models loaded. Load one.")
    await reply.whole(200, json.dumps(error).encode(), "application/json")


@scenario
async def error_in_stream(reply: Reply) -> None:
    await reply.say(
        reply.dialect.piece("Hel"), reply.dialect.event(reply.dialect.error("it broke"))
    )


@scenario
async def error_object(reply: Reply) -> None:
    error = {"message": "slow down", "code": 429}
    await reply.say(reply.dialect.piece("Hel"), reply.dialect.event({"error": error}))


@scenario
async def error_by_name(reply: Reply) -> None:
    """As older vLLM says it."""
    await reply.say(reply.dialect.event({"object": "error", "message": "it broke", "code": 500}))


@scenario
async def error_event(reply: Reply) -> None:
    await reply.say(b"event: error\n" + reply.dialect.event({"error": {"message": "it broke"}}))


@scenario
async def broken_off(reply: Reply) -> None:
    await reply.say(reply.dialect.piece("Hel"), reply.dialect.end("error"))


@scenario
async def redirect(reply: Reply) -> None:
    await reply.whole(307, b"", "text/plain", location="http://elsewhere.example/v1")


# What never ends.


@scenario
async def endless_reply(reply: Reply) -> None:
    await reply.head()
    while True:
        await reply.send(reply.dialect.piece("x" * 60_000))


@scenario
async def endless_line(reply: Reply) -> None:
    await reply.head()
    await reply.send(reply.dialect.piece("Hel"), b"data: ")
    while True:
        await reply.send(b"x" * 60_000)


@scenario
async def gzip_bomb(reply: Reply) -> None:
    await reply.whole(200, _bomb(), content_encoding="gzip")


@cache
def _bomb() -> bytes:
    return gzip.compress(b"\0" * 20_000_000)


@scenario
async def many_models(reply: Reply) -> None:
    await reply.whole(200, LISTING.of(*(f"m-{n}" for n in range(5000))), "application/json")
