"""What a lorebook is made of: entries, and the conditions under which they are told."""

from dataclasses import dataclass
from enum import IntEnum

from chimera_tui.lore.lore_keys import NO_KEYS, LoreKeys, Searched

DEEPEST_SCAN = 1000
"""Messages that are searched at most."""

CERTAIN = 100.0
"""The probability of what is told whenever it is called for."""
USUAL_SCAN_DEPTH = 4
"""Messages that are searched where a book does not say."""


class Logic(IntEnum):
    """What is asked of the secondary keys of an entry; the numbers are SillyTavern's."""

    AND_ANY = 0
    NOT_ALL = 1
    NOT_ANY = 2
    AND_ALL = 3

    def allows(self, keys: LoreKeys, text: Searched) -> bool:
        """Whether `text` is as it has to be."""
        if self in (Logic.AND_ANY, Logic.NOT_ANY):
            return keys.match(text) is (self is Logic.AND_ANY)
        return keys.match_all(text) is (self is Logic.AND_ALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When an entry that is called for is told, and for how long."""

    sticky: float = 0
    """Once told, it stays for so many messages."""
    cooldown: float = 0
    """Once told, it is not told again for so many messages, behind those for which it stays."""
    delay: int = 0
    """Not told before there are so many messages."""
    after_replies: int = 0
    """Not told before the personas have spoken so often."""
    every: int = 1
    """Told only when the personas have spoken a multiple of so often."""

    @property
    def is_timed(self) -> bool:
        """Whether it depends on when the entry was told before."""
        return bool(self.sticky or self.cooldown)

    @property
    def varies(self) -> bool:
        """Whether an entry that is always called for is not always told."""
        return bool(self.after_replies or self.delay or self.cooldown or self.every > 1)


ALWAYS = Rhythm()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoreEntry:
    """One thing that is known, and when to tell it."""

    content: str
    """What is told, without decorators; macros still stand in it."""
    keys: LoreKeys = NO_KEYS
    secondary: LoreKeys | None = None
    """The second condition, see `logic`; None where there is none."""
    logic: Logic = Logic.AND_ANY
    additional: LoreKeys | None = None
    """Of these, too, one must be found: a decorator."""
    exclude: LoreKeys = NO_KEYS
    """None of these may be found."""
    constant: bool = False
    """Told always."""
    order: float = 100
    """The lower, the earlier it is told."""
    priority: float = 0
    """The lower, the sooner it is left out when there is too much."""
    scan_depth: int | None = None
    """Messages that are searched for the keys; None: as the book says."""
    search_range: int | None = None
    """Characters that are searched for the keys, as NovelAI counts; None: all of the messages."""
    depth: int | None = None
    """Told so many messages from the end; None: beside the prompt."""
    role: str = "system"
    """Whose words it is told as: `system`, `user` or `assistant`."""
    before_prompt: bool = False
    """Told before the prompt of its persona instead of after it."""
    number: int = 0
    """Its place in the book."""
    probability: float = 100
    """How often it is told of a hundred times that it could be."""
    rhythm: Rhythm = ALWAYS
    groups: tuple[str, ...] = ()
    """Of the entries of a group only one is told."""
    group_weight: float = 100
    is_group_first: bool = False
    """Whether it goes before others of its group, whatever the weights."""
    is_called_by_messages: bool = True
    is_called_by_lore: bool = True
    """In a recursive book: whether other entries can call for it."""
    calls_lore: bool = True
    """In a recursive book: whether it can call for others."""

    @property
    def is_fixed(self) -> bool:
        """Whether it is told in every turn, and beside the prompt."""
        varies = self.exclude or self.groups or self.probability < CERTAIN or self.rhythm.varies
        return self.constant and not varies and self.is_called_by_messages and self.depth is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lorebook:
    """The entries that can be told, and how they are looked for."""

    entries: tuple[LoreEntry, ...]
    scan_depth: int = USUAL_SCAN_DEPTH
    token_budget: int | None = None
    is_recursive: bool = False
    """Whether what is told can call for more to be told."""

    @property
    def is_timed(self) -> bool:
        """Whether what is told now depends on what was told before."""
        return any(entry.rhythm.is_timed for entry in self.entries)
