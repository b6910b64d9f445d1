"""The many ways in which chat files write the time."""

import re
from datetime import UTC, datetime

_FORMS = ("%B %d, %Y %I:%M%p", "%B %d, %Y %I:%M %p", "%B %d, %Y", "%Y-%m-%d %H:%M:%S")
_HUMANE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})\s*@?\s*(\d{1,2})h\s*(\d{1,2})m\s*(\d{1,2})s(?:\s*\d{1,3}ms)?"
)
"""SillyTavern's own: `2023-9-23 @18h 54m 11s 321ms`."""
_MILLISECONDS = 1e11
"""Numbers beyond this count milliseconds, not seconds."""


def moment_of(value: object) -> datetime | None:
    """Return the time that `value` says, in UTC where it names no zone; None if it says none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()[:60]
        found = _humane(text) or _iso(text) or _formed(text)
        if found:
            return found
        value = float(text) if text.isascii() and text.isdecimal() else None
    if not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _humane(text: str) -> datetime | None:
    match = _HUMANE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    if text.isdecimal():  # a count of seconds, not a date without dashes
        return None
    try:
        return _in_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def _formed(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return _in_utc(datetime.strptime(text, form))  # noqa: DTZ007 - the zone is set here
        except ValueError:
            continue
    return None


def _in_utc(found: datetime) -> datetime:
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
