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
Stamp = tuple[int, int, int, int]
"""Times of change of content and of rights (ns), size, inode: what keeps them was not touched."""


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
    _found: dict[Path, dict[str, _File[T]]] = field(default_factory=dict)
    """By folder and name; paths are made only where they are needed, as they are slow."""
    _unread: list[str] = field(default_factory=list)
    """What was wrong with folders at the last look."""

    def refresh(self) -> bool:
        """Read the files that are new or have changed; say whether anything is different.

        Looks into no file that keeps its stamp: 2,000 of them take some 10 ms.
        """
        before, self._unread = self._unread, []
        is_different = False
        for folder in self.folders:
            found, stamps = self._found.setdefault(folder, {}), self._scan(folder)
            for name in found.keys() - stamps.keys():
                del found[name]
                is_different = True
            for name, stamp in stamps.items():
                if name not in found or found[name].stamp != stamp:
                    self._take(folder, name, stamp)
                    is_different = True
        is_different |= before != self._unread
        if is_different:
            self._arrange()
        return is_different

    def at(self, folder: Path, slug: str) -> T | None:
        """What lies in `folder` under `slug`, also where a later folder replaces it."""
        file = self._found[folder].get(f"{same(slug)}.toml")
        return file.value if file else None

    def _scan(self, folder: Path) -> dict[str, Stamp]:
        """The stamps of the files of `folder`, in the order of their names."""
        try:
            with os.scandir(folder) as entries:
                found = {e.name: e for e in entries if e.name.endswith(".toml")}
        except FileNotFoundError:
            return {}
        except OSError as error:
            where = one_line(str(folder))
            self._unread.append(f"The folder `{where}` cannot be read: {error.strerror}.")
            return {}
        names = sorted(name for name in found if not name.startswith("."))
        if len(names) > MOST_FILES:
            where = one_line(str(folder))
            self._unread.append(f"Only {MOST_FILES} files of `{where}` were read.")
        stamps: dict[str, Stamp] = {}
        for name in names[:MOST_FILES]:
            try:
                status = found[name].stat(follow_symlinks=False)
            except OSError:
                continue  # deleted since it was listed
            times = status.st_mtime_ns, status.st_ctime_ns
            stamps[name] = (*times, status.st_size, status.st_ino)
        return stamps

    def _take(self, folder: Path, name: str, stamp: Stamp) -> None:
        """Read a file; it was looked at before, so what is written meanwhile is seen next time."""
        found = self._found[folder]
        before = found.get(name)
        try:
            found[name] = _File(stamp, self.read(folder / name))
        except FileNotFoundError:
            found.pop(name, None)
        except InvalidFileError as error:
            problem = f"{error.problem} {error.hint}".strip()
            found[name] = _File(stamp, before.value if before else None, problem)

    def _arrange(self) -> None:
        """Put in order what was found."""
        values: dict[str, T] = {}
        files: dict[str, Path] = {}
        problems: list[str] = []
        for folder in self.folders:
            here: set[str] = set()
            for name, file in sorted(self._found[folder].items(), key=lambda item: item[0]):
                path = folder / name
                slug, misnamed = same(path.stem), _misnamed(path, here)
                if problem := misnamed or file.problem:
                    problems.append(problem)
                if file.value is not None and not misnamed:
                    values[slug], files[slug] = file.value, path
                    here.add(slug)
        self.values, self.files = dict(sorted(values.items())), files
        self.problems = (*self._unread, *problems)


def _misnamed(path: Path, taken: set[str]) -> str:
    """Say why a file of this name is skipped; empty if it is not."""
    stem = path.stem
    if not is_slug(stem):
        where = one_line(str(path))
        return f"`{where}` cannot be used: a file of a library may not be called so. Rename it."
    if same(stem) in taken:
        return f"`{one_line(str(path))}` has the name of another file there. Rename one."
    return ""
