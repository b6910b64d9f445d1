"""Words and thoughts, in whatever shape a server puts them into its answer.

Words are text, a list of parts, or an object around them; what thinks out loud in a part of its
own is a thought. Only words that cannot be read spoil a reply; what is odd besides is passed over.
"""

from collections.abc import Iterator
from typing import Any

from chimera_tui.providers.base import StreamItem, Text, Thinking

_DEEPEST = 8
"""Lists and objects inside each other that are looked into."""
_SYLLABLE = 8
"""Characters; a shorter beginning may be said twice on purpose."""
_TEXTS = ("text", "content", "value", "refusal", "output_text", "parts")
"""Where the words of a part stand, the likeliest first."""
_THOUGHTS = (
    "thinking", "reasoning", "reasoning_content", "thought", "text", "content", "summary", "value",
    "parts",
)  # fmt: skip


def fields(value: object) -> dict[str, Any]:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def first(value: object) -> dict[str, Any]:
    """Return the first of a list of objects, or the object that stands in its place."""
    if isinstance(value, list):
        value = value[0] if value else None
    return fields(value)


def name(value: object) -> str:
    """Return a name, and nothing for what is none."""
    return value if isinstance(value, str) else ""


def told(value: object, deep: int = 0) -> Iterator[StreamItem]:
    """Yield what `value`, found in the place of words, says and thinks.

    Raises:
        ValueError: If it can be no words: a number, for instance.
    """
    match value:
        case str():
            if value:
                yield Text(value)
        case list():
            for part in value if deep < _DEEPEST else ():
                yield from told(part, deep + 1)
        case dict():
            yield from _told_in(value, deep)
        case None:
            pass
        case _:
            raise ValueError


def _told_in(part: dict[str, Any], deep: int) -> Iterator[StreamItem]:
    if _is_thought(part):
        if text := thought(part):
            yield Thinking(text)
    elif deep < _DEEPEST:
        found = (part[key] for key in _TEXTS if part.get(key) is not None)
        yield from told(next(found, None), deep + 1)


def thought(value: object, deep: int = 0) -> str:
    """Return the text of a thought; empty where there is none to be read."""
    if isinstance(value, str):
        return value
    if deep < _DEEPEST:
        if isinstance(value, list):
            return "".join(thought(part, deep + 1) for part in value)
        if isinstance(value, dict):
            found = (text for key in _THOUGHTS if (text := thought(value.get(key), deep + 1)))
            return next(found, "")
    return ""


def _is_thought(part: dict[str, Any]) -> bool:
    kind = name(part.get("type"))
    if "think" in kind or "reason" in kind or kind == "thought" or part.get("thought") is True:
        return True
    return "thinking" in part and "text" not in part


class ReplySoFar:
    """The words of one reply so far, for what a server may say again as a whole."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def __bool__(self) -> bool:
        """Whether anything was said."""
        return bool(self._pieces)

    def new(self, items: Iterator[StreamItem]) -> Iterator[StreamItem]:
        """Pass on what is a piece of the reply, and take note of it."""
        for item in items:
            if isinstance(item, Text):
                self._pieces.append(item.text)
            yield item

    def missing(self, items: Iterator[StreamItem], *, is_last: bool) -> Iterator[StreamItem]:
        """Pass on what was not said yet of what may be the whole reply, or only a piece of it.

        Args:
            items: What is said and thought there.
            is_last: Whether the reply ends with it. Else only a text that begins with all that
                was said before, and that is no mere syllable, is a whole.
        """
        if not self._pieces:
            yield from self.new(items)
            return
        told = list(items)
        text = "".join(item.text for item in told if isinstance(item, Text))
        said = "".join(self._pieces)
        self._pieces = [said]
        is_whole = is_last or len(text) > len(said) >= _SYLLABLE
        if is_whole and said.strip() and text.startswith(said):
            told = [Text(text[len(said) :])] if len(text) > len(said) else []
        elif is_last and said.strip() and said.strip() in text:
            told = []
        yield from self.new(iter(told))
