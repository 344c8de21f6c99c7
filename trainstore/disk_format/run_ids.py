"""The identity of a run: the second it began, and six hex digits."""

import re
from datetime import UTC, datetime

_BEGINNING = re.compile(r"[0-9]{8}T[0-9]{0,6}(?:(?<=T[0-9]{6})Z(?:-[0-9a-f]{0,6})?)?")
_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")


def new_run_id(now: datetime) -> str:
    """Return a fresh id, such as ``20240101T000000Z-3fa9c1``; ids sort by time."""
    import secrets  # all that only reads does without it

    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def is_run_id(text: str) -> bool:
    """Tell whether the text is a whole run id."""
    return _RUN_ID.fullmatch(text) is not None


def begins_run_id(text: str) -> bool:
    """Tell whether the text can only be the beginning of a run id, from its day and ``T`` on."""
    return _BEGINNING.fullmatch(text) is not None
