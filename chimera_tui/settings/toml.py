"""TOML that people write, checked against a `msgspec.Struct`; errors say where and what instead."""

import difflib
import re
import typing
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.text import one_line

DEEPEST_KEY = 16
"""Parts of a dotted key; the parser needs quadratic time for long ones."""

T = TypeVar("T", bound=msgspec.Struct)

_PART = r"(?:[\w-]+|\"[^\"\n]*\"|'[^'\n]*')"
# Always consumes what it has read, so that one pass over the text is enough.
_DOTTED_KEY = re.compile(rf"(?P<key>(?:{_PART}[ \t]*\.[ \t]*)*+{_PART}?)[ \t]*(?P<end>[=\]])?")
_SYNTAX_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*?)`(?: - at `.*`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<key>.*?)`")
_SECTION = re.compile(r"^\s*\[(?P<name>[^\[\]]*)\]\s*(?:#.*)?$")

_WORDS = {
    "str": "a text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a time",
    "null": "nothing",
}
"""The types of msgspec as a person who writes TOML or JSON would call them."""
_TYPES = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")


def parse(text: str, path: Path) -> dict[str, Any]:
    """Read `text`, the content of `path`.

    Raises:
        InvalidFileError: If it is not TOML, or would be too hard to read.
    """
    import tomllib  # noqa: PLC0415 - not before the first paint, where there is no such file

    _check_keys(text, path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InvalidFileError(f"{_where(path)}: it is nested too deeply.") from None
    except ValueError as error:  # a syntax error, or a number with thousands of digits
        raise _syntax_error(str(error), text, path) from None


def check(data: object, shape: type[T], text: str, path: Path, *tables: str) -> T:
    """Read `data`, the table `tables` of `path`, as a `shape`.

    Raises:
        InvalidFileError: If a value is not what `shape` allows. The problem names file, line and
            key; the hint says what is allowed (the `description` in the `Meta` of the field).
    """
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise _wrong_value(str(error), shape, text, path, tables) from None


def line_of(text: str, *keys: str) -> int:
    """The line, from 1, on which the key `keys` (tables first) stands; 0 if it is not found."""
    found, section = 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _SECTION.match(line):
            section = _plain(match["name"])
            if section == ".".join(keys):
                return number
        key, equals, _ = line.partition("=")
        name = ".".join(filter(None, (section, _plain(key))))
        if equals and name == ".".join(keys):
            return number
        if equals and not found and keys and name == ".".join(keys[:-1]):
            found = number  # the table is written in one line
    return found


def wrong(
    path: Path, text: str, keys: tuple[str, ...], problem: str, hint: str
) -> InvalidFileError:
    """An error about the value of the key `keys` in `path`."""
    line = line_of(text, *keys)
    where = _where(path) + (f", line {line}" if line else "")
    name = f", `{one_line('.'.join(keys), 80)}`" if keys else ""
    return InvalidFileError(f"{where}{name}: {one_line(problem)}", hint=hint)


def _check_keys(text: str, path: Path) -> None:
    if all(line.count(".") <= DEEPEST_KEY for line in text.split("\n")):
        return  # a key stands in one line: spares nearly every file the search
    for match in _DOTTED_KEY.finditer(text):
        if match["end"] and match["key"].count(".") > DEEPEST_KEY:
            line = text.count("\n", 0, match.start()) + 1
            raise InvalidFileError(f"{_where(path)}, line {line}: a key has too many dots.")


def _syntax_error(message: str, text: str, path: Path) -> InvalidFileError:
    where = _where(path)
    if match := _SYNTAX_LINE.search(message):
        where, message = f"{where}, line {match[1]}", message[: match.start()]
    elif " (at end of document)" in message:
        line = text.rstrip().count("\n") + 1
        where, message = f"{where}, line {line}", message.replace(" (at end of document)", "")
    else:
        return InvalidFileError(f"{where}: a number is too long.")
    hint = 'Texts need quotes: key = "text".'
    return InvalidFileError(f"{where}: {one_line(message)}.", hint=hint)


def _wrong_value(
    message: str, shape: type[msgspec.Struct], text: str, path: Path, tables: tuple[str, ...]
) -> InvalidFileError:
    known = shape.__struct_fields__
    if unknown := _UNKNOWN.match(message):
        close = difflib.get_close_matches(unknown["key"], known, n=1)
        hint = f"Did you mean `{close[0]}`?" if close else f"Known keys: {', '.join(known)}."
        return wrong(path, text, (*tables, unknown["key"]), "there is no such key.", hint)
    if missing := _MISSING.match(message):
        hint = _allowed(shape, missing["key"])
        return wrong(path, text, (*tables, missing["key"]), "this key is missing.", hint)
    problem, _, place = message.partition(" - at `$")
    key = re.match(r"\.([\w-]+)", place)
    keys = (*tables, key[1]) if key else tables
    hint = _allowed(shape, key[1]) if key else ""
    return wrong(path, text, keys, in_plain_words(problem), hint)


def _allowed(shape: type[msgspec.Struct], key: str) -> str:
    hints = typing.get_type_hints(shape, include_extras=True)
    metas = getattr(hints[key], "__metadata__", ())
    return next((f"Allowed: {m.description}." for m in metas if isinstance(m, msgspec.Meta)), "")


def in_plain_words(problem: str) -> str:
    """Return what msgspec finds wrong with a value as one would say it."""
    if " matching regex " in problem:
        return "this cannot stand here."
    problem = _TYPES.sub(_named, problem)
    return problem[:1].lower() + problem[1:] + "."


def _named(types: re.Match[str]) -> str:
    """The types that may be, or the one that is."""
    words = types[1].split(" | ")
    wanted = [word for word in words if word != "null"] or words
    return " or ".join(_WORDS.get(word, f"`{word}`") for word in wanted)


def _plain(key: str) -> str:
    """A key without quotes and the spaces around its dots."""
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _where(path: Path) -> str:
    return f"`{one_line(str(path))}`"
