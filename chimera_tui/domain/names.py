"""Help for names that do not exist."""

import difflib
from collections.abc import Iterable

MOST_NAMES = 16
"""Names that are listed."""


def nearest(name: str, names: Iterable[str]) -> str:
    """Say which of `names` was probably meant, else list them all; empty if they are too many."""
    names = sorted(names)
    close = difflib.get_close_matches(name.casefold(), names, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"There are: {', '.join(names)}." if 0 < len(names) <= MOST_NAMES else ""
