"""Each once after every human word, in an order by lot; then the word is the human's."""

from collections import Counter

from chimera_tui.engine.turn_taking.floor import Floor, TurnChoice


async def next_speakers(floor: Floor) -> TurnChoice:
    """One of those who have not answered yet.

    When all have, the human is waited for; where nobody is there, the bag is filled anew.
    """
    taken = Counter(floor.since_human)
    fewest = min((taken[persona.slug] for persona in floor.eligible), default=0)
    left = [persona.slug for persona in floor.eligible if taken[persona.slug] == fewest]
    if not left or (fewest and floor.is_attended):
        return TurnChoice()
    return TurnChoice(speakers=(floor.rng.choice(left),))
