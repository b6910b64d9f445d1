"""Trying a persona out: the panes in which it answers, before and after an edit."""

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from chimera_tui.domain.conversation import Failure
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Block, crop, line
from chimera_tui.ui.kit.glyphs import Glyphs
from chimera_tui.ui.studio.try_reply import Reply
from chimera_tui.ui.transcript.entries import FailureEntry, Item, MessageEntry, Speaker
from chimera_tui.ui.transcript.transcript import Transcript

if TYPE_CHECKING:
    from chimera_tui.ui.app import ChimeraApp

SAID: Hashable = "said"
"""The key of what is said."""


class TryTitle(Block):
    """The line over what is said."""

    app: "ChimeraApp"
    reply: Reply | None = None

    def lines(self, width: int) -> list[Content]:
        """Which it is; what it used."""
        hint = f"{self.app.key_of('studio.try')} lets it answer, here alone"
        return [self.reply.line(width) if self.reply else crop(line((hint, "$muted")), width)]


class TrySide(Vertical):
    """One reply: the line over it, and its words, one step down from the page.

    Of a side that is not on the screen any more nothing is drawn.

    Args:
        id: As for every widget.
        glyphs: The marks to draw with.
        has_plain_emoji: Whether emoji are drawn in their plainest form.
    """

    def __init__(self, *, id: str, glyphs: Glyphs, has_plain_emoji: bool) -> None:  # noqa: A002 - Textual's word
        super().__init__(id=id)
        self._title = TryTitle()
        self._words = Transcript(heads=False, glyphs=glyphs, has_plain_emoji=has_plain_emoji)
        self._speaker = Speaker(name="")

    def compose(self) -> ComposeResult:
        """The line, the words."""
        yield self._title
        yield self._words

    @property
    def reply(self) -> Reply | None:
        """What is shown; None if nothing was tried."""
        return self._title.reply

    def tell(self, reply: Reply | None) -> None:
        """Show how far it is."""
        self._title.reply = reply
        if self.is_attached:
            self._title.refresh()

    def begin(self, reply: Reply, speaker: Speaker) -> None:
        """Show a reply of which nothing was said yet."""
        self._speaker = speaker
        self.withdraw(reply)

    def withdraw(self, reply: Reply) -> None:
        """Show nothing of its words: what was heard was none of it."""
        self.tell(reply)
        self._load([MessageEntry(key=SAID, speaker=self._speaker, is_live=True)])

    def hear(self, text: str) -> None:
        """Show more of its words."""
        if self.is_attached:
            self._words.stream(SAID, text)

    def end(self, reply: Reply, text: str) -> None:
        """Show all of it."""
        self.tell(reply)
        self._load([MessageEntry(key=SAID, speaker=self._speaker, text=text)])
        if self.is_attached:
            self._words.scroll_home(animate=False)

    def fail(self, reply: Reply, failure: Failure) -> None:
        """Show why there is none, under what had been said."""
        self.tell(reply)
        said = [MessageEntry(key=SAID, speaker=self._speaker, text=failure.text)]
        problem, hint = one_line(failure.problem), one_line(failure.hint)
        block = FailureEntry(key="failed", title=problem, lines=(hint,) if hint else ())
        self._load([*(said if failure.text else ()), block])

    def clear(self) -> None:
        """Show nothing."""
        self.tell(None)
        self._load([])

    def _load(self, entries: Iterable[Item]) -> None:
        if self.is_attached:
            self._words.load(entries)
