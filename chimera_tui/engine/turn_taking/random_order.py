"""Anyone but the last speaker, the talkative more often."""

from chimera_tui.engine.turn_taking.floor import Floor


def next_speakers(floor: Floor) -> tuple[str, ...]:
    """One persona by lot, weighted by talkativeness; nobody speaks twice running.

    Who has talkativeness 0 speaks only when addressed, unless the whole cast is so.
    """
    others = [p for p in floor.personas if p.slug != floor.last_speaker] or floor.personas
    weights = [p.talkativeness for p in others]
    if not any(weights):
        weights = [1.0] * len(others)
    return (floor.rng.choices(others, weights)[0].slug,)
