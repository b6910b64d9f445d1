"""A character card becomes a persona of ours."""

import math
import re
import unicodedata
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chimera_tui.cards.card import Card, read_card
from chimera_tui.cards.decorators import ROLES
from chimera_tui.cards.lorebook import LONGEST_CONTENT, Lorebook, LoreEntry, read_book
from chimera_tui.cards.macros import Scene, expand
from chimera_tui.cards.markup import without_markup
from chimera_tui.cards.reading import (
    Notes,
    UnreadableError,
    number_of,
    table_of,
    text_of,
    words_of,
)
from chimera_tui.domain.persona import Persona
from chimera_tui.domain.text import one_line

# What a persona file may hold (`library/persona_file.py`): a test compares them.
LONGEST_NAME = 40
LONGEST_LINE = 160
LONGEST_PROMPT = 4000
LONGEST_GREETING = 400
LONGEST_WORD = 60
MOST_WORDS = 24
LONGEST_SLUG = 80
"""Bytes."""

NAMESPACE = "chimera"
"""The key of `extensions` under which we keep what cards have no field for."""
OURS = "plain"
"""The key there that says: the texts of this card are ours, see `is_ours`."""
_MODEL = re.compile(r"[\w.-]+/[\w.:/@+-]+")
_GUESTS = "👤👥👻👽👾🐺🐱🐲🐸🐻🐼🦁🦄🦅🦇🦋🧚🧛🧜🧝🌟🌵🍀🎈"
_RESERVED = {"con", "prn", "aux", "nul", "human"} | {
    f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a card became."""

    persona: Persona
    card: Card
    book: Lorebook | None
    """What its persona knows besides."""
    notes: tuple[str, ...]
    """What was dropped, cut or changed, one sentence each."""


def import_card(data: bytes, path: Path) -> Imported:
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
        book = _book(card.fields, notes)
    except UnreadableError as error:
        raise error.of(path) from None
    return Imported(persona=persona, card=card, book=book, notes=tuple(notes))


def persona_of(card: Card, notes: Notes) -> Persona:
    """Return the persona that `card` describes; says in `notes` what it could not take."""
    fields = card.fields
    extensions = table_of(fields, "extensions")
    ours = table_of(extensions, NAMESPACE)
    name = _name(fields, notes)
    traits = words_of(ours, "traits", notes, most=MOST_WORDS, longest=LONGEST_WORD)
    personality = _text(fields, "personality", notes)
    scene = Scene(char=name, user="the reader")
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


def _book(fields: Mapping[str, Any], notes: Notes) -> Lorebook | None:
    """The lorebook, and what SillyTavern tells always at a depth, as an entry of it."""
    book = read_book(fields.get("character_book"), notes)
    always = table_of(table_of(fields, "extensions"), "depth_prompt")
    text = _text(always, "prompt", notes)
    if not text:
        return book
    role = always.get("role")
    entry = LoreEntry(
        content=cut(text, LONGEST_CONTENT),
        constant=True,
        priority=math.inf,
        depth=int(_number(always, "depth", notes, 0, 1000, 4)),
        role=role if role in ROLES else ROLES[0],
    )
    return replace(book, entries=(entry, *book.entries)) if book else Lorebook(entries=(entry,))


def is_ours(fields: Mapping[str, Any]) -> bool:
    """Whether the description is a whole prompt of ours, and the personality lists its traits."""
    return table_of(table_of(fields, "extensions"), NAMESPACE).get(OURS) is True


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


def cut(text: str, longest: int) -> str:
    """Return the beginning of `text`, at most `longest` characters, up to a whole sentence."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    end = max(head.rfind(mark) + 1 for mark in (". ", "! ", "? ", "\n", "。"))
    return head[: end if end > longest // 2 else None].rstrip() + "…"


def _text(fields: Mapping[str, Any], key: str, notes: Notes) -> str:
    """A text for the model: without markup, unless we wrote it."""
    text = text_of(fields, key, notes)
    if is_ours(fields):
        return text
    plain = without_markup(text)
    if plain != text:
        notes.add(f"HTML or pictures were taken out of `{key}`.")
    return plain


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
    personality = "" if is_ours(fields) else _text(fields, "personality", notes)
    scenario = _text(fields, "scenario", notes)
    before = [
        _own_words(fields, "system_prompt", notes),
        _text(fields, "description", notes),
        f"Personality: {personality}" if personality else "",
        f"Scenario: {scenario}" if scenario else "",
    ]
    after = [_own_words(fields, "post_history_instructions", notes)]
    fixed = "\n\n".join(filter(None, [*before, *after]))
    if not fixed:
        notes.add("It does not say who that is: only the name is known.")
        return "You are {{char}}."
    room = LONGEST_PROMPT - len(fixed) - 4
    examples = _examples(_text(fields, "mes_example", notes), room, notes)
    whole = "\n\n".join(filter(None, [*before, examples, *after]))
    if len(whole) > LONGEST_PROMPT:
        size = f"{LONGEST_PROMPT:,} of {len(whole):,}"
        notes.add(f"Of its text the first {size} characters became the prompt.")
    return cut(whole, LONGEST_PROMPT)


def _own_words(fields: Mapping[str, Any], key: str, notes: Notes) -> str:
    """Instructions that may hold a place for those of the program, which stand elsewhere here."""
    text = re.sub(r"\{\{original\}\}", "", _text(fields, key, notes), flags=re.IGNORECASE)
    return text.strip()


def _examples(text: str, room: int, notes: Notes) -> str:
    """Whole example dialogues, as many as there is room for."""
    blocks = [block.strip() for block in re.split(r"<START>", text, flags=re.IGNORECASE)]
    blocks = [block for block in blocks if block]
    head = "How you have spoken before:"
    kept: list[str] = []
    for block in blocks:
        if len("\n---\n".join([head, *kept, block])) > room:
            notes.add("Not all example dialogues fit into the prompt.")
            break
        kept.append(block)
    return f"{head}\n" + "\n---\n".join(kept) if kept else ""


def _greeting(fields: Mapping[str, Any], notes: Notes) -> str:
    greetings = fields.get("group_only_greetings")
    first = next(iter(greetings), None) if isinstance(greetings, list) else None
    key = "first_mes"
    if isinstance(first, str) and first.strip():
        fields, key = {**fields, "group_only_greetings": first}, "group_only_greetings"
    text = _text(fields, key, notes)
    if len(text) > LONGEST_GREETING:
        notes.add(f"Its greeting was cut: {len(text):,} characters, {LONGEST_GREETING} are kept.")
    return cut(text, LONGEST_GREETING)


def _one_line(
    fields: Mapping[str, Any], ours: Mapping[str, Any], scene: Scene, notes: Notes
) -> str:
    """What others are told of it: ours, or the first sentence that says something."""
    if line := one_line(text_of(ours, "one_line", notes), LONGEST_LINE):
        return line
    for key in ("personality", "description"):
        line = one_line(expand(_text(fields, key, notes)[:2000], scene), 2000)
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
