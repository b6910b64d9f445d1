"""Why nobody speaks in a room, and what goes on: the line over the composer."""

from collections.abc import Callable, Mapping

from textual.content import Content

from chimera_tui.domain.events import PauseReason
from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import line
from chimera_tui.ui.room.room_state import RoomState
from chimera_tui.ui.room.status_row import waiting
from chimera_tui.ui.transcript.conversation_entries import remedies

Way = tuple[str, str]
"""How a pause is ended: the name of a command, or what is written or pressed; what it does."""

GOES_ON: Way = ("resume", "goes on")
PAUSES: Mapping[PauseReason, tuple[str, tuple[Way, ...]]] = {
    PauseReason.OPENED: ("as you left it", (GOES_ON,)),
    PauseReason.ASKED: ("paused", (GOES_ON,)),
    PauseReason.TURN_LIMIT: ("{turns} turns without you", (GOES_ON,)),
    PauseReason.FAILURE: ("the room waits for you", (GOES_ON,)),
    PauseReason.BUDGET: ("the budget is used up", (("/budget 1.00", "allows more"),)),
    PauseReason.YOUR_TURN: ("it is your turn", (("⏎", "lets one speak"),)),
    PauseReason.LOOP: ("they go round in circles", (("/topic", "moves them on"), GOES_ON)),
    PauseReason.FAREWELL: ("they have said goodbye", (GOES_ON,)),
}
"""Why a room is paused, and the ways to end that. All reasons: a test counts them."""


def why_nobody_speaks(
    state: RoomState, key_of: Callable[[str], str], *, is_written: bool
) -> Content:
    """Return the line over the composer; empty if somebody speaks.

    Args:
        state: The conversation.
        key_of: Says which key does a command.
        is_written: Whether something is being written.
    """
    if state.read_only:
        return waiting("off", "read only here", (key_of("reopen"), "looks again"))
    if state.ended_because:
        ended = one_line(state.ended_because)
        return waiting("failed", ended, (key_of("reopen"), "opens it again"))
    if state.paused:
        return _paused(state, state.paused, key_of)
    if is_written and not state.heard:
        return line(("the next turn waits while you write", "$muted"))
    return Content("")


def _paused(state: RoomState, reason: PauseReason, key_of: Callable[[str], str]) -> Content:
    if state.failure:
        last = len(remedies(state.failure))
        return waiting("paused", "the room waits for you", (f"1–{last}", "choose"))
    words, ways = PAUSES[reason]
    if reason is PauseReason.BUDGET and state.is_out_of_time:
        words, ways = "the time is used up", (("/budget 90min", "allows more"),)
    if not state.tree.path:
        words = "nobody has spoken yet" if reason is PauseReason.OPENED else words
        ways = tuple((way[0], "begins") if way == GOES_ON else way for way in ways)
    keys = [(key_of(name) if name == GOES_ON[0] else name, does) for name, does in ways]
    return waiting("paused", words.format(turns=state.saved.auto_turns), *keys)
