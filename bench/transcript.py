"""What the transcript costs, in CPU time of this process; `python -m bench transcript` prints it.

The apps run headless, but every paint is turned into terminal codes as it would
be for a real terminal. What is compared is measured several times, in turn.
"""

import asyncio
import gc
import importlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any, NamedTuple, TypeVar

from textual._compositor import CompositorUpdate
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Markdown

from bench.clock import clock
from bench.figure import Figure, in_ms
from chimera_tui.system.garbage import settle
from chimera_tui.ui.kit.themes import THEMES, variables_of
from chimera_tui.ui.transcript.entries import Entry, MessageEntry, Speaker
from chimera_tui.ui.transcript.transcript import Transcript

SIZE = (120, 40)
FEW, MANY = 100, 10_000
"""Messages of a short and of a long conversation."""
ROUNDS = 5
_WORDS = (
    "what would it mean to know a joke and not to laugh at it perhaps the landlord knows or the "
    "frog does while nobody asks whether being funny is a *property* of `words` or of **rooms**"
)


AppT = TypeVar("AppT", bound=App[Any])


def painting(app_class: type[AppT]) -> type[AppT]:
    """Return such an app that does the work of painting although no terminal is there."""

    def display(self: AppT, screen: Screen[Any], renderable: Any) -> None:
        app_class._display(self, screen, renderable)
        if isinstance(renderable, CompositorUpdate):
            renderable.render_segments(self.console)

    members = {"_display": display, "__module__": app_class.__module__}  # styles lie beside it
    return type(app_class.__name__, (app_class,), members)


class _ThemedApp(App[None]):
    def on_load(self) -> None:
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "chimera-dark"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return variables_of(self.current_theme)


class _TranscriptApp(_ThemedApp):
    def __init__(self) -> None:
        super().__init__()
        self.transcript = Transcript(environ={})
        self.arrived: list[tuple[int, float]] = []  # characters of key 0 so far, and when
        self.delays: list[float] = []

    def compose(self) -> ComposeResult:
        yield self.transcript

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if not self.arrived:
            return
        now, shown = clock(), len(_shown(self.transcript, 0))
        while self.arrived and self.arrived[0][0] <= shown:
            self.delays.append(now - self.arrived.pop(0)[1])


class _MarkdownApp(_ThemedApp):
    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.anchor()
            yield Markdown()


def a_text(tokens: int, seed: int = 1) -> list[str]:
    """Return a reply as its tokens: paragraphs, lists, a table and code."""
    rng = random.Random(seed)
    vocabulary = _WORDS.split()

    def words(count: int) -> str:
        return " ".join(rng.choice(vocabulary) for _ in range(count))

    blocks: list[str] = []
    while sum(len(block.split()) for block in blocks) < tokens:
        blocks += [words(60).capitalize() + ".", words(80).capitalize() + "."]
        blocks.append("\n".join(f"- {words(12)}" for _ in range(5)))
        blocks.append("```python\n" + "\n".join(f"value_{n} = {n} + 1" for n in range(8)) + "\n```")
        blocks.append(
            "| kind | held |\n|---|---|\n"
            + "\n".join(f"| {words(2)} | {words(5)} |" for _ in range(4))
        )
    pieces = "\n\n".join(blocks).replace("\n", " \n ").split(" ")
    return [piece + ("" if piece == "\n" else " ") for piece in pieces][:tokens]


def entries(count: int) -> list[Entry]:
    """Return `count` messages of a conversation; the lengths are those of a real one."""
    speaker = Speaker(name="Philosopher", emoji="🦉", hue=1)
    rng = random.Random(2)
    texts = ["".join(a_text(rng.choice((30, 60, 90, 120)), seed)) for seed in range(50)]
    return [
        MessageEntry(key=-n - 1, speaker=speaker, model="demo", time="12:00", text=texts[n % 50])
        for n in range(count)
    ]


def a_reply(key: int) -> MessageEntry:
    return MessageEntry(key=key, speaker=Speaker(name="Scientist", emoji="🔬", hue=3), is_live=True)


async def _ticks(count: int, rate: float) -> Any:
    """Yield 0 to `count`, `rate` a second; late ones follow at once."""
    start = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        yield number


async def reply_in_transcript(tokens: int = 1500, rate: float = 60) -> float:
    """CPU-seconds of one reply in our transcript, token by token."""
    app = painting(_TranscriptApp)()
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.load(entries(20))
        app.transcript.add(a_reply(0))
        await pilot.pause()
        pieces = a_text(tokens)
        start = time.process_time()
        async for number in _ticks(len(pieces), rate):
            app.transcript.stream(0, pieces[number])
        await _drained(app.transcript)
        return time.process_time() - start


async def reply_in_markdown(tokens: int = 1500, rate: float = 60) -> float:
    """CPU-seconds of the same reply in a bare `Markdown` widget fed by its own stream."""
    app = painting(_MarkdownApp)()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        pieces = a_text(tokens)
        stream = Markdown.get_stream(app.query_one(Markdown))
        start = time.process_time()
        async for number in _ticks(len(pieces), rate):
            await stream.write(pieces[number])
        await stream.stop()
        return time.process_time() - start


def _shown(transcript: Transcript, key: int) -> str:
    """Return the text of a live message without what still waits."""
    entry = transcript._entries[transcript._entries.index(key)]
    return entry.text if isinstance(entry, MessageEntry) else ""


