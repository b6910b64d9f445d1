"""TOML <-> `Persona`: one file a persona, named by its slug."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.settings import toml
from chimera_tui.settings.files import decode, read_text

_LINE = r"^[^\n]*\Z"
_Words = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=60, pattern=_LINE)], ...],
    Meta(max_length=24, description="a list of at most 24 short texts"),
]


class PersonaFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a persona file, in the order of writing, and what they may hold."""

    name: Annotated[
        str, Meta(min_length=1, max_length=40, pattern=_LINE, description="1 to 40 characters")
    ]
    emoji: Annotated[
        str, Meta(min_length=1, max_length=8, pattern=_LINE, description="one emoji")
    ] = "💬"
    colour: Annotated[int, Meta(ge=1, le=12, description="a whole number from 1 to 12")] = 1
    category: Annotated[
        str, Meta(max_length=40, pattern=_LINE, description="one word, say thinkers")
    ] = "everyday"
    one_line: Annotated[
        str, Meta(min_length=1, max_length=160, pattern=_LINE, description="1 to 160 characters")
    ]
    temperature: Annotated[float, Meta(ge=0, le=2, description="a number from 0 to 2")] = 0.8
    words: Annotated[int, Meta(ge=20, le=300, description="a whole number from 20 to 300")] = 100
    talkativeness: Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")] = 0.5
    traits: _Words = ()
    expertise: _Words = ()
    greeting: Annotated[str, Meta(max_length=400, description="at most 400 characters")] = ""
    model: Annotated[
        str, Meta(max_length=200, pattern=_LINE, description="provider/model, or empty")
    ] = ""
    tags: _Words = ()
    prompt: Annotated[str, Meta(min_length=1, max_length=4000, description="1 to 4000 characters")]


def read_persona(path: Path) -> Persona:
    """Read the persona file `path`; its slug is the name of the file.

    Raises:
        FileNotFoundError: If it is not there any more.
        InvalidFileError: If it is no persona: says file, line and key, then what is allowed.
    """
    return _persona(read_text(path), path)


def parse_persona(data: bytes, path: Path) -> Persona:
    """Read `data` as the content of the persona file `path`.

    Raises:
        InvalidFileError: As `read_persona`.
    """
    return _persona(decode(data, path), path)


def write_persona(persona: Persona) -> str:
    """Return the content of the file of `persona`."""
    import tomlkit  # noqa: PLC0415 - takes 30 ms, and is not needed to read

    document = tomlkit.document()
    for key in PersonaFile.__struct_fields__:
        value = getattr(persona, key)
        if key == "prompt":
            document.add(key, tomlkit.string(f"\n{value}", multiline=True))
        else:
            document.add(key, list(value) if isinstance(value, tuple) else value)
    return tomlkit.dumps(document)


def _persona(text: str, path: Path) -> Persona:
    file = toml.check(toml.parse(text, path), PersonaFile, text, path)
    if file.model:
        try:
            ModelRef.parse(file.model)
        except UnknownError as error:
            raise toml.wrong(path, text, ("model",), error.problem, error.hint) from None
    fields = msgspec.structs.asdict(file)
    blank = next((k for k in ("name", "one_line", "prompt") if not fields[k].strip()), "")
    if blank:
        raise toml.wrong(path, text, (blank,), "it is blank.", "")
    return Persona(slug=path.stem, **(fields | {"prompt": file.prompt.strip("\n")}))
