"""Personas as text for a terminal: a table of all, and one on a card."""

import textwrap
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import clean, one_line
from chimera_tui.library.library import Origin
from chimera_tui.library.persona_file import CATEGORIES
from chimera_tui.lore.carried import Carried

WIDTH = 80
"""Cells of a line."""
_SLUG = 18
_ORIGIN = 8
_NO_CELL = {"Mn", "Me", "Cf"}


def table(found: Sequence[tuple[Persona, Origin]]) -> str:
    """A line for each persona under its category; the known categories first."""
    categories = dict.fromkeys((*CATEGORIES, *sorted({p.category for p, _ in found})))
    blocks: list[str] = []
    for category in categories:
        lines = [
            _line(persona, origin) for persona, origin in found if persona.category == category
        ]
        if lines:
            blocks.append("".join(f"{line}\n" for line in (one_line(category, WIDTH), *lines)))
    return "\n".join(blocks)


def card(persona: Persona, origin: Origin, path: Path, carried: Carried | None = None) -> str:
    """All that is known of a persona."""
    facts = {
        "traits": ", ".join(persona.traits),
        "expertise": ", ".join(persona.expertise),
        "tags": ", ".join(persona.tags),
        "greeting": persona.greeting,
        "model": persona.model,
        "card": _counted(carried) if carried else "",
        "file": str(path),
    }
    about = f"{persona.slug}, {persona.category}, {origin}"
    figures = (
        f"about {persona.words} words, temperature {persona.temperature:g},"
        f" talkativeness {persona.talkativeness:g}, colour {persona.colour}"
    )
    head = [f"{one_line(persona.emoji, 8)} {one_line(persona.name)} ({one_line(about)})"]
    head += [one_line(persona.one_line), "", figures, ""]
    head += [f"{key:<11}{one_line(value, 1000)}" for key, value in facts.items() if value]
    wrapped = [line for text in head for line in _wrapped(text, " " * 11)]
    prompt = [
        line
        for paragraph in clean(persona.prompt).split("\n\n")
        for line in ("", *_wrapped(" ".join(paragraph.split()), ""))
    ]
    return "".join(f"{line}\n" for line in (*wrapped, *prompt))


def _counted(carried: Carried) -> str:
    """What a persona takes along from its card."""
    counts = (
        ("entries of lore", len(carried.book.entries) if carried.book else 0),
        ("example dialogues", len(carried.examples)),
        ("last instructions", bool(carried.last_words)),
    )
    return ", ".join(f"{what}: {count:d}" for what, count in counts if count) or "holds no more"


def _line(persona: Persona, origin: Origin) -> str:
    mark = "" if origin is Origin.BUILTIN else str(origin)
    left = f"  {_fit(one_line(persona.emoji, 8), 2)} {_fit(one_line(persona.slug), _SLUG)} "
    about = WIDTH - cells(left) - (_ORIGIN if mark else 0)
    return f"{left}{_fit(one_line(persona.one_line), about)}{mark:>{_ORIGIN}}".rstrip()


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


def cells(text: str) -> int:
    """How many cells `text` takes in a terminal; a good guess without a table of emoji."""
    return sum(
        0
        if unicodedata.category(char) in _NO_CELL
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def _fit(text: str, width: int) -> str:
    """`text` in exactly `width` cells, filled or cut."""
    if cells(text) > width:
        while cells(text) >= width:
            text = text[:-1]
        text = text.rstrip() + "…"
    return text + " " * (width - cells(text))
