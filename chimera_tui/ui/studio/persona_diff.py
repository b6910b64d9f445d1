"""In what two versions of a persona differ, line by line; needs no terminal."""

import re
from difflib import SequenceMatcher

from textual.content import Content

from chimera_tui.domain.persona import Persona
from chimera_tui.ui.kit.blocks import line
from chimera_tui.ui.studio.persona_fields import KEYS, LONG, texts_of
from chimera_tui.ui.studio.persona_form import LABELS

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")


def differences(old: Persona, new: Persona, width: int) -> list[Content]:
    """What is to be taken out of `old` and put in to make it `new`, wrapped to `width` cells."""
    before, after = texts_of(old), texts_of(new)
    lines: list[Content] = []
    for key in KEYS:
        if before[key] == after[key]:
            continue
        lines.append(line((LABELS[key].rstrip("?"), "bold")))
        for sign, text in _changes(before[key], after[key], whole=key not in LONG):
            colour = "$error" if sign == "-" else "$success"
            for number, row in enumerate(Content(text).wrap(max(8, width - 2))):
                lines.append(line((f"{sign if not number else ' '} ", colour), row))
    return lines


def _changes(old: str, new: str, *, whole: bool) -> list[tuple[str, str]]:
    """Pieces that go (`-`) and come (`+`): the whole text, or sentences of it."""
    if whole:
        return [(sign, text) for sign, text in (("-", old), ("+", new)) if text]
    one, other = ([s for s in _SENTENCE.split(text) if s.strip()] for text in (old, new))
    found: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind != "equal":
            found += [("-", sentence) for sentence in one[a:b]]
            found += [("+", sentence) for sentence in other[c:d]]
    return found
