"""Everyone in turn, in the order of the cast."""

from chimera_tui.engine.turn_taking.floor import Floor, TurnChoice


async def next_speakers(floor: Floor) -> TurnChoice:
    """The first behind the last speaker who may speak."""
    slugs = [persona.slug for persona in floor.personas]
    able = {persona.slug for persona in floor.eligible}
    start = slugs.index(floor.last_speaker) + 1 if floor.last_speaker in slugs else 0
    return TurnChoice(speakers=tuple(s for s in slugs[start:] + slugs[:start] if s in able)[:1])
