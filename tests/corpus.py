"""Strings that break programs, and honest ones that must survive: `nasty_strings.jsonl`.

One JSON object a line: `id`, `cat`, `note`, and `s` (the string) or `gen` for a
long one: pre + unit * n + post.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Specimen:
    """One string of the corpus."""

    id: str
    category: str
    text: str


def _read(line: str) -> Specimen:
    entry: dict[str, Any] = json.loads(line)
    if gen := entry.get("gen"):
        text = gen.get("pre", "") + gen["unit"] * gen["n"] + gen.get("post", "")
    else:
        text = entry["s"]
    return Specimen(entry["id"], entry["cat"], text)


_LINES = Path(__file__).with_name("nasty_strings.jsonl").read_text("ascii").splitlines()
CORPUS = tuple(map(_read, _LINES))

HONEST = (
    "Hello, world. It's 5 °C, £3 – “really”…",
    "Zażółć gęślą jaźń; Ærøskøbing; naïve café",
    "שלום עולם, בְּרֵאשִׁית בָּרָא אֱלֹהִים",
    "السَّلَامُ عَلَيْكُمْ",
    "می‌خواهم",  # Persian, with a zero-width non-joiner
    "ก็ได้ค่ะ กำน้ำ",
    "क्षि नमस्ते",
    "漢字かな交じり文、한국어",
    "ＡＢＣ ｱｲｳ",  # noqa: RUF001
    "👨‍👩‍👧‍👦 🇺🇸 👍🏽 ❤️ 🏳️‍🌈 1️⃣",
    "Tiếng Việt: ế ệ ỗ",
    "x² + y² = z², ∑ᵢ aᵢ, ‖v‖",
    "a\tb\n\n- list\n  1. item",
    "<b>&amp;</b> [link](https://example.org) `code` **bold** [/foo]",
)
"""Text that people write, each to be shown as it is."""
