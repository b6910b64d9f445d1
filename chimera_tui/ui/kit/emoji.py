"""The emoji that a persona may have: one code point, two cells wide in every terminal.

`emoji.txt` holds one a line, with the words it is found by: those of Unicode 12 and older whose
East Asian width is wide, which need no variation selector, joiner or skin tone.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple


class Emoji(NamedTuple):
    """One of them."""

    character: str
    words: str
    """What it is called, in lower case."""


@cache
def all_emoji() -> tuple[Emoji, ...]:
    """Read them, faces and animals first."""
    text = Path(__file__).with_name("emoji.txt").read_text(encoding="utf-8")
    pairs = (line.partition(" ") for line in text.split("\n") if line)
    return tuple(Emoji(character, words) for character, _, words in pairs)


def found(text: str) -> list[Emoji]:
    """Those in whose words all of `text` begin words, or which stand in it."""
    wanted = text.casefold().split()
    return [
        one
        for one in all_emoji()
        if one.character in text or all(f" {word}" in f" {one.words}" for word in wanted)
    ]
