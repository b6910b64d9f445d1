"""All personas that can be cast and all ready-made rooms: the built-in ones, then the person's."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Self, TypeVar

import chimera_tui
from chimera_tui.domain.casting import MOST_CAST
from chimera_tui.domain.errors import ChimeraError, InvalidFileError, UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.persona_file import parse_persona, read_persona, write_persona
from chimera_tui.library.rooms import RoomTemplate, parse_room, read_room, write_room
from chimera_tui.library.shelf import Shelf
from chimera_tui.library.slugs import is_slug, same
from chimera_tui.settings import toml
from chimera_tui.settings.paths import private_folder
from chimera_tui.system.files import read_text, write_file

T = TypeVar("T")


def builtin_folder() -> Path:
    """The folder of the built-in personas: in the package, or beside it in a source checkout."""
    package = Path(chimera_tui.__file__).parent
    packed = package / "personas"
    return packed if packed.is_dir() else package.parent / "personas"


class Origin(StrEnum):
    """Whose a persona is."""

    BUILTIN = "built in"
    OWN = "yours"
    CHANGED = "changed"
    """The person's, in place of a built-in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different since the library was looked at last; false if nothing is."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """Slugs of personas."""
    rooms: tuple[str, ...] = ()
    """Slugs of rooms that were added, changed or removed."""
    problems: tuple[str, ...] = ()
    """Those that are new."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.rooms or self.problems)


class Library:
    """The personas and the ready-made rooms, and what was wrong with the files that were skipped.

    The first folder holds the built-in personas and is never written to; another is the person's
    own, replaces and adds. Rooms lie in a folder `rooms` beside each.

    Attributes:
        personas: By slug.
        rooms: By slug; each holds only personas that exist.
        problems: One sentence for each file that was skipped.
        folders: Where personas were looked for.
    """

    personas: Mapping[str, Persona]
    rooms: Mapping[str, RoomTemplate]
    problems: tuple[str, ...]

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        self._personas = Shelf(read_persona, folders)
        self._rooms = Shelf(read_room, [folder.parent / "rooms" for folder in folders])
        self._looking = threading.Lock()
        self.personas, self.rooms, self.problems = {}, {}, ()

    @classmethod
    def load(cls, *folders: Path) -> Self:
        """Read all files; those that cannot be read are problems, it never fails."""
        library = cls(*folders)
        library.reload_changed()
        return library

    def reload_changed(self) -> Changes:
        """Read what was added, changed or removed on the disk since the last look.

        Cheap where nothing was: call it every few seconds, in a thread. A file that was broken
        meanwhile is a new problem, and what it held before stays in use.
        """
        with self._looking:
            is_different = self._personas.refresh()
            if not (self._rooms.refresh() or is_different):
                return Changes()
            before = self.personas, self.rooms, self.problems
            rooms, problems = self._castable(self._rooms.values)
            self.personas, self.rooms = self._personas.values, rooms
            self.problems = (*self._personas.problems, *self._rooms.problems, *problems)
        added, changed, removed = _compared(before[0], self.personas)
        return Changes(
            added=added,
            changed=changed,
            removed=removed,
            rooms=tuple(slug for slugs in _compared(before[1], self.rooms) for slug in slugs),
            problems=tuple(p for p in self.problems if p not in before[2]),
        )

    def __iter__(self) -> Iterator[Persona]:
        return iter(self.personas.values())

    def __len__(self) -> int:
        return len(self.personas)

    def get(self, slug: str) -> Persona:
        """Return the persona called `slug`.

        Raises:
            UnknownError: If there is none; the hint names the nearest.
        """
        return _get(self.personas, slug, "persona")

    def cast(self, slugs: Sequence[str]) -> tuple[Persona, ...]:
        """Return the personas called `slugs`, in this order; the same may come twice.

        Raises:
            UnknownError: If one does not exist, or there is none at all, or too many.
        """
        cast = tuple(self.get(slug) for slug in slugs)
        if not cast:
            raise UnknownError("Nobody is cast.", hint="Name at least one persona.")
        if len(cast) > MOST_CAST:
            raise UnknownError(f"{len(cast)} are too many.", hint=f"Name at most {MOST_CAST}.")
        return cast

    def room(self, slug: str) -> RoomTemplate:
        """Return the ready-made room called `slug`.

        Raises:
            UnknownError: If there is none; the hint names the nearest.
        """
        return _get(self.rooms, slug, "ready-made room")

    def origin(self, slug: str) -> Origin:
        """Say whose the persona called `slug` is."""
        if self.file(slug).parent == self.folders[0]:
            return Origin.BUILTIN
        return Origin.OWN if self.builtin(slug) is None else Origin.CHANGED

    def file(self, slug: str) -> Path:
        """Return the file of the persona called `slug`."""
        return self._personas.files[same(slug)]

    def builtin(self, slug: str) -> Persona | None:
        """Return the built-in persona called `slug`, also where the person's own replaces it."""
        return self._personas.at(self.folders[0], slug)

    @property
    def broken(self) -> Mapping[Path, str]:
        """What is wrong with each file of a persona that was skipped."""
        return self._personas.broken

    def own_file(self, slug: str) -> Path:
        """Return where the person's own persona called `slug` is, or would be, kept.

        Raises:
            ChimeraError: If no file may be called so, or the person has no folder.
        """
        return self._own(self._personas, slug)

    def save(self, persona: Persona) -> Path:
        """Write a persona into the person's folder, where it replaces a built-in of its slug.

        Raises:
            ChimeraError: If it cannot be written, or could not be read again, or no file may be
                called so. What was there before is then still there.
        """
        return self._write(self._personas, persona.slug, write_persona(persona), parse_persona)

    def save_room(self, room: RoomTemplate) -> Path:
        """Write a ready-made room into the person's folder; as `save`."""
        return self._write(self._rooms, room.slug, write_room(room), parse_room)

    def remove_room(self, slug: str) -> None:
        """Remove a ready-made room of the person; a built-in one of its slug is there again.

        Raises:
            ChimeraError: If it is not the person's, or its file cannot be removed.
        """
        if not self.is_own_room(slug):
            raise ChimeraError("Ready-made rooms that came with Chimera stay.")
        path = self._rooms.files[same(slug)]
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            problem = f"`{one_line(str(path))}` cannot be removed: {error.strerror}."
            raise ChimeraError(problem) from None
        self.reload_changed()

    def is_own_room(self, slug: str) -> bool:
        """Whether a ready-made room is a file of the person."""
        path = self._rooms.files.get(same(slug))
        return path is not None and path.parent != self._rooms.folders[0]

    def _write(
        self, shelf: Shelf[T], slug: str, text: str, parse: Callable[[bytes, Path], T]
    ) -> Path:
        path = self._own(shelf, slug)
        try:
            parse(text.encode(), path)
        except InvalidFileError as error:
            problem = f"Nothing was saved, since it could not be read again: {error.problem}"
            raise ChimeraError(problem, hint=error.hint) from None
        private_folder(path.parent)
        write_file(path, text)
        self.reload_changed()
        return path

    def _own(self, shelf: Shelf[T], slug: str) -> Path:
        if not is_slug(slug):
            raise ChimeraError(
                f"No file may be called `{one_line(slug, 40)}`.", hint="Choose another name."
            )
        if len(shelf.folders) == 1:
            raise ChimeraError("There is no folder for files of your own.")
        folder, path = shelf.folders[-1], shelf.files.get(same(slug))
        return path if path and path.parent == folder else folder / f"{same(slug)}.toml"

    def _castable(
        self, rooms: Mapping[str, RoomTemplate]
    ) -> tuple[dict[str, RoomTemplate], list[str]]:
        """The rooms with the personas that exist, and whom they miss."""
        found: dict[str, RoomTemplate] = {}
        problems: list[str] = []
        personas = self._personas.values
        for slug, room in rooms.items():
            cast = tuple(s for s in map(same, room.cast) if s in personas)
            missing = [s for s in dict.fromkeys(room.cast) if same(s) not in personas]
            problems += [_missing(self._rooms.files[slug], s, personas) for s in missing]
            if cast:
                found[slug] = replace(room, cast=cast)
        return found, problems


def _missing(path: Path, slug: str, personas: Mapping[str, Persona]) -> str:
    """Say that the room in the file `path` casts somebody who does not exist."""
    text = ""
    with contextlib.suppress(FileNotFoundError, InvalidFileError):  # changed meanwhile
        text = read_text(path)
    problem = f"there is no persona `{one_line(slug, 40)}`."
    error = toml.wrong(path, text, ("cast",), problem, nearest(slug, personas))
    return f"{error.problem} {error.hint}".strip()


def _get(values: Mapping[str, T], slug: str, what: str) -> T:
    try:
        return values[same(slug.strip())]
    except KeyError:
        problem = f"There is no {what} `{one_line(slug, 40)}`."
        listed = "Run `chimera-tui personas` for a list." if what == "persona" else ""
        raise UnknownError(problem, hint=nearest(slug, values) or listed) from None


def _compared(
    before: Mapping[str, T], after: Mapping[str, T]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The slugs that are new, those that hold something else, and those that are gone."""
    return (
        tuple(slug for slug in after if slug not in before),
        tuple(slug for slug in after if slug in before and after[slug] != before[slug]),
        tuple(slug for slug in before if slug not in after),
    )
