"""What a turn can be asked to do: one line in the nudge, which only its speaker is told."""

from random import Random

BEATS = {
    "answer": "answer what was said last, straight",
    "challenge": "take the other side of what was said last",
    "question": "put a question to one of the others, by name",
    "joke": "make it lighter, with a joke of your kind",
    "shift": "leave this point and take up a side of the topic that nobody has touched",
}
"""By the word a director uses."""
DECK = (
    "say nothing you have said before: give one concrete example nobody expects",
    "ask {quiet}, by name, what they have been keeping to themselves",
    "take the side nobody here has taken, and mean it",
    "change the ground: a smaller, stranger question within the topic",
    "ask {human} something only {human} can answer",
)
"""What loosens a talk that goes round in circles."""


def draw(rng: Random, *, quiet: str, human: str) -> str:
    """Draw a line of the deck.

    Args:
        rng: The randomness of the turn.
        quiet: The name of whoever has said least.
        human: The name of the person.
    """
    return rng.choice(DECK).format(quiet=quiet, human=human)
