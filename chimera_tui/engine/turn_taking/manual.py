"""A person picks every speaker."""

from chimera_tui.engine.turn_taking import natural
from chimera_tui.engine.turn_taking.turn_context import TurnChoice, TurnContext


async def next_speakers(context: TurnContext) -> TurnChoice:
    """The human's turn to say who; where nobody is there, whom `natural` would choose."""
    return TurnChoice() if context.is_attended else await natural.next_speakers(context)
