"""The key in what a person typed or pasted."""

import re

from chimera_tui.domain.errors import ChimeraError

LONGEST_KEY = 4096
"""Characters."""
_ASSIGNED = re.compile(r"(?:export\s+)?[A-Z][A-Z0-9]*_[A-Z0-9_]*\s*=\s*(?=[^\s=])")
_HEADER = re.compile(
    r"(?i)(?:(?:authorization|x-api-key|x-goog-api-key)\s*:\s*)?(?:bearer(?:\s+|\Z))?"
)


def cleaned(text: str) -> str:
    """Return the key in what a person typed or pasted: without quotes, `Bearer `, `NAME=`.

    Args:
        text: What was given. It is never repeated in an error.

    Raises:
        ChimeraError: If it cannot be a key.
    """
    key = _ASSIGNED.sub("", text.strip(), count=1) if _ASSIGNED.match(text.strip()) else text
    key = _HEADER.sub("", key.strip().strip("\"'`"), count=1).strip().strip("\"'`").strip()
    if problem := _what_is_wrong(key):
        raise ChimeraError(problem, hint="Copy the key again, whole, from where it was made.")
    return key


def _what_is_wrong(key: str) -> str:
    """Say why this can be no key; empty if it can."""
    found = {
        "No key was given.": not key,
        "This key is shortened: dots or stars stand in its middle.": bool(
            re.search(r"…|\.\.\.|\*\*\*|•", key)
        ),
        "A key has no blanks or line ends in it.": any(c.isspace() for c in key),
        "A key has only letters, digits and signs of ASCII.": not (
            key.isascii() and key.isprintable()
        ),
        "This is an address, not a key.": bool(re.match(r"(?i)https?://", key)),
        "This is too long for a key.": len(key) > LONGEST_KEY,
    }
    return next((problem for problem, is_so in found.items() if is_so), "")
