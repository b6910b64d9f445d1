"""The personas of the library by category, and the files that cannot be read."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from textual import events, on
from textual.content import Content
from textual.geometry import Region

from chimera_tui.domain.history import Uses
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.persona_file import CATEGORIES
from chimera_tui.ui.kit.blocks import Part, crop, fit, line, split
from chimera_tui.ui.kit.rows import Rows
from chimera_tui.ui.studio.persona_search import fits

BROKEN = "cannot be read"
"""The category of broken files."""
NO_USES = Uses()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One persona of the list, or a file that holds none. All texts are safe to show."""

    slug: str
    name: str
    emoji: str = ""
    category: str = ""
    mark: str = ""
    """`edited`, `new`, `yours` and the like."""
    uses: Uses = NO_USES
    path: Path | None = None
    """The file, where it is broken."""
    found_by: str = ""
    """What a search looks through, without case."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is no persona: the name of a category, or a gap."""

    title: str = ""


def fitting(entries: Iterable[Entry], text: str) -> list[Entry]:
    """Those in which all words of `text` are found."""
    words = text.casefold().split()
    return [entry for entry in entries if fits(entry.found_by, words)]


class PersonaList(Rows):
    """A row a persona; the cursor passes over the names of the categories."""

    is_long = True
    edge = 1

    def __init__(self) -> None:
        super().__init__(id="studio-list")
        self._lines: list[Entry | _Line] = []
        self._stops: list[int] = []
        """The lines on which the cursor may stand."""

    def show(self, entries: Iterable[Entry], slug: str) -> None:
        """Draw these, the cursor on `slug` if it is among them, else on the first."""
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            groups.setdefault(entry.category, []).append(entry)
        self._lines, self._stops = [], []
        for category in sorted(groups, key=_order):
            self._lines += [_Line()] if self._lines else []
            self._lines.append(_Line(category))
            for entry in groups[category]:
                self._stops.append(len(self._lines))
                self._lines.append(entry)
        self.rebuild()
        self.stand_on(slug)

    def stand_on(self, slug: str) -> None:
        """Put the cursor on `slug`; on the first if it is not there."""
        places = (n for n in self._stops if self._entry(n).slug == slug)
        self.cursor = next(places, self._stops[0] if self._stops else 0)
        self.refresh()
        row = Region(0, self.cursor, 1, 1)
        self.call_after_refresh(self.scroll_to_region, row, animate=False)

    @property
    def current(self) -> Entry | None:
        """The one under the cursor."""
        return self._entry(self.cursor) if self.cursor in self._stops else None

    def _entry(self, index: int) -> Entry:
        entry = self._lines[index]
        assert isinstance(entry, Entry)  # noqa: S101 - as `_stops` says
        return entry

    def row_count(self) -> int:
        """A line each."""
        return len(self._lines)

    def marks(self, index: int) -> bool:
        """The cursor, where there is somebody to stand on."""
        return index == self.cursor and index in self._stops

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Emoji, name; what is to be known of it at the right."""
        entry = self._lines[index]
        if isinstance(entry, _Line):
            return [line((fit(entry.title, width), "$muted"))]
        bold = "bold" if index == self.cursor else ""
        if entry.path is not None:
            return [crop(line(("✕  ", "$error"), (entry.name, bold)), width)]
        name = line(fit(entry.emoji, 3), (entry.name, bold))
        colour = "$accent" if entry.mark in {"edited", "new"} else "$muted"
        right: list[Part] = [(entry.mark, colour)] if entry.mark else []
        if count := entry.uses.messages:
            right.append((f" {count:>4}", "$muted"))
        return [split(name, line(*right), width)]

    def _validate_cursor(self, cursor: int) -> int:
        """Nowhere but on a persona."""
        if not self._stops:
            return 0
        place = bisect_left(self._stops, cursor)
        return self._stops[min(place, len(self._stops) - 1)]

    def action_move(self, by: int) -> None:
        """Move by so many personas; with the first, its category comes into sight."""
        if not self._stops:
            return
        place = bisect_left(self._stops, self.cursor) + by
        self.cursor = self._stops[max(0, min(len(self._stops) - 1, place))]
        if self.cursor == self._stops[0]:
            self.scroll_home(animate=False)

    def _action_choose(self) -> None:
        """Choose the persona under the cursor."""
        if self.current:
            self.post_message(Rows.Chosen(self, self.cursor))

    @on(events.Click)
    def _choose_persona(self, event: events.Click) -> None:
        """Choose the persona that was clicked; the name of a category is none."""
        event.prevent_default()
        index = event.y + int(self.scroll_offset.y)
        if index in self._stops:
            self.cursor = index
            self._action_choose()


def _order(category: str) -> tuple[int, str]:
    """The categories of the library first, then others, then what is broken."""
    if category == BROKEN:
        return len(CATEGORIES) + 1, ""
    known = CATEGORIES.index(category) if category in CATEGORIES else len(CATEGORIES)
    return known, category


def safe_name(persona: Persona) -> str:
    """The name for a narrow list."""
    return one_line(persona.short_name, 40) or persona.slug
