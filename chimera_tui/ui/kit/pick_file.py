"""Choosing a file: typed, dropped onto the terminal, or found folder by folder."""

import asyncio
import os
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Lines, crop, keys, line, split
from chimera_tui.ui.kit.dialog import Dialog
from chimera_tui.ui.kit.field import LineField
from chimera_tui.ui.kit.paths import dropped_path, typed_path
from chimera_tui.ui.kit.rows import Rows

MOST = 5000
"""Names of a folder that are listed."""


class Found(NamedTuple):
    """A file or a folder."""

    path: Path
    name: str
    """Safe to show."""
    is_folder: bool


class Places(Rows):
    """What lies in a folder."""

    can_focus = False
    is_long = True

    def __init__(self) -> None:
        super().__init__(id="places")
        self.places: list[Found] = []

    def show(self, places: list[Found]) -> None:
        """Draw these."""
        self.places = places
        self.cursor = 0
        self.rebuild()

    def row_count(self) -> int:
        """One each."""
        return len(self.places)

    def row_lines(self, index: int, width: int) -> list[Content]:
        """Its name; a folder ends in a slash."""
        place = self.places[index]
        bold = "bold" if index == self.cursor else ""
        text = (f"{place.name}/", f"{bold} $primary") if place.is_folder else (place.name, bold)
        return [crop(line(text), width)]


class PickFile(Dialog[Path]):
    """Asks for a file.

    Args:
        question: What for.
        endings: How the files end that are shown.
        folder: Where to look first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "move(-8)", show=False, priority=True),
        Binding("pagedown", "move(8)", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
    ]

    def __init__(self, question: str, endings: tuple[str, ...], folder: Path) -> None:
        super().__init__()
        self._question, self._endings, self._folder = question, endings, folder
        self._all: list[Found] = []
        self._why = ""

    def compose(self) -> ComposeResult:
        """The question, the path, what lies there."""
        with Vertical(classes="dialog -files"):
            yield Lines(self._head)
            yield LineField(placeholder="type, or drop a file here", compact=True)
            yield Lines(lambda _width: [Content("")])
            yield Places()
            yield Lines(self._foot)

    def on_mount(self) -> None:
        """List the first folder."""
        self._list()

    @property
    def _places(self) -> Places:
        return self.query_one(Places)

    @property
    def _field(self) -> Input:
        return self.query_one(Input)

    def _head(self, width: int) -> list[Content]:
        where = one_line(str(self._folder), 200)
        room = max(8, width - len(self._question) - 3)
        where = where if len(where) <= room else "…" + where[-room + 1 :]
        return [split(line((self._question, "bold")), line((where, "$muted")), width), Content("")]

    def _foot(self, width: int) -> list[Content]:
        note = line((f"Files that end in {', '.join(self._endings)}.", "$muted"))
        if self._why:
            note = line((self._why, "$warning"))
        pairs = [("⏎", "open"), ("⇥", "go on with it"), ("←", "the folder above")]
        return [
            Content(""),
            crop(note, width),
            Content(""),
            split(keys(pairs), keys([("esc", "keep")]), width),
        ]

    @work(exclusive=True, exit_on_error=False)
    async def _list(self) -> None:
        """List the folder; in a thread, since it may lie on a slow disk."""
        self._all, self._why = await asyncio.to_thread(_listed, self._folder, self._endings)
        self._search()

    def _search(self) -> None:
        wanted = self._field.value.rpartition("/")[2].casefold()
        fitting = [p for p in self._all if wanted in p.name.casefold() or p.name == ".."]
        self._places.show(fitting)
        self._places.cursor = 1 if wanted and len(fitting) > 1 else 0
        for block in self.query(Lines):
            block.refresh()

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show what fits; a slash opens the folder that is written."""
        folder, slash, _ = event.value.rpartition("/")
        if slash:
            path = typed_path(folder or "/") if folder.startswith(("~", "/", "")) else None
            if path and path != self._folder and event.value.startswith(("/", "~")):
                self._folder = path
                self._list()
                return
        self._search()

    def on_paste(self, event: events.Paste) -> None:
        """A file was dropped over the dialog."""
        if path := dropped_path(event.text):
            event.stop()
            self.give(path)

    @on(Input.Submitted)
    def use(self) -> None:
        """Open the folder, or give the file back that is written or under the cursor."""
        written = self._field.value.strip()
        if (path := dropped_path(written)) and path.suffix.lower() in self._endings:
            self.give(path)
        elif self._places.places:
            self._open(self._places.places[self._places.cursor])

    @on(Rows.Chosen)
    def use_row(self, event: Rows.Chosen) -> None:
        """A row was clicked."""
        self._open(self._places.places[event.index])

    def _open(self, place: Found) -> None:
        if not place.is_folder:
            self.give(place.path)
            return
        self._folder = place.path
        self._field.value = ""
        self._list()

    def action_move(self, by: int) -> None:
        """Move the cursor; the line keeps the focus."""
        self._places.action_move(by)
        self._places.refresh()

    def action_complete(self) -> None:
        """Open the folder under the cursor, if it is one."""
        if self._places.places and self._places.places[self._places.cursor].is_folder:
            self._open(self._places.places[self._places.cursor])

    def on_key(self, event: events.Key) -> None:
        """Left in the empty line goes up."""
        if event.key == "left" and not self._field.value:
            event.stop()
            self._open(Found(self._folder.parent, "..", is_folder=True))


def _listed(folder: Path, endings: tuple[str, ...]) -> tuple[list[Found], str]:
    """The folders and fitting files in `folder`, and why there are none."""
    found: list[Found] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                is_folder = entry.is_dir()
                if is_folder or entry.name.lower().endswith(endings):
                    found.append(Found(Path(entry.path), one_line(entry.name, 200), is_folder))
                if len(found) >= MOST:
                    break
    except OSError as error:
        return [], f"It cannot be read: {(error.strerror or str(error)).lower()}."
    found.sort(key=lambda place: (not place.is_folder, place.name.casefold()))
    above = [Found(folder.parent, "..", is_folder=True)] if folder.parent != folder else []
    return [*above, *found], ""
