"""What a terminal is told to do: nothing in what was said may add to it."""

import re

_SEQUENCE = re.compile(
    r"\x1b\[(?P<private>[<-?]?)(?P<params>[\d;:]*)(?P<final>[ -/]*[@-~])"
    r"|\x1b\](?P<osc>\d*)[^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b(?P<other>.)",
    re.DOTALL,
)
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u206f\ufeff"
    "\U000e0000-\U000e007f]"
)
_FREE = ("m", "H")
"""Colours and the place of the cursor: their numbers are of no account."""


def vocabulary(output: bytes | bytearray) -> set[str]:
    """The kinds of orders among what was written, controls in plain text among them."""
    text = bytes(output).decode(errors="surrogateescape")
    orders = {_kind(match) for match in _SEQUENCE.finditer(text)}
    plain = _SEQUENCE.sub("", text)
    return orders | {f"control {ord(c):#04x}" for c in _CONTROLS.findall(plain)}


def _kind(match: re.Match[str]) -> str:
    if match["final"]:
        params = "" if match["final"] in _FREE and not match["private"] else match["params"]
        return f"CSI {match['private']}{params}{match['final']}"
    return f"OSC {match['osc']}" if match["osc"] is not None else f"ESC {match['other']!a}"
