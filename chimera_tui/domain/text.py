r"""The one cleaner for text that we did not write, on its way to any sink.

Replies of models, error texts, titles, names and files may hold bytes that a
terminal obeys, marks that turn lines around, or letters that cannot be encoded.
The database keeps what was said (see `storable`); `clean` and `one_line` stand
in front of every screen, log, stdout and export.

The policy:

- C0 controls and DEL become their control pictures (ESC is shown as U+241B), so
  that the evidence stays visible; every kind of line break becomes a newline;
  a tab stays.
- Other C1 controls, bidirectional controls, tags, noncharacters and surrogates
  become U+FFFD.
- Invisible characters without a use in running text are dropped; those that
  emoji, Persian and Hebrew need (ZWJ, ZWNJ, LRM, RLM) stay.
- At most eight combining marks stay on a letter of any script, and one of a run
  of variation selectors: more would pile up over other lines, or carry hidden text.
"""

import re
import unicodedata

CHARACTERS_PER_TOKEN = 3.6
"""A first guess at how models count; what a model reports corrects it."""

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_PICTURES = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_NO_PARTING = re.compile("(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b")
_DROPPED = re.compile("[\u200b\u2060\ufeff\u00ad\u180e\u2061-\u2065]")
_FORBIDDEN = re.compile(
    "[\x80-\x84\x86-\x9f"  # C1 without NEL
    "\u061c\u202a-\u202e\u2066-\u2069\u206a-\u206f"  # bidirectional controls
    "\ufff9-\ufffb"  # interlinear annotation
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags, and what is kept free beside them
    "\ud800-\udfff"
    "\ufdd0-\ufdef\ufffe\uffff"
    + "".join(
        f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17)
    )
    + "]"
)
_SELECTORS = re.compile(
    "([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_MOST_MARKS = 8
_MARKS = {"Mn", "Me", "Cf"}
"""Categories of what takes no place of its own."""
_PERHAPS_TOO_MANY = re.compile(r"[^\w\s\x00-\x7f]{9,}")  # marks among them, or only signs
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """Return `text` safe to show, lines and all. Total and idempotent; never longer than `text`."""
    if text.isascii() and text.isprintable():
        return text
    text = _BREAKS.sub("\n", text)
    text = _PICTURES.sub(_picture, text)
    if text.isascii():
        return text
    text = _DROPPED.sub("", text)
    text = _FORBIDDEN.sub("\ufffd", text)
    text = _SELECTORS.sub(r"\1", text)
    return _PERHAPS_TOO_MANY.sub(_without_piles, text)


def written(text: str) -> str:
    """Return what a person wrote, as `clean` but with the spaces of no width that part words.

    Thai, Lao, Burmese and Khmer have such, and their keyboards type them.
    """
    return "\u200b".join(clean(part) for part in _NO_PARTING.sub("", text).split("\u200b"))


def one_line(text: str, longest: int = 300) -> str:
    """Return `text` safe to show as a label: one line, at most `longest` characters."""
    text = " ".join(clean(text[: longest * 4]).split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def storable(text: str) -> str:
    """Return `text` as the database keeps it: only NUL and surrogates replaced."""
    return _UNSTORABLE.sub("\ufffd", text)


def _picture(match: re.Match[str]) -> str:
    return "\u2421" if match[0] == "\x7f" else chr(0x2400 + ord(match[0]))


def _without_piles(match: re.Match[str]) -> str:
    kept, marks = [], 0
    for char in match[0]:
        marks = marks + 1 if unicodedata.category(char) in _MARKS else 0
        if marks <= _MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def cut(text: str, longest: int) -> str:
    """Return the beginning of `text`, at most `longest` characters, up to a whole sentence."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    end = max(head.rfind(mark) + 1 for mark in (". ", "! ", "? ", "\n", "。"))
    return head[: end if end > longest // 2 else None].rstrip() + "…"
