"""TOML <-> `RoomTemplate`: ready-made rooms, one file each, named by its slug."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from chimera_tui.library.slugs import same
from chimera_tui.library.toml_text import to_toml
from chimera_tui.settings import toml
from chimera_tui.settings.files import read_text

Mode = Literal["natural", "round_robin", "pooled", "random", "manual", "director", "script"]
"""All modes a room may ask for; where the program lacks one, it takes its usual mode."""

_LINE = r"^[^\n]*\S[^\n]*\Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomTemplate:
    """What a room can be begun with: a cast, a mode, a pace, and topics that suit them."""

    slug: str
    """The name of its file, without the ending; identifies it."""
    title: str
    one_line: str = ""
    cast: tuple[str, ...]
    """Slugs of personas, in order."""
    mode: str = "natural"
    pace: float = 1.0
    """0 instant, 1 human, 2 slow."""
    topics: tuple[str, ...] = ()
    """The first is the usual one."""


class RoomFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a room file, in the order of writing; `PersonaFile` says how to read them."""

    title: Annotated[
        str,
        Meta(
            max_length=60,
            pattern=_LINE,
            title="What the room is called",
            description="1 to 60 characters",
        ),
    ]
    one_line: Annotated[
        str,
        Meta(
            max_length=160,
            pattern=r"^[^\n]*\Z",
            title="What it is like in there",
            description="at most 160 characters",
        ),
    ] = ""
    cast: Annotated[
        tuple[Annotated[str, Meta(max_length=80, pattern=_LINE)], ...],
        Meta(
            min_length=1,
            max_length=16,
            title="Who is in it: slugs of personas, in order",
            description="a list of 1 to 16 slugs",
        ),
    ]
    mode: Annotated[
        Mode,
        Meta(
            title="The rule of turn-taking",
            description="natural, round_robin, pooled, random, manual, director or script",
        ),
    ] = "natural"
    pace: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            title="0 instant, 1 human, 2 slow",
            description="a number from 0 to 2",
        ),
    ] = 1.0
    topics: Annotated[
        tuple[Annotated[str, Meta(max_length=300, pattern=_LINE)], ...],
        Meta(
            max_length=50,
            title="What to talk about; the first is the usual one",
            description="a list of at most 50 lines",
        ),
    ] = ()


def read_room(path: Path) -> RoomTemplate:
    """Read the room file `path`; its slug is the name of the file.

    Raises:
        FileNotFoundError: If it is not there any more.
        InvalidFileError: If it is no room: says file, line and key, then what is allowed.
    """
    text = read_text(path)
    file = toml.check(toml.parse(text, path), RoomFile, text, path)
    return RoomTemplate(slug=same(path.stem), **msgspec.structs.asdict(file))


def write_room(room: RoomTemplate) -> str:
    """Return the content of the file of `room`."""
    return to_toml({key: getattr(room, key) for key in RoomFile.__struct_fields__})
