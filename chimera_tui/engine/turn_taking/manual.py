"""A person picks every speaker."""

from chimera_tui.engine.turn_taking import natural
from chimera_tui.engine.turn_taking.floor import Choice, Floor


async def next_speakers(floor: Floor) -> Choice:
    """The human's turn to say who; where nobody is there, whom `natural` would choose."""
    return Choice() if floor.is_attended else await natural.next_speakers(floor)
