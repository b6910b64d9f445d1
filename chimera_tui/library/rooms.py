"""TOML <-> `RoomTemplate`: ready-made rooms, one file each, named by its slug."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import msgspec
from msgspec import Meta, Struct

from chimera_tui.domain.conversation import Conversation
from chimera_tui.domain.rules import LIVELINESS, Rules
from chimera_tui.domain.text import one_line
from chimera_tui.library.slugs import same
from chimera_tui.library.toml_text import to_toml
from chimera_tui.settings import toml
from chimera_tui.system.files import decode, read_text

Mode = Literal["natural", "round_robin", "pooled", "random", "manual", "director", "script"]
"""All modes a room may ask for; where the program lacks one, it takes its usual mode."""

LONGEST_TITLE, LONGEST_TOPIC, MOST_TOPICS = 60, 300, 50
"""Characters of a title and of a topic, and topics of a room."""
SLOWEST = 2.0
"""The slowest pace of a room."""

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
    script: tuple[str, ...] = ()
    """Lines of the mode `script`: see `Rules.script`."""
    every: tuple[str, ...] = ()
    """Who speaks again after so many turns of others: `narrator: 6`."""
    most_turns: int = 0
    """Automatic turns of one persona after a human word; 0: as many as come."""
    liveliness: float = LIVELINESS

    @classmethod
    def of(cls, conversation: Conversation, *, slug: str, title: str) -> Self:
        """Return a room in which others can talk as in this conversation."""
        rules = conversation.rules
        return cls(
            slug=slug,
            title=one_line(title, LONGEST_TITLE),
            cast=tuple(one.persona.original for one in conversation.cast),
            mode=conversation.mode,
            pace=min(conversation.pace, SLOWEST),
            topics=tuple(filter(None, [one_line(conversation.current_topic, LONGEST_TOPIC)])),
            script=rules.script,
            every=tuple(f"{who}: {turns}" for who, turns in rules.every),
            most_turns=rules.most_turns or 0,
            liveliness=rules.liveliness,
        )

    @property
    def rules(self) -> Rules:
        """What the room keeps to."""
        every = (line.split(":") for line in self.every)
        return Rules(
            script=self.script,
            every=tuple((slug.strip(), int(turns)) for slug, turns in every),
            most_turns=self.most_turns or None,
            liveliness=self.liveliness,
        )


class RoomFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a room file, in the order of writing; `PersonaFile` says how to read them."""

    title: Annotated[
        str,
        Meta(
            max_length=LONGEST_TITLE,
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
            le=SLOWEST,
            title="0 instant, 1 human, 2 slow",
            description="a number from 0 to 2",
        ),
    ] = 1.0
    topics: Annotated[
        tuple[Annotated[str, Meta(max_length=LONGEST_TOPIC, pattern=_LINE)], ...],
        Meta(
            max_length=MOST_TOPICS,
            title="What to talk about; the first is the usual one",
            description="a list of at most 50 lines",
        ),
    ] = ()
    script: Annotated[
        tuple[Annotated[str, Meta(max_length=300, pattern=_LINE)], ...],
        Meta(
            max_length=100,
            title="For the mode script: who speaks and what to do; who may be host, guest or each",
            description='a list of at most 100 lines such as "each: close in one sentence"',
        ),
    ] = ()
    every: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[^\s:]{1,80}: ?[1-9]\d?\Z")], ...],
        Meta(
            max_length=16,
            title="Who speaks again after so many turns of others",
            description='a list of at most 16 lines such as "narrator: 6"',
        ),
    ] = ()
    most_turns: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            title="Turns of one persona between two words of yours; 0 for no limit",
            description="a whole number from 0 to 100",
        ),
    ] = 0
    liveliness: Annotated[
        float,
        Meta(
            ge=0.2,
            le=1.5,
            title="How much is left to chance: 0.2 predictable, 1.5 wild",
            description="a number from 0.2 to 1.5",
        ),
    ] = LIVELINESS


def read_room(path: Path) -> RoomTemplate:
    """Read the room file `path`; its slug is the name of the file.

    Raises:
        FileNotFoundError: If it is not there any more.
        InvalidFileError: If it is no room: says file, line and key, then what is allowed.
    """
    return _room(read_text(path), path)


def parse_room(data: bytes, path: Path) -> RoomTemplate:
    """Read `data` as the content of the room file `path`.

    Raises:
        InvalidFileError: As `read_room`.
    """
    return _room(decode(data, path), path)


def write_room(room: RoomTemplate) -> str:
    """Return the content of the file of `room`."""
    return to_toml({key: getattr(room, key) for key in RoomFile.__struct_fields__})


def _room(text: str, path: Path) -> RoomTemplate:
    file = toml.check(toml.parse(text, path), RoomFile, text, path)
    return RoomTemplate(slug=same(path.stem), **msgspec.structs.asdict(file))
