"""Who speaks next: one module per mode, listed in `MODES`.

Adding a mode is one module with a `next_speakers` and one line in the table.
"""

from chimera_tui.domain.conversation import HUMAN
from chimera_tui.domain.errors import UnknownError
from chimera_tui.domain.names import nearest
from chimera_tui.engine.turn_taking import (
    director,
    manual,
    natural,
    pooled,
    random_order,
    round_robin,
    script,
)
from chimera_tui.engine.turn_taking.turn_context import Mode, TurnChoice, TurnContext

MODES: dict[str, Mode] = {
    "natural": natural.next_speakers,
    "round_robin": round_robin.next_speakers,
    "pooled": pooled.next_speakers,
    "random": random_order.next_speakers,
    "manual": manual.next_speakers,
    "director": director.next_speakers,
    "script": script.next_speakers,
}
DEFAULT_MODE = "natural"

__all__ = ["DEFAULT_MODE", "MODES", "Mode", "TurnChoice", "TurnContext", "mode", "next_speakers"]


def mode(name: str) -> Mode:
    """Return the rule of turn-taking called `name`.

    Raises:
        UnknownError: If there is none.
    """
    try:
        return MODES[name]
    except KeyError:
        raise UnknownError(f"There is no mode `{name}`.", hint=nearest(name, MODES)) from None


async def next_speakers(context: TurnContext) -> TurnChoice:
    """Say who is next: whoever is due by the rules, else whom the mode names."""
    if not context.present:
        return TurnChoice(notice="Everybody here is muted, or has said enough for now.")
    if due := _due(context):
        return TurnChoice(speakers=(due,))
    return await mode(context.conversation.mode)(context)


def _due(context: TurnContext) -> str | None:
    """Who has been silent for as many turns as the rules give it; never right after the human."""
    if not context.path or context.path[-1].turn.speaker == HUMAN:
        return None
    present = {persona.slug for persona in context.present} - {context.passed_over}
    spoken = context.spoken
    for slug, turns in context.conversation.rules.every:
        if slug in present and len(spoken) >= turns and slug not in spoken[-turns:]:
            return slug
    return None
