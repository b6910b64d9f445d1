"""Macros in the texts of cards: `{{char}}`, `{{user}}` and the like.

A text is gone through once: what a macro puts in is never read for macros again, so
that neither a name nor a message can smuggle one in. Replies of models are never
expanded. Macros that are not known here stay as they are.
"""

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

MOST_DICE = 100
MOST_SIDES = 1_000_000
LONGEST_RESULT = 64 * 1024
"""Characters of an expanded text; one that would grow further is cut."""

_MACRO = re.compile(
    r"(?<!\n)\n*\{\{trim\}\}\n*"
    r"|\{\{(?P<comment>//[^{}]*)\}\}"
    r"|\{\{(?P<name>\w+)(?:::?(?P<rest>(?:[^{}]|\{(?!\{)|\}(?!\})){0,4000}))?\}\}"
    r"|<(?P<old>BOT|CHAR|USER)>",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"::|(?<!\\),")
_DICE = re.compile(r"(?:(\d{1,3})d|d)?(\d{1,7})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class MacroContext:
    """What the macros of one persona's texts stand for."""

    char: str
    """The name of the persona that holds the text, whoever speaks."""
    user: str
    group: tuple[str, ...] = ()
    """The names of all personas in the room."""
    last_message: str = ""
    now: datetime | None = None
    seed: str = ""
    """Names the conversation: `{{pick}}` picks the same there every time."""
    rng: Random = field(default_factory=Random)


def expand(text: str, scene: MacroContext) -> str:
    """Return `text` with its macros replaced, once, for the persona of `scene`."""
    if "{{" not in text and "<" not in text:
        return text
    room = LONGEST_RESULT

    def replaced(match: re.Match[str]) -> str:
        nonlocal room
        result = _one(match, scene)[: max(0, room)]
        room -= len(result)
        return result

    return _MACRO.sub(replaced, text)


def hidden_keys(text: str) -> str:
    """What lore is matched against besides the text itself: all `{{hidden_key:…}}` of `text`."""
    found = re.findall(r"\{\{hidden_key:([^{}]*)\}\}", text, re.IGNORECASE)
    return "\n".join(found)


def _one(match: re.Match[str], scene: MacroContext) -> str:
    if old := match["old"]:
        return scene.user if old.lower() == "user" else scene.char
    name = (match["name"] or "").lower()
    if match["rest"] is None:
        macro = _PLAIN.get(name)
        return macro(scene) if macro else (match[0] if name else "")
    if name == "pick":
        place = f"{scene.seed}:{match.start()}:{match['rest']}"
        options = _options(match["rest"])
        return options[zlib.crc32(place.encode(errors="replace")) % len(options)]
    with_value = _WITH_VALUE.get(name)
    return with_value(match["rest"], scene) if with_value else match[0]


def _options(rest: str) -> list[str]:
    return [option.replace("\\,", ",").strip() for option in _SPLIT.split(rest)]


def _roll(rest: str, scene: MacroContext) -> str:
    dice = _DICE.fullmatch(rest.strip())
    if not dice:
        return ""
    sides = min(max(1, int(dice[2])), MOST_SIDES)
    count = min(max(1, int(dice[1] or 1)), MOST_DICE)
    return str(sum(scene.rng.randint(1, sides) for _ in range(count)))


def _moment(form: str) -> Callable[[MacroContext], str]:
    return lambda scene: scene.now.strftime(form) if scene.now else ""


def _members(scene: MacroContext) -> str:
    return ", ".join(scene.group) or scene.char


_PLAIN: Mapping[str, Callable[[MacroContext], str]] = {
    "char": lambda scene: scene.char,
    "user": lambda scene: scene.user,
    "group": _members,
    "charifnotgroup": _members,
    "lastmessage": lambda scene: scene.last_message,
    "newline": lambda _: "\n",
    "time": _moment("%H:%M"),
    "date": _moment("%Y-%m-%d"),
    "weekday": _moment("%A"),
    "original": lambda _: "",
    "trim": lambda _: "",
}
_WITH_VALUE: Mapping[str, Callable[[str, MacroContext], str]] = {
    "random": lambda rest, scene: scene.rng.choice(_options(rest)),
    "roll": _roll,
    "reverse": lambda rest, _: rest[::-1],
    "comment": lambda *_: "",
    "hidden_key": lambda *_: "",
}
