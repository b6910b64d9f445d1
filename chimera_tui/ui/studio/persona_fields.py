"""A persona as the texts of a form, and back; needs no terminal."""

from collections.abc import Mapping
from typing import Any

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import clean, one_line
from chimera_tui.library.persona_file import PersonaFile, problem_with

KEYS = PersonaFile.__struct_fields__
"""What can be edited, by the keys of a persona file."""
LONG = ("prompt", "greeting")
"""Those whose texts have several lines."""
LONGEST_LINE = 4000
"""Characters of the others that are shown."""
LISTS = ("traits", "expertise", "tags")
WRAPPED = 80
"""Characters from which on a line is taken to have been broken for its length."""
NUMBERS = {"colour": int, "words": int, "temperature": float, "talkativeness": float}


def texts_of(persona: Persona) -> dict[str, str]:
    """Return what stands in the form of a persona, safe to show."""
    return {key: _text(getattr(persona, key), is_long=key in LONG) for key in KEYS}


def problems_of(fields: Mapping[str, str]) -> dict[str, str]:
    """Say of each field that cannot be saved what it should be instead."""
    found = {key: problem_with(key, _value(key, fields[key])) for key in KEYS}
    return {key: problem for key, problem in found.items() if problem}


def persona_of(slug: str, fields: Mapping[str, str], base: Persona | None) -> Persona:
    """Return the persona that stands in a form; its fields must be sound.

    Args:
        slug: What it is called in the library.
        fields: The texts.
        base: What the form was filled from: whatever was not touched is exactly as it was.
    """
    before = texts_of(base) if base else {}
    values: dict[str, Any] = {
        key: getattr(base, key) if fields[key] == before.get(key) else _value(key, fields[key])
        for key in KEYS
    }
    return Persona(slug=slug, **values)


def changed(fields: Mapping[str, str], base: Persona | None) -> list[str]:
    """The keys under which a form holds something else than the persona it was filled from."""
    before = texts_of(base) if base else {}
    return [key for key in KEYS if fields[key] != before.get(key)]


def _text(value: object, *, is_long: bool) -> str:
    if isinstance(value, tuple):
        value = ("; " if any("," in item for item in value) else ", ").join(value)
    if not isinstance(value, str):
        return f"{value:g}"
    return _flowing(clean(value)) if is_long else one_line(value, LONGEST_LINE)


def _flowing(text: str) -> str:
    """`text` without the line breaks that only keep its lines short: a form has its own width."""
    lines: list[str] = []
    for new in text.split("\n"):
        if lines and len(lines[-1]) >= WRAPPED and new[:1].isalpha():
            lines[-1] += f" {new}"
        else:
            lines.append(new)
    return "\n".join(lines)


def _value(key: str, text: str) -> Any:
    """What `text` means as the value of `key`; the text itself where it means nothing."""
    if key in LISTS:
        items = text.split(";" if ";" in text else ",")
        return tuple(item.strip() for item in items if item.strip())
    if key in NUMBERS:
        try:
            return NUMBERS[key](text)
        except ValueError:
            return text
    return text.strip("\n") if key == "prompt" else text.strip()
