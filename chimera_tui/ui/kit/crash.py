"""What is written down when a mistake of ours ends a room or the app: where, never with what.

A traceback with the values of variables would show what people wrote, and keys. The messages of
exceptions hold values, too: keys are taken out of them.
"""

import os
import platform
import traceback
from datetime import datetime
from pathlib import Path

from chimera_tui import __version__
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.redaction import Redactor
from chimera_tui.domain.text import clean, one_line
from chimera_tui.settings.paths import private_folder


def write_crash(error: BaseException, folder: Path, now: datetime, redact: Redactor) -> Path | None:
    """Write where `error` happened into a new file that only its owner can read.

    Args:
        error: What ended a room or the program.
        folder: Where to; made if it does not exist.
        now: The time, for the name of the file.
        redact: Takes keys out of what the error says.

    Returns:
        The file, or None if none could be written.
    """
    path = folder / f"crash-{now:%Y%m%d-%H%M%S-%f}.txt"
    about = f"Chimera {__version__}, Python {platform.python_version()}, {platform.system()}"
    frames = "".join(traceback.format_exception(error, chain=True))
    try:
        private_folder(folder)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(f"{about}\n\n{clean(redact(frames))}")
    except (OSError, ChimeraError):
        return None
    return path


def cause(error: BaseException, redact: Redactor) -> str:
    """The error in one line, for the terminal, without keys."""
    return one_line(redact(f"{type(error).__name__}: {error}"), 200)
