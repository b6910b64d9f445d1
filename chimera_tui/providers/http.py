"""Our HTTP clients: bounded, never redirected, judged before an SDK reads, remembered.

`httpx2` is what the openai SDK speaks through, `httpx` the ollama SDK; the two
are one library under two names, so one guard serves both.
"""

import asyncio
import codecs
import math
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from chimera_tui.domain.errors import ProviderError
from chimera_tui.providers import environment, faults
from chimera_tui.providers.endpoint import Endpoint
from chimera_tui.providers.lines import Rewriter
from chimera_tui.providers.quiet import keep_quiet
from chimera_tui.providers.request_log import Recording

if TYPE_CHECKING:  # 0.1 s of imports that the first paint must not wait for
    import httpx2

LONGEST_LINE = 1024 * 1024
LONGEST_BODY = 16 * 1024 * 1024
LONGEST_ERROR = 64 * 1024
"""Bytes; more of an error's body is not read."""
PAUSE = 1 / 120
"""Seconds between two reads of what trickles in: half of what a screen shows at once."""
TRICKLE = 16 * 1024
"""Bytes; what comes in larger pieces is read as it comes."""

# Line ends to httpx's reader of lines, but not to JSON, where they stand inside strings only.
_JSON_ESCAPES = {0x85: "\\u0085", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def client(
    at: Endpoint,
    headers: Mapping[str, str] | None = None,
    lines: Callable[[], Rewriter] | None = None,
) -> "httpx2.AsyncClient":
    """Make the client that lists models, and through which all SDKs but Ollama's speak.

    Args:
        at: Where to.
        headers: What every request says of itself; None: the key, as most services want it.
        lines: Makes what rewrites one stream, for an SDK that cannot read all that is sound.
    """
    import httpx2  # noqa: PLC0415 - called in a worker thread, after the first paint

    given = options(httpx2, at, lines)
    return httpx2.AsyncClient(**given if headers is None else given | {"headers": headers})


def options(
    library: ModuleType, at: Endpoint, lines: Callable[[], Rewriter] | None = None
) -> dict[str, Any]:
    """Return what every client of `library` is given: httpx or httpx2."""
    keep_quiet()
    return {
        "transport": Guard(library, at, lines),
        "headers": {"authorization": f"Bearer {at.key}"} if at.key else None,
        "timeout": _timeout(library, at),
        "follow_redirects": False,
        "trust_env": False,
    }


def _timeout(library: ModuleType, at: Endpoint) -> Any:
    """To connect only: whoever reads waits no longer than the deadlines say (see `watch.py`)."""
    return library.Timeout(None, connect=at.deadlines.connect)


class Guard:
    """A transport that judges every answer in bytes, before an SDK reads it.

    Only a 2xx answer that is no web page and not packed comes through; all
    else, and every failure of the connection, is raised as `ProviderError`,
    which the SDKs let pass untouched.
    """

    def __init__(
        self, library: ModuleType, at: Endpoint, lines: Callable[[], Rewriter] | None = None
    ) -> None:
        self._at = at
        self._lines = lines
        # google-genai would wait for a connection for ever.
        self._timeout = _timeout(library, at).as_dict()
        self._lost = (library.TransportError, OSError)
        # A connection for each request: to keep one saves nothing worth having between
        # turns that are seconds apart, and meets servers that close it just then.
        self._transport = library.AsyncHTTPTransport(
            verify=_certificates(library, at),
            limits=library.Limits(max_keepalive_connections=0),
            proxy=library.Proxy(at.proxy) if at.proxy else None,
        )
        # Each library wants the body to be of its own class.
        self._body = type("GuardedBody", (_Body, library.AsyncByteStream), {})

    async def handle_async_request(self, request: Any) -> Any:
        """Send a request; let its answer pass if it is sound.

        Raises:
            ProviderError: If it is not.
        """
        request.headers["accept-encoding"] = "identity"
        request.extensions["timeout"] = self._timeout
        at = self._at
        if (foreign := faults.foreign_key(at)) is not None:
            raise foreign
        recording = at.exchanges.begin(
            at.key,
            request.method,
            str(request.url),
            request.headers.items(),
            await request.aread(),
        )
        try:
            return await self._answer(request, recording)
        except BaseException as error:
            recording.ended(error.problem if isinstance(error, ProviderError) else "")
            raise

    async def _answer(self, request: Any, recording: Recording) -> Any:
        try:
            response = await self._transport.handle_async_request(request)
        except self._lost as error:
            raise faults.broken(self._at, error, began=False) from None
        recording.answered(response.status_code, response.headers.items())
        body = self._body(
            response.stream, self._at, self._lost, recording, is_lined=not _is_json(response)
        )
        response.stream = body
        try:
            await self._judge(response, body, to_chat=request.method == "POST")
        except BaseException:
            await body.aclose()
            raise
        if self._lines and request.method == "POST":
            body.lines = self._lines()
        return response

    async def aclose(self) -> None:
        """Close what is open."""
        await self._transport.aclose()

    async def _judge(self, response: Any, body: "_Body", *, to_chat: bool) -> None:
        headers = response.headers
        encoding = headers.get("content-encoding", "identity")
        if not response.is_success:
            said = "" if encoding != "identity" else await body.beginning()
            raise faults.refused(self._at, response.status_code, headers, said, to_chat=to_chat)
        if encoding != "identity":
            raise faults.encoded(self._at, encoding)
        # Some servers call everything a web page: what begins like one is.
        if "html" in headers.get("content-type", "") and await body.begins_with(b"<"):
            raise faults.web_page(self._at, await body.beginning())


class _Body:
    """The bytes of an answer: bounded, and UTF-8 wherever a chunk is cut."""

    def __init__(
        self,
        stream: Any,
        at: Endpoint,
        lost: tuple[type[Exception], ...],
        recording: Recording,
        *,
        is_lined: bool,
    ) -> None:
        self._stream, self._at, self._lost = stream, at, lost
        self._recording = recording
        self._is_recorded = True
        self._longest_line = LONGEST_LINE if is_lined else LONGEST_BODY
        self._line = self._size = 0
        self._read_at = -math.inf
        self._is_due = self._had_to_wait = False
        """Whether `_tick` will be called; whether it was since the last read began."""
        self.lines: Rewriter | None = None
        self._chunks: Any = None
        self._ahead: list[bytes] = []
        """What was looked at, and is to be read."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._is_start = self._is_whole = True
        """Whether nothing came yet; whether no character is cut by the end of what came."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (chunk := await self._next()) is not None:
                if self._is_recorded:
                    self._is_recorded = self._recording.received(chunk)
                self._measure(chunk)
                if mended := self._mended(chunk):
                    self._is_start = False
                    yield self.lines.feed(mended) if self.lines else mended
                    self._must_be_sound()
                await self._gather(chunk)
        except self._lost as error:
            raise self._failed(faults.broken(self._at, error, began=True)) from None
        rest = b"" if self._is_whole else self._decoder.decode(b"", final=True).encode()
        yield self.lines.feed(rest) + self.lines.end() if self.lines else rest
        self._must_be_sound()

    async def aclose(self) -> None:
        self._recording.ended()
        if self._chunks:  # left alone it would be closed by the garbage collector, at its own time
            await self._chunks.aclose()
        await self._stream.aclose()

    async def beginning(self) -> str:
        """The first part of it, for an error; what comes too late or breaks is left out."""
        start = bytearray()
        try:
            async with asyncio.timeout(self._at.deadlines.trailer):
                async for chunk in self:
                    start += chunk
                    if len(start) >= LONGEST_ERROR:
                        break
        except (TimeoutError, ProviderError):
            pass
        return start[:LONGEST_ERROR].decode(errors="replace")

    async def begins_with(self, start: bytes) -> bool:
        """Whether these are the first bytes that are no blanks; none of them is lost by looking."""
        looked_at = b""
        try:
            while (chunk := await self._next()) is not None:
                looked_at = (looked_at + chunk).removeprefix(codecs.BOM_UTF8).lstrip()
                if looked_at:
                    break
        except self._lost as error:
            raise self._failed(faults.broken(self._at, error, began=True)) from None
        self._ahead = [looked_at] if looked_at else []
        return looked_at.startswith(start)

    async def _next(self) -> bytes | None:
        """Read on; None at the end."""
        if self._ahead:
            return self._ahead.pop()
        if self._chunks is None:
            self._chunks = aiter(self._stream)
        self._had_to_wait = False
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._tick)
        chunk: bytes | None = await anext(self._chunks, None)
        return chunk

    async def _gather(self, chunk: bytes) -> None:
        """Where it trickles in fast, let more come before the next read.

        Most of what a token costs is not its own, but that of being read and passed on alone.
        """
        if not self._had_to_wait or len(chunk) >= TRICKLE:
            return
        before, self._read_at = self._read_at, asyncio.get_running_loop().time()
        if self._read_at - before < 4 * PAUSE:
            await asyncio.sleep(PAUSE)

    def _tick(self) -> None:
        """The loop goes round: what is awaited was not there yet."""
        self._is_due, self._had_to_wait = False, True

    def _measure(self, chunk: bytes) -> None:
        self._size += len(chunk)
        newline = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
        self._line = len(chunk) - newline - 1 + (self._line if newline < 0 else 0)
        if self._size > LONGEST_BODY:
            what = f"more than {LONGEST_BODY // 2**20} MiB came"
            raise self._failed(faults.endless(self._at, what))
        if self._line > self._longest_line:
            what = f"a line of more than {LONGEST_LINE // 2**20} MiB came"
            raise self._failed(faults.endless(self._at, what))

    def _must_be_sound(self) -> None:
        """What was sound in it has been passed on.

        Raises:
            ProviderError: If there was something that cannot be read.
        """
        if self.lines and self.lines.is_broken:
            raise self._failed(faults.unreadable(self._at))

    def _failed(self, error: ProviderError) -> ProviderError:
        self._recording.ended(error.problem)
        return error

    def _mended(self, chunk: bytes) -> bytes:
        if self._is_whole and chunk.isascii():
            return chunk
        text = self._decoder.decode(chunk)
        self._is_whole = not self._decoder.getstate()[0]
        if self._is_start:
            text = text.removeprefix("\ufeff")
        return text.translate(_JSON_ESCAPES).encode()


def _is_json(response: Any) -> bool:
    return "application/json" in response.headers.get("content-type", "")


def _certificates(library: ModuleType, at: Endpoint) -> ssl.SSLContext:
    """Without TLS no certificates are needed, and loading them takes 60 ms: trust none.

    Raises:
        ProviderError: If the environment names some that cannot be used.
    """
    if at.address.startswith("https:") or at.proxy.startswith("https:"):
        return environment.certificates(library)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
