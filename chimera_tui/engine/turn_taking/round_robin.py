"""Everyone in turn, in the order of the cast."""

from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext


async def next_speakers(context: TurnContext) -> TurnChoice:
    """The first behind the last speaker who may speak."""
    slugs = [persona.slug for persona in context.personas]
    able = {persona.slug for persona in context.eligible}
    start = slugs.index(context.last_speaker) + 1 if context.last_speaker in slugs else 0
    return TurnChoice(speakers=tuple(s for s in slugs[start:] + slugs[:start] if s in able)[:1])
