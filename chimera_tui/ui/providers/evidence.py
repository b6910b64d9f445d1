"""What diagnostics says of a provider, line by line: its state, its key, what went to and fro."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from textual.content import Content

from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.health import BreakerState, Health, HealthState
from chimera_tui.domain.impersonations import Impersonations
from chimera_tui.domain.spending import Spending
from chimera_tui.domain.text import clean, one_line
from chimera_tui.settings.keys import KeyState
from chimera_tui.ui.kit.blocks import (
    Part,
    crop,
    fit,
    heading,
    line,
    link,
    meter,
    sparkline,
    split,
    state,
)
from chimera_tui.ui.kit.costs import about, dollars, rounded
from chimera_tui.ui.kit.glyphs import UNICODE
from chimera_tui.ui.providers.key_words import key_words
from chimera_tui.ui.providers.provider_rows import (
    breaker_words,
    checked_label,
    duration,
    state_of,
    usual,
)

LABEL, VALUE, BAR = 10, 15, 12
"""Cells of a fact: its name, its value, its bar."""
MOST_BODY = 14
"""Lines of a body that are drawn; all of what is kept can be copied."""
SENT = ("authorization", "x-api-key", "x-goog-api-key", "content-type")
ANSWERED = ("content-type", "retry-after", "request-id", "ratelimit", "rate-limit", "server")
"""Parts of the names of headers that say something; the others are in what is copied."""
GOOD, BAD = 200, 400
"""The first status of an answer that went well, and the first of one that did not."""
LEFT = ("x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining")
OF = ("x-ratelimit-limit-requests", "anthropic-ratelimit-requests-limit")
"""Headers that say how many requests are left, and of how many."""
ROOMY = 28
"""Cells from which on tokens stand beside what they cost."""
LONG = 16
"""Letters of the name of a header for which no other value is moved to the right."""
NARROW = 64
"""Cells under which a line of two halves becomes two."""


def state_word(health: Health) -> str:
    """The state in a word: ok, slow, down, no key, not asked."""
    return "ok" if health.state is HealthState.UP else health.state.value


KeyOf = Callable[[str], str]
"""Says which key is bound to a command, as it is shown."""


def advice(health: Health, key: KeyState | None, key_of: KeyOf) -> str:
    """What to do about it; empty if nothing needs to be done."""
    if health.state is HealthState.NO_KEY:
        variables = " or ".join(key.variables[:1]) if key else ""
        return (
            f"Press {key_of('diagnostics.key')} to set a key"
            f"{f', or set {variables} and start again' if variables else ''}."
        )
    hint, tries = one_line(health.hint), f"{key_of('diagnostics.check')} tries it at once."
    match health.breaker:
        case BreakerState.STOPPED:
            return f"{hint} Nothing is sent until then; {tries}".strip()
        case BreakerState.OPEN:
            return f"{hint} It is tried again by itself; {tries}".strip()
        case BreakerState.HALF_OPEN:
            return hint or "One call tries it now; when it is answered, all go through again."
        case BreakerState.CLOSED:
            return hint


def head_lines(
    health: Health,
    key: KeyState | None,
    now: datetime,
    width: int,
    *,
    key_of: KeyOf,
    is_checking: bool,
) -> list[Content]:
    """Name, state and latency; key, address and models; what is wrong and what to do."""
    shown = state_of(health, is_wanted=health.state is HealthState.DOWN)
    parts: list[Part] = [(one_line(health.provider, 40), "bold"), "   "]
    parts.append(state(shown, word=state_word(health)))
    if health.latency is not None and health.state in {HealthState.UP, HealthState.SLOW}:
        middle = usual(health.history)
        than = f", usually {middle}" if middle and width >= NARROW else ""
        parts.append((f"   {duration(health.latency)}{than}", "$muted"))
    checked = checked_label([health], now)
    note = "checking …" if is_checking else f"checked {checked}" if checked else "not checked yet"
    lines = [split(line(*parts), line((note, "$muted")), width)]
    count = len(health.models)
    needs_key = health.state is HealthState.NO_KEY
    facts = [key_words(key)] if key and (key.source or key.elsewhere or needs_key) else []
    if key and key.address:
        facts.append(_address(key.address))
    facts.append(f"{count:,} model{'s' if count != 1 else ''}" if count else "no models listed")
    if width < NARROW:
        both = (facts[:1], facts[1:]) if len(facts) > 1 else (facts,)
        lines += [crop(line(("   ".join(few), "$muted")), width) for few in both]
    else:
        lines.append(crop(line(("   ".join(facts), "$muted")), width))
    lines.append(Content(""))
    wrong, note = one_line(health.reason), one_line(health.note)
    for text, colour in ((wrong, "$error"), (advice(health, key, key_of), ""), (note, "$muted")):
        if text:
            lines += [one.stylize(colour) if colour else one for one in Content(text).wrap(width)]
    return lines if lines[-1] else lines[:-1]


def _address(address: str) -> str:
    parts = urlsplit(address)
    return one_line(f"{parts.netloc}{parts.path}".rstrip("/") if parts.netloc else address, 80)


def sent_lines(exchange: Exchange, width: int) -> list[Content]:
    """A request as it was sent."""
    parts = urlsplit(exchange.url)
    target = f"{parts.path}{f'?{parts.query}' if parts.query else ''}"
    lines = [line((exchange.method or "nothing was sent", "bold"), f" {one_line(target)}")]
    lines += _headers(exchange.request_headers, SENT)
    lines += _body(exchange.request_body)
    return [crop(one, width) for one in lines]


def received_lines(exchange: Exchange, width: int) -> list[Content]:
    """The answer as it came."""
    took = f"  after {duration(exchange.seconds)}" if exchange.seconds is not None else "  goes on"
    if exchange.status is None:
        words = one_line(exchange.error) or "no answer yet"
        lines = [line(("no answer", "bold $error" if exchange.error else "bold"), (took, "$muted"))]
        return [*lines, Content(""), *Content(words).wrap(width)]
    colour = "$success" if GOOD <= exchange.status < BAD else "$error"
    lines = [line((str(exchange.status), f"bold {colour}"), (took, "$muted"))]
    lines += _headers(exchange.response_headers, ANSWERED)
    if exchange.error:
        lines += [
            Content(""),
            *(one.stylize("$error") for one in Content(one_line(exchange.error)).wrap(width)),
        ]
    lines += _body(exchange.response_start)
    return [crop(one, width) for one in lines]


def _headers(headers: Mapping[str, str], telling: Sequence[str]) -> list[Content]:
    shown = [
        (name.lower(), value)
        for name, value in headers.items()
        if any(part in name.lower() for part in telling)
    ]
    column = max((len(name) for name, _ in shown if len(name) <= LONG), default=0)
    return [
        line((fit(name, max(column, len(name))), "$muted"), "  ", one_line(value))
        for name, value in ((one_line(name, 60), value) for name, value in shown)
    ]


def _body(text: str) -> list[Content]:
    """A body, with JSON laid out to be read; only its first lines."""
    if not text.strip():
        return []
    try:
        shown = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        shown = text
    rows = clean(shown).split("\n")
    lines = [Content(row.expandtabs(2)) for row in rows[:MOST_BODY]]
    if (more := len(rows) - MOST_BODY) > 0:
        lines.append(line((f"… {more} more lines; y copies them", "$muted")))
    return [Content(""), *lines]


def facts_lines(
    health: Health, limits: tuple[int, int | None], last: Exchange | None, width: int
) -> list[Content]:
    """Breaker, rate and latency.

    Args:
        health: How the provider is.
        limits: Our own: requests a minute, and at once (None: as usual).
        last: The last exchange.
        width: Cells of a line.
    """
    return [
        _fact("Breaker", *_breaker(health), width),
        _fact("Rate", *_rate(limits, last.response_headers if last else {}), width),
        _fact("Latency", *_latency(health), width),
    ]


def _fact(label: str, value: Part, note: str, width: int) -> Content:
    shown = line(value)
    gap = max(1, VALUE - shown.cell_length)
    return crop(line((fit(label, LABEL), "$muted"), shown, " " * gap, (note, "$muted")), width)


def _breaker(health: Health) -> tuple[Part, str]:
    words = breaker_words(health)
    head, _, rest = words.partition(", ")
    match health.breaker:
        case BreakerState.CLOSED:
            return (f"{UNICODE.up} closed", "$success"), "all calls pass"
        case BreakerState.OPEN:
            return (f"{UNICODE.down} {head}", "$error"), rest
        case BreakerState.HALF_OPEN:
            return (
                f"{UNICODE.slow} half-open",
                "$warning",
            ), "one call tries it, an answer closes it"
        case BreakerState.STOPPED:
            return (f"{UNICODE.down} stopped", "$error"), "no call until you act"


def _rate(limits: tuple[int, int | None], headers: Mapping[str, str]) -> tuple[Part, str]:
    a_minute, at_once = limits
    ours = f"ours: {a_minute} a minute" + (f", {at_once} at once" if at_once else "")
    said = {name.lower(): value for name, value in headers.items()}
    left = next((said[name] for name in LEFT if name in said), "")
    of = next((said[name] for name in OF if name in said), "")
    if not (left.isdecimal() and of.isdecimal() and int(of)):
        return (f"{a_minute} a minute", ""), "our limit, it says none"
    bar = meter(int(left) / int(of), BAR)
    return line(bar, "   ", f"{int(left):,} of {int(of):,}"), f"  requests left; {ours}"


def _latency(health: Health) -> tuple[Part, str]:
    known = [seconds for seconds in health.history if seconds is not None]
    if not known:
        return (duration(health.latency) or "–", ""), "nothing measured yet"
    bars = sparkline(health.history, BAR).strip()
    colour = "$warning" if health.state is HealthState.SLOW else "$muted"
    count = len(health.history)
    note = f"  last {count} checks; median {usual(known) or duration(known[0])}, "
    note += f"worst {duration(max(known))}"
    return line((bars, colour), "   ", duration(health.latency or known[-1])), note


def exchange_rows(exchanges: Sequence[Exchange], chosen: int, width: int) -> list[Content]:
    """The last exchanges, the newest first; the chosen one is bold."""
    title = f"{len(exchanges)} kept, newest first" if exchanges else "none yet"
    lines = heading("Exchanges", title, width)
    for number in range(len(exchanges) - 1, -1, -1):
        one = exchanges[number]
        is_good = one.status is not None and one.status < BAD and not one.error
        glyph, colour = (UNICODE.up, "$success") if is_good else (UNICODE.down, "$error")
        word = str(one.status) if one.status is not None else "none"
        path = urlsplit(one.url).path
        what = one_line(one.error) or f"{one.method} {one_line(path)}"
        row = line(
            (UNICODE.bar if number == chosen else " ", "$primary"),
            " ",
            (fit(one.at.astimezone().strftime("%H:%M:%S"), 10), "$muted"),
            (fit(f"{glyph} {word}", 7), colour),
            (fit(what, max(8, width - 2 - 10 - 7 - 9)), "bold" if number == chosen else ""),
            (fit(duration(one.seconds) or "goes on", 8, right=True), "$muted"),
        )
        lines.append(link(crop(row, width), f"screen.exchange({number})"))
    return lines


def spent_words(one: Spending) -> str:
    """`$0.0214`, with `~` for an estimate and `+` where a part has no price; `free`, `n/a`."""
    if not one.cost:
        return "n/a" if one.is_partly_unknown else "free"
    cost = about(dollars(one.cost), is_estimate=one.is_estimate)
    return cost + ("+" if one.is_partly_unknown else "")


def spending_lines(spent: Sequence[Spending], width: int) -> list[Content]:
    """What was spent today, by provider."""
    total = Spending(
        provider="",
        attempts=sum(one.attempts for one in spent),
        tokens=sum(one.tokens for one in spent),
        cost=sum(one.cost for one in spent),
        is_partly_unknown=any(one.is_partly_unknown for one in spent),
        is_estimate=any(one.is_estimate and one.cost for one in spent),
    )
    lines = heading("Spent today", spent_words(total) if spent else "nothing", width)
    for one in spent:
        cost = spent_words(one)
        tokens = f"{rounded(one.tokens)} tok  " if width >= ROOMY else ""
        name = line(one_line(one.provider, 40))
        lines.append(split(name, line((tokens, "$muted"), cost), width))
    return lines


def slip_lines(slips: Sequence[Impersonations], width: int) -> list[Content]:
    """How models behaved in company, those that slipped: which of them is good in a group?"""
    lines = []
    for one in slips:
        counts = (
            (one.leaks, "cut: spoke for others"),
            (one.retries, "asked again: said nothing of its own"),
            (one.refusals, "fell out of its part"),
        )
        if said := ", ".join(f"{count} {word}" for count, word in counts if count):
            name = (one_line(one.model.model, 40), "bold")
            replies = f"of {one.replies} repl{'ies' if one.replies != 1 else 'y'}"
            lines.append(crop(line(name, (f"  {said}; {replies}", "$muted")), width))
    return [*heading("In company", "since the first conversation", width), *lines] if lines else []


def report(health: Health, key: KeyState | None, exchanges: Sequence[Exchange]) -> str:
    """All of it as text, to be copied: no key is in it."""
    lines = [
        f"provider: {health.provider}",
        f"state: {state_word(health)} {duration(health.latency)}".rstrip(),
        f"breaker: {breaker_words(health) or 'closed'}",
    ]
    if key:
        lines += [f"address: {key.address}", f"key: {key_words(key)}"]
    lines += [
        f"{name}: {text}"
        for name, text in (("reason", health.reason), ("hint", health.hint), ("note", health.note))
        if text
    ]
    for one in exchanges:
        took = duration(one.seconds) or "goes on"
        lines += ["", f"--- {one.at.isoformat(timespec='seconds')}, {took}"]
        lines.append(f"{one.method or 'nothing sent:'} {one.url}")
        lines += [f"{name}: {value}" for name, value in one.request_headers.items()]
        lines += ["", one.request_body] if one.request_body else []
        lines += ["", f"status: {one.status if one.status is not None else 'no answer'}"]
        lines += [f"{name}: {value}" for name, value in one.response_headers.items()]
        lines += ["", one.response_start] if one.response_start else []
        lines += [f"error: {one.error}"] if one.error else []
    return clean("\n".join(lines)) + "\n"
