"""Lorebooks: what a character knows besides its prompt, told only when it is spoken of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chimera_tui.cards.decorators import Decorators, read_decorators
from chimera_tui.cards.keys import MOST_WORK, NO_KEYS, Keys, keys_of
from chimera_tui.cards.reading import Notes, number_of, table_of, text_of, words_of

MOST_ENTRIES = 2_000
MOST_KEYS = 10_000
"""Keys of one book."""
LONGEST_CONTENT = 16_000
"""Characters of one entry."""
USUAL_SCAN_DEPTH = 4
"""Messages that are searched where a book does not say."""
_FIRST = ("key", "keywords"), ("keysecondary", "secondkey"), ("entry", "value", "text")
_MOST_KEYS_OF_ENTRY = 64
_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreEntry:
    """One thing that is known, and when to tell it."""

    content: str
    """What is told, without decorators; macros still stand in it."""
    keys: Keys = NO_KEYS
    secondary: Keys | None = None
    """Of these, too, one must be found; None where there is no second condition."""
    additional: Keys | None = None
    """As `secondary`, from a decorator."""
    exclude: Keys = NO_KEYS
    """None of these may be found."""
    constant: bool = False
    """Told always."""
    order: float = 100
    """The lower, the earlier it is told."""
    priority: float = 0
    """The lower, the sooner it is left out when there is too much."""
    scan_depth: int | None = None
    """Messages that are searched for the keys; None: as the book says."""
    after_replies: int = 0
    """Not told before the personas have spoken so often."""
    depth: int | None = None
    """Told so many messages from the end; None: beside the prompt."""
    role: str = "system"
    """Whose words it is told as: `system`, `user` or `assistant`."""
    before_prompt: bool = False
    """Told before the prompt of its persona instead of after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lorebook:
    """The entries that can be told, and how they are looked for."""

    entries: tuple[LoreEntry, ...]
    scan_depth: int = USUAL_SCAN_DEPTH
    token_budget: int | None = None
    is_recursive: bool = False
    """Whether what is told can call for more to be told."""


def read_book(value: object, notes: Notes) -> Lorebook | None:
    """Read the lorebook of a card, or SillyTavern's own, or what resembles one.

    Returns:
        The book; None if there is none, or nothing in it can ever be told.
    """
    if isinstance(value, list):
        value = {"entries": value}
    if not isinstance(value, dict):
        if value:
            notes.add("The lorebook was none and was dropped.")
        return None
    entries = _entries(value.get("entries"), notes)
    if not entries:
        return None
    depth = number_of(value, "scan_depth", notes, 0, 1000)
    budget = number_of(value, "token_budget", notes, 0, 1_000_000)
    return Lorebook(
        entries=entries,
        scan_depth=USUAL_SCAN_DEPTH if depth is None else int(depth),
        token_budget=int(budget) if budget else None,
        is_recursive=value.get("recursive_scanning") is True,
    )


def _entries(raw: object, notes: Notes) -> tuple[LoreEntry, ...]:
    raw = list(raw.values()) if isinstance(raw, dict) else raw
    if not isinstance(raw, list):
        return ()
    if len(raw) > MOST_ENTRIES:
        notes.add(f"Of the {len(raw):,} entries of the lorebook {MOST_ENTRIES:,} are used.")
    entries: list[LoreEntry] = []
    count = work = 0
    for position, one in enumerate(raw[:MOST_ENTRIES]):
        entry = _entry(one, position, notes) if isinstance(one, dict) else None
        if entry is None:
            continue
        keys = [
            keys for keys in (entry.keys, entry.secondary, entry.additional, entry.exclude) if keys
        ]
        more, harder = sum(map(len, keys)), sum(one.work for one in keys)
        if count + more > MOST_KEYS or work + harder > MOST_WORK:
            notes.add("The lorebook has more keys than are looked for: some entries are not used.")
            continue
        count, work = count + more, work + harder
        entries.append(entry)
    return tuple(entries)


def _entry(raw: dict[str, Any], position: int, notes: Notes) -> LoreEntry | None:
    """An entry that can be told; None for one that is off, empty or never called for."""
    names = ("keys", "secondary_keys", "content")
    for name, others in zip(names, _FIRST, strict=True):
        other = next((o for o in others if raw.get(o)), None)
        if not raw.get(name) and other:
            raw = {**raw, name: raw[other]}
    whole = text_of(raw, "content", notes, LONGEST_CONTENT)
    decorators, content = read_decorators(whole)
    is_off = raw.get("enabled") is False or raw.get("disable") is True
    if is_off or decorators.is_never or not content:
        return None
    entry = _matched(raw, decorators, notes)
    if not (entry.keys or entry.constant):
        return None
    order = number_of(_first_of(raw, "insertion_order", "order", "insertorder"), "x", notes, *_ANY)
    order = position if order is None else order
    priority = number_of(raw, "priority", notes, *_ANY)
    return replace(
        entry,
        content=content,
        order=order,
        priority=order if priority is None else priority,
        before_prompt=raw.get("position") in ("before_char", 0) and decorators.depth is None,
    )


_ANY = (-1e9, 1e9)


def _matched(raw: dict[str, Any], decorators: Decorators, notes: Notes) -> LoreEntry:
    """The entry as far as it says when to tell it."""
    extensions = table_of(raw, "extensions")
    options = {
        "is_regex": raw.get("use_regex") is True,
        "is_case_sensitive": _first_true(
            raw.get("case_sensitive"), extensions.get("case_sensitive")
        ),
        "is_whole_word": extensions.get("match_whole_words") is not False,
    }

    def keys(words: tuple[str, ...]) -> Keys:
        found = keys_of(words, **options)
        if len(found) < len(words):
            notes.add("Some keys of the lorebook are regular expressions that are not run here.")
        return found

    def read(name: str) -> tuple[str, ...]:
        return words_of(raw, name, notes, most=_MOST_KEYS_OF_ENTRY, longest=_LONGEST_KEY)

    is_selective = raw.get("selective") is True and not options["is_regex"]
    secondary = read("secondary_keys") if is_selective else ()
    depth = decorators.depth
    if depth is None and extensions.get("position") == _AT_DEPTH:
        depth = int(number_of(extensions, "depth", notes, 0, 1000) or 0)
    return LoreEntry(
        content="",
        keys=keys(read("keys")),
        secondary=keys(secondary) if secondary else None,
        additional=keys(decorators.additional_keys) if decorators.additional_keys else None,
        exclude=keys(decorators.exclude_keys),
        constant=raw.get("constant") is True
        or raw.get("alwaysActive") is True
        or decorators.is_always,
        scan_depth=decorators.scan_depth,
        after_replies=decorators.activate_only_after,
        depth=depth,
        role=decorators.role,
    )


_AT_DEPTH = 4
"""SillyTavern's number for a position within the messages."""


def _first_of(raw: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {"x": next((raw[name] for name in names if raw.get(name) is not None), None)}


def _first_true(*values: object) -> bool:
    return any(value is True for value in values)
