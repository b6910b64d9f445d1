"""All personas that can be cast: the built-in ones, then those of the person."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Self

import chimera_tui
from chimera_tui.domain.errors import InvalidFileError, UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.persona_file import read_persona

MOST_FILES = 5000
"""Files of one folder that are read."""
LONGEST_SLUG = 80
"""Bytes of a slug."""
_RESERVED = {"con", "prn", "aux", "nul", "human"} | {
    f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10)
}
"""Names that Windows keeps for devices, and the speaker that is no persona."""


def builtin_folder() -> Path:
    """The folder of the built-in personas: in the package, or beside it in a source checkout."""
    package = Path(chimera_tui.__file__).parent
    packed = package / "personas"
    return packed if packed.is_dir() else package.parent / "personas"


@dataclass(frozen=True, slots=True)
class Library:
    """The personas, by slug, and what was wrong with the files that were skipped."""

    personas: Mapping[str, Persona]
    problems: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    """Where they were looked for."""

    @classmethod
    def load(cls, *folders: Path) -> Self:
        """Read all `*.toml` of `folders`; a later folder replaces and adds. Never fails."""
        personas: dict[str, Persona] = {}
        problems: list[str] = []
        for folder in folders:
            personas |= _read_folder(folder, problems)
        return cls(dict(sorted(personas.items())), tuple(problems), folders)

    def __iter__(self) -> Iterator[Persona]:
        return iter(self.personas.values())

    def __len__(self) -> int:
        return len(self.personas)

    def get(self, slug: str) -> Persona:
        """Return the persona called `slug`.

        Raises:
            UnknownError: If there is none; the hint names the nearest.
        """
        try:
            return self.personas[_same(slug.strip())]
        except KeyError:
            problem = f"There is no persona `{one_line(slug, 40)}`."
            raise UnknownError(problem, hint=nearest(slug, self.personas)) from None

    def cast(self, slugs: Sequence[str]) -> tuple[Persona, ...]:
        """Return the personas called `slugs`, in this order, each once.

        Raises:
            UnknownError: If one does not exist, or there is none at all.
        """
        cast = tuple(dict.fromkeys(self.get(slug) for slug in slugs))
        if not cast:
            raise UnknownError("Nobody is cast.", hint="Name at least one persona.")
        return cast


def _read_folder(folder: Path, problems: list[str]) -> dict[str, Persona]:
    personas: dict[str, Persona] = {}
    try:
        found = list(islice(folder.glob("*.toml"), MOST_FILES + 1))
    except OSError as error:
        problems.append(f"The folder `{folder}` cannot be read: {error.strerror}.")
        return personas
    if len(found) > MOST_FILES:
        problems.append(f"Only {MOST_FILES} files of `{folder}` were read.")
    for path in sorted(found)[:MOST_FILES]:
        try:
            persona = _read_file(path, personas)
        except FileNotFoundError:
            continue  # deleted since it was listed
        except InvalidFileError as error:
            problems.append(f"{error.problem} {error.hint}".strip())
        else:
            personas[persona.slug] = persona
    return personas


def _read_file(path: Path, known: Mapping[str, Persona]) -> Persona:
    slug = _same(path.stem)
    if (
        slug in _RESERVED
        or not slug.isprintable()
        or len(slug.encode(errors="replace")) > LONGEST_SLUG
    ):
        raise InvalidFileError(
            f"`{one_line(str(path))}` cannot be the name of a persona.", hint="Rename the file."
        )
    if slug in known:
        raise InvalidFileError(
            f"`{one_line(str(path))}` has the name of another file there.", hint="Rename one."
        )
    return replace(read_persona(path), slug=slug)


def _same(slug: str) -> str:
    """How slugs are compared: names that differ only in case or composition are one."""
    return unicodedata.normalize("NFC", slug).casefold()
