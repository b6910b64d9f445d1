"""Slugs: what personas and rooms are called in files, in commands and in the database."""

import re
import unicodedata
from collections.abc import Container
from itertools import chain, count

from chimera_tui.domain.persona import TWIN

LONGEST = 80
"""Bytes of a slug."""
_RESERVED = {"con", "prn", "aux", "nul", "human"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in range(1, 10)
}
"""Names that Windows keeps for devices, and the speaker that is no persona."""
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("['\u2019]")


def same(slug: str) -> str:
    """How slugs are compared: names that differ only in case or composition are one."""
    return unicodedata.normalize("NFC", slug).casefold()


def is_slug(text: str) -> bool:
    """Whether a file may be called so."""
    return (
        same(text) not in _RESERVED
        and text.isprintable()
        and bool(text.strip(" ."))
        and not {"/", "\\", TWIN} & {*text}
        and len(text.encode(errors="replace")) <= LONGEST
    )


def slug_of(name: str) -> str:
    """Return the slug for something called `name`: "The Marine Biologist" is `marine-biologist`.

    Whatever a name from outside holds, the result is no path and no reserved name: where nothing
    can be made of it, it is `unnamed`.
    """
    plain = unicodedata.normalize("NFKC", _APOSTROPHES.sub("", name)).casefold()
    words = _WORD.findall(plain)
    if len(words) > 1 and words[0] == "the":
        del words[0]
    slug = "-".join(words).encode()[:LONGEST].decode(errors="ignore").strip("-")
    return slug if slug and is_slug(slug) else "unnamed"


def free_slug(name: str, taken: Container[str]) -> str:
    """Return a slug for something called `name` that is not `taken`: with a number, if need be."""
    slug = slug_of(name)
    return next(one for one in chain([slug], (f"{slug}-{n}" for n in count(2))) if one not in taken)
