"""What a persona was: each version with when and where it spoke, and how it differs from now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content

from chimera_tui.domain.history import PersonaVersion
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, fit, keys, line, link, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.persona_diff import differences

WHEN, WHAT = 14, 20
"""Cells of the columns."""


class Chosen(NamedTuple):
    """An older version, and what to do with it."""

    persona: Persona
    when: str
    """How it is called: by the time of its saving."""
    is_compared: bool
    """Whether it is only to be tried beside the form."""


class VersionRows(Rows):
    """One row a version."""

    edge = 2

    def __init__(
        self, versions: Sequence[PersonaVersion], names: Mapping[Persona | None, str]
    ) -> None:
        super().__init__(id="versions")
        self._versions, self._names = versions, names

    def row_count(self) -> int:
        """One each."""
        return len(self._versions)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """When it was saved, what it is, what it said."""
        version = self._versions[index]
        bold = "bold" if index == self.cursor else ""
        said = f"{version.messages} message{'s' if version.messages != 1 else ''}"
        what = self._names.get(version.persona, "")
        left = line((fit(when(version), WHEN), bold), (fit(what, WHAT), "$muted"))
        return [split(left, line((said if version.messages else "never spoke", "$muted")), width)]


class PersonaVersions(Dialog[Chosen]):
    """Asks for an older version of a persona.

    Args:
        now: What stands in the form.
        saved: What the library holds.
        versions: The others, the newest first.
        builtin: What is built in; None if nothing is.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "compare", "compare", show=False),
        Binding("pagedown,space", "scroll(1)", show=False, priority=True),
        Binding("pageup", "scroll(-1)", show=False, priority=True),
    ]

    def __init__(
        self,
        now: Persona,
        saved: Persona | None,
        versions: Sequence[PersonaVersion],
        builtin: Persona | None,
    ) -> None:
        super().__init__()
        self._now, self._versions = now, versions
        self._names = {builtin: "built in", saved: "as it is saved now"}

    def compose(self) -> ComposeResult:
        """The versions, then what is different in the one under the cursor."""
        with Vertical(classes="dialog -versions"):
            yield Lines(self._head)
            yield VersionRows(self._versions, self._names)
            with VerticalScroll(id="versions-page", can_focus=False):
                yield Lines(self._differences, id="versions-differences")
            yield Lines(self._foot)

    @property
    def _rows(self) -> VersionRows:
        return self.query_one(VersionRows)

    def _head(self, width: int) -> list[Content]:
        count = len(self._versions)
        title = line(
            ("Versions of ", "bold"),
            (one_line(self._now.name, 40), f"bold $persona-{self._now.colour}"),
        )
        note = f"{count} kept" if count else "none yet"
        return [split(title, line((note, "$muted")), width), Content("")]

    def _differences(self, width: int) -> list[Content]:
        if not self._versions:
            return [line(("What is saved or speaks from now on is kept.", "$muted"))]
        version = self._versions[self._rows.cursor]
        found = differences(version.persona, self._now, width)
        what = "From this version to the form:" if found else "Just what stands in the form."
        return [Content(""), line((what, "$muted")), *found]

    def _foot(self, width: int) -> list[Content]:
        left = keys([("⏎", "take it into the form"), ("c", "try beside it")])
        if not self._versions:
            left = Content("")
        end = link(keys([("esc", "keep")]), "screen.keep")
        return [Content(""), split(left, end, width)]

    @on(Rows.Moved)
    def show_differences(self) -> None:
        """Another one is under the cursor."""
        self._rows.rebuild()
        self.query_one("#versions-differences", Lines).refresh(layout=True)
        self.query_one("#versions-page").scroll_home(animate=False)

    @on(Rows.Chosen)
    def take(self) -> None:
        """Go back to it."""
        self._give(is_compared=False)

    def action_compare(self) -> None:
        """Only try it."""
        self._give(is_compared=True)

    def _give(self, *, is_compared: bool) -> None:
        if self._versions:
            version = self._versions[self._rows.cursor]
            self.give(Chosen(version.persona, when(version), is_compared))

    def action_scroll(self, pages: int) -> None:
        """Scroll the differences."""
        page = self.query_one("#versions-page")
        page.scroll_relative(y=pages * max(1, page.size.height - 1), animate=False)


def when(version: PersonaVersion) -> str:
    """When a version was saved, or spoke last."""
    moment: datetime | None = version.saved_at or version.spoke_at
    return moment.astimezone().strftime("%d %b %Y") if moment else "–"
