"""Where the human writes: sends with Enter, completes names and commands, never loses text."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import NULL_REGION, Region, Size
from textual.message import Message
from textual.widgets import Static, TextArea

from chimera_tui.domain.text import clean, one_line
from chimera_tui.ui.kit.blocks import Block, drawn, keys
from chimera_tui.ui.kit.field import SteadyText
from chimera_tui.ui.kit.paths import IMPORT_ENDINGS, dropped_path
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.room.room_header import NORMAL, WIDE

BLINKS = 10.0
"""Seconds that the cursor blinks after a key, as in other programs: then it costs nothing."""
WIDEST = 60
"""Cells of the list at most."""
MOST_SHOWN = 8
"""Completions shown at once."""
_COMMAND = re.compile(r"/(\S*)$")
_MENTION = re.compile(r"(?:^|(?<=[\s\u0e00-\uffff]))@([^@\n]*)$")
"""An `@` that begins a word; scripts from U+0E00 on put no space before it."""


class Completion(NamedTuple):
    """One way to go on with what is being written."""

    text: str
    """What it puts in place of the unfinished word."""
    shown: Content
    """How the list shows it; safe to draw."""


Complete = Callable[[str, str], Sequence[Completion]]
"""Finds completions for a sign, `@` or `/`, and the unfinished word behind it."""


class Completions(Rows):
    """The list of completions over the composer."""

    can_focus = False

    def __init__(self) -> None:
        super().__init__(id="completions")
        self.found: Sequence[Completion] = ()

    def row_count(self) -> int:
        """One row a completion."""
        return len(self.found)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """The completion as it was made to be shown."""
        return [self.found[index].shown.truncate(width, ellipsis=True)]

    def show(self, found: Sequence[Completion], over: Region = NULL_REGION) -> None:
        """Show what was found, just over a region of the screen; nothing found closes the list."""
        self.found = found
        self.cursor = 0
        self.display = bool(found)
        self.styles.height = min(MOST_SHOWN, len(found)) + 2
        self.styles.width = min(WIDEST, over.width)
        self.styles.margin = (0, 0, self.app.size.height - over.y, over.x)
        self.rebuild()


class Field(SteadyText):
    """The text itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.send", "send", id="composer.send"),
        Binding("ctrl+j,shift+enter,alt+enter", "newline", "new line", id="composer.newline"),
        Binding("tab", "app.focus_next", "messages", id="composer.leave"),
        Binding("ctrl+delete", "delete_word_right", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(compact=True, highlight_cursor_line=False, id="field")

    def on_mount(self) -> None:
        """Let the cursor come to rest."""
        self._resting = self.set_interval(BLINKS, self._rest)

    def _rest(self) -> None:
        self._pause_blink(visible=self.has_focus)  # until the next key: Textual sees to that
        self._resting.pause()

    def on_focus(self) -> None:
        """Show where the focus is, for a while."""
        self._resting.reset()

    @property
    def composer(self) -> "Composer":
        """The composer this is a part of."""
        return self.query_ancestor(Composer)

    def action_newline(self) -> None:
        """Begin another line."""
        self.insert("\n")

    async def _on_key(self, event: events.Key) -> None:
        self._resting.reset()
        if self.composer.take_key(event.key):
            event.stop()
            event.prevent_default()
        elif event.key == "enter" or self.is_for_room(event.key):
            event.prevent_default()  # a binding acts on it
        else:
            await super()._on_key(event)

    def is_for_room(self, key: str) -> bool:
        """Whether a key in the empty field is no text: a space; a number while remedies wait."""
        return not self.text and (
            key == "space" or (key in "123456" and self.composer.has_remedies)
        )

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Leave to the room what is no text."""
        if self.is_for_room(key):
            return False
        return super().check_consume_key(key, character)

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        text = clean(event.text)
        path = None if self.text else dropped_path(text)
        if path and path.suffix.lower() in IMPORT_ENDINGS:
            self.composer.post_message(Composer.Dropped(path, text))
            return
        self.put(text)

    def put(self, text: str) -> None:
        """Write `text` where the cursor is, in place of what is selected; show its end."""
        self.move_cursor(self.replace(text, *self.selection).end_location)


class Hints(Block):
    """What can be written; vanishes with the first character."""

    def lines(self, _width: int) -> list[Content]:
        """One line."""
        hints = [("@", "someone"), ("/", "command"), ("⏎", "send")]
        columns = self.app.size.width
        if columns < WIDE:
            hints = hints[:2] if columns >= NORMAL else hints[2:]
        return [keys(hints)]

    def get_content_width(self, _container: Size, _viewport: Size) -> int:
        """As wide as its text."""
        return drawn(self.lines(0)[0], self).cell_length


class Composer(Horizontal):
    """The human's line, with completions and memory of what was sent."""

    class Typed(Message):
        """The text changed; `is_empty` says whether any is left."""

        def __init__(self, *, is_empty: bool) -> None:
            super().__init__()
            self.is_empty = is_empty

    class Dropped(Message):
        """A path was pasted of a file that can perhaps be imported; it is not written yet."""

        def __init__(self, path: Path, text: str) -> None:
            super().__init__()
            self.path = path
            self.text = text

    def __init__(self, complete: Complete) -> None:
        super().__init__(id="composer")
        self._complete = complete
        self._sent: list[str] = []
        self._recalled = 0
        self.has_remedies = False
        """Whether a failed turn waits: its numbers act while nothing is written."""

    def compose(self) -> ComposeResult:
        """The text and the hints."""
        yield Static(id="address", markup=False)
        yield Field()
        yield Hints(id="hints")

    @property
    def field(self) -> Field:
        """The text area."""
        return self.query_one(Field)

    @property
    def text(self) -> str:
        """What is written."""
        return self.field.text

    def write(self, text: str) -> None:
        """Put `text` in place of what is written, and the cursor behind it."""
        self.field.load_text(text)
        self.field.move_cursor(self.field.document.end)

    def address(self, to: Content) -> None:
        """Say in front of the field for whom the next words are; nothing: for all."""
        label = self.query_one("#address", Static)
        label.update(drawn(to, self))
        label.display = bool(to)

    def close_because(self, why: str) -> None:
        """Take no text, and say why; an empty reason takes it again."""
        self.field.disabled = bool(why)
        self.field.placeholder = Content(one_line(why) or "Say something")
        self.set_class(bool(why), "-locked")

    def remember(self, text: str) -> None:
        """Let Up recall `text`."""
        self._sent.append(text)
        self._recalled = len(self._sent)

    @property
    def completions(self) -> Completions:
        """The list over the composer; it stands beside it, so that it can lie over the text."""
        return self.screen.query_one(Completions)

    def take_key(self, key: str) -> bool:
        """Act on a key that belongs to the open list, or to the memory; True if it was one."""
        if self.completions.display:
            return self._take_list_key(key)
        if key == "up" and self._recall(-1):
            return True
        return key == "down" and self._recall(1)

    def _take_list_key(self, key: str) -> bool:
        match key:
            case "up" | "down":
                self.completions.action_move(-1 if key == "up" else 1)
            case "tab" | "enter":
                self.accept(self.completions.cursor, is_enter=key == "enter")
            case "escape":
                self.completions.show(())
            case _:
                return False
        return True

    def _recall(self, by: int) -> bool:
        """Show an earlier or later text that was sent, if the field holds nothing else."""
        place = self._recalled + by
        held = self._sent[self._recalled] if self._recalled < len(self._sent) else ""
        if self.text != held or not 0 <= place <= len(self._sent) or not self._sent:
            return False
        self._recalled = place
        self.write(self._sent[place] if place < len(self._sent) else "")
        self.completions.show(())
        return True

    def accept(self, index: int, *, is_enter: bool = False) -> None:
        """Write a completion in place of the unfinished word.

        A command that is whole already is sent by Enter at once, unless the cursor of the list
        was moved to another one.
        """
        before, unfinished = self._unfinished()
        found = self.completions.found
        completion = found[index]
        self.completions.show(())
        meant = {one.text.strip() for one in (found if index == 0 else [completion])}
        if is_enter and unfinished in meant:
            self.screen.call_later(self.screen.run_action, "send")
            return
        start = len(before) - len(unfinished)
        row, column = self.field.cursor_location
        self.field.replace(completion.text, (row, start), (row, column))

    def _unfinished(self) -> tuple[str, str]:
        """The line before the cursor, and the unfinished word at its end with its sign."""
        row, column = self.field.cursor_location
        before = self.field.document.get_line(row)[:column]
        found = (_COMMAND.match(before) if row == 0 else None) or _MENTION.search(before)
        return before, found[0] if found else ""

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Complete the word at the cursor, and say that something was typed."""
        event.stop()
        text = self.text
        self.set_class(bool(text), "-written")
        _, unfinished = self._unfinished()
        found = self._complete(unfinished[0], unfinished[1:]) if unfinished else ()
        if [c.text.strip() for c in found] == [unfinished] and unfinished[0] == "@":
            found = ()
        self.completions.show(found, self.region)
        self.post_message(self.Typed(is_empty=not text))
        self.screen.refresh_bindings()
