"""Anyone but the last speaker, the talkative more often."""

from chimera_tui.engine.turn_taking.floor import Floor, TurnChoice


async def next_speakers(floor: Floor) -> TurnChoice:
    """One persona by lot, weighted by talkativeness; nobody speaks twice running."""
    others = floor.eligible
    if not others:
        return TurnChoice()
    weights = [persona.talkativeness or 0.01 for persona in others]
    return TurnChoice(speakers=(floor.rng.choices(others, weights)[0].slug,))
