"""Streams as small servers and gateways write them: the files beside this one."""

from pathlib import Path

import pytest

from tests.fault_dialects import Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import a_provider, an_endpoint, hear

FILES = (Path(__file__).parent / "streams").glob("*.sse")
STREAMS = {file.stem: file.read_bytes() for file in sorted(FILES)}
SAID = {"model-is-a-number": "The sea."}
THOUGHT = {
    "harmony": "Secret plan.",
    "only-the-end": "Secret plan.",
    "parts": "Hm.",
    "reasoning-object": "Hm.",
    "think": "Secret plan.",
}


@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json", "text/plain"])
@pytest.mark.parametrize(("name", "stream"), STREAMS.items(), ids=STREAMS)
async def test_what_is_said_is_said_and_what_is_thought_is_not(
    name: str, stream: bytes, content_type: str
) -> None:
    async def play(reply: Reply) -> None:
        await reply.whole(200, stream, content_type)

    async with FaultServer() as server:
        server.scenarios["stream"] = play
        async with a_provider(an_endpoint(server.url("stream"))) as provider:
            heard = await hear(provider)
    assert heard.text == SAID.get(name, "The sea is calm today.")
    assert heard.thought.strip() == THOUGHT.get(name, "")
    assert heard.finished
