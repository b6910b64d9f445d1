"""Anyone but the last speaker, the talkative more often."""

from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext


async def next_speakers(context: TurnContext) -> TurnChoice:
    """One persona by lot, weighted by talkativeness; nobody speaks twice running."""
    others = context.eligible
    if not others:
        return TurnChoice()
    weights = [persona.talkativeness or 0.01 for persona in others]
    return TurnChoice(speakers=(context.rng.choices(others, weights)[0].slug,))
