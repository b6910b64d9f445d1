"""What was typed and is not yet acted on: one thing after the other, and never too much of it.

Textual posts each key as it comes. What a key changes (who has the focus, which screen is there)
then comes too late for the keys behind it, and a flood of them fills the memory.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from textual import events
from textual.app import App
from textual.keys import _character_to_key
from textual.message import Message

from chimera_tui.domain.text import clean

LONGEST_PASTE: Final = 256 * 1024
"""Characters of a paste that are taken."""
LONGEST_TYPED: Final = 256
"""Characters at once that a person may have typed; more are a paste without marks."""
BURST_ENDS: Final = 0.3
"""Seconds without text that end a paste without marks."""
MOST_WAITING: Final = 256
"""Keys that may wait while the app is busy."""
SETTLES: Final = 2.0
"""Seconds that a key has to take effect before the next one is let through."""
MOST_ROUNDS: Final = 5
"""How often a key may give the focus away, or wait for a painting to do so."""
_KEYS: Final = {" ": "space", "\r": "enter", "\n": "ctrl+j", "\t": "tab"}


class TypedKey(events.Key):
    """A character that was typed: text, even where Python calls it not printable.

    So are the joiner of an emoji, the wide space of a Japanese keyboard, the narrow one of a
    French one.
    """

    @property
    def is_printable(self) -> bool:
        """Whether a field takes it."""
        return True


TypedKey.handler_name = events.Key.handler_name  # Textual names handlers after the class


class LeftOut(Message):
    """Not all that came in was taken; `what` says so."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what


def typed(character: str) -> events.Key:
    """The key that types `character`; what no screen may show is replaced."""
    if key := _KEYS.get(character):
        return events.Key(key, character)
    safe = character if clean(character) in (character, "") else "\ufffd"
    return TypedKey(_character_to_key(safe), safe)


class TypeAhead:
    """The queue between the thread that reads and the app.

    Args:
        app: Who is to act on it; its loop must run.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._arrived = asyncio.Event()
        self._waiting: deque[str | Message] = deque()
        self._text_at = 0.0
        self._is_burst = False
        self._has_lines = False
        self._has_lost = False
        self._is_slow = False
        self._task = asyncio.create_task(self._run())

    def put(self, item: str | Message) -> None:
        """Let `item` wait for its turn; from any thread."""
        with self._lock:
            if isinstance(item, str):
                if monotonic() - self._text_at > BURST_ENDS:
                    self._is_burst = False
                self._text_at = monotonic()
            if isinstance(item, str) and self._waiting and isinstance(self._waiting[-1], str):
                self._waiting[-1] += item[: LONGEST_PASTE + 1 - len(self._waiting[-1])]
            else:
                self._waiting.append(item)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self._has_lost = True
        with suppress(RuntimeError):  # the loop is closed, nobody acts on it any more
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def _run(self) -> None:
        try:
            while True:
                await self._arrived.wait()
                self._arrived.clear()
                while message := self._next():
                    await self._deliver(message)
        except Exception as error:  # noqa: BLE001 - the edge: a task of ours, not of Textual
            self._app._handle_exception(error)  # noqa: SLF001 - as a handler's of Textual

    def _next(self) -> Message | None:
        """What is first in line: of a text that a person may have typed, the first character."""
        with self._lock:
            if self._has_lost:
                self._has_lost = False
                return LeftOut("Too many keys came at once: not all of them were taken.")
            if not self._waiting:
                return None
            item = self._waiting.popleft()
            if not isinstance(item, str):
                self._is_burst = False
                return item
            if text := self._pasted(item):
                return events.Paste(text)
            if rest := item[1:]:
                self._waiting.appendleft(rest)
            return typed(item[0])

    def _pasted(self, text: str) -> str:
        """What was pasted without marks; nothing if it was typed.

        Line breaks in it are text. One that comes alone is a key, and one behind a single line.
        """
        if len(text) == 1 and text in "\r\n":
            self._is_burst = False
        if not self._is_burst:
            if len(text) <= LONGEST_TYPED:
                return ""
            self._is_burst, self._has_lines = True, False
        line = text.rstrip("\r\n")
        self._has_lines = self._has_lines or "\r" in line or "\n" in line
        if self._has_lines or line == text:
            return text
        self._is_burst = False
        if line:
            self._waiting.appendleft(text[len(line) :])
        return line

    async def _deliver(self, message: Message) -> None:
        """Hand it to the app, and let it take effect."""
        if isinstance(message, events.Paste):
            is_long = len(message.text) > LONGEST_PASTE
            text = await asyncio.to_thread(clean, message.text[:LONGEST_PASTE])
            message = events.Paste(text)
            if is_long:
                self._app.post_message(
                    LeftOut("The paste was too long: its first 256 KiB were taken.")
                )
        message.set_sender(self._app)
        self._app.post_message(message)
        if isinstance(message, events.Key | events.Paste | events.MouseDown | events.MouseUp):
            await self._settle()

    async def _settle(self) -> None:
        """Wait until the app and what has the focus are through with all that they were told.

        What takes longer than that (a handler that waits for something) holds no key back.
        """
        task = asyncio.create_task(self._settled())
        done, _ = await asyncio.wait({task}, timeout=SETTLES / 100 if self._is_slow else SETTLES)
        self._is_slow = not done
        task.cancel()
        if done:
            task.result()

    async def _settled(self) -> None:
        before: object = None
        for _ in range(MOST_ROUNDS):
            if not (self._app.is_running and self._app.screen_stack):
                return
            if (place := self._app.focused or self._app.screen) is before:
                return
            before = place
            for node in (self._app, *place.ancestors_with_self, self._app):
                await _through(node.call_later)
            if self._app.screen_stack and self._app.screen._callbacks:  # noqa: SLF001 - who waits
                before = None  # for the next painting often gives the focus away
                await _through(self._app.screen.call_after_refresh)
                await _through(self._app.call_later)


async def _through(call: Callable[[Callable[[], None]], bool]) -> None:
    """Wait until `call`, a queue of Textual's, calls back: until what was before is handled."""
    passed = asyncio.Event()
    if call(passed.set):
        await passed.wait()
