"""Keys in texts: the one place that knows what they look like, and takes them out.

A known key is found in whatever writing it comes back: plain, in a URL, in JSON,
in base64. An unknown one is found by its shape, or by the word in front of it.
"""

import base64
import re
from collections.abc import Iterable, Mapping

REDACTED = "[key]"
"""What stands where a key stood."""
SHORTEST_KNOWN = 8
"""Characters; to search for less would tear holes into every text."""
MOST_ESCAPES = 64
"""Backslashes in front of a character at most: JSON in JSON, six deep. A bound, since a server may
send any number, and since possessive quantifiers do not match as they should before Python 3.11.5.
"""
SHORTEST_SHOWN = 12
"""Characters of a key of which the last four may be shown."""

SECRET_HEADERS = frozenset({
    "authorization", "proxy-authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie",
    "set-cookie",
})  # fmt: skip
"""Headers whose value is a secret, in lower case."""

_ANNOUNCED = (
    r"(?:x-goog-api-key|x-api-key|api[_-]?key|access[_-]?token|auth[_-]?token|token|secret|password"
    r"|(?:proxy-)?authorization)"
)
_USER = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s\"'`<>@]*@(?=[\w\[])")
"""Who and by which password, in an address: all up to the `@`, however many slashes are in it."""
_SHAPES = re.compile(
    # after a word that announces one: `api_key="…"`, `x-api-key: …`, `?key=…`
    rf"(?i)\b{_ANNOUNCED}[\\'\"]*\s*[:=]\s*[\\'\"]*(?:(?:bearer|basic)\s+)?[^\s\\'\",;&<>]+"
    r"|[?&](?:key|sig|signature|sign|pwd|passwd|pass|code|auth|credential)=[^\s\\'\"&<>]+"
    # a word as in "basic authentication" is none
    r"|\b(?:bearer|basic)\s+(?=\S*[\d_]|\S*\.\S|\S{16})[^\s\\'\",;<>]{4,}"
    # by how the keys of well-known services begin
    r"|\b(?:sk|pk|rk|gsk|xai|hf|lms|nvapi|pplx|r8|fw)[-_][\w*.…%+/=-]{4,}"
    r"|\bAIza[\w*.…-]{6,}|\bAQ\.[\w-]{10,}"
    # what a service has shortened itself
    r"|(?<![\w-])[\w-]*\*{3,}[\w-]*"
)


def redact(text: str, *known: str) -> str:
    """Return `text` without keys.

    Args:
        text: Anything.
        known: Keys that may be in it; empty ones are passed over.
    """
    return Redactor(known)(text)


def end_of(key: str) -> str:
    """What may be shown of a key: `…abcd`, and nothing of a short one."""
    return f"…{key[-4:]}" if len(key) >= SHORTEST_SHOWN else ""


class Redactor:
    """Takes out of texts the keys that it was told of, and all that look like one."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._keys: set[str] = set()
        self._known: re.Pattern[str] | None = None
        for key in known:
            self.know(key)

    def know(self, key: str) -> None:
        """Take `key` out of every text from now on."""
        if len(key) >= SHORTEST_KNOWN and key not in self._keys:
            self._keys.add(key)
            longest_first = sorted(self._keys, key=len, reverse=True)
            self._known = re.compile("|".join(map(_writings, longest_first)), re.IGNORECASE)

    def __call__(self, text: str) -> str:
        """Return `text` without keys."""
        if self._known:
            text = self._known.sub(REDACTED, text)
        if "@" in text:
            text = _USER.sub(rf"\1{REDACTED}@", text)
        return _SHAPES.sub(REDACTED, text)

    def headers(self, headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
        """Return headers of a request or an answer; of the secret ones, which key it is."""
        return {
            name: _told(value) if name.lower() in SECRET_HEADERS else self(value)
            for name, value in headers
        }


def _told(value: str) -> str:
    """A secret header: how it is given, and the end of the key."""
    scheme, _, key = value.rpartition(" ")
    scheme = f"{scheme} " if scheme.lower() in {"bearer", "basic"} else ""
    return f"{scheme}{end_of(key) if scheme.lower() != 'basic ' else ''}".strip() or REDACTED


def _writings(key: str) -> str:
    """A pattern for all ways in which `key` may be written in a text."""
    plain = "".join(_character(char) for char in re.sub(r"\\+", r"\\", key))
    packed = (_base64(key, shift) for shift in range(3))
    return "|".join([plain, *(text for text in packed if len(text) >= SHORTEST_KNOWN)])


def _character(char: str) -> str:
    """A pattern for one character: as it is, in JSON (in JSON …), in a URL, in HTML."""
    if char.isalnum() or char in "-_.~":
        return re.escape(char)
    code = f"{ord(char):02x}"
    named = rf"%(?:25)*{code}|&(?:\w{{2,5}}|#x?0*\w{{2,3}});"
    if char == "\\":  # how many there are depends on how often it was escaped
        return rf"(?:\\(?:u00{code})?|{named}){{1,{MOST_ESCAPES}}}"
    before = rf"\\{{0,{MOST_ESCAPES}}}"
    return rf"(?:{before}{re.escape(char)}|{before}\\u00{code}|{named})"


def _base64(key: str, shift: int) -> str:
    """A pattern for base64 of `key` after `shift` other bytes, without what the others change."""
    written = base64.b64encode(b"\0" * shift + key.encode()).decode().rstrip("=")
    whole = (shift + len(key.encode())) // 3 * 4
    inside = written[(0, 2, 3)[shift] : whole]
    return inside.replace("+", "[+-]").replace("/", "[/_]")
