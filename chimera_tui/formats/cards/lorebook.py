"""Lorebooks: what a character knows besides its prompt, told only when it is spoken of.

What programs mean by the settings of an entry was looked up in SillyTavern's and RisuAI's public
sources and documentation, the V3 specification, and NovelAI's handbook. An entry with a condition
that cannot be seen to here stays in the card, is not told, and is named at import.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chimera_tui.domain.text import one_line
from chimera_tui.formats.cards.decorators import ROLES, Decorators, read_decorators
from chimera_tui.formats.cards.json_reading import Notes, number_of, table_of, text_of, words_of
from chimera_tui.lore.lore_entries import (
    CERTAIN,
    DEEPEST_SCAN,
    USUAL_SCAN_DEPTH,
    Logic,
    Lorebook,
    LoreEntry,
    Rhythm,
)
from chimera_tui.lore.lore_keys import KeyBudget, LoreKeys, keys_of

MOST_ENTRIES = 2_000
LONGEST_CONTENT = 16_000
"""Characters of one entry."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "keys": ("key", "keywords"),
    "secondary_keys": ("keysecondary", "secondkey"),
    "content": ("entry", "value", "text"),
    "insertion_order": ("order", "insertorder"),
    "constant": ("alwaysActive", "forceActivation"),
    "use_regex": ("useRegex",),
}
"""What SillyTavern, Agnai, Backyard, NovelAI and RisuAI call it in books of their own."""
_AT_DEPTH, _OUTLET = 4, 7
"""SillyTavern's numbers for a position within the messages, and for a place in the preset."""
_ANY = (-1e9, 1e9)
_MOST_KEYS_OF_ENTRY = 64
_LONGEST_KEY = 200
_NAMES = ("comment", "name", "displayName", "key", "keys", "keywords")
"""Where an entry says what it is called, the better place first."""
_OTHER_TEXTS = (
    *("matchPersonaDescription", "matchCharacterDescription", "matchCharacterPersonality"),
    *("matchCharacterDepthPrompt", "matchScenario", "matchCreatorNotes"),
    *("match_persona_description", "match_character_description", "match_character_personality"),
    *("match_character_depth_prompt", "match_scenario", "match_creator_notes"),
)
"""SillyTavern's settings that have the keys looked for elsewhere, too."""


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
    entries = tuple(_entries(value, notes))
    if not entries:
        return None
    depth = number_of(value, "scan_depth", notes, 0, DEEPEST_SCAN)
    budget = number_of(value, "token_budget", notes, 0, 1_000_000)
    return Lorebook(
        entries=entries,
        scan_depth=USUAL_SCAN_DEPTH if depth is None else int(depth),
        token_budget=int(budget) if budget else None,
        is_recursive=value.get("recursive_scanning") is True
        or any(map(_cascades, entries_in(value))),
    )


