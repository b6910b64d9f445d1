"""However a network cuts a stream, and wherever it ends."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.errors import ProviderError
from tests.fault_dialects import ANTHROPIC, GEMINI, OLLAMA, OPENAI, SAID, Dialect, Reply
from tests.fault_server import FaultServer
from tests.providers.helpers import WIRES, Heard, Wire, a_provider, an_endpoint, hear

DIALECTS: dict[Wire, Dialect] = {
    "openai": OPENAI,
    "anthropic": ANTHROPIC,
    "gemini": GEMINI,
    "ollama": OLLAMA,
}
PROPERTY = settings(max_examples=100, derandomize=True, deadline=None)


class Wires:
    """Sends streams of bytes through a real socket and the real SDKs."""

    def __init__(self, runner: asyncio.Runner, server: FaultServer) -> None:
        self._runner = runner
        self._server = server

    def hear(self, wire: Wire, *chunks: bytes) -> Heard:
        """What comes out at the other end."""

        async def say(reply: Reply) -> None:
            await reply.say(*(chunk for chunk in chunks if chunk))

        async def listen() -> Heard:
            async with a_provider(an_endpoint(self._server.url("chunks"), wire)) as provider:
                return await hear(provider)

        self._server.scenarios["chunks"] = say
        return self._runner.run(listen())


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with asyncio.Runner() as runner:
        server = FaultServer()
        runner.run(server.__aenter__())
        yield Wires(runner, server)
        runner.run(server.__aexit__())


def stream_of(wire: Wire, *texts: str) -> bytes:
    dialect = DIALECTS[wire]
    return b"".join((*(dialect.piece(text) for text in texts), dialect.end()))


WORDS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=5)
CUTS = st.lists(st.integers(1, 2000), max_size=12)


@pytest.mark.parametrize("wire", WIRES)
@given(texts=WORDS, cuts=CUTS)
@PROPERTY
def test_any_split_gives_the_same_text(
    wires: Wires, wire: Wire, texts: list[str], cuts: list[int]
) -> None:
    stream = stream_of(wire, *texts)
    edges = [0, *sorted(cut for cut in set(cuts) if cut < len(stream)), len(stream)]
    chunks = [stream[start:end] for start, end in pairwise(edges)]

    heard = wires.hear(wire, *chunks)

    assert heard.text == "".join(texts)
    assert heard.finished


@pytest.mark.parametrize("wire", WIRES)
@given(share=st.floats(0, 1, exclude_max=True))
@PROPERTY
def test_no_prefix_without_the_terminal_mark_is_complete(
    wires: Wires, wire: Wire, share: float
) -> None:
    stream = b"".join(DIALECTS[wire].piece(text) for text in (SAID, SAID))
    mark = DIALECTS[wire].end().split(b"\n")[0].rstrip()
    with pytest.raises(ProviderError):
        wires.hear(wire, (stream + mark)[: int(share * len(stream + mark))])


@pytest.mark.parametrize("wire", WIRES)
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255))
@PROPERTY
def test_a_wrong_byte_gives_a_reply_or_a_named_fault(
    wires: Wires, wire: Wire, at: int, byte: int
) -> None:
    stream = bytearray(stream_of(wire, SAID))
    stream[at % len(stream)] = byte
    try:
        heard = wires.hear(wire, bytes(stream))
    except ProviderError:
        return  # named
    assert heard.finished
