"""Telling a person something in passing."""

from typing import Literal

from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.text import clean

Severity = Literal["information", "warning", "error"]


def sentences(error: ChimeraError) -> str:
    """What is wrong and what to do, safe to show."""
    return clean(f"{error.problem} {error.hint}".strip())