def entries_in(book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a book, unchecked, whether it lists or numbers them."""
    raw = book.get("entries")
    raw = list(raw.values()) if isinstance(raw, dict) else raw
    return [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []


def finds_parts(raw: Mapping[str, Any]) -> bool:
    """Whether a program wrote this entry that finds keys within words, unless it is told not to.

    So do RisuAI and SillyTavern, in books of their own and in cards; the specifications of cards
    do not say, and there keys are whole words.
    """
    extensions = table_of(raw, "extensions")
    is_of_risu = "insertorder" in raw or "alwaysActive" in raw
    is_of_sillytavern = "keysecondary" in raw or {"uid", "key"} <= raw.keys()
    says_nothing = "match_whole_words" in extensions and extensions["match_whole_words"] is None
    return is_of_risu or is_of_sillytavern or says_nothing


def _entries(book: Mapping[str, Any], notes: Notes) -> Iterator[LoreEntry]:
    raw = entries_in(book)
    if len(raw) > MOST_ENTRIES:
        notes.add(f"Of the {len(raw):,} entries of the lorebook {MOST_ENTRIES:,} are used.")
    categories = book.get("categories")
    off = [
        one.get("id")
        for one in (categories if isinstance(categories, list) else ())
        if isinstance(one, dict) and one.get("enabled") is False and one.get("id")
    ]
    budget = KeyBudget()
    for number, one in enumerate(raw[:MOST_ENTRIES]):
        settings = _settings(one)
        if settings.get("category") not in off and (
            entry := _entry(one, settings, number, budget, notes)
        ):
            yield entry


def _settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """All that an entry says of when and where to tell it, in whatever of its tables."""
    tables = (raw, table_of(raw, "extentions"), table_of(raw, "extensions"))  # the first: RisuAI's
    return {key: value for table in tables for key, value in table.items() if value is not None}


def _entry(
    raw: dict[str, Any], settings: dict[str, Any], number: int, budget: KeyBudget, notes: Notes
) -> LoreEntry | None:
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
    reader = _Reader(raw, settings, decorators, budget, notes)
    entry = reader.entry()
    if why := reader.not_done:
        named = next((raw[key] for key in _NAMES if raw.get(key)), f"no. {number + 1}")
        name = str(named[0] if isinstance(named, list) else named)
        notes.add(f"Lore `{one_line(name, 40)}` is kept, but not told: {why}.")
        return None
    if not (entry.keys or entry.constant):
        return None
    order = number_of(raw, "insertion_order", notes, *_ANY)
    order = number if order is None else order
    rank = table_of(settings, "contextConfig").get("budgetPriority")  # NovelAI's
    priority = number_of({"priority": rank, **raw}, "priority", notes, *_ANY)
    if _one_of(settings, "ignoreBudget", "ignore_budget") is True:
        priority = math.inf
    return replace(
        entry,
        content=content,
        number=number,
        order=order,
        priority=order if priority is None else priority,
        before_prompt=raw.get("position") in ("before_char", 0) and decorators.depth is None,
    )


@dataclass(slots=True)
class _Reader:
    """Reads from an entry when and where to tell it."""

    raw: dict[str, Any]
    settings: dict[str, Any]
    decorators: Decorators
    budget: KeyBudget
    notes: Notes
    not_done: str = ""
    """Why it cannot be told as it is meant to be, as the end of a sentence; empty: it can."""

    def entry(self) -> LoreEntry:
        """The entry as far as it says when and where to tell it."""
        said, decorators = self.settings, self.decorators
        is_regex = self.raw.get("use_regex") is True
        is_selective = self.raw.get("selective") is True and not is_regex
        constant = decorators.is_always or self.raw.get("constant") is True
        logic = Logic(int(self._number(0, 3, 0, "selectiveLogic", "selective_logic")))
        keys = self._keys(self._words("keys"), is_regex=is_regex)
        secondary = self._words("secondary_keys") if is_selective and not constant else ()
        depth = decorators.depth
        if depth is None and self._place() == _AT_DEPTH:
            depth = int(self._number(0, 1000, 4, "depth"))
        role = _one_of(said, "role")
        delayed = _one_of(said, "delayUntilRecursion", "delay_until_recursion")
        self._judge()
        self._note_less()
        return LoreEntry(
            content="",
            keys=keys,
            secondary=self._needed(secondary, "secondary keys", logic) if secondary else None,
            logic=logic,
            additional=self._needed(decorators.additional_keys, "additional keys")
            if decorators.additional_keys
            else None,
            exclude=self._needed(decorators.exclude_keys, "keys that exclude it", Logic.NOT_ANY),
            constant=constant,
            scan_depth=self._scan_depth(),
            search_range=self._search_range(),
            depth=depth,
            role=ROLES[role] if role in (0, 1, 2) and depth is not None else decorators.role,
            probability=min(decorators.probability, self._probability()),
            rhythm=Rhythm(
                sticky=math.inf if decorators.is_kept else self._number(0, 1e6, 0, "sticky"),
                cooldown=math.inf
                if decorators.is_told_once
                else self._number(0, 1e6, 0, "cooldown"),
                delay=int(self._number(0, 1e6, 0, "delay")),
                after_replies=decorators.activate_only_after,
                every=max(1, decorators.activate_only_every),
            ),
            groups=words_of(said, "group", self.notes, most=_MOST_KEYS_OF_ENTRY, longest=80),
            group_weight=self._number(0, 1e6, 100, "groupWeight", "group_weight"),
            is_group_first=_one_of(said, "groupOverride", "group_override") is True,
            is_called_by_messages=delayed in (None, False, 0),
            is_called_by_lore=_one_of(said, "excludeRecursion", "exclude_recursion") is not True
            and said.get("nonStoryActivatable") is not False,
            calls_lore=_one_of(said, "preventRecursion", "prevent_recursion") is not True,
        )

    def _judge(self) -> None:
        """See whether there is a condition that cannot be seen to here."""
        said = self.settings
        who = _one_of(said, "characterFilter", "character_filter")
        occasions = _one_of(said, "triggers")
        if self.decorators.not_done:
            self.not_done = f"`@@{self.decorators.not_done[0]}` is not known here"
        elif self._probability() == 0 or not self.decorators.probability:
            self.not_done = "its probability is 0"
        elif isinstance(who, dict) and (who.get("names") or who.get("tags")):
            self.not_done = "it is for certain characters"
        elif isinstance(occasions, list) and occasions and "normal" not in occasions:
            self.not_done = "it is for other occasions than a reply"
        elif self._place() == _OUTLET:
            self.not_done = "it has its place in a preset (an outlet)"
        elif self.raw.get("mode") == "child":
            self.not_done = "it stands in for another entry"
        elif said.get("vectorized") is True and not self._words("keys"):
            self.not_done = "it is found by its meaning (vectors), not by keys"

    def _note_less(self) -> None:
        """Say what is left out of an entry that is told all the same."""
        said = self.settings
        if any(said.get(name) is True for name in _OTHER_TEXTS):
            self.notes.add("LoreKeys of lore are looked for in messages, not in texts of the card.")
        if _one_of(said, "useGroupScoring", "use_group_scoring") is True:
            self.notes.add("Of a group of lore one is told by weight, not by how many keys fit.")
        biases = said.get("loreBiasGroups")
        if isinstance(biases, list) and any(
            one.get("phrases") for one in biases if isinstance(one, dict)
        ):
            self.notes.add("Phrase biases of lore are not used.")

    def _words(self, name: str) -> tuple[str, ...]:
        return words_of(self.raw, name, self.notes, most=_MOST_KEYS_OF_ENTRY, longest=_LONGEST_KEY)

    def _needed(self, words: tuple[str, ...], what: str, logic: Logic = Logic.AND_ANY) -> LoreKeys:
        """Keys of a condition that would be another one without some of them."""
        keys = self._keys(words)
        if len(keys) < len(words) and logic in (Logic.NOT_ANY, Logic.AND_ALL):
            self.not_done = f"not all of its {what} can be looked for"
        return keys

    def _keys(self, words: tuple[str, ...], *, is_regex: bool = False) -> LoreKeys:
        said = self.settings
        cases = [
            said.get(key) for key in ("case_sensitive", "caseSensitive", "risu_case_sensitive")
        ]
        whole = _one_of(said, "matchWholeWords", "match_whole_words")
        if self.decorators.is_whole_word is not None:
            whole = self.decorators.is_whole_word
        elif whole is None and finds_parts(self.raw):
            whole = False
        keys, left_out = keys_of(
            words,
            self.budget,
            is_regex=is_regex or self.raw.get("use_regex") is True,
            is_case_sensitive=True in cases,
            is_whole_word=whole is not False,
        )
        if left_out:
            self.notes.add(
                "Some keys of the lorebook are too many, or patterns that are not run here, such as"
                f" `{one_line(left_out[0], 40)}`."
            )
        return keys

    def _number(self, low: float, high: float, usual: float, *names: str) -> float:
        value = {names[0]: _one_of(self.settings, *names)}
        found = None if isinstance(value[names[0]], bool) else value[names[0]]
        number = number_of({names[0]: found}, names[0], self.notes, low, high)
        return usual if number is None else number

    def _probability(self) -> float:
        if _one_of(self.settings, "useProbability", "use_probability") is False:
            return CERTAIN
        return self._number(0, CERTAIN, CERTAIN, "probability", "activationPercent")

    def _place(self) -> int | None:
        """SillyTavern's number for where it is told, if there is one."""
        for table in (table_of(self.raw, "extensions"), self.raw):
            place = table.get("position")
            if isinstance(place, int) and not isinstance(place, bool):
                return place
        return None

    def _scan_depth(self) -> int | None:
        if self.decorators.scan_depth is not None:
            return self.decorators.scan_depth
        if self._search_range() is not None:
            return DEEPEST_SCAN
        depth = self._number(0, DEEPEST_SCAN, -1, "scanDepth", "scan_depth")
        return None if depth < 0 else int(depth)

    def _search_range(self) -> int | None:
        """NovelAI's; what cascades is looked for everywhere."""
        if "searchRange" not in self.settings or self.settings.get("nonStoryActivatable") is True:
            return None
        return int(self._number(0, 1e6, 1000, "searchRange"))


def _one_of(settings: Mapping[str, Any], *names: str) -> Any:
    """What stands under the first of these names that is there."""
    return next((settings[name] for name in names if name in settings), None)


def _cascades(raw: Mapping[str, Any]) -> bool:
    """Whether it is an entry of NovelAI's that other entries can call for."""
    return _settings(raw).get("nonStoryActivatable") is True
