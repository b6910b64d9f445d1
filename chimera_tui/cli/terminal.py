"""The terminal that the app is to be drawn in: whether it can be, and what else is heeded."""

import os
import re
import sys
from collections.abc import MutableMapping

_HEEDED = {
    "ESCDELAY": r"[1-9]\d{0,3}",
    "TEXTUAL_ALLOW_SIGNALS": "1",
    "TEXTUAL_ANIMATIONS": "none|basic|full",
    "TEXTUAL_COLOR_SYSTEM": "auto|standard|256|truecolor",
    "TEXTUAL_DISABLE_KITTY_KEY": "0|1",
    "TEXTUAL_FPS": r"[1-9]\d{0,2}",
    "TEXTUAL_SMOOTH_SCROLL": "0|1",
}
"""Environment variables that Textual reads, each with a pattern of the values that do no harm."""


def why_not_here() -> str:
    """Say why the app cannot be drawn here; empty if it can."""
    if not all(s and s.isatty() for s in (sys.stdin, sys.stdout, sys.stderr)):
        return "The app needs a terminal. Without one there is `chimera-tui talk`."
    if os.name == "posix" and os.environ.get("TERM", "").lower() in ("", "dumb", "unknown"):
        return (
            "The app needs a terminal that can do more than TERM says. There is `chimera-tui talk`."
        )
    try:
        "│●…".encode(sys.stderr.encoding)
    except UnicodeEncodeError:
        return "The app needs a terminal in UTF-8; LC_ALL=C.UTF-8 may help."
    return ""


def forget_foreign(environ: MutableMapping[str, str]) -> None:
    """Take out of `environ` what Textual would obey when it is imported, to our harm.

    It knows variables for its developers that press keys, write down what is typed, take another
    driver or draw no more; some values end the program before it begins.
    """
    known = [name for name in environ if name.startswith("TEXTUAL") or name in _HEEDED]
    for name in known:
        if not re.fullmatch(_HEEDED.get(name, "(?!)"), environ[name], re.IGNORECASE):
            del environ[name]
