"""Marks of the interface: one cell each, from the basic plane, without a second, two-cell form.

The word always stands beside the mark. Several of them are "ambiguous" in East
Asian settings and may take two cells there; `ASCII` is for those terminals.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """One set of marks."""

    live: str = "▸"
    paused: str = "∥"
    ended: str = "■"
    typing: str = "…"
    done: str = "✓"
    up: str = "●"
    slow: str = "◐"
    down: str = "✕"
    off: str = "○"
    muted: str = "–"
    demo: str = "◆"
    chosen: str = "◉"
    narration: str = "◇"
    enter: str = "⏎"
    bullet: str = "•"
    bar: str = "▌"
    gutter: str = "│"
    cursor: str = "█"
    rule: str = "─"
    meter: str = "━"
    spark: str = "▁▂▃▄▅▆▇█"
    """Eight heights, lowest first."""
    ellipsis: str = "…"


UNICODE = Glyphs()
ASCII = Glyphs(
    live=">",
    paused="=",
    ended="#",
    typing="...",
    done="v",
    up="*",
    slow="+",
    down="x",
    off="o",
    muted="-",
    demo="@",
    chosen="*",
    narration="o",
    enter="enter",
    bullet="*",
    bar="|",
    gutter="|",
    cursor="_",
    rule="-",
    meter="=",
    spark="_.,-=+*#",
    ellipsis="~",
)


def _marks() -> dict[int, str]:
    pairs = [
        (mark, plain)
        for name in Glyphs.__slots__
        if len(mark := getattr(UNICODE, name)) == len(plain := getattr(ASCII, name))
    ]
    pairs.append(("·★↓‹›", "-*v<>"))  # written where they stand, by no name
    return str.maketrans(
        {a: b for marks, plain in pairs for a, b in zip(marks, plain, strict=True)}
    )


ASCII_MARKS: Mapping[int, str] = _marks()
"""For `str.translate`: each mark of the interface, one cell for one cell."""
ASCII_KEYS: Mapping[str, str] = {UNICODE.enter: ASCII.enter, "⇥": "tab"}
"""Marks of keys that need a word."""


class State(NamedTuple):
    """How a state is shown."""

    glyph: str
    word: str
    colour: str
    """A variable of the theme, with its dollar sign."""


def states(glyphs: Glyphs = UNICODE) -> Mapping[str, State]:
    """Return how each state of rooms, personas and providers is shown, by its name."""
    return {
        "live": State(glyphs.live, "live", "$success"),
        "paused": State(glyphs.paused, "paused", "$warning"),
        "ended": State(glyphs.ended, "ended", "$muted"),
        "speaking": State(glyphs.live, "speaking", "$success"),
        "typing": State(glyphs.typing, "typing", "$foreground"),
        "thinking": State(glyphs.typing, "thinking", "$foreground"),
        "held": State(glyphs.paused, "waits", "$warning"),
        "waiting": State(glyphs.off, "waiting", "$muted"),
        "done": State(glyphs.done, "done", "$muted"),
        "solo": State(glyphs.chosen, "solo", "$primary"),
        "muted": State(glyphs.muted, "muted", "$muted"),
        "failed": State(glyphs.down, "failed", "$error"),
        "ok": State(glyphs.up, "ok", "$success"),
        "slow": State(glyphs.slow, "slow", "$warning"),
        "down": State(glyphs.down, "down", "$error"),
        "off": State(glyphs.off, "off", "$muted"),
        "demo": State(glyphs.demo, "demo", "$accent"),
    }


_TONES = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
_PICTOGRAM = "[\u2190-\u2bff\U0001f000-\U0001faff]"
_JOINED = re.compile(f"({_PICTOGRAM})(?:\u200d{_PICTOGRAM})+")


def plain_emoji(text: str) -> str:
    """Return `text` with emoji only in forms that every terminal measures alike.

    tmux and others disagree with us about the cells of variation selectors, skin
    tones and joined emoji, and the rest of the line would shift: selectors and
    tones go, of joined emoji the first one stays.
    """
    if text.isascii():
        return text
    return _JOINED.sub(r"\1", _TONES.sub("", text))


def wants_plain_emoji(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is one that is known to measure emoji its own way, or is far away."""
    return any(environ.get(name) for name in ("TMUX", "STY", "SSH_CONNECTION")) or environ.get(
        "TERM", ""
    ).startswith(("screen", "tmux"))
