"""What is written down when a mistake of ours ends a room or the app: where, never with what.

A traceback with the values of variables would show what people wrote, and keys.
"""

import os
import platform
import traceback
from datetime import datetime
from pathlib import Path

from chimera_tui import __version__
from chimera_tui.domain.errors import ChimeraError
from chimera_tui.domain.text import clean, one_line
from chimera_tui.settings.paths import private_folder


def write_crash(error: BaseException, folder: Path, now: datetime) -> Path | None:
    """Write where `error` happened into a new file that only its owner can read.

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
            file.write(f"{about}\n\n{clean(frames)}")
    except (OSError, ChimeraError):
        return None
    return path


def cause(error: BaseException) -> str:
    """The error in one line, for the terminal."""
    return one_line(f"{type(error).__name__}: {error}", 200)
