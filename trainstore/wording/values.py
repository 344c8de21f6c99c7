"""Times, numbers and sizes as a person reads them."""

from datetime import UTC, datetime
from typing import Any

_STEPS = ((60, "s"), (60, "min"), (24, "h"), (30, "d"), (12, "month"))


def iso_time(seconds: float) -> str:
    """Return Unix seconds as ISO 8601, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> int:
    """Return the Unix seconds of what `iso_time` wrote."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())


def ago(seconds: float, now: float | None = None) -> str:
    """Return how long ago Unix seconds were, such as ``3 h ago``."""
    age = (datetime.now(UTC).timestamp() if now is None else now) - seconds
    if age < 1:
        return "now" if age > -1 else f"on {iso_time(seconds)[:10]}"
    for size, unit in _STEPS:
        if age < size:
            return f"{int(age)} {unit} ago" if len(unit) <= 3 else f"{counted(int(age), unit)} ago"
        age /= size
    return f"{counted(int(age), 'year')} ago"


def number(value: float | None, digits: int = 4) -> str:
    """Return a measured number for a person; whole numbers as they are, empty where there is none."""
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    return "" if value is None else str(value)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, such as ``1 run`` or ``2 runs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def short_json(value: Any) -> str:
    """Return a value as JSON for one line, long lists cut."""
    import json  # the commands that list things need none

    if isinstance(value, list) and len(value) > 12:
        return f"{json.dumps(value[:6], ensure_ascii=False)[:-1]}, … {len(value)} in all]"
    return json.dumps(value, ensure_ascii=False)


def byte_size(count: int) -> str:
    """Return a number of bytes for a person."""
    size = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
