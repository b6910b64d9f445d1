"""Break styled text into lines.

Lines break at spaces and beside the ideographs of Chinese and Japanese, never
at a no-break space; a word longer than a line is cut between graphemes. Rich's
own wrapping breaks at no-break spaces, and then loses what stands between them.
"""

import re
from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells
from rich.segment import Segment

Row = list[Segment]
"""One line of a drawn text."""

_WIDE = (
    "\u2e80-\u2fdf\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uf900-\ufaff"
    "\U00020000-\U0003fffd"
)
_CLOSING = "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\uff01\uff09\uff0c\uff0e\uff1a\uff1b\uff1f"
_WORD = re.compile(f"[{_WIDE}][{_CLOSING}]* *|[^ {_WIDE}]+ *| +")


def wrap(pieces: Sequence[Segment], width: int) -> list[Row]:
    """Return `pieces` in lines of at most `width` cells (at least 2); newlines break too."""
    text = "".join(piece.text for piece in pieces)
    rows: list[Row] = []
    index = offset = 0  # the piece in which the next line begins, and where that piece begins
    for begin, end in _line_spans(text, width):
        row: Row = []
        while index < len(pieces):
            piece = pieces[index]
            piece_end = offset + len(piece.text)
            if cut := piece.text[max(0, begin - offset) : max(0, end - offset)]:
                row.append(Segment(cut, piece.style))
            if piece_end > end:
                break
            index, offset = index + 1, piece_end
        rows.append(row)
    return rows


def row_width(row: Row) -> int:
    """Return the cells that `row` takes."""
    return sum(cell_len(piece.text) for piece in row)


def _line_spans(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Yield where each line begins and ends in `text`."""
    start = 0
    for line in text.split("\n"):
        for begin, end in _fold(line, width):
            yield start + begin, start + end
        start += len(line) + 1


def _fold(line: str, width: int) -> list[tuple[int, int]]:
    if cell_len(line) <= width:
        return [(0, len(line))]
    spans = []
    begin = end = used = 0
    for word in _WORD.finditer(line):
        bare = word[0].rstrip(" ")
        room = cell_len(bare)
        if used and used + room > width:
            spans.append((begin, end))
            begin, used = word.start(), 0
        if room > width:
            *full, last = chop_cells(bare, width)
            for piece in full:
                spans.append((begin, begin + len(piece)))
                begin += len(piece)
            room = cell_len(last)
        end = word.start() + len(bare)
        used += room + len(word[0]) - len(bare)
    spans.append((begin, end))
    return spans
