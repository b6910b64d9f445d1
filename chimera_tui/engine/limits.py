"""When a room stops by itself, and what it tries before."""

from dataclasses import dataclass

from chimera_tui.domain.events import EndReason, PauseReason
from chimera_tui.engine.journal import Journal
from chimera_tui.quality.vitals import Vitals

MOST_FAREWELLS = 0.6
"""Share of goodbyes in the last round from which on the talk is over."""
SHORTEST_ROUND = 3
"""Turns of a round at least."""
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Stop:
    """Why no further turn begins by itself."""

    reason: PauseReason
    notice: str
    end: EndReason = EndReason.FINISHED
    """How a room ends in which nobody can be waited for."""


class Limits:
    """Watches over one room: turns, minutes, loops, goodbyes, and whether they left the topic."""

    def __init__(self, journal: Journal, vitals: Vitals) -> None:
        self._journal = journal
        self._vitals = vitals
        self._since = journal.state.turns
        """The last turn before the human had a say, or a hint was given."""
        self._has_hinted = False
        self._has_told_drift = False
        self._topic = journal.conversation.current_topic

    def start_anew(self) -> None:
        """The human had a say: what was before counts no more."""
        self._topic = self._journal.conversation.current_topic
        self._since = self._journal.state.turns
        self._has_hinted = self._has_told_drift = False

    def stop(self) -> Stop | None:
        """Say whether no further automatic turn may begin, and why."""
        self._look()
        conversation, state = self._journal.conversation, self._journal.state
        if state.is_far:
            return Stop(
                PauseReason.TURN_LIMIT, f"paused after {state.auto_turns} turns without you"
            )
        minutes = conversation.budget.minutes
        if minutes is not None and self._journal.state.spent.seconds >= minutes * MINUTE:
            notice = f"paused: they have spoken for {minutes} minutes. Raise the budget to go on."
            return Stop(PauseReason.BUDGET, notice, EndReason.BUDGET)
        members = sum(one.persona.talkativeness > 0 for one in conversation.cast)
        if self._vitals.farewells(self._since, max(SHORTEST_ROUND, members)) >= MOST_FAREWELLS:
            notice = "paused: they have said goodbye. Say something, or let them go on."
            return Stop(PauseReason.FAREWELL, notice)
        if self._has_hinted and (loop := self._vitals.loop(self._since)):
            notice = f"paused: {loop}, and a hint did not help. Say something, or shift the topic."
            return Stop(PauseReason.LOOP, notice)
        return None

    def needs_hint(self) -> str:
        """In what way the talk is stuck, when it is for the first time; then asks no more."""
        loop = "" if self._has_hinted else self._vitals.loop(self._since)
        if loop:
            self._has_hinted = True
            self._since = self._journal.state.turns
        return loop

    def has_drifted(self) -> bool:
        """Whether nobody speaks of the topic any more; said once until the human has a say."""
        self._look()
        is_news = self._vitals.is_adrift(self._since) and not self._has_told_drift
        self._has_told_drift |= is_news
        return is_news

    def _look(self) -> None:
        if self._journal.conversation.current_topic != self._topic:
            self.start_anew()
        self._vitals.follow(self._journal.conversation, self._journal.tree.path)
