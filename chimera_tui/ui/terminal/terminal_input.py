r"""The bytes of a terminal, told apart: what was typed or pasted, keys, mouse, and reports.

Textual's own parser ends at a byte that is not UTF-8 and at numbers that it did not expect, types
what it does not know into the field, and takes pastes apart at an escape. This one is total: any
bytes, in any pieces, give text, Textual's messages, or nothing. It keeps Textual's names of keys.

Sources: ECMA-48 5.4 and 5.6 (control sequences and strings), xterm's ctlseqs, and the keyboard
protocol of kitty (https://sw.kovidgoyal.net/kitty/keyboard-protocol/).
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Final

from textual import constants, events, messages
from textual._xterm_parser import IS_ITERM, XTermParser
from textual.message import Message

from chimera_tui.ui.terminal.terminal_keys import alt_keys, keys_of
from chimera_tui.ui.terminal.type_ahead import LONGEST_PASTE

PATIENCE: Final = 2.0
"""Seconds without a byte after which the rest of a report, or of a paste, comes no more."""
LONGEST_HELD: Final = 64 * 1024
"""Bytes of an unfinished sequence that are kept to be looked at once more."""

Item = str | Message
"""What came in: typed text, line breaks and tabs among it, or a message for the app."""

_TOKEN: Final = re.compile(
    rb"""
    (?P<text>[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+)
    | \x1b\[M(?:[\x20-\xff]{3}|[\x20-\xff]{0,2}(?=[\x00-\x1f]))  # the mouse of X10: three bytes
    | (?P<sequence>\x1b(?:
        \[\[[A-E]                               # the Linux console
        | \[\d+\$                               # rxvt
        | \[(?![M[])[-0-?]*[ -/]*[@-~]          # a control sequence; "-": a slip of Ghostty
        | O[!-~]
    ))
    | (?P<string>\x1b[]PX^_])
    | \x1b\[[-0-?]*[ -/]*                       # broken off
    | (?P<alt>\x1b[\x00-\x1a\x1c-\x7f])
    | \x1b(?=[\x80-\xff])
    | (?P<control>[\x00-\x1f\x7f])
    """,
    re.VERBOSE | re.DOTALL,
)
_UNFINISHED: Final = re.compile(
    rb"\x1b(?:O|\[(?:M[\x20-\xff]{0,2}|\[|(?!M|\[|\d+\$)[-0-?]*[ -/]*)?)?", re.DOTALL
)
_STRING_END: Final = re.compile(rb"\x07|\x1b\\|\x1b(?=[^\\])|[\x00-\x06\x08-\x1a\x1c-\x1f]")
_REPORT: Final = re.compile(rb"\x1b(?:\][\dlLI]|P[\d<=>?!$+|]|_G|[X^].)")
"""How strings begin that terminals send; others may be Escape and a word, typed at once."""
_PASTE, _PASTE_END, _FOCUS, _BLUR = "\x1b[200~", b"\x1b[201~", "\x1b[I", "\x1b[O"
_MOUSE: Final = re.compile(r"\x1b\[<\d{1,4};-?\d{1,5};-?\d{1,5}[Mm]")
_SIZE: Final = re.compile(r"\x1b\[48;" + r";".join([r"(\d{1,5})(?::[\d:]*)?"] * 4) + "t")
_MODE: Final = re.compile(r"\x1b\[\?(\d{1,5});(\d)\$y")
_POSITION: Final = re.compile(r"\x1b\[(?!1;[2-8]R)\d+;\d+R")
"""Where the cursor is; in the first line it cannot be told from F3 with a modifier."""


class TerminalInput:
    """Tells apart what a terminal sends, piece by piece."""

    def __init__(self) -> None:
        self._rest = b""
        self._pasted: list[str] | None = None
        self._room = 0
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._is_swallowing = False
        self._mouse = XTermParser()

    @property
    def patience(self) -> float | None:
        """Seconds to wait for more before `give_up`; None if nothing is unfinished."""
        if self._pasted is not None or self._is_swallowing or self._rest[:1] not in (b"", b"\x1b"):
            return PATIENCE
        if not self._rest:
            return None
        is_long = len(self._rest) > 2 and (self._rest[1:2] in b"[O" or _REPORT.match(self._rest))  # noqa: PLR2004
        return PATIENCE if is_long else constants.ESCAPE_DELAY

    def feed(self, data: bytes) -> list[Item]:
        """Take in some bytes; return what they mean, together with what was unfinished."""
        items: list[Item] = []
        data = self._rest + data
        self._rest = b""
        place = 0
        while place < len(data):
            if self._pasted is not None:
                place = self._take_pasted(data, place, items)
            elif self._is_swallowing:
                place = self._swallow(data, place)
            else:
                place = self._take(data, place, items)
        return _joined(items)

    def give_up(self) -> list[Item]:
        """No more came: take what is unfinished for what it is."""
        rest, self._rest = self._rest, b""
        items: list[Item] = []
        self._is_swallowing = False
        if self._pasted is not None:
            self._add_pasted(self._decoder.decode(rest, final=True))
            self._end_paste(items)
        elif rest[:1] != b"\x1b":
            items.append(rest.decode(errors="replace"))
        elif len(rest) == 1:
            items.append(events.Key("escape", "\x1b"))
        elif len(rest) == 2 or (rest[1:2] not in b"[O" and not _REPORT.match(rest)):  # noqa: PLR2004
            items += alt_keys(chr(rest[1]))
            items += self.feed(rest[2:])
        return _joined(items)

    def _take(self, data: bytes, place: int, items: list[Item]) -> int:  # noqa: C901 - one case a kind
        """Take one thing at `place`; return where the next begins."""
        if data[place] == 0x1B and _UNFINISHED.fullmatch(data, place):  # noqa: PLR2004
            if len(data) - place <= LONGEST_HELD:
                self._rest = data[place:]
            return len(data)
        match = _TOKEN.match(data, place)
        if match is None:  # two escapes: the first one is a key
            items.append(events.Key("escape", "\x1b"))
            return place + 1
        if match.lastgroup == "text":
            return self._take_text(data, match.end(), match[0], items)
        if match.lastgroup == "string":
            return self._take_string(data, place, items)
        if match.lastgroup == "sequence":
            self._take_sequence(match[0].decode(), items)
        elif match.lastgroup == "alt":
            items += alt_keys(match[0][1:].decode())
        elif match.lastgroup == "control":
            items += keys_of(match[0].decode())
        return match.end()

    def _take_text(self, data: bytes, end: int, text: bytes, items: list[Item]) -> int:
        """Take text; the beginning of a character at the end of the data waits for the rest."""
        self._decoder.reset()
        items.append(self._decoder.decode(text, final=end < len(data)))
        self._rest = self._decoder.getstate()[0]
        return end

    def _take_string(self, data: bytes, place: int, items: list[Item]) -> int:
        """Pass over a string, which is a report; or take Escape and a letter for what they are."""
        if end := _STRING_END.search(data, place + 2):
            if end[0] in (b"\x07", b"\x1b\\"):
                return end.end()
            if _REPORT.match(data, place) or end.start() - place > LONGEST_HELD:
                return end.start()
            items += alt_keys(chr(data[place + 1]))
            return place + 2
        if len(data) - place > LONGEST_HELD:
            self._is_swallowing = True
            return self._swallow(data, place + 2)
        self._rest = data[place:]
        return len(data)

    def _swallow(self, data: bytes, place: int) -> int:
        """Pass over the rest of a string of any length."""
        if end := _STRING_END.search(data, place):
            self._is_swallowing = False
            return end.end() if end[0] in (b"\x07", b"\x1b\\") else end.start()
        if data.endswith(b"\x1b"):
            self._rest = b"\x1b"
        return len(data)

    def _take_pasted(self, data: bytes, place: int, items: list[Item]) -> int:
        """Take what is pasted, up to its end, which may itself come in pieces."""
        end = data.find(_PASTE_END, place)
        if end >= 0:
            self._add_pasted(self._decoder.decode(data[place:end], final=True))
            self._end_paste(items)
            return end + len(_PASTE_END)
        end = len(data)
        while end > place and len(data) - end < len(_PASTE_END) - 1:
            end -= 1
        while end < len(data) and not _PASTE_END.startswith(data[end:]):
            end += 1
        self._add_pasted(self._decoder.decode(data[place:end]))
        self._rest = data[end:]
        return len(data)

    def _add_pasted(self, text: str) -> None:
        if self._pasted is not None and text:
            self._pasted.append(text[: self._room])
            self._room = max(0, self._room - len(text))

    def _end_paste(self, items: list[Item]) -> None:
        items.append(events.Paste("".join(self._pasted or ())))
        self._pasted = None

    def _take_sequence(self, sequence: str, items: list[Item]) -> None:  # noqa: C901 - the same
        """Take a sequence that is whole; one that is unknown says something of the terminal."""
        if sequence == _PASTE:
            self._pasted, self._room = [], LONGEST_PASTE + 1
            self._decoder.reset()
        elif sequence == _FOCUS:
            items.append(events.AppFocus())
        elif sequence == _BLUR:
            items.append(events.AppBlur())
        elif _MOUSE.fullmatch(sequence):
            if mouse := self._mouse.parse_mouse_code(sequence):
                items.append(mouse)
        elif size := _SIZE.fullmatch(sequence):
            items += self._size([int(number) for number in size.groups()])
        elif mode := _MODE.fullmatch(sequence):
            items += _mode(int(mode[1]), int(mode[2]))
        elif not _POSITION.fullmatch(sequence):
            items += keys_of(sequence)

    def _size(self, numbers: list[int]) -> list[Item]:
        """A new size: rows and columns, then both in pixels, 0 where a terminal does not know."""
        rows, columns, high, wide = numbers
        if not (rows and columns):
            return []
        pixels = (wide, high) if wide and high else None
        resize = events.Resize.from_dimensions((columns, rows), pixels)
        if pixels is None:
            return [resize]
        self._mouse.terminal_size = resize.size
        self._mouse.terminal_pixel_size = resize.pixel_size
        self._mouse.mouse_pixels = True
        return [resize]


def _joined(items: Iterable[Item]) -> list[Item]:
    """The same, with text that follows upon text in one piece."""
    joined: list[Item] = []
    for item in items:
        if isinstance(item, str) and joined and isinstance(joined[-1], str):
            joined[-1] += item
        elif item:
            joined.append(item)
    return joined


def _mode(mode: int, setting: int) -> list[Item]:
    """What follows from the terminal's answer whether it knows a mode."""
    if mode == 2026 and setting > 0:  # noqa: PLR2004
        return [messages.TerminalSupportsSynchronizedOutput()]
    if mode == 2048 and constants.SMOOTH_SCROLL and not IS_ITERM:  # noqa: PLR2004
        return [messages.InBandWindowResize.from_setting_parameter(setting)]
    return []
