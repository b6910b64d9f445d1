"""How the entries of a transcript look, line by line.

```
0  2  5
▌  🦉 Philosopher  claude-sonnet-4.5          ★ 4   ‹ 2/3 ›  12:02   head
▌  │  Text starts under the name.                                    body
▌          r again   e edit   y copy              below the focused one
```
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from chimera_tui.domain.text import clean, one_line
from chimera_tui.ui.kit.glyphs import ASCII, ASCII_MARKS, plain_emoji
from chimera_tui.ui.transcript.entries import Chip, FailureEntry, MessageEntry, NoticeEntry
from chimera_tui.ui.transcript.transcript_look import BOLD, ITALIC, Look, Mentions
from chimera_tui.ui.transcript.wrapping import Row, row_width, wrap

WIDEST = 88
"""Columns of text at most; wider pages centre it."""
_NARROWEST = 8
_MARK = 2
"""Column of emoji, gutter line and remedy numbers."""
_INDENT = 5
"""Column of names and text."""
_PADDING = 2
"""Columns kept free at the right."""
_CHIPS = 3
LONGEST_THOUGHT = 20_000
"""Characters of a thought that are drawn."""
_GAP = Segment("  ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Where things stand on a line, and in which styles."""

    left: int
    """Columns before the block, where a wide pane centres it."""
    indent: int
    """Column of the text of messages, counted from `left`."""
    text: int
    """Columns of text."""
    heads: bool
    look: Look
    mentions: Mentions | None

    @classmethod
    def of(cls, width: int, *, heads: bool, look: Look, mentions: Mentions | None) -> Self:
        """Lay out a pane of `width` columns; without heads there is no gutter line either."""
        indent = _INDENT if heads else _MARK
        text = max(_NARROWEST, min(WIDEST, width - indent - _PADDING))
        left = max(0, (width - indent - text - _PADDING) // 2)
        return cls(left=left, indent=indent, text=text, heads=heads, look=look, mentions=mentions)

    @property
    def block(self) -> int:
        """Columns of the whole block, from the bar to the padding at the right."""
        return self.indent + self.text + _PADDING

    def line(self, mark: Segment | None, row: Row) -> Strip:
        """Return a line with `mark` in the column of marks and `row` in that of the text."""
        if mark is None:
            return Strip([Segment(" " * (self.left + self.indent)), *row])
        gap = self.indent - _MARK - cell_len(mark.text)
        return Strip([Segment(" " * (self.left + _MARK)), mark, Segment(" " * gap), *row])

    def painted(self, strip: Strip, bar: Style) -> Strip:
        """Return a line of the block on the ground of the focus, with a bar at its left edge."""
        inner = strip.crop(self.left + 1).adjust_cell_length(self.block - 1)
        return Strip(
            [
                Segment(" " * self.left),
                Segment(self.look.glyphs.bar, self.look.focus + bar),
                *Segment.apply_style(list(inner), self.look.focus),
            ],
            self.left + self.block,
        )

    def text_of(self, strip: Strip, start: int, end: int) -> str:
        """Return what is written between two columns, without gutter line and margin.

        An `end` below 0 is that of the line.
        """
        start = max(start, len(strip.crop(0, self.left + self.indent).text))
        end = len(strip.text) if end < 0 else end
        return strip.text[start:end].rstrip().replace("\u00a0", " ")


def label(text: str, look: Look) -> str:
    """Return a foreign name, mark or sentence as it may be drawn."""
    text = one_line(text)
    if look.glyphs is ASCII:
        text = text.translate(ASCII_MARKS)
    return plain_emoji(text) if look.has_plain_emoji else text


def head_strips(entry: MessageEntry, page: Page) -> list[Strip]:
    """Return the head of a message, one line; nothing on a page without heads."""
    return [_head(entry, page)] if page.heads and not entry.is_narration else []


def thought_strips(entry: MessageEntry, page: Page) -> list[Strip]:
    """Return what was thought before a message, if it is unfolded, and a gap below it."""
    if not (entry.is_unfolded and entry.thinking):
        return []
    look, hue = page.look, entry.speaker.hue
    mark = Segment(look.glyphs.gutter, look.lines[hue]) if page.heads and hue else None
    style = look.muted + ITALIC
    text = clean(entry.thinking).expandtabs(4)
    rows = wrap([Segment(plain_emoji(text[:LONGEST_THOUGHT]), style)], page.text)
    if (more := len(text) - LONGEST_THOUGHT) > 0:
        rows += wrap([Segment(f"… and {more:,} characters more", look.muted)], page.text)
    return [page.line(mark, row) for row in [*rows, []]]


def body_strips(entry: MessageEntry, rows: Sequence[Row], page: Page) -> list[Strip]:
    """Return the last lines of a message, of which `rows` is the text."""
    look, hue = page.look, entry.speaker.hue
    mark = None
    if entry.is_narration:
        diamond = Segment(look.glyphs.narration, look.muted)
        quiet = look.muted + ITALIC
        rows = [list(Segment.apply_style(row, post_style=quiet)) for row in rows]
        return [page.line(diamond if n == 0 else None, row) for n, row in enumerate(rows)]
    if page.heads and hue:
        mark = Segment(look.glyphs.gutter, (look.hues if entry.is_live else look.lines)[hue])
    if entry.is_live:
        rows = [*rows[:-1], _with_cursor(rows[-1] if rows else [], look, hue)]
    return [page.line(mark, row) for row in rows]


def _head(entry: MessageEntry, page: Page) -> Strip:
    look, speaker = page.look, entry.speaker
    name, model, time = (label(text, look) for text in (speaker.name, entry.model, entry.time))
    chips = [_chip(chip, look) for chip in entry.chips[-_CHIPS:]]
    right = _right(chips, time, look)
    room = page.text - cell_len(name) - len(_GAP.text)
    if cell_len(model) + len(_GAP.text) > room - row_width(right):
        model = ""
    while chips and row_width(right) > room:
        right = _right(chips := chips[1:], time, look)
    name = _cropped(name, page.text - row_width(right) - len(_GAP.text), look)
    row = [Segment(name, BOLD + look.hues[speaker.hue])]
    if model:
        row += [_GAP, Segment(model, look.muted)]
    row.append(Segment(" " * (page.text - row_width(row) - row_width(right))))
    mark = Segment(look.glyphs.bar, look.primary)
    if speaker.hue:
        mark = Segment(set_cell_size(label(speaker.emoji, look), 2))
    return page.line(mark, row + right)


def _right(chips: Iterable[Segment], time: str, look: Look) -> Row:
    """Return the right end of a head: chips, then the time."""
    row: Row = []
    for piece in (*chips, *([Segment(time, look.muted)] if time else [])):
        row += [_GAP, piece] if row else [piece]
    return row


def _chip(chip: Chip, look: Look) -> Segment:
    style = look.chips[chip.kind]
    if chip.action:
        style += Style.from_meta({"action": chip.action})
    return Segment(f" {label(chip.label, look).strip()} ", style)


def _with_cursor(row: Row, look: Look, hue: int) -> Row:
    """Put the cursor behind the last cell of text (code ends in the filling of its ground)."""
    cursor = Segment(look.glyphs.cursor, look.hues[hue])
    if len(row) > 1 and row[-1].text.isspace():
        filling = Segment(row[-1].text[1:], row[-1].style)
        return [*row[:-1], cursor, filling]
    return [*row, cursor]


def notice_strips(entry: NoticeEntry, page: Page) -> list[Strip]:
    """Return a notice: words in a thin line across the page."""
    look, dash = page.look, page.look.glyphs.rule
    width = page.block - _MARK - _PADDING
    begin = Segment(dash * 3 + " ", look.rule)
    rows = wrap([Segment(label(entry.text, look), look.muted)], max(2, width - 8))
    strips = []
    for number, row in enumerate(rows):
        line = [begin if number == 0 else Segment("    "), *row]
        if number == len(rows) - 1:
            line.append(Segment(" " + dash * (width - row_width(line) - 1), look.rule))
        strips.append(Strip([Segment(" " * (page.left + _MARK)), *line]))
    return strips


def failure_strips(entry: FailureEntry, page: Page) -> list[Strip]:
    """Return a failure: what happened, what was done about it, and the numbered remedies."""
    look = page.look
    title = [Segment(label(entry.title, look), BOLD)]
    if entry.title_rest:
        title.append(Segment(" " + label(entry.title_rest, look)))
    first, *others = wrap(title, page.text)
    strips = [Strip([]), page.line(Segment(look.glyphs.down, look.error), first)]
    strips += [page.line(None, row) for row in others]
    for text in entry.lines:
        rows = wrap([Segment(label(text, look), look.muted)], page.text)
        strips += [page.line(None, row) for row in rows]
    strips.append(Strip([]))
    remedies = [(label(what, look), label(effect, look)) for what, effect in entry.remedies]
    for number, rows in enumerate(_remedies(remedies, page), start=1):
        meta = {"remedy": number}
        for index, row in enumerate(rows):
            mark = Segment(str(number), BOLD) if index == 0 else None
            strip = page.line(mark, row).adjust_cell_length(page.left + page.block)
            strips.append(strip.apply_meta(meta))
    return [*strips, Strip([])] if remedies else strips


def _remedies(remedies: Sequence[tuple[str, str]], page: Page) -> list[list[Row]]:
    """Return the lines of each remedy: its effect beside it, or under it where that is too wide."""
    muted = page.look.muted
    column = max((cell_len(what) for what, _ in remedies), default=0) + 3
    if column + max((cell_len(effect) for _, effect in remedies), default=0) <= page.text:
        return [
            [[Segment(set_cell_size(what, column)), Segment(effect, muted)]]
            for what, effect in remedies
        ]
    return [
        wrap([Segment(what)], page.text) + wrap([Segment(effect, muted)], page.text)
        for what, effect in remedies
    ]


def actions_strip(
    actions: Sequence[tuple[str, str, str]], notes: Sequence[str], page: Page
) -> Strip:
    """Return the row below the focused message: what it used, and the keys that act on it.

    Args:
        actions: Names, each with its key and a word; they stand at the right.
        notes: What to say at the left, in ever fewer cells: the first that fits is said.
        page: Where it stands.
    """
    row: Row = []
    for name, key, word in actions:
        meta = Style.from_meta({"action": name})
        pieces = [
            Segment(label(key, page.look), BOLD + meta),
            Segment(f" {label(word, page.look)}", page.look.muted + meta),
        ]
        if row_width(row) + row_width(pieces) + 3 > page.text:
            break
        row += [Segment("   "), *pieces] if row else pieces
    room = page.text - row_width(row)
    note = next((note for note in notes if cell_len(note) + 3 <= room), "")
    said = Segment(label(note, page.look), page.look.muted)
    return page.line(None, [said, Segment(" " * (room - cell_len(note))), *row])


def _cropped(text: str, width: int, look: Look) -> str:
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, max(0, width - 1)) + look.glyphs.ellipsis
