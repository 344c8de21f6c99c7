"""Moments as people write them, on a command line or in trainstore.toml: an age, or a date. Always in UTC."""

import re
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias

from trainstore.errors import UsageError

_AGE = r"([0-9]{1,6})(s|min|h|d|w)"
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}
_LAST_SECOND = 253_402_300_799  # the end of the year 9999


class Age(NamedTuple):
    """A length of time. A day has 24 hours, also where clocks are changed that night."""

    seconds: int
    text: str


class Date(NamedTuple):
    """A moment that stands still, in Unix seconds."""

    seconds: int
    text: str


Moment: TypeAlias = Age | Date


def parse_age(text: str) -> Age:
    """Read ``30d``, ``2w``, ``36h``, ``90min`` or ``10s``. Raises UsageError."""
    age = re.fullmatch(_AGE, text)
    if age is None:
        raise UsageError(f"{text[:200]!r} is not an age.", "Write 30d, 2w or 36h.")
    return Age(int(age[1]) * _SECONDS[age[2]], text)


def parse_moment(text: str) -> Moment:
    """Read an age, or a date such as ``2026-01-31`` or ``2026-01-31T12:00+01:00``; in UTC where it does not say.

    A date is its first second in UTC whatever zone the machine is in, so that a policy means the same everywhere.

    Raises:
        UsageError: it is neither.
    """
    if re.fullmatch(_AGE, text):
        return parse_age(text)
    try:
        date = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text[:200]!r} is neither an age nor a date.", "Write 30d, 2w or 36h, or a date: 2026-01-31."
        ) from error
    return Date(_whole((date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()), text)


def moment_before(moment: Moment, now: int) -> int:
    """Return the moment in Unix seconds; for an age, that long before now."""
    return _whole(now - moment.seconds) if isinstance(moment, Age) else moment.seconds


def utc_text(seconds: int) -> str:
    """Return Unix seconds as ISO 8601, UTC."""
    return datetime.fromtimestamp(_whole(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _whole(seconds: float) -> int:
    """Return whole seconds between 1970 and the year 9999, outside of which no version is."""
    return min(max(0, int(seconds)), _LAST_SECOND)
