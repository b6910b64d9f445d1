"""What stands on a terminal after some bytes: as much of a terminal as Textual uses."""

import re

from rich.cells import cell_len

_PART = re.compile(
    r"\x1b\[(?P<params>[0-?]*)(?P<final>[ -/]*[@-~])"
    r"|\x1b[\]P_^X](?:[^\x07\x1b]|\x1b(?!\\))*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-~]"
    r"|(?P<control>[\x00-\x1f\x7f])"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
)
_UNFINISHED = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X](?:[^\x07\x1b]|\x1b(?!\\))*\x1b?|[ -/]*)?$"
)


class Screen:
    """The characters of a terminal; colours are left out."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._cells = [[" "] * columns for _ in range(rows)]
        self._x = self._y = 0
        self._rest = b""

    @property
    def lines(self) -> list[str]:
        """The rows, without the blanks at their ends."""
        return ["".join(row).rstrip() for row in self._cells]

    def feed(self, data: bytes) -> None:
        """Take in what a program writes, in pieces of any size."""
        text, self._rest = _decoded(self._rest + data)
        for part in _PART.finditer(text):
            if part["text"] is not None:
                self._write(part["text"])
            elif part["control"] is not None:
                self._control(part["control"])
            elif part["final"] is not None:
                self._obey(part["final"], part["params"])

    def _obey(self, final: str, params: str) -> None:
        numbers = [int(number or 0) for number in re.findall(r"\d*", params)[::2]] if params else []
        if final in "Hf":
            y, x = ([*numbers, 1, 1][:2]) if len(numbers) != 1 else (numbers[0], 1)
            self._y, self._x = max(y, 1) - 1, max(x, 1) - 1
        elif final == "J" and numbers in ([2], [3]):
            self._cells = [[" "] * self.columns for _ in range(self.rows)]
        elif final == "K":
            self._row()[self._x :] = [" "] * (self.columns - self._x)

    def _control(self, control: str) -> None:
        if control == "\r":
            self._x = 0
        elif control == "\n":
            self._y = min(self._y + 1, self.rows - 1)
            self._x = 0  # as a terminal does with the output of a program that is not raw

    def _write(self, text: str) -> None:
        for character in text:
            width = cell_len(character)
            if width == 0 or self._x + width > self.columns:
                continue
            self._row()[self._x : self._x + width] = [character] + [""] * (width - 1)
            self._x += width

    def _row(self) -> list[str]:
        return self._cells[min(self._y, self.rows - 1)]


def _decoded(data: bytes) -> tuple[str, bytes]:
    """The text of `data`, and what is only the beginning of a character or a sequence."""
    end = len(data)
    for back in range(1, min(4, len(data)) + 1):
        if data[-back] & 0xC0 == 0xC0:  # a first byte
            if back < (2 if data[-back] < 0xE0 else 3 if data[-back] < 0xF0 else 4):
                end = len(data) - back
            break
    text = data[:end].decode(errors="replace")
    if unfinished := _UNFINISHED.search(text):
        rest = unfinished[0].encode() + data[end:]
        return text[: unfinished.start()], rest
    return text, data[end:]
