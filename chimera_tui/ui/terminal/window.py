"""The window of the terminal: how large it is, and what stands in one that is too small."""

import os
import sys
import textwrap

from textual.app import App
from textual.geometry import Size

LEAST = Size(60, 18)
"""The smallest window in which all screens work, columns and rows."""
_UNKNOWN = Size(80, 24)
"""What a picture is wrapped to where the terminal says that it has no columns or no rows."""


def terminal_size() -> Size | None:
    """Ask the terminal how large it is: 0 by 0 if it does not know, None if it is gone.

    `shutil.get_terminal_size` and Rich believe `COLUMNS` and `LINES` more than the terminal: what
    a shell exported once would hold for ever, and take a terminal without rows for one of 24.
    """
    try:
        return Size(*os.get_terminal_size(sys.__stderr__.fileno())) if sys.__stderr__ else None
    except (OSError, ValueError):
        return None


def show_title(app: App[None], title: str) -> None:
    """Let the title of the terminal be `title`, which is safe to show."""
    if app._driver and not app.is_headless:  # noqa: SLF001 - there is no other way
        app._driver.write(f"\x1b]2;{title} – Chimera\x07")  # noqa: SLF001 - see above


class Window:
    """The part of the terminal that the app is laid out in: never less than `LEAST`.

    Attributes:
        size: What the terminal said last.
    """

    def __init__(self) -> None:
        self.size = LEAST

    @property
    def is_too_small(self) -> bool:
        """Whether no screen can be shown."""
        return self.size.width < LEAST.width or self.size.height < LEAST.height

    def take(self, size: Size) -> Size:
        """Take note of a new size; return the size to lay the screens out for."""
        self.size = size
        return Size(max(size.width, LEAST.width), max(size.height, LEAST.height))

    def picture(self, leave: str) -> str:
        """Draw what is written to a terminal that is too small: what is needed, and the way out.

        Args:
            leave: The key that leaves.
        """
        columns, rows = self.size.width or _UNKNOWN.width, self.size.height or _UNKNOWN.height
        words = (
            f"Chimera needs {LEAST.width}x{LEAST.height}, this is "
            f"{self.size.width}x{self.size.height}: enlarge the window. {leave} leaves."
        )
        lines = textwrap.wrap(words, columns)[:rows]
        top = (rows - len(lines)) // 2 + 1
        placed = [
            f"\x1b[{top + number};{(columns - len(line)) // 2 + 1}H{line}"
            for number, line in enumerate(lines)
        ]
        return "\x1b[0m\x1b[2J" + "".join(placed)
