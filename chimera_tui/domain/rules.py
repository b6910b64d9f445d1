"""The house rules of a conversation: what goes with any mode of turn-taking."""

from dataclasses import dataclass

LIVELINESS = 0.6
"""How much is left to chance where the mode weighs who speaks: .2 predictable, 1.5 wild."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a conversation keeps to, whatever its mode."""

    script: tuple[str, ...] = ()
    """The lines of the mode `script`, each `who: what to do`; empty: debate or interview."""
    script_from: int = 0
    """Turns that had been taken when the script began."""
    every: tuple[tuple[str, int], ...] = ()
    """Who speaks again after so many turns of others, say a narrator: slugs and turns."""
    most_turns: int | None = None
    """Automatic turns of one persona after a human word; None: as many as come."""
    liveliness: float = LIVELINESS
    helper: str = ""
    """The model that directs, names and summarises, `provider/model`. Empty: whatever plays a
    persona without a model directs; the topic is the title, and words are counted."""


PLAIN = Rules()
"""The rules of a room that has none of its own."""
