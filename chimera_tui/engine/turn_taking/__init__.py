"""Who speaks next: one module per mode, listed in `MODES`.

Adding a mode is one module with a `next_speakers` and one line in the table.
"""

from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.engine.turn_taking import random_order, round_robin
from chimera_tui.engine.turn_taking.floor import Floor, Mode

MODES: dict[str, Mode] = {
    "random": random_order.next_speakers,
    "round_robin": round_robin.next_speakers,
}
DEFAULT_MODE = "random"

__all__ = ["DEFAULT_MODE", "MODES", "Floor", "Mode", "mode"]


def mode(name: str) -> Mode:
    """Return the rule of turn-taking called `name`.

    Raises:
        UnknownError: If there is none.
    """
    try:
        return MODES[name]
    except KeyError:
        raise UnknownError(f"There is no mode `{name}`.", hint=nearest(name, MODES)) from None
