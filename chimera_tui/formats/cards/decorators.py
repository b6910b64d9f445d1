"""Decorators: lines `@@name value` at the top of a lore entry that say when and where to tell it.

After the V3 specification: of equal ones the first counts; a line `@@@name value` stands in for
the one before it that is not known here; all of them are taken out of the text.
"""

from dataclasses import dataclass, replace
from typing import Any

ROLES = ("system", "user", "assistant")
_MOST_DIGITS = 6
_NOT_DONE = ("is_greeting", "is_user_icon", "exclude_keys_all")
"""Conditions that cannot be seen to here: an entry that has one is not told."""
_FLAGS = {
    "activate": ("is_always", True),
    "dont_activate": ("is_never", True),
    "keep_activate_after_match": ("is_kept", True),
    "dont_activate_after_match": ("is_told_once", True),
    "match_full_word": ("is_whole_word", True),
    "match_partial_word": ("is_whole_word", False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decorators:
    """What the decorators of one entry say."""

    depth: int | None = None
    role: str = "system"
    scan_depth: int | None = None
    activate_only_after: int = 0
    additional_keys: tuple[str, ...] = ()
    exclude_keys: tuple[str, ...] = ()
    is_always: bool = False
    """`@@activate`; it outdoes `@@dont_activate`."""
    is_never: bool = False
    probability: int = 100
    activate_only_every: int = 1
    is_kept: bool = False
    """`@@keep_activate_after_match`: told always, once it has been told."""
    is_told_once: bool = False
    """`@@dont_activate_after_match`."""
    is_whole_word: bool | None = None
    not_done: tuple[str, ...] = ()
    """Conditions that cannot be seen to here, and have no fallback that can."""


def read_decorators(content: str) -> tuple[Decorators, str]:
    """Return what the top of `content` says, and `content` without it."""
    found = Decorators()
    seen = set[str]()
    is_settled = False
    main = ""
    lines = content.split("\n")
    count = 0
    for line in map(str.strip, lines):
        if line and not line.startswith("@@"):
            break
        count += 1
        if not line:
            continue
        is_fallback = line.startswith("@@@")
        name, _, value = line.lstrip("@").partition(" ")
        if is_fallback and is_settled:
            continue
        said = None if name in seen else _said(found, name, value.strip())
        is_settled = said is not None or name in seen
        main = main if is_fallback else name
        if said is not None:
            seen.add(name)
            found = replace(said, not_done=tuple(one for one in said.not_done if one != main))
        elif name in _NOT_DONE:
            found = replace(found, not_done=(*found.not_done, name))
    if found.is_always:
        found = replace(found, is_never=False)
    return found, "\n".join(lines[count:]).strip()


def _said(before: Decorators, name: str, value: str) -> Decorators | None:
    """What is said with one decorator more; None if it is not known, or its value cannot be."""
    said: dict[str, Any] = {}
    if name in ("depth", "scan_depth", "activate_only_after", "activate_only_every", "probability"):
        if value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS:
            said = {name: int(value)}
    elif name in ("additional_keys", "exclude_keys"):
        if words := tuple(filter(None, map(str.strip, value.split(",")))):
            said = {name: words}
    elif name == "role" and value in ROLES:
        said = {name: value}
    elif name in _FLAGS:
        said = dict([_FLAGS[name]])
    return replace(before, **said) if said else None
