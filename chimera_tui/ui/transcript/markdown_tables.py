"""Tables of Markdown: a bold head over a thin line, columns three spaces apart, cells that wrap."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment

from chimera_tui.ui.transcript.transcript_look import Look
from chimera_tui.ui.transcript.wrapping import Row, row_width, wrap

_GAP = 3
_NARROWEST = 4


class Cell(NamedTuple):
    """One cell: its text and how it is aligned (`left`, `right`, `center` or nothing)."""

    content: Row
    align: str


def table_rows(lines: Sequence[Sequence[Cell]], width: int, look: Look) -> list[Row] | None:
    """Return the lines of a table whose first line is its head; None if `width` is too narrow."""
    if not lines or not lines[0]:
        return []
    natural = [
        max(row_width(row) for line in lines for row in wrap(line[column].content, 10_000))
        for column in range(len(lines[0]))
    ]
    widths = _column_widths(natural, width - _GAP * (len(natural) - 1))
    if widths is None:
        return None
    head, *body = [_line(line, widths) for line in lines]
    gap = Segment(" " * _GAP)
    rule: Row = []
    for column in widths:
        rule += [gap, Segment(look.glyphs.rule * column, look.rule)]
    rows = [*head, rule[1:]]
    is_airy = any(len(line) > 1 for line in body)  # wrapped cells: rows need a space between them
    for number, line in enumerate(body):
        if is_airy and number:
            rows.append([])
        rows += line
    return rows


def _column_widths(natural: Sequence[int], room: int) -> list[int] | None:
    """Share `room` cells out: narrow columns get what they need, the wide ones the rest alike."""
    widths = [0] * len(natural)
    waiting = sorted(range(len(natural)), key=lambda column: natural[column])
    while waiting:
        fair = room // len(waiting)
        column = waiting.pop(0)
        widths[column] = min(natural[column], fair)
        if widths[column] < min(natural[column], _NARROWEST):
            return None
        room -= widths[column]
    return widths


def _line(cells: Sequence[Cell], widths: Sequence[int]) -> list[Row]:
    """Return the lines of one row of the table."""
    columns = [wrap(cell.content, max(2, width)) for cell, width in zip(cells, widths, strict=True)]
    rows: list[Row] = []
    for number in range(max(len(column) for column in columns)):
        row: Row = []
        for cell, column, width in zip(cells, columns, widths, strict=True):
            content = column[number] if number < len(column) else []
            space = max(0, width - row_width(content))
            left = {"right": space, "center": space // 2}.get(cell.align, 0)
            row += [Segment(" " * left), *content, Segment(" " * (space - left + _GAP))]
        rows.append(row[:-1])
    return rows
