"""What panels and screens say of a provider: its state, how fast it is, why it is not used."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from math import ceil
from statistics import median

from chimera_tui.domain.errors import Fault
from chimera_tui.domain.health import BreakerState, Health, HealthState
from chimera_tui.domain.text import one_line
from chimera_tui.ui.transcript.conversation_entries import clock

JUST_NOW, A_WHILE = 5, 90
"""Seconds."""
NAMED = 8
"""Models that a row names at most."""
WORDS = {
    HealthState.UP: "ok",
    HealthState.SLOW: "slow",
    HealthState.DOWN: "off",
    HealthState.NO_KEY: "off",
    HealthState.NOT_ASKED: "off",
}
"""The state of a provider that nobody here needs, as a key of the glyphs."""
_NOTES = {
    HealthState.DOWN: "no answer",
    HealthState.NO_KEY: "no key",
    HealthState.NOT_ASKED: "not asked",
}
_REASONS = {
    Fault.TLS: "certificate",
    Fault.TRANSPORT: "broke off",
    Fault.STALL: "broke off",
    Fault.BAD_TYPE: "not an API",
    Fault.BAD_DATA: "unreadable",
    Fault.EMPTY: "unreadable",
    Fault.TOO_LARGE: "unreadable",
    Fault.TRUNCATED: "broke off",
    Fault.RATE: "is to wait",
    Fault.REQUEST: "refuses",
    Fault.CONTEXT: "refuses",
    Fault.MODEL: "refuses",
    Fault.SERVER: "in trouble",
    Fault.OVERLOADED: "overloaded",
    Fault.AUTH: "key refused",
    Fault.MONEY: "no credit",
    Fault.REDIRECT: "redirects",
}
"""Why a provider is down, where it does answer: in as few cells as a panel has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One provider in its panel, or on the first-run screen."""

    name: str
    state: str
    latency: str
    history: tuple[float | None, ...]
    reason: str
    hint: str
    models: tuple[str, ...]
    """The first of those that can chat."""
    model_count: int = 0
    """All of those."""
    note: str = ""
    """Why it is not used, in a word or two."""
    breaker: str = ""
    """How its breaker stands; empty while all calls are let through."""
    is_wanted: bool = False
    """Whether it plays somebody here."""
    was_asked: bool = True
    has_key: bool = True


def provider_rows(healths: Iterable[Health], wanted: Iterable[str] = ()) -> list[ProviderRow]:
    """The providers in their order; one that is down but not wanted by anyone is only off."""
    wanted = set(wanted)
    return [
        ProviderRow(
            name=one_line(health.provider, 40),
            state=state_of(health, is_wanted=health.provider in wanted),
            latency=duration(health.latency),
            history=health.history,
            reason=one_line(health.reason),
            hint=one_line(health.hint),
            models=tuple(one_line(name, 80) for name in islice(_chatting(health), NAMED)),
            model_count=sum(1 for _ in _chatting(health)),
            note=_note(health),
            breaker=breaker_words(health),
            is_wanted=health.provider in wanted,
            was_asked=health.state is not HealthState.NOT_ASKED,
            has_key=health.state is not HealthState.NO_KEY,
        )
        for health in healths
    ]


def _note(health: Health) -> str:
    if health.state is HealthState.DOWN and health.fault in _REASONS:
        return _REASONS[health.fault]
    return _NOTES.get(health.state, "")


def _chatting(health: Health) -> Iterator[str]:
    return (model.name for model in health.models if model.can_chat)


def state_of(health: Health, *, is_wanted: bool) -> str:
    """The key of the glyph: down is only who is needed here, or who failed again and again."""
    is_stopped = health.breaker in {BreakerState.OPEN, BreakerState.STOPPED}
    if health.state is HealthState.DOWN and (is_wanted or is_stopped):
        return "down"
    if health.state is HealthState.NO_KEY and is_wanted:
        return "down"
    return WORDS[health.state]


def breaker_words(health: Health) -> str:
    """How the breaker stands; empty while all calls are let through."""
    match health.breaker:
        case BreakerState.CLOSED:
            return ""
        case BreakerState.OPEN:
            left = ceil(health.retry_in or 0.0)
            return f"open, again in {left} s" if left > 0 else "open, tried at the next turn"
        case BreakerState.HALF_OPEN:
            return "half-open"
        case BreakerState.STOPPED:
            return "stopped until you act"


def usual(history: Sequence[float | None]) -> str:
    """The latency in the middle of those that were measured; empty if there are too few."""
    known = [seconds for seconds in history if seconds is not None]
    return duration(median(known)) if len(known) > 1 else ""


def checked_label(healths: Iterable[Health], now: datetime) -> str:
    """When the providers were asked last: `12 s ago`, or the time of day."""
    moments = [health.checked_at for health in healths if health.checked_at]
    if not moments:
        return ""
    seconds = (now - max(moments)).total_seconds()
    if seconds < JUST_NOW:
        return "just now"
    return f"{seconds:.0f} s ago" if seconds < A_WHILE else f"at {clock(max(moments))}"


def duration(seconds: float | None) -> str:
    """`412 ms`, `2.9 s`; empty if unknown."""
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
