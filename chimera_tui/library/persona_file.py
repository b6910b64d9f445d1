"""TOML <-> `Persona`: one file a persona, named by its slug. `PersonaFile` is the schema."""

import typing
from functools import cache
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from chimera_tui.domain.conversation import ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.persona import Persona
from chimera_tui.library.slugs import same
from chimera_tui.library.toml_text import to_toml
from chimera_tui.settings import toml
from chimera_tui.system.files import decode, read_text

CATEGORIES = (
    "thinkers",
    "artists",
    "performers",
    "makers",
    "everyday",
    "adventurers",
    "leaders",
    "visionaries",
    "catalysts",
    "professions",
    "utility",
)
"""Those of the built-in personas; a file may name any other."""

_LINE = r"^[^\n]*\Z"
_SHORT = Annotated[str, Meta(min_length=1, max_length=60, pattern=_LINE)]
_LIST = "a list of at most 24 short texts"
_FILLED = ("name", "one_line", "prompt")
"""Keys whose texts may not be blank."""


class PersonaFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a persona file, in the order of writing.

    Of each, `title` says what it is for and `description` what it may hold; error messages, the
    template of `personas new` and forms take their words from here.
    """

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=40,
            pattern=_LINE,
            title="What it is called in prompts and over its messages",
            description="1 to 40 characters",
        ),
    ]
    emoji: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8,
            pattern=_LINE,
            title="Its face, two cells wide",
            description="one emoji",
        ),
    ] = "💬"
    colour: Annotated[
        int,
        Meta(
            ge=1,
            le=12,
            title="The hue it likes best; each theme has its own twelve",
            description="a whole number from 1 to 12",
        ),
    ] = 1
    category: Annotated[
        str,
        Meta(
            max_length=40,
            pattern=_LINE,
            title="Where it stands in lists",
            description="one word, say thinkers",
        ),
    ] = "everyday"
    one_line: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=160,
            pattern=_LINE,
            title="Who it is; the others in the room are told this of it",
            description="1 to 160 characters",
        ),
    ]
    temperature: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            title="How freely its model chooses words",
            description="a number from 0 to 2",
        ),
    ] = 0.8
    words: Annotated[
        int,
        Meta(
            ge=20,
            le=300,
            title="How long its turns are meant to be, in words",
            description="a whole number from 20 to 300",
        ),
    ] = 100
    talkativeness: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="How readily it speaks; at 0 only when it is addressed",
            description="a number from 0 to 1",
        ),
    ] = 0.5
    traits: Annotated[
        tuple[_SHORT, ...],
        Meta(max_length=24, title="Adjectives; the demo speaks by them", description=_LIST),
    ] = ()
    expertise: Annotated[
        tuple[_SHORT, ...],
        Meta(
            max_length=24,
            title="What it knows about: topics are drawn to suit it",
            description=_LIST,
        ),
    ] = ()
    greeting: Annotated[
        str,
        Meta(
            max_length=400,
            title="Its first words in an empty room",
            description="at most 400 characters",
        ),
    ] = ""
    model: Annotated[
        str,
        Meta(
            max_length=200,
            pattern=_LINE,
            title="The model that plays it, where you choose no other",
            description="provider/model, or empty",
        ),
    ] = ""
    tags: Annotated[
        tuple[_SHORT, ...],
        Meta(max_length=24, title="Words to find it by", description=_LIST),
    ] = ()
    prompt: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=8000,
            title="What it is told about itself; spoken to as `you`",
            description="1 to 8000 characters",
        ),
    ]


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
    values = {key: getattr(persona, key) for key in PersonaFile.__struct_fields__}
    return to_toml(values, long="prompt")


def meta_of(key: str) -> Meta:
    """What the schema says of a key: what it is for (`title`), what it may hold, its bounds."""
    meta: Meta = _types()[key].__metadata__[0]
    return meta


def problem_with(key: str, value: object) -> str:
    """Say what `value` should be instead, to stand under `key` in a file; empty if it may."""
    allowed = meta_of(key).description or ""
    try:
        msgspec.convert(value, _types()[key])
        if key == "model" and value:
            ModelRef.parse(str(value))
    except (msgspec.ValidationError, UnknownError):
        return allowed
    return allowed if key in _FILLED and not str(value).strip() else ""


@cache
def _types() -> dict[str, typing.Any]:
    return typing.get_type_hints(PersonaFile, include_extras=True)


def template(name: str) -> str:
    """Return a file for a new persona called `name`: sound as it is, each key explained."""
    persona = template_persona(name)
    lines = [_HEAD]
    for key in PersonaFile.__struct_fields__:
        meta = meta_of(key)
        lines.append(f"# {meta.title} ({meta.description}).")
        lines.append(to_toml({key: getattr(persona, key)}, long="prompt"))
    return "\n".join(lines)


def template_persona(name: str) -> Persona:
    """A new persona called `name`, to be filled in."""
    return Persona(
        slug="",
        name=name,
        emoji="💬",
        colour=1,
        category="everyday",
        one_line="Say in one line what this persona does to a conversation.",
        prompt=_PROMPT,
    )


def _persona(text: str, path: Path) -> Persona:
    data = toml.parse(text, path)
    if isinstance(prompt := data.get("prompt"), str):
        data["prompt"] = prompt.strip("\n") or prompt  # the one before the marks does not count
    file = toml.check(data, PersonaFile, text, path)
    if file.model:
        try:
            ModelRef.parse(file.model)
        except UnknownError as error:
            raise toml.wrong(path, text, ("model",), error.problem, error.hint) from None
    fields = msgspec.structs.asdict(file)
    blank = next((k for k in _FILLED if not fields[k].strip()), "")
    if blank:
        raise toml.wrong(path, text, (blank,), "it is blank.", "")
    return Persona(slug=same(path.stem), **fields)


_HEAD = """\
# A persona of Chimera. The name of the file identifies it; only name, one_line and prompt must be
# there. `chimera-tui personas validate` checks it.
"""
_PROMPT = """\
You are a speaker, not a topic. Begin with two sentences about who you are and what you hear first.

Your moves: three or four things you do in a conversation (ask, count, tell of a neighbour, deny).

You open on something nobody else opens on. You end in a way of your own.

Your rhythm: long or short sentences, questions or none, what your punctuation is like.

Your bias: what you believe too easily. Your blind spot: what you never see.

You never say what everybody says, and never speak for others."""
