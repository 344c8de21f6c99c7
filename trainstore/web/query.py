"""What an address asks for, checked."""

import math
from collections.abc import Collection, Mapping

from trainstore.errors import UsageError

_LONGEST = 2000


class Query:
    """The fields of an address; an empty one counts as not given."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def text(self, name: str) -> str | None:
        """Return a field as it is. Raises UsageError where it is too long to be a name."""
        value = self._fields.get(name) or None
        if value is not None and len(value) > _LONGEST:
            raise UsageError(f"The field {name!r} of this address has {len(value):,} characters.")
        return value

    def needed(self, name: str) -> str:
        """Return a field that the page cannot do without. Raises UsageError."""
        value = self.text(name)
        if value is None:
            raise UsageError(f"This address lacks the field {name!r}.", "Begin at the list of functions.")
        return value

    def number(self, name: str) -> float | None:
        """Return a field as a number. Raises UsageError."""
        value = self.text(name)
        try:
            number = None if value is None else float(value)
        except ValueError:
            number = math.nan
        if number is not None and not math.isfinite(number):
            raise UsageError(f"{(value or '')[:80]!r} is no number, which {name!r} has to be.")
        return number

    def choice(self, name: str, choices: Collection[str], default: str) -> str:
        """Return a field that is one of a few words. Raises UsageError."""
        value = self.text(name) or default
        if value not in choices:
            raise UsageError(
                f"{value[:80]!r} is none of the choices of {name!r}.", f"Choose {', '.join(choices)}."
            )
        return value

    def page(self, name: str = "page") -> int:
        """Return which part of a long list is asked for, from 1. Raises UsageError."""
        value = self.text(name) or "1"
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
            raise UsageError(f"{value[:80]!r} is no number of a page.")
        return int(value)

    def given(self) -> dict[str, str]:
        """Return the fields that are given."""
        return {name: value for name, value in self._fields.items() if value}
