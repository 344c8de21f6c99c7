"""Moments as people write them on a command line: an age, or a date."""

import time
from typing import Any

import click

from trainstore.errors import UsageError


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic only in the newest click
    """``30d`` is that long ago; ``2026-01-31`` or ``2026-01-31T12:00:00Z`` is that moment, in UTC if not said."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return Unix seconds."""
        from trainstore.disk_format.moments import moment_before, parse_moment  # few commands are given one

        try:
            return moment_before(parse_moment(value), int(time.time()))
        except UsageError:
            self.fail(f"{value!r} is neither an age such as 30d nor a date such as 2026-01-31.", param, ctx)


MOMENT = Moment()
