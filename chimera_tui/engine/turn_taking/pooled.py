"""Each once after every human word, in an order by lot; then the word is the human's."""

from collections import Counter

from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext


async def next_speakers(context: TurnContext) -> TurnChoice:
    """One of those who have not answered yet.

    When all have, the human is waited for; where nobody is there, the bag is filled anew.
    """
    taken = Counter(context.since_human)
    fewest = min((taken[persona.slug] for persona in context.eligible), default=0)
    left = [persona.slug for persona in context.eligible if taken[persona.slug] == fewest]
    if not left or (fewest and context.is_attended):
        return TurnChoice()
    return TurnChoice(speakers=(context.rng.choice(left),))
