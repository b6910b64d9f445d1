"""What a refusal means: its status, what the service says with it, how long it asks to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from chimera_tui.domain.errors import Fault

LONGEST_WAIT = 3600.0
"""Seconds: nobody is told to wait longer than this."""

LONGEST_JUDGED = 4096
"""Characters of an error that are searched for what it is about."""

_CONTEXT = re.compile(
    r"(?i)context[ _](?:length|window|size)|exceed_context|maximum context|prompt is too long"
    r"|exceeds the maximum number of tokens|too many total text bytes"
)
_MODEL = re.compile(
    r"(?i)model[^.]{0,120}(?:not found|does not exist)|model_not_found|no models? loaded"
)
_MONEY = re.compile(
    r"(?i)insufficient[_ ](?:quota|balance|credits)|billing_hard_limit|credit[_ ]balance"
    r"|spend_limit"
)
_KEY = re.compile(r"(?i)API_KEY_INVALID|API_KEY_EXPIRED|api key (?:not valid|expired|not found)")
_DAY = re.compile(r'"quotaId":\s*"[^"]*PerDay')
_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')
_FILTER = re.compile(r"(?i)moderation|guardrail|flagged|content[_ ]policy")
_IN_FLIGHT = re.compile("in_flight")
_SAID = (
    (_CONTEXT, range(400, 600), Fault.CONTEXT),
    (_MODEL, range(400, 600), Fault.MODEL),
    (_KEY, {400, 403}, Fault.AUTH),
    (_IN_FLIGHT, {402}, Fault.RATE),
    (_DAY, {429}, Fault.MONEY),
    (_MONEY, range(400, 500), Fault.MONEY),
    (_FILTER, {403}, Fault.FILTER),
)
"""What an error says, the statuses it counts with, and what it means then; the first counts."""
_STATUS: Mapping[int, Fault] = {
    HTTPStatus.UNAUTHORIZED: Fault.AUTH,
    HTTPStatus.PAYMENT_REQUIRED: Fault.MONEY,
    HTTPStatus.FORBIDDEN: Fault.AUTH,
    HTTPStatus.NOT_FOUND: Fault.MODEL,
    HTTPStatus.REQUEST_TIMEOUT: Fault.CONFLICT,
    HTTPStatus.CONFLICT: Fault.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Fault.CONTEXT,
    HTTPStatus.TOO_MANY_REQUESTS: Fault.RATE,
    HTTPStatus.SERVICE_UNAVAILABLE: Fault.OVERLOADED,
    529: Fault.OVERLOADED,
}


_TYPES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""What Anthropic calls errors in a stream, and the status they would have had before it."""


def kind_of(status: int, body: str) -> Fault:
    """Say what an answer with this HTTP status means.

    Args:
        status: 400 or more.
        body: What came with it; empty if that says nothing to a person.
    """
    for said, statuses, kind in _SAID:
        if status in statuses and said.search(body):
            return kind
    if status in _STATUS:
        return _STATUS[status]
    return Fault.REQUEST if status < HTTPStatus.INTERNAL_SERVER_ERROR else Fault.SERVER


def status_of(error: object) -> int:
    """Return the HTTP status that an error would have had, had it not come in a stream."""
    status: object = None
    if isinstance(error, dict):
        status = error.get("code") or error.get("status")
        status = _TYPES.get(str(error.get("type")), status)
    return int(str(status)) if re.fullmatch(r"[45]\d\d", str(status)) else 500


def is_of_a_day(body: str) -> bool:
    """Whether what is used up is what may be used in a day."""
    return bool(_DAY.search(body))


def wait_of(headers: Mapping[str, str], body: str) -> float | None:
    """Seconds the service asks to wait, in any of the ways to say so; None if it does not.

    What is absurd is passed over: less than nothing, no number, a time long past.
    """
    asked = headers.get("retry-after", "")
    in_body = _DELAY.search(body)
    for seconds in (
        _number(headers.get("retry-after-ms", "")) / 1000,
        _number(asked),
        _until(asked),
        _number(in_body[1] if in_body else ""),
    ):
        if math.isfinite(seconds) and seconds >= 0:
            return min(seconds, LONGEST_WAIT)
    return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _until(text: str) -> float:
    """Seconds until a date of HTTP."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - 0.4 MB, and seldom sent

    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return math.nan
    return (until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
