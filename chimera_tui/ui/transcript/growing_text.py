"""The lines of a message's text, once or while it grows."""

from rich.segment import Segment

from chimera_tui.domain.text import clean
from chimera_tui.ui.kit.glyphs import plain_emoji
from chimera_tui.ui.transcript.transcript_look import Look, Mentions
from chimera_tui.ui.transcript.wrapping import Row, wrap

LONGEST_MARKDOWN = 20_000
"""Characters of a text that is read as Markdown; a longer one is only wrapped."""


def text_rows(text: str, width: int, look: Look, mentions: Mentions | None) -> list[Row]:
    """Return the lines of a finished text."""
    source = _shown(text, look)
    if len(source) > LONGEST_MARKDOWN:
        return _plain(source, width)
    return _markdown(source, width, look, mentions, is_live=False)


class GrowingText:
    """The lines of a text that still grows: finished blocks are kept, the last one is drawn again.

    A block is finished when another one has begun and the line with which it
    began is complete: a line can still change its meaning (`---` is a rule, `--- b`
    is not), a complete one cannot.
    """

    def __init__(self, width: int, look: Look, mentions: Mentions | None) -> None:
        self._width = width
        self._look = look
        self._mentions = mentions
        self._kept: list[Row] = []
        self._start = 0
        self._complete = 0
        self._is_plain = False
        self.unchanged = 0

    def rows(self, text: str) -> list[Row]:
        """Return the lines of `text`, which begins with what it was the last time.

        The first `unchanged` of them are the same as then.
        """
        self.unchanged = max(0, len(self._kept) - 1)
        source = _shown(text, self._look)
        if not self._is_plain and len(source) > LONGEST_MARKDOWN:
            self._kept, self._start, self._complete, self._is_plain = [], 0, 0, True
            self.unchanged = 0
        complete = source.rfind("\n") + 1
        if complete > self._complete:
            self._complete = complete
            self._keep(source[self._start : complete])
        tail = self._draw(source[self._start :], is_live=True)
        if self._is_plain:
            return self._kept + tail
        return self._kept + ([[]] if self._kept and tail else []) + tail

    def _keep(self, source: str) -> None:
        cut = len(source) if self._is_plain else _last_block(source)
        if not cut:
            return
        block = source[:cut].removesuffix("\n") if self._is_plain else source[:cut]
        rows = self._draw(block, is_live=False)
        if self._kept and rows and not self._is_plain:
            self._kept.append([])
        self._kept += rows
        self._start += cut

    def _draw(self, source: str, *, is_live: bool) -> list[Row]:
        if self._is_plain:
            return _plain(source, self._width)
        return _markdown(source, self._width, self._look, self._mentions, is_live=is_live)


def _shown(text: str, look: Look) -> str:
    text = clean(text)
    return plain_emoji(text) if look.has_plain_emoji else text


def _plain(source: str, width: int) -> list[Row]:
    return wrap([Segment(source.expandtabs(4))], width)


# The Markdown parser costs 20 ms to import: with the first text, not before the first paint.


def _markdown(
    source: str, width: int, look: Look, mentions: Mentions | None, *, is_live: bool
) -> list[Row]:
    from chimera_tui.ui.transcript.markdown_lines import render  # noqa: PLC0415

    return render(source, width, look, mentions, is_live=is_live)


def _last_block(source: str) -> int:
    from chimera_tui.ui.transcript.markdown_lines import last_block  # noqa: PLC0415

    return last_block(source)
