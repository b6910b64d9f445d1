"""Values that lie in folders, one TOML file each: read, watched, overridden."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.text import one_line
from chimera_tui.library.slugs import is_slug, same

MOST_FILES = 5000
"""Files of one folder that are read."""

T = TypeVar("T")
Stamp = tuple[int, int, int]
"""Time of change (ns), size and inode: a file that keeps all three was not written to."""


@dataclass(slots=True)
class _File(Generic[T]):
    """What was found in a file."""

    stamp: Stamp
    value: T | None
    """Its last sound content: what is broken while the program runs keeps it."""
    problem: str = ""


@dataclass(slots=True)
class Shelf(Generic[T]):
    """What lies in the `*.toml` files of some folders, by slug; a later folder replaces and adds.

    Nothing that stands in a folder makes it fail: what cannot be read is skipped and named.

    Attributes:
        read: Reads one file. May raise `FileNotFoundError` and `InvalidFileError`.
        folders: Where to look; they need not exist.
        values: What was found, by slug, in the order of the slugs.
        files: The file of each.
        problems: What was wrong with the files that were skipped.
    """

    read: Callable[[Path], T]
    folders: Sequence[Path]
    values: Mapping[str, T] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    _found: dict[Path, _File[T]] = field(default_factory=dict)
    _unread: list[str] = field(default_factory=list)
    """What was wrong with folders at the last look."""

    def refresh(self) -> bool:
        """Read the files that are new or have changed; say whether anything is different.

        Looks at no file that keeps its stamp: 2,000 of them take some 10 ms.
        """
        before, self._unread = self._unread, []
        stamps = {path: s for folder in self.folders for path, s in self._scan(folder).items()}
        gone = self._found.keys() - stamps.keys()
        for path in gone:
            del self._found[path]
        known = {path: file.stamp for path, file in self._found.items()}
        changed = [path for path, stamp in stamps.items() if known.get(path) != stamp]
        for path in changed:
            self._take(path, stamps[path])
        is_different = bool(gone or changed or before != self._unread)
        if is_different:
            self._arrange()
        return is_different

    def at(self, folder: Path, slug: str) -> T | None:
        """What lies in `folder` under `slug`, also where a later folder replaces it."""
        file = self._found.get(folder / f"{same(slug)}.toml")
        return file.value if file else None

    def _scan(self, folder: Path) -> dict[Path, Stamp]:
        """The stamps of the files of `folder`, in the order of their names."""
        try:
            with os.scandir(folder) as entries:
                found = sorted(
                    (e for e in entries if e.name.endswith(".toml") and e.name[0] != "."),
                    key=lambda entry: entry.name,
                )
        except FileNotFoundError:
            return {}
        except OSError as error:
            where = one_line(str(folder))
            self._unread.append(f"The folder `{where}` cannot be read: {error.strerror}.")
            return {}
        if len(found) > MOST_FILES:
            where = one_line(str(folder))
            self._unread.append(f"Only {MOST_FILES} files of `{where}` were read.")
        stamps: dict[Path, Stamp] = {}
        for entry in found[:MOST_FILES]:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue  # deleted since it was listed
            stamps[folder / entry.name] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return stamps

    def _take(self, path: Path, stamp: Stamp) -> None:
        """Read `path`; it was looked at before, so what is written meanwhile is seen next time."""
        before = self._found.get(path)
        try:
            self._found[path] = _File(stamp, self.read(path))
        except FileNotFoundError:
            self._found.pop(path, None)
        except InvalidFileError as error:
            problem = f"{error.problem} {error.hint}".strip()
            self._found[path] = _File(stamp, before.value if before else None, problem)

    def _arrange(self) -> None:
        """Put in order what was found."""
        values: dict[str, T] = {}
        files: dict[str, Path] = {}
        problems: list[str] = []
        for folder in self.folders:
            here: set[str] = set()
            for path in sorted(path for path in self._found if path.parent == folder):
                file, slug = self._found[path], same(path.stem)
                misnamed = _misnamed(path, here)
                if problem := misnamed or file.problem:
                    problems.append(problem)
                if file.value is not None and not misnamed:
                    values[slug], files[slug] = file.value, path
                    here.add(slug)
        self.values, self.files = dict(sorted(values.items())), files
        self.problems = (*self._unread, *problems)


def _misnamed(path: Path, taken: set[str]) -> str:
    """Say why a file of this name is skipped; empty if it is not."""
    where = one_line(str(path))
    if not is_slug(path.stem):
        return f"`{where}` cannot be used: a file of a library may not be called so. Rename it."
    if same(path.stem) in taken:
        return f"`{where}` has the name of another file there. Rename one."
    return ""
