"""Help for names that do not exist."""

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """Say which of `names` was probably meant, else list them all."""
    names = sorted(names)
    close = difflib.get_close_matches(name.casefold(), names, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"There are: {', '.join(names)}." if names else ""
