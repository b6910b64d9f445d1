"""Choosing who joins a room, of all personas there are."""

from collections.abc import Collection, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, crop, fit, keys, line, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.persona_search import fits, found_by
from chimera_tui.ui.transcript.conversation_entries import emoji_of

NAME = 20
"""Cells of a name."""


class PeopleRows(Rows):
    """One row a persona."""

    is_long = True
    edge = 1

    def __init__(self, here: Collection[str], *, has_plain_emoji: bool) -> None:
        super().__init__(id="people")
        self._here = here
        self._has_plain_emoji = has_plain_emoji
        self.personas: list[Persona] = []

    def show(self, personas: list[Persona]) -> None:
        """Draw these, the cursor on the first."""
        self.personas, self.cursor = personas, 0
        self.rebuild()
        self.refresh(layout=True)

    def row_count(self) -> int:
        """One row a persona."""
        return len(self.personas)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Emoji, name, what it is like; a word if it is here."""
        persona = self.personas[index]
        emoji = fit(emoji_of(persona, is_plain=self._has_plain_emoji), 3)
        bold = "bold" if index == self.cursor else ""
        about = one_line(persona.one_line)
        if persona.slug in self._here:
            about = "is here; a twin joins"
        name = fit(one_line(persona.short_name), NAME)
        return [crop(line(emoji, (name, bold), (f" {about}", "$muted")), width)]


class Invite(Dialog[str]):
    """Asks who joins; gives a slug back.

    Args:
        personas: Everybody there is.
        here: Slugs of those who are in the room.
    """

    BINDINGS = [  # noqa: RUF012 - Textual declares it so
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
    ]

    def __init__(self, personas: Sequence[Persona], here: Collection[str]) -> None:
        super().__init__()
        self._all = [(persona, found_by(persona)) for persona in personas]
        self._here = here

    def compose(self) -> ComposeResult:
        """The search, the people, the keys."""
        with Vertical(classes="dialog -people"):
            yield Lines(self._head, id="invite-head")
            yield LineField(placeholder="name, category, or what it knows about", compact=True)
            yield PeopleRows(self._here, has_plain_emoji=self.app.has_plain_emoji)
            yield Lines(self._foot, id="invite-foot")

    def on_mount(self) -> None:
        """Show everybody."""
        self._search("")

    @property
    def _rows(self) -> PeopleRows:
        return self.query_one(PeopleRows)

    def _head(self, width: int) -> list[Content]:
        count = f"{len(self._rows.personas):,} of {len(self._all):,}"
        return [
            split(line(("Who joins?", "bold")), line((count, "$muted")), width),
            Content(""),
        ]

    def _foot(self, width: int) -> list[Content]:
        why = "Speaks from the next turn on."
        style = "$muted"
        if not self._rows.personas:
            words = one_line(self.query_one(Input).value, 40)
            why, style = f"Nobody fits “{words}”.", "$warning"
        last = split(keys([("⏎", "invite")]), keys([("esc", "keep")]), width)
        return [Content(""), crop(line((why, style)), width), Content(""), last]

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Show who fits."""
        self._search(event.value)

    def _search(self, text: str) -> None:
        words = text.casefold().split()
        self._rows.show([persona for persona, found in self._all if fits(found, words)])
        for block in self.query(Lines):
            block.refresh(layout=True)

    @on(Rows.Moved)
    def draw(self) -> None:
        """Show the row under the cursor in bold."""
        self._rows.refresh()

    @on(Input.Submitted)
    @on(Rows.Chosen)
    def invite(self) -> None:
        """Give back who is under the cursor."""
        if self._rows.personas:
            self.give(self._rows.personas[self._rows.cursor].slug)

    def action_move(self, by: int) -> None:
        """Move the cursor; what is typed goes on with the search."""
        self._rows.action_move(by)

    def on_key(self, event: events.Key) -> None:
        """A click gives the list the focus; what is typed then goes on with the search, too."""
        if self._rows.has_focus and event.character and event.is_printable:
            field = self.query_one(Input)
            field.focus()
            field.insert_text_at_cursor(event.character)
            event.stop()
