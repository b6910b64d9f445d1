"""Writing values as TOML that people like to read."""

import re
from collections.abc import Mapping

_ESCAPED = re.compile(
    '["\\\\\x00-\x1f\x7f-\x9f'  # what TOML forbids, and C1
    "\u061c\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"  # unseen
    "\ud800-\udfff]"
)
"""What would be obeyed or overlooked where the file is printed: lossless, but for surrogates."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_WIDTH = 100

Value = str | int | float | tuple[str, ...]


def to_toml(values: Mapping[str, Value], *, long: str = "") -> str:
    """Write a table of plain values, a key a line.

    Args:
        values: By key. What TOML cannot hold, a lone surrogate, becomes U+FFFD.
        long: The key whose text stands as it is, over several lines.
    """
    return "".join(
        f"{key} = {_long(value) if key == long and isinstance(value, str) else _value(value)}\n"
        for key, value in values.items()
    )


def _value(value: Value) -> str:
    if isinstance(value, str):
        return f'"{_ESCAPED.sub(_escape, value)}"'
    if not isinstance(value, tuple):
        return repr(value)
    items = [_value(item) for item in value]
    line = f"[{', '.join(items)}]"
    return line if len(line) < _WIDTH else "[\n" + "".join(f"    {i},\n" for i in items) + "]"


def _long(text: str) -> str:
    lines = text.split("\n")
    return '"""\n' + "\n".join(_ESCAPED.sub(_escape_long, line) for line in lines) + '\n"""'


def _escape_long(match: re.Match[str]) -> str:
    """Quotation marks and tabs can stand as they are, but three of the former in a row."""
    if match[0] == "\t" or (match[0] == '"' and match.string[match.start() + 1 :][:1] != '"'):
        return match[0]
    return _escape(match)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    long = f"\\U{ord(char):08x}" if char > "\uffff" else f"\\u{ord(char):04x}"
    return _ESCAPES.get(char) or long
