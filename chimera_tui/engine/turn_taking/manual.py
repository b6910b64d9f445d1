"""A person picks every speaker."""

from chimera_tui.engine.turn_taking import natural
from chimera_tui.engine.turn_taking.floor import Floor, TurnChoice


async def next_speakers(floor: Floor) -> TurnChoice:
    """The human's turn to say who; where nobody is there, whom `natural` would choose."""
    return TurnChoice() if floor.is_attended else await natural.next_speakers(floor)
