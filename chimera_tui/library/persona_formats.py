"""The file formats in which personas come and go. A further one is one line in `FORMATS`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from chimera_tui.domain.errors import InvalidFileError
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line
from chimera_tui.library.persona_file import read_persona, write_persona
from chimera_tui.library.slugs import slug_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaFormat:
    """A kind of file that holds a persona."""

    suffixes: tuple[str, ...]
    """How its files end, in lower case."""
    read: Callable[[Path], Persona]
    """May raise `FileNotFoundError` and `InvalidFileError`; bounds what it reads."""
    write: Callable[[Persona], bytes]


FORMATS = {
    "toml": PersonaFormat(
        suffixes=(".toml",),
        read=lambda path: replace(read_persona(path), slug=slug_of(path.stem)),
        write=lambda persona: write_persona(persona).encode(),
    ),
}


def import_persona(path: Path) -> Persona:
    """Read a persona from a file of any format; its ending tells which.

    Raises:
        InvalidFileError: If there is no such file, or no persona in it.
    """
    where = f"`{one_line(str(path))}`"
    for persona_format in FORMATS.values():
        if path.suffix.lower() in persona_format.suffixes:
            try:
                return persona_format.read(path)
            except FileNotFoundError:
                raise InvalidFileError(f"There is no file {where}.") from None
    known = ", ".join(suffix for f in FORMATS.values() for suffix in f.suffixes)
    raise InvalidFileError(f"{where} is no file of a persona.", hint=f"Known endings: {known}.")
