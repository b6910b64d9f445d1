"""The fields of the screen that opens a room: the topic, and the search for people."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from chimera_tui.domain.text import one_line
from chimera_tui.library.rooms import LONGEST_TOPIC
from chimera_tui.ui.kit.field import LineField


class TopicField(LineField):
    """What is to be talked about; the proposal stands in it until something is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "talk", id="topic.talk"),
        Binding("down", "screen.topic(1)", "another topic", key_display="↓", id="topic.another"),
        Binding("up", "screen.topic(-1)", "the one before", show=False),
        Binding("right", "go_right", "edit it", key_display="→", id="topic.edit"),
    ]

    def __init__(self) -> None:
        super().__init__(id="topic", compact=True)
        self.proposal = ""
        self.rest: list[str] = []
        """The lines of the proposal that do not fit: they are drawn below."""

    def propose(self, text: str) -> None:
        """Show `text` until something is written."""
        self.proposal = one_line(text, LONGEST_TOPIC)
        width = max(1, self.content_size.width - 1)
        first, *self.rest = [one.plain for one in Content(self.proposal).wrap(width)] or [""]
        self.placeholder = one_line(first)

    def on_resize(self) -> None:
        """How the proposal is broken into lines follows from the width."""
        self.propose(self.proposal)
        self.screen.query_one("#topic-keys").refresh(layout=True)

    def action_go_right(self) -> None:
        """In the empty field: write the proposal, to be changed."""
        if self.value:
            self.action_cursor_right()
        else:
            self.value = self.proposal
            self.cursor_position = len(self.value)


class SearchField(LineField):
    """Finds personas; Enter takes in the first one found."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "in or out", id="search.take"),
        Binding("down", "screen.people", "people", key_display="↓", id="search.people"),
    ]

    def __init__(self) -> None:
        super().__init__(id="search", placeholder="search", compact=True, select_on_focus=False)
