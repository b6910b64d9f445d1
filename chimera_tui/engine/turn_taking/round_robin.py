"""Everyone in turn, in the order of the cast."""

from chimera_tui.engine.turn_taking.floor import Floor


def next_speakers(floor: Floor) -> tuple[str, ...]:
    """The one who stands behind the last speaker."""
    slugs = [persona.slug for persona in floor.personas]
    if floor.last_speaker not in slugs:
        return (slugs[0],)
    return (slugs[(slugs.index(floor.last_speaker) + 1) % len(slugs)],)