async def _drained(transcript: Transcript) -> None:
    while transcript.is_streaming:  # noqa: ASYNC110 - no event on the path that is measured
        await asyncio.sleep(0.01)


async def load(count: int) -> float:
    """CPU-seconds until `count` messages are loaded and the end of them is painted."""
    given = entries(count)
    app = painting(_TranscriptApp)()
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.load(given[:10])
        await pilot.pause()
        gc.collect()
        start = time.process_time()
        app.transcript.load(given)
        await pilot.pause()
        return time.process_time() - start


async def chunks_and_pages(count: int, repeats: int = 30) -> tuple[list[float], list[float]]:
    """CPU-seconds of streamed chunks, and of pages up, below `count` messages."""
    app = painting(_TranscriptApp)()
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.load(entries(count))
        app.transcript.add(a_reply(0))
        await pilot.pause()
        pieces = a_text(repeats * 3)
        chunks: list[float] = []
        pages: list[float] = []
        settle()  # as the program does when a conversation is open
        for number in range(repeats):
            start = time.process_time()
            app.transcript.stream(0, "".join(pieces[number * 3 : number * 3 + 3]))
            await _drained(app.transcript)
            await pilot.pause()
            chunks.append(time.process_time() - start)
        for _ in range(repeats // 3):
            start = time.process_time()
            await pilot.press("pageup")
            await pilot.pause()
            pages.append(time.process_time() - start)
        gc.unfreeze()
        return chunks, pages


def in_turn(measure: Callable[[int], Sequence[float]]) -> list[tuple[float, float]]:
    """For each figure that `measure` takes: how it is with many messages, and with few.

    Medians of several rounds; each measures both.
    """
    found: dict[int, list[Sequence[float]]] = {FEW: [], MANY: []}
    for _ in range(ROUNDS):
        for count, rounds in found.items():
            rounds.append(measure(count))
    many, few = ([median(values) for values in zip(*found[n], strict=True)] for n in (MANY, FEW))
    return list(zip(many, few, strict=True))


class Streams(NamedTuple):
    """What many streams at once cost; lists are sorted, times in seconds."""

    idle: list[float]
    """By how much a sleep of 10 ms was late, without the streams."""
    lag: list[float]
    """The same with them."""
    paint: list[float]
    """From the arrival of a token to its paint."""
    left: int
    """Characters that were not shown at the end."""
    cpu: float
    """Share of a core."""


async def streams(count: int = 8, rate: float = 200, seconds: float = 5) -> Streams:
    """Run `count` streams at `rate` tokens a second each."""
    app = painting(_TranscriptApp)()
    async with app.run_test(size=SIZE) as pilot:
        app.transcript.load(entries(100))
        for key in range(count):
            app.transcript.add(a_reply(key))
        await pilot.pause()
        await asyncio.to_thread(importlib.import_module, "chimera_tui.ui.transcript.markdown_lines")
        settle()  # both as the program does when it has started
        idle = await lags(seconds=2)
        sent = [0] * count
        cpu, start = time.process_time(), time.perf_counter()

        async def speak(key: int) -> None:
            pieces = a_text(int(rate * seconds), seed=key)
            async for number in _ticks(len(pieces), rate):
                app.transcript.stream(key, pieces[number])
                sent[key] += len(pieces[number])
                if key == 0:
                    app.arrived.append((sent[key], clock()))

        async with asyncio.TaskGroup() as group:
            busy = group.create_task(lags(seconds))
            for key in range(count):
                group.create_task(speak(key))
        await _drained(app.transcript)
        await pilot.pause()
        share = (time.process_time() - cpu) / (time.perf_counter() - start)
        left = sum(sent) - sum(len(_shown(app.transcript, key)) for key in range(count))
        return Streams(idle, busy.result(), sorted(app.delays), left, share)


async def lags(seconds: float) -> list[float]:
    """Return by how many seconds each sleep of 10 ms was late, sorted."""
    late = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = clock()
        await asyncio.sleep(0.01)
        late.append(clock() - start - 0.01)
    return sorted(late)


def quantile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the sorted `values` lie."""
    return values[min(len(values) - 1, int(share * len(values)))]


def report() -> Iterator[Figure]:
    """Measure everything; yields each figure as it is found."""
    # One after the other: beside something else, `Markdown` draws less often, and costs less.
    markdown, ours = asyncio.run(reply_in_markdown()), asyncio.run(reply_in_transcript())
    yield Figure(
        what="reply of 1,500 tokens, CPU",
        measured=ours,
        baseline=markdown,
        unit="s",
        ratio_at_most=0.35,
    )
    ((large, small),) = in_turn(lambda count: [asyncio.run(load(count))])
    yield in_ms("transcript: load 10,000 messages against 100", large, small)
    both = in_turn(lambda count: [median(ts) for ts in asyncio.run(chunks_and_pages(count))])
    for what, (large, small) in zip(("chunk", "page up"), both, strict=True):
        yield in_ms(f"transcript: {what} at 10,000 messages against 100", large, small, 1.5)
    many = asyncio.run(streams())
    idle, lag, paint = (quantile(times, 0.99) * 1000 for times in many[:3])
    yield Figure(
        what="transcript: lag p99 of 8 x 200 tokens/s against idle",
        measured=lag,
        baseline=idle,
        unit="ms",
        at_most=50,
    )
    yield Figure(what="transcript: p99 from a token to its paint", measured=paint, unit="ms")
    left = "transcript: characters left behind by the 8 streams"
    yield Figure(what=left, measured=many.left, unit="", at_most=0)
