"""What stands in the place of a screen for which the terminal is too small."""

from textual.content import Content

from chimera_tui.ui.blocks import Block, line

COLUMNS, ROWS = 60, 18
"""The smallest terminal in which all screens work."""


class TooSmall(Block):
    """One line that says so; the styles show it alone."""

    def lines(self, width: int) -> list[Content]:
        """What is needed and what there is."""
        size = self.app.size
        words = f"Chimera needs {COLUMNS}x{ROWS}, this is {size.width}x{size.height}."
        return [line((words, "$warning")).truncate(max(1, width), ellipsis=True)]
