"""Lorebooks: what a character knows besides its prompt, told only when it is spoken of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chimera_tui.cards.decorators import Decorators, read_decorators
from chimera_tui.cards.keys import NO_KEYS, Budget, Keys, keys_of
from chimera_tui.cards.reading import Notes, number_of, table_of, text_of, words_of

MOST_ENTRIES = 2_000
LONGEST_CONTENT = 16_000
"""Characters of one entry."""
USUAL_SCAN_DEPTH = 4
"""Messages that are searched where a book does not say."""
DEEPEST_SCAN = 1000
"""Messages that are searched at most."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "keys": ("key", "keywords"),
    "secondary_keys": ("keysecondary", "secondkey"),
    "content": ("entry", "value", "text"),
    "insertion_order": ("order", "insertorder"),
}
"""What SillyTavern, Agnai, Backyard, NovelAI and RisuAI call it in books of their own."""
_AT_DEPTH = 4
"""SillyTavern's number for a position within the messages."""
_NOT_ANY = 2
"""SillyTavern's number for secondary keys of which none may be found."""
_ANY = (-1e9, 1e9)
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

    @property
    def is_fixed(self) -> bool:
        """Whether it is told in every turn, and beside the prompt."""
        return self.constant and not self.exclude and not self.after_replies and self.depth is None


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
    depth = number_of(value, "scan_depth", notes, 0, DEEPEST_SCAN)
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
    budget = Budget()
    entries = [
        _entry(one, position, budget, notes)
        for position, one in enumerate(raw[:MOST_ENTRIES])
        if isinstance(one, dict)
    ]
    return tuple(entry for entry in entries if entry)


def _entry(raw: dict[str, Any], position: int, budget: Budget, notes: Notes) -> LoreEntry | None:
    """An entry that can be told; None for one that is off, empty or never called for."""
    for name, others in ALIASES.items():
        other = next((o for o in others if raw.get(o) is not None), None)
        if raw.get(name) in (None, "") and other:
            raw = {**raw, name: raw[other]}
    whole = text_of(raw, "content", notes, LONGEST_CONTENT)
    decorators, content = read_decorators(whole)
    is_off = raw.get("enabled") is False or raw.get("disable") is True
    if is_off or decorators.is_never or not content:
        return None
    entry = _matched(raw, decorators, budget, notes)
    if not (entry.keys or entry.constant):
        return None
    order = number_of(raw, "insertion_order", notes, *_ANY)
    order = position if order is None else order
    priority = number_of(raw, "priority", notes, *_ANY)
    return replace(
        entry,
        content=content,
        order=order,
        priority=order if priority is None else priority,
        before_prompt=raw.get("position") in ("before_char", 0) and decorators.depth is None,
    )


def _matched(
    raw: dict[str, Any], decorators: Decorators, budget: Budget, notes: Notes
) -> LoreEntry:
    """The entry as far as it says when to tell it."""
    extensions = table_of(raw, "extensions")
    cases = raw.get("case_sensitive"), extensions.get("case_sensitive")
    options = {
        "is_regex": raw.get("use_regex") is True,
        "is_case_sensitive": any(value is True for value in cases),
        "is_whole_word": extensions.get("match_whole_words") is not False,
    }

    def keys(words: tuple[str, ...]) -> Keys:
        found = keys_of(words, budget, **options)
        if len(found) < len(words):
            notes.add("Some keys of the lorebook are too many, or patterns that are not run here.")
        return found

    def read(name: str) -> tuple[str, ...]:
        return words_of(raw, name, notes, most=_MOST_KEYS_OF_ENTRY, longest=_LONGEST_KEY)

    is_selective = raw.get("selective") is True and not options["is_regex"]
    secondary = read("secondary_keys") if is_selective else ()
    exclude = decorators.exclude_keys
    if raw.get("selectiveLogic", extensions.get("selectiveLogic")) == _NOT_ANY:
        secondary, exclude = (), exclude + secondary
    depth = decorators.depth
    if depth is None and extensions.get("position") == _AT_DEPTH:
        depth = int(number_of(extensions, "depth", notes, 0, 1000) or 0)
    return LoreEntry(
        content="",
        keys=keys(read("keys")),
        secondary=keys(secondary) if secondary else None,
        additional=keys(decorators.additional_keys) if decorators.additional_keys else None,
        exclude=keys(exclude),
        constant=decorators.is_always
        or any(raw.get(name) is True for name in ("constant", "alwaysActive")),
        scan_depth=decorators.scan_depth,
        after_replies=decorators.activate_only_after,
        depth=depth,
        role=decorators.role,
    )
