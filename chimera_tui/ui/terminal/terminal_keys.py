"""The keys of a terminal's sequences, by Textual's names; what types comes as text.

Sources: xterm's ctlseqs (`modifyOtherKeys`, PC-style function keys), and the keyboard protocol of
kitty (https://sw.kovidgoyal.net/kitty/keyboard-protocol/), whose every part is understood here:
modifiers with locks, kinds of events, the shifted key and the one of the base layout, text.
"""

import re
import sys
from typing import Final

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS, MODIFIER_FUNCTIONAL_KEYS
from textual.keys import Keys, _character_to_key

Pressed = list[str | events.Key]
"""What a key does: it types a text, or is a key that a binding may act on."""

_KEY: Final = re.compile(r"\x1b\[([\d:]*)(?:;([\d:]*))?(?:;([\d:]*))?([u~A-FHPQRS])")
SHIFT, ALT, CTRL, CAPS_LOCK = 1, 2, 4, 64
_MODIFIERS: Final = {"shift": SHIFT, "alt": ALT, "ctrl": CTRL, "super": 8, "hyper": 16, "meta": 32}
_COMMANDS: Final = 8 | 16 | 32
_RELEASED: Final = 3
_LOCKS: Final = MODIFIER_FUNCTIONAL_KEYS | {"caps_lock", "scroll_lock", "num_lock"}
_KEYPAD: Final = dict(zip(range(57399, 57417), "0123456789./*-+\r=,", strict=True))
_KEYPAD.pop(57414)  # Enter is no text
_C1, _SURROGATES = range(0x7F, 0xA0), range(0xD800, 0xE000)
_PRIVATE: Final = range(0xE000, 0xF900)
"""Where kitty has its keys that are no text."""
_OTHER_LEGACY: Final = {"\x1bOl": ",", "\x1bOX": "=", "\x1bOE": None}
"""Keys of the number pad that Textual does not know; 5 without num lock is none."""
_INTO_WORD: Final = {"ctrl+backspace", "alt+backspace", "\x1b\x08"}
_NO_SHIFT: Final = {"backspace", "delete", "escape"}
"""Keys that shift does not change."""


def keys_of(sequence: str) -> Pressed:
    """What a whole sequence, or a control character, does; nothing for one that is no key."""
    for find in (_numbered, _listed) if ";" in sequence else (_listed, _numbered):
        if (keys := find(sequence)) is not None:
            return keys
    if sequence.startswith("\x1bO"):  # alt and O, and a letter behind it
        return [*alt_keys("O"), sequence[2:]]
    return []


def _listed(sequence: str) -> Pressed | None:
    """The keys of a sequence by Textual's table; None if it is none."""
    if sequence in _OTHER_LEGACY:
        return [text] if (text := _OTHER_LEGACY[sequence]) else []
    keys = ANSI_SEQUENCES_KEYS.get(sequence)
    if keys is None:
        return None
    if isinstance(keys, str):
        return [keys]
    if not isinstance(keys, tuple):  # to be ignored
        return []
    character = sequence if len(sequence) == 1 else None
    return [events.Key(key.value, character) for key in keys if key is not Keys.Ignore]


def alt_keys(character: str) -> Pressed:
    """A key behind an escape: alt and that key, if there is such a thing."""
    sequence = f"\x1b{character}"
    if sequence in _INTO_WORD:
        return [events.Key("ctrl+w", None)]
    if character in "\r\n":
        return [events.Key("alt+enter", None)]
    if (keys := _listed(sequence)) is not None:
        return keys
    if not character.isprintable() or character == " ":
        return _listed(character) or []
    name = _character_to_key(character)
    if len(name) == 1:
        name = f"alt+shift+{name.lower()}" if name.isupper() else f"alt+{name}"
    return [events.Key(name, character)]


def _numbered(sequence: str) -> Pressed | None:
    """The key of a sequence with numbers, of kitty or of xterm; None if it is none of theirs."""
    if (match := _KEY.fullmatch(sequence)) is None:
        return None
    codes, modifiers, text = (_numbers(part or "") for part in match.groups()[:3])
    code, shifted, base = (*codes, 0, 0, 0)[:3]
    code, final = code or (0 if text else 1), match[4]
    held = max(0, (modifiers or [1])[0] - 1)
    if code == 27 and final == "~" and text:  # noqa: PLR2004 - modifyOtherKeys of xterm
        code, final, text = text[0], "u", []
    name = FUNCTIONAL_KEYS.get(f"{code}{final}")
    if name in _LOCKS or modifiers[1:2] == [_RELEASED]:
        return []
    others = held & (ALT | CTRL | _COMMANDS)
    typed = "".join(map(_character, text))
    does_type = not others or (bool(typed) and others in (ALT, ALT | CTRL))  # Option, AltGr
    if name is None or code in _KEYPAD:
        if final != "u":
            return None
        character = _KEYPAD.get(code) or ("" if code in _PRIVATE else _character(code))
        if does_type:
            return [typed or _with_shift(character, _character(shifted), held)]
        if not character:
            return None
        name = _character_to_key((code > 127 and _character(base)) or character)  # noqa: PLR2004
    return [_pressed(name, held)]


def _numbers(part: str) -> list[int]:
    """The numbers between colons; one that is left out is 0."""
    return [int(number[:8] or 0) for number in part.split(":")] if part else []


def _character(code: int) -> str:
    """The character of this number in Unicode; nothing for controls and what is none."""
    is_one = 32 <= code <= sys.maxunicode  # noqa: PLR2004 - C0 below
    return chr(code) if is_one and code not in _C1 and code not in _SURROGATES else ""


def _with_shift(character: str, shifted: str, held: int) -> str:
    """The character of a key whose terminal does not say what it types."""
    if held & SHIFT and shifted:
        return shifted
    is_upper = bool(held & SHIFT) != bool(held & CAPS_LOCK) and len(character.upper()) == 1
    return character.upper() if is_upper else character


def _pressed(name: str, held: int) -> events.Key:
    """A key that is no text, with what was held; what is not told apart is taken for the same."""
    if name in _NO_SHIFT:
        held &= ~SHIFT
    names = sorted(modifier for modifier, bit in _MODIFIERS.items() if held & bit)
    key = "+".join([*names, name])
    return events.Key("ctrl+w" if key in _INTO_WORD else key, None)
