"""Copying that works and says how.

The system's own clipboard command comes first, where the program runs on the
machine of the person; else the terminal is asked (OSC 52), which not every
terminal obeys and which carries little; what is too long for that goes to a file.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chimera_tui.settings.paths import private_folder
from chimera_tui.system.files import write_file

LONGEST_FOR_TERMINAL = 75_000
"""Bytes that terminals take by OSC 52 (xterm and tmux: 100 kB in base64)."""
PATIENCE = 3.0
"""Seconds a clipboard command may take."""
_COMMANDS = (
    ("pbcopy", "", ("pbcopy",)),
    ("wl-copy", "WAYLAND_DISPLAY", ("wl-copy",)),
    ("xclip", "DISPLAY", ("xclip", "-selection", "clipboard")),
    ("xsel", "DISPLAY", ("xsel", "--clipboard", "--input")),
    ("clip.exe", "", ("clip.exe",)),
)
"""Program, the variable without which it cannot work, and how it is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What became of a text that was to be copied."""

    how: str
    """In words, for the person."""
    is_sure: bool
    """False where nobody says whether it arrived."""


def copy(
    text: str,
    *,
    ask_terminal: Callable[[str], None],
    fallback: Path,
    environ: Mapping[str, str] = os.environ,
) -> Copied:
    """Copy `text`; blocks for up to some seconds, so call it in a thread.

    Args:
        text: What to copy.
        ask_terminal: Asks the terminal to keep it (OSC 52).
        fallback: The file to write where the terminal cannot take so much.
        environ: Tells what there is.

    Raises:
        ChimeraError: If even the file cannot be written.
    """
    if name := _by_command(text, environ):
        return Copied(how=f"to the system clipboard, by {name}", is_sure=True)
    if len(text.encode()) <= LONGEST_FOR_TERMINAL:
        ask_terminal(text)
        hint = "; tmux needs `set-clipboard on`" if environ.get("TMUX") else ""
        return Copied(how=f"by asking the terminal (OSC 52){hint}", is_sure=False)
    private_folder(fallback.parent)
    write_file(fallback, text)
    return Copied(how=f"to {fallback}: it is too long for the terminal", is_sure=True)


def ways(environ: Mapping[str, str]) -> list[str]:
    """Name the ways to copy that there are, in the order in which they are tried."""
    return [*(name for name, _ in _commands(environ)), "OSC 52", "file"]


def _commands(environ: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the clipboard commands that can work here: none where the clipboard is far away."""
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return
    for name, needs, command in _COMMANDS:
        path = shutil.which(command[0], path=environ.get("PATH", ""))
        if path is not None and (not needs or environ.get(needs)):
            yield name, [path, *command[1:]]


def _by_command(text: str, environ: Mapping[str, str]) -> str:
    """Give `text` to the first clipboard command that takes it; its name, or nothing."""
    for name, command in _commands(environ):
        encoding = "utf-16" if name == "clip.exe" else "utf-8"
        try:
            subprocess.run(  # noqa: S603 - a fixed list of programs; the text goes to stdin
                command,
                input=text.encode(encoding),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=PATIENCE,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return name
    return ""
