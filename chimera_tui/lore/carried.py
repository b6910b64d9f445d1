"""What a persona takes along from its card besides its prompt."""

from dataclasses import dataclass

from chimera_tui.lore.lore_entries import Lorebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What of a card is told while its persona speaks; macros still stand in all of it."""

    book: Lorebook | None = None
    """What the persona knows besides."""
    examples: tuple[str, ...] = ()
    """Dialogues that show how it speaks."""
    last_words: str = ""
    """Instructions that are told behind all that was said."""
