"""Moments as people write them on a command line: an age, or a date."""

import re
import time
from datetime import UTC, datetime
from typing import Any

import click

_AGE = re.compile(r"^(\d{1,6})(s|min|h|d|w)$")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800}


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic only in the newest click
    """``30d`` is that long ago; ``2026-01-31`` or ``2026-01-31T12:00:00Z`` is that moment, in UTC if not said."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return Unix seconds."""
        age = _AGE.match(value)
        if age is not None:
            return time.time() - int(age[1]) * _SECONDS[age[2]]
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither an age such as 30d nor a date such as 2026-01-31.", param, ctx)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


MOMENT = Moment()
