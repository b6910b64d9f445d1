"""Taking what is sound from JSON that others wrote, and saying in words what was not."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chimera_tui.domain.decoding import decoded
from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.text import clean, one_line

LONGEST_JSON = 4 * 1024 * 1024
"""Bytes of the JSON of one card."""
MOST_VALUES = 400_000
"""Commas or brackets in it: what takes time and memory is not text, but many small values."""
DEEPEST = 64
"""Lists and objects in one another."""
LONGEST_TEXT = 64 * 1024
"""Characters of one field that are used; the card keeps all."""
MOST_NOTES = 40
_LONGEST_NUMBER = 40


class UnreadableError(Exception):
    """There is nothing sound to take; says why, as the end of a sentence about the file."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint

    def of(self, path: Path) -> InvalidFileError:
        """The error as a person is told it."""
        return InvalidFileError(f"`{one_line(str(path))}` {self.why}.", hint=self.hint)


@dataclass(slots=True)
class Notes:
    """What was dropped, cut or mended, in words; each once, and not without end."""

    lines: dict[str, None] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Remember one sentence."""
        if len(self.lines) < MOST_NOTES:
            self.lines[line] = None
        else:
            self.lines["There was more to mend than is listed here."] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)


def parse_json(data: bytes, notes: Notes) -> Any:
    """Read JSON of at most 4 MiB as leniently as is safe.

    Any Unicode encoding is read, with a byte order mark or without; line breaks inside strings,
    and bytes that are no letters, are mended;
    `NaN`, infinities and numbers of more than 40 digits become null; of two equal keys the
    last one counts, as it does in browsers.

    Raises:
        UnreadableError: If it is too long, nested too deeply, or no JSON.
    """
    if len(data) > LONGEST_JSON:
        raise UnreadableError("holds more than 4 MiB of text")
    if max(data.count(b","), data.count(b"["), data.count(b"{")) > MOST_VALUES:
        raise UnreadableError("holds more values than a card can have")
    text = text_from(data, notes)
    try:
        value = decoder_for(notes).decode(text)
    except RecursionError:
        raise UnreadableError("is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise UnreadableError(f"holds no readable JSON (line {error.lineno})") from None
    if is_deep(value):
        raise UnreadableError("is nested too deeply")
    return value


def text_from(data: bytes, notes: Notes) -> str:
    """Return the text of a foreign file, whatever its encoding and line ends."""
    text, is_whole = decoded(data)
    if not is_whole:
        notes.add("Some of its letters could not be read and are lost.")
    return text


def decoder_for(notes: Notes) -> json.JSONDecoder:
    """Return what reads JSON as leniently as `parse_json` says; the bounds are the caller's."""
    hooks = _Hooks(notes)
    return json.JSONDecoder(
        strict=False,
        object_pairs_hook=hooks.table,
        parse_float=hooks.number,
        parse_int=hooks.number,
        parse_constant=hooks.no_number,
    )


@dataclass(frozen=True, slots=True)
class _Hooks:
    """What the JSON parser asks about numbers and objects."""

    notes: Notes

    def number(self, digits: str) -> float | int | None:
        if len(digits) <= _LONGEST_NUMBER:
            value = float(digits) if set(digits) & set(".eE") else int(digits)
            if math.isfinite(value):
                return value
        return self.no_number(digits)

    def no_number(self, _: str) -> float | int | None:
        self.notes.add("A number that is none, or too long, was dropped.")
        return None

    def table(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            self.notes.add("A key stands twice in one object: the last one counts.")
        return found


def text_of(data: Mapping[str, Any], key: str, notes: Notes, longest: int = LONGEST_TEXT) -> str:
    """Return what stands at `key` as clean text: a list joined by lines, a number in digits."""
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, list):
        notes.add(f"`{key}` was a list: its texts were joined.")
        value = "\n".join(str(part) for part in value if isinstance(part, str | int | float))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    elif not isinstance(value, str):
        notes.add(f"`{key}` was no text and was dropped.")
        return ""
    if len(value) > longest:
        notes.add(f"`{key}` was cut: {len(value):,} characters, {longest:,} of them are used.")
    return clean(value[:longest]).strip()


def words_of(
    data: Mapping[str, Any], key: str, notes: Notes, *, most: int, longest: int
) -> tuple[str, ...]:
    """Return the short texts at `key`, each once; one text with commas counts as a list."""
    value = data.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        notes.add(f"`{key}` was no list and was dropped.")
        return ()
    labels = [one_line(word, longest) for word in value if isinstance(word, str)]
    kept = tuple(dict.fromkeys(filter(None, labels)))
    if len(labels) < len(value):
        notes.add(f"What was no text in `{key}` was dropped.")
    if len(kept) > most:
        notes.add(f"Of `{key}` the first {most} are kept.")
    return kept[:most]


def number_of(
    data: Mapping[str, Any], key: str, notes: Notes, low: float, high: float
) -> float | None:
    """Return the number at `key`, brought between `low` and `high`; None if there is none."""
    value = data.get(key)
    if value is None or value == "":
        return None
    try:
        found = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if isinstance(value, bool) or not math.isfinite(found):
        notes.add(f"`{key}` was no number and was dropped.")
        return None
    if not low <= found <= high:
        notes.add(f"`{key}` was brought between {low:g} and {high:g}.")
    return min(high, max(low, found))


def table_of(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object at `key`; an empty one if there is none."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def is_deep(value: object) -> bool:
    """Whether lists and objects stand in one another deeper than is sound."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
