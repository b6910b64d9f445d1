"""Anyone but the last speaker, the talkative more often."""

from chimera_tui.engine.turn_taking.floor import Choice, Floor


async def next_speakers(floor: Floor) -> Choice:
    """One persona by lot, weighted by talkativeness; nobody speaks twice running."""
    others = floor.eligible
    if not others:
        return Choice()
    weights = [persona.talkativeness or 0.01 for persona in others]
    return Choice(speakers=(floor.rng.choices(others, weights)[0].slug,))
