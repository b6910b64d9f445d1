"""A character card becomes a persona of ours."""

import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import cut, one_line
from chimera_tui.formats.cards.card import Card, read_card
from chimera_tui.formats.cards.card_carried import carried_by
from chimera_tui.formats.cards.card_texts import NAMESPACE, instructions, is_ours, told_text
from chimera_tui.formats.cards.json_reading import (
    Notes,
    UnreadableError,
    number_of,
    table_of,
    text_of,
    words_of,
)
from chimera_tui.formats.cards.markup import without_markup
from chimera_tui.lore.carried import Carried
from chimera_tui.lore.macros import MacroContext, expand

# What a persona file may hold (`library/persona_file.py`): a test compares them.
LONGEST_NAME = 40
LONGEST_LINE = 160
LONGEST_PROMPT = 8000
LONGEST_GREETING = 400
LONGEST_WORD = 60
MOST_WORDS = 24
LONGEST_SLUG = 80
"""Bytes."""

_MODEL = re.compile(r"[\w.-]+/[\w.:/@+-]+")
_GUESTS = "👤👥👻👽👾🐺🐱🐲🐸🐻🐼🦁🦄🦅🦇🦋🧚🧛🧜🧝🌟🌵🍀🎈"
_RESERVED = {"con", "prn", "aux", "nul", "human"} | {
    f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCard:
    """What a card became."""

    persona: Persona
    card: Card
    carried: Carried
    """What its persona takes along."""
    notes: tuple[str, ...]
    """What was dropped, cut or changed, one sentence each."""


def import_card(data: bytes, path: Path) -> ImportedCard:
    """Read a character card: V1, V2 or V3, as JSON, PNG or CHARX, or what resembles one.

    Args:
        data: The file's bytes.
        path: How a person calls the file; only to be named in errors.

    Raises:
        InvalidFileError: If there is no character in it, or reading it would be dangerous.
    """
    notes = Notes()
    try:
        card = read_card(data, notes)
        persona = persona_of(card, notes)
        carried = carried_by(card.fields, notes)
    except UnreadableError as error:
        raise error.of(path) from None
    return ImportedCard(persona=persona, card=card, carried=carried, notes=tuple(notes))


def persona_of(card: Card, notes: Notes) -> Persona:
    """Return the persona that `card` describes; says in `notes` what it could not take."""
    fields = card.fields
    extensions = table_of(fields, "extensions")
    ours = table_of(extensions, NAMESPACE)
    name = _name(fields, notes)
    traits = words_of(ours, "traits", notes, most=MOST_WORDS, longest=LONGEST_WORD)
    personality = told_text(fields, "personality", notes)
    scene = MacroContext(char=name, user="the reader")
    return Persona(
        slug=slug_of(name),
        name=name,
        emoji=_emoji(ours, name, notes),
        colour=int(_number(ours, "colour", notes, 1, 12, zlib.crc32(name.encode()) % 12 + 1)),
        category=one_line(text_of(ours, "category", notes), LONGEST_NAME) or "everyday",
        one_line=_one_line(fields, ours, scene, notes),
        prompt=_prompt(fields, notes),
        temperature=_number(ours, "temperature", notes, 0, 2, 0.8),
        words=int(_number(ours, "words", notes, 20, 300, 100)),
        talkativeness=_number({**fields, **extensions, **ours}, "talkativeness", notes, 0, 1, 0.5),
        traits=traits or _listed(personality),
        expertise=words_of(ours, "expertise", notes, most=MOST_WORDS, longest=LONGEST_WORD),
        greeting=_greeting(fields, notes),
        model=_model(ours, notes),
        tags=words_of(fields, "tags", notes, most=MOST_WORDS, longest=LONGEST_WORD),
    )


def slug_of(name: str) -> str:
    """Make the slug of a persona called `name`, by the rule of the library.

    Nothing that could be a path or a device survives; what leaves nothing gets a number.
    """
    plain = unicodedata.normalize("NFKC", re.sub("['\u2019]", "", name)).casefold()
    words = re.findall(r"[^\W_]+", plain)
    if len(words) > 1 and words[0] == "the":
        del words[0]
    slug = "-".join(words).encode()[:LONGEST_SLUG].decode(errors="ignore").strip("-")
    slug = unicodedata.normalize("NFC", slug)
    if not slug or slug in _RESERVED or not slug.isprintable():
        return f"persona-{zlib.crc32(name.encode()):08x}"
    return slug


def _name(fields: Mapping[str, Any], notes: Notes) -> str:
    name = without_markup(text_of(fields, "name", notes))
    if nickname := without_markup(text_of(fields, "nickname", notes)):
        if name and nickname != name:
            notes.add(f"It is called by its nickname; in full it is {one_line(name, 80)}.")
        name = nickname
    if len(" ".join(name.split())) > LONGEST_NAME:
        notes.add(f"Its name was cut to {LONGEST_NAME} characters.")
    name = one_line(name, LONGEST_NAME)
    if not name:
        notes.add("It has no name.")
    return name or "Nameless"


def _prompt(fields: Mapping[str, Any], notes: Notes) -> str:
    """All that tells a model who this is, in the order in which it is usually told."""
    personality = "" if is_ours(fields) else told_text(fields, "personality", notes)
    scenario = told_text(fields, "scenario", notes)
    parts = [
        instructions(fields, "system_prompt", notes),
        told_text(fields, "description", notes, is_plain=is_ours(fields)),
        f"Personality: {personality}" if personality else "",
        f"Scenario: {scenario}" if scenario else "",
    ]
    whole = "\n\n".join(filter(None, parts))
    if not whole:
        notes.add("It does not say who that is: only the name is known.")
        return "You are {{char}}."
    if len(whole) > LONGEST_PROMPT:
        size = f"{LONGEST_PROMPT:,} of {len(whole):,}"
        notes.add(f"Of its text the first {size} characters became the prompt.")
    return cut(whole, LONGEST_PROMPT)


def _greeting(fields: Mapping[str, Any], notes: Notes) -> str:
    greetings = fields.get("group_only_greetings")
    first = next(iter(greetings), None) if isinstance(greetings, list) else None
    key = "first_mes"
    if isinstance(first, str) and first.strip():
        fields, key = {**fields, "group_only_greetings": first}, "group_only_greetings"
    text = told_text(fields, key, notes, is_plain=is_ours(fields))
    if len(text) > LONGEST_GREETING:
        notes.add(f"Its greeting was cut: {len(text):,} characters, {LONGEST_GREETING} are kept.")
    return cut(text, LONGEST_GREETING)


def _one_line(
    fields: Mapping[str, Any], ours: Mapping[str, Any], scene: MacroContext, notes: Notes
) -> str:
    """What others are told of it: ours, or the first sentence that says something."""
    if line := one_line(text_of(ours, "one_line", notes), LONGEST_LINE):
        return line
    for key in ("personality", "description"):
        line = one_line(expand(told_text(fields, key, notes)[:2000], scene), 2000)
        if line:
            sentence = re.match(r".+?[.!?。](?=\s|$)", line)
            return one_line(sentence[0] if sentence else line, LONGEST_LINE)
    return "A guest from a character card."


def _emoji(ours: Mapping[str, Any], name: str, notes: Notes) -> str:
    """Ours if it takes two cells in any terminal, else one that goes with the name."""
    emoji = text_of(ours, "emoji", notes)
    if len(emoji) == 1 and unicodedata.east_asian_width(emoji) == "W" and not emoji.isalnum():
        return emoji
    if emoji:
        notes.add("Its emoji is not two cells wide everywhere: another was chosen.")
    return _GUESTS[zlib.crc32(name.encode()) % len(_GUESTS)]


def _model(ours: Mapping[str, Any], notes: Notes) -> str:
    model = one_line(text_of(ours, "model", notes), 200)
    if not model:
        return ""
    if not _MODEL.fullmatch(model):
        notes.add("The model it asks for is none and was dropped.")
        return ""
    notes.add(f"It asks to be played by `{model}`.")
    return model


def _listed(personality: str) -> tuple[str, ...]:
    """The traits in a text that is a list of them."""
    parts = [part.strip(" .") for part in personality.split(",")]
    if len(parts) == 1 or not all(0 < len(part) <= LONGEST_WORD // 2 for part in parts):
        return ()
    return tuple(dict.fromkeys(one_line(part) for part in parts))[:MOST_WORDS]


def _number(
    table: Mapping[str, Any], key: str, notes: Notes, low: float, high: float, usual: float
) -> float:
    found = number_of(table, key, notes, low, high)
    return usual if found is None else found
