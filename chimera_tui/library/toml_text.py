"""Writing values as TOML that people like to read, in which nothing is unseen."""

import re
from collections.abc import Mapping

import tomli_w

_UNSEEN = re.compile(
    "[\x80-\x9f\u061c\u200b\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
    "\ud800-\udfff]"
)
"""What would be obeyed or overlooked where the file is printed: lossless, but for surrogates."""
_LONE_QUOTE = re.compile(r'(?<![\\"])\\"(?!\\?")')
"""An escaped quotation mark that need not be: it stands in several lines, and beside no other."""

Value = str | int | float | tuple[str, ...]


def to_toml(values: Mapping[str, Value], *, long: str = "") -> str:
    """Write a table of plain values.

    Args:
        values: By key. What TOML cannot hold, a lone surrogate, becomes U+FFFD.
        long: The key whose text stands as it is, over several lines, and with a line end more.
    """
    return "".join(
        _long(key, value) if key == long and isinstance(value, str) else _written(key, value)
        for key, value in values.items()
    )


def _written(key: str, value: Value, *, is_long: bool = False) -> str:
    return _UNSEEN.sub(_escape, tomli_w.dumps({key: value}, multiline_strings=is_long))


def _long(key: str, text: str) -> str:
    if "\r" in text:  # in several lines it would be lost
        return _written(key, f"{text}\n")
    return _LONE_QUOTE.sub('"', _written(key, f"{text}\n", is_long=True))


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return f"\\U{ord(char):08x}" if char > "\uffff" else f"\\u{ord(char):04x}"
