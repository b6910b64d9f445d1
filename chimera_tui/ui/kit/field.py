"""The fields that people write into: what is written, pasted or put into them is clean.

A terminal obeys the control characters that Textual's own fields pass on to it, and turns lines
around where they hold marks for that. So every field is one of these, or cleans as they do
(`tests/test_architecture.py`).
"""

import re

from textual import events
from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import Input, TextArea
from textual.widgets.text_area import Edit, EditResult

from chimera_tui.domain.text import written

LONGEST_PASTE = 4096
"""Characters of a paste that one line takes: as long as the longest path."""
_GAPS = re.compile("[\t\n]")


class LineField(Input):
    """One line."""

    def validate_value(self, value: str) -> str:
        """Whatever the value comes from, it is one clean line."""
        return _line(value)

    def replace(self, text: str, start: int, end: int) -> None:
        """Put in a text cleaned before: the cursor stands behind what is really there."""
        super().replace(text if text == "\u200b" else _line(text), start, end)

    def _on_paste(self, event: events.Paste) -> None:
        """Take lines as one."""
        event.prevent_default()
        event.stop()
        start, end = self.selection
        self.replace(event.text[:LONGEST_PASTE].strip("\r\n"), min(start, end), max(start, end))


class SteadyText(TextArea):
    """Textual's text of several lines, where it would end the app."""

    def render_line(self, y: int) -> Strip:
        """Nothing at width 0, where wrapping stops the program (Rich 14.3 on)."""
        return super().render_line(y) if self.content_size.width else Strip.blank(self.size.width)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:  # noqa: FBT001, FBT002 - as Textual has it
        """Nowhere, while the cursor stands on a line that was just taken back.

        Undoing moves it only after the scrollbar has gone, and that looks for it.
        """
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)


class TextField(SteadyText):
    """Several lines; Tab leaves them.

    Args:
        text: What stands in it.
        longest_paste: Characters of a paste that are taken.
        id: As Textual has it.
    """

    def __init__(
        self,
        text: str = "",
        *,
        longest_paste: int,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(written(text), compact=True, highlight_cursor_line=False, id=id)
        self._longest_paste = longest_paste

    def edit(self, edit: Edit) -> EditResult:
        """Change the text, to what is clean."""
        edit.text = edit.text if edit.text == "\u200b" else written(edit.text)
        return super().edit(edit)

    def load_text(self, text: str) -> None:
        """Put in another text, cleaned."""
        super().load_text(written(text))

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self.replace(event.text[: self._longest_paste], *self.selection)


def _line(text: str) -> str:
    return _GAPS.sub(" ", written(text))
