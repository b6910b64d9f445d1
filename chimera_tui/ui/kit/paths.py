"""Paths as people give them: typed, or dropped onto the terminal."""

import os
import shlex
from pathlib import Path
from urllib.parse import unquote, urlsplit

PERSONA_ENDINGS = (".toml", ".png", ".json", ".charx")
"""How files end that may hold a persona."""
IMPORT_ENDINGS = (*PERSONA_ENDINGS, ".jsonl")
"""How files end that may hold a persona or a conversation."""


def typed_path(text: str) -> Path:
    """The file that somebody means who writes `text`."""
    return Path(os.path.expanduser(text)).absolute()  # noqa: PTH111 - Path's raises for no home


def dropped_path(text: str) -> Path | None:
    """The file that was dragged onto the terminal, which pastes its path; None if it is none.

    Terminals quote it as a shell would, or paste a `file:` address. Asks no disk.
    """
    text = text.strip()
    if not text or "\n" in text or len(text) > 4096:  # noqa: PLR2004 - the longest path there is
        return None
    if text.startswith("file://"):
        return Path(unquote(urlsplit(text).path))
    try:
        (word,) = shlex.split(text)
    except ValueError:
        return None
    path = Path(os.path.expanduser(word))  # noqa: PTH111 - see above
    return path if path.is_absolute() else None


def dropped_persona(text: str) -> Path | None:
    """The same, for a file that may hold a persona."""
    path = dropped_path(text)
    return path if path and path.suffix.lower() in PERSONA_ENDINGS else None
