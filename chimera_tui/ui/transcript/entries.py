"""What a transcript shows: view models, made from messages, notices and failures of the domain.

The strings in them may be foreign (models, personas, providers): the transcript
cleans them when it draws them.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

ChipKind = Literal["plain", "bright", "error", "demo", "accent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """Who says it, as the head of a message shows it."""

    name: str
    emoji: str = ""
    hue: int = 0
    """0 is the human, 1 to 12 a persona (see `themes.hue_colours`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A small mark in the head of a message: `‹ 2/3 ›`, `cut short`, `DEMO`."""

    label: str
    kind: ChipKind = "plain"
    action: str = ""
    """The key that a click on it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEntry:
    """A message, or the part of one that has been said so far."""

    key: Hashable
    speaker: Speaker
    model: str = ""
    time: str = ""
    text: str = ""
    """Markdown."""
    thinking: str = ""
    """What was thought before it; drawn above the text while it is unfolded."""
    is_unfolded: bool = field(default=False, compare=False)
    """Not compared: a reader unfolds it, and what is shown stays right."""
    costs: tuple[str, ...] = ()
    """What it used, in ever fewer cells; the first that fits stands below it while focused."""
    chips: tuple[Chip, ...] = ()
    is_narration: bool = False
    """Told by the human as nobody in particular: a quiet line without a head."""
    is_live: bool = False
    """Still being said: ends in a cursor, its gutter line has the full hue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEntry:
    """A quiet line of the system between messages."""

    key: Hashable
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureEntry:
    """A turn that failed, with what can be done about it."""

    key: Hashable
    title: str
    """Who failed and how, in bold."""
    title_rest: str = ""
    """The end of that sentence, in plain."""
    lines: tuple[str, ...] = ()
    """What was kept, what was tried."""
    remedies: tuple[tuple[str, str], ...] = ()
    """What to do and what it does, numbered from 1 in this order."""


Entry = MessageEntry | NoticeEntry | FailureEntry


def source(entry: Entry) -> str:
    """The text of an entry as it was said."""
    match entry:
        case MessageEntry(text=text) | NoticeEntry(text=text):
            return text
        case FailureEntry(title=title, title_rest=rest, lines=lines):
            return "\n".join((f"{title} {rest}".strip(), *lines))


class Unseen(NamedTuple):
    """A message whose entry is made when it is first drawn: most of a long talk never is."""

    key: Hashable
    text: str
    made: Callable[[], MessageEntry]


Item = Entry | Unseen
"""What can stand in a transcript."""
