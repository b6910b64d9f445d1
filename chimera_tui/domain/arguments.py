"""What people write behind a command: a persona, a model, a pace, a budget."""

import math
import re
from collections.abc import Iterable, Sequence

from chimera_tui.domain.conversation import Budget, ModelRef
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line

THOUSAND, MILLION = 1000, 1_000_000
SLOWEST = 3.0
"""Times a human's pauses, at most."""
PACES = {"instant": 0.0, "quick": 0.5, "human": 1.0, "slow": 2.0}
"""Paces by name, in times a human's pauses."""
_HOW = "Say `/budget 1.00` (dollars), `/budget 1.00 200k 60min` (tokens, time), or `/budget off`."
_AMOUNT = re.compile(r"\$?\d{1,7}(?:[.,]\d{1,6})?")
_MINUTES = re.compile(r"(\d{1,5})min")
_TOKENS = re.compile(r"(\d{1,12}|\d{1,6}\.\d{1,3})([kKmM]?)")


def parse_persona(
    name: str, personas: Iterable[Persona], *, where: str = "in this room"
) -> Persona:
    """Return the persona called `name`, with or without `@`: by slug, name, or name without "The".

    Raises:
        UnknownError: If there is none; says so of `where`, and names the nearest.
    """
    known = list(personas)
    wanted = name.strip().removeprefix("@").strip().casefold()
    for persona in known:
        if wanted in {persona.slug, persona.name.casefold(), persona.short_name.casefold()}:
            return persona
    hint = nearest(wanted, [persona.slug for persona in known])
    raise UnknownError(f"`{one_line(name, 40)}` is not {where}.", hint=hint)


def parse_personas(text: str, personas: Sequence[Persona]) -> list[Persona]:
    """Return the personas named in `@Scientist @Marine Biologist`, or in `scientist, comedian`.

    Raises:
        UnknownError: If one of them is not there.
    """
    parts = text.split("@") if "@" in text else text.replace(",", " ").split()
    names = [name for part in parts if (name := part.strip(" ,"))]
    return [parse_persona(name, personas) for name in names]


def parse_address(text: str, personas: Sequence[Persona]) -> tuple[Persona, str]:
    """Read `@persona text`: whom it names, by the longest name that fits, and the text.

    Raises:
        UnknownError: If nobody is called so.
    """
    written = text.strip().removeprefix("@")
    found: tuple[int, Persona] | None = None
    for persona in personas:
        for name in (persona.name, persona.short_name, persona.slug):
            begins = written[: len(name)].casefold() == name.casefold()
            ends = not written[len(name) : len(name) + 1].isalnum()
            if name and begins and ends and (found is None or len(name) > found[0]):
                found = (len(name), persona)
    if found is None:
        return parse_persona(written.partition(" ")[0], personas), ""
    return found[1], written[found[0] :].lstrip(" ,:").strip()


def split_model(text: str) -> tuple[str, ModelRef | None]:
    """Read `persona provider/model`: the name, and the model behind it if one is named.

    Raises:
        UnknownError: If what looks like a model names none.
    """
    name, _, model = text.strip().rpartition(" ")
    return (name.strip(), ModelRef.parse(model)) if "/" in model else (text.strip(), None)


def parse_pace(text: str) -> float:
    """Read a pace: `instant`, `quick`, `human`, `slow`, or times a human's pauses, 0 to 3.

    Raises:
        UnknownError: If it is none of these.
    """
    try:
        pace = PACES[text] if text in PACES else float(text)
    except ValueError:
        pace = math.nan
    if not 0 <= pace <= SLOWEST:
        hint = "0 is instant, 1 human, 2 slow, 3 the slowest."
        raise UnknownError(f"`{one_line(text)}` is no pace.", hint=hint)
    return pace


def parse_budget(text: str) -> Budget:
    """Read `1.00`, `1.00 200k 60min`, `200k` or `off`: dollars, tokens, minutes.

    Raises:
        UnknownError: If it is none of these.
    """
    words = text.replace("tokens", "tok").replace(" tok", "tok").replace(" min", "min").split()
    if words == ["off"]:
        return Budget()
    cost: int | None = None
    tokens: int | None = None
    minutes: int | None = None
    for word in words:
        if _AMOUNT.fullmatch(word) and cost is None and tokens is None:
            cost = round(float(word.removeprefix("$").replace(",", ".")) * MILLION)
        elif (found := _MINUTES.fullmatch(word)) and minutes is None:
            minutes = int(found[1])
        elif (found := _TOKENS.fullmatch(word.removesuffix("tok"))) and tokens is None:
            size = {"": 1, "k": THOUSAND, "m": MILLION}[found[2].lower()]
            tokens = round(float(found[1]) * size)
        else:
            raise UnknownError(f"`{one_line(text, 60)}` is no budget.", hint=_HOW)
    if cost is None and tokens is None and minutes is None:
        raise UnknownError("No budget was given.", hint=_HOW)
    return Budget(cost=cost, tokens=tokens, minutes=minutes)
