"""What a training worker claims: its report, decoded and checked as data from an untrusted process.

A report is two lines of JSON. The first, see `trainstore.execution.readiness`, is sent before the training function is
imported; the second comes from a process in which it has run, so it is a claim.
"""

import math
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from trainstore.execution.limits import (
    ALL_CURVE_POINTS,
    CURVE_POINTS,
    MESSAGE_LENGTH,
    METRIC_COUNT,
    METRIC_NAME_LENGTH,
    REPORT_VALUES,
    TRACEBACK_LENGTH,
)
from trainstore.execution.outcome import Outcome
from trainstore.execution.strict_json import parse_strictly
from trainstore.plain_text import plain
from trainstore.records.run_parts import RecordedError

Scalar = float | int | bool

_NO_REASON = "it did not say why"
_LARGEST_INTEGER = 1 << 63
_CLAIMABLE: tuple[Outcome, ...] = (
    "succeeded",
    "failed",
    "out_of_memory",
    "disk_limit",
    "process_limit",
    "open_file_limit",
    "invalid_result",
)


class InvalidClaim(ValueError):
    """The worker's report cannot be believed; the text says why."""


@dataclass(frozen=True)
class Claim:
    """The second line of a report."""

    outcome: Outcome
    reason: str | None = None
    error: RecordedError | None = None
    metrics: dict[str, Scalar] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    unrecorded: list[str] = field(default_factory=list)


def is_metric_name(name: object) -> bool:
    """Whether it can be recorded: text that is not too long, without control characters or surrogates."""
    return (
        isinstance(name, str)
        and 0 < len(name) <= METRIC_NAME_LENGTH
        and not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    )


def parse_line(line: bytes) -> dict[str, Any]:
    """One line of a report as a JSON object.

    Raises:
        InvalidClaim: it is not one.
    """
    try:
        message = parse_strictly(line, REPORT_VALUES)
    except ValueError as error:
        raise InvalidClaim("the worker's report is not readable") from error
    if not isinstance(message, dict):
        raise InvalidClaim("the worker's report is not an object")
    return message


def decode_claim(line: bytes) -> Claim:
    """Check the second line of a report.

    Raises:
        InvalidClaim: with what is wrong.
    """
    message = parse_line(line)
    if message.get("outcome") not in _CLAIMABLE:
        raise InvalidClaim("the worker's report names no outcome")
    outcome = message["outcome"]
    return Claim(
        outcome=outcome,
        reason=None if outcome == "succeeded" else _text(message.get("reason"), MESSAGE_LENGTH) or _NO_REASON,
        error=decode_error(message.get("error")),
        metrics=_decode_metrics(_member(message, "metrics", dict)),
        curves=_decode_curves(_member(message, "curves", dict)),
        unrecorded=_checked_names(_member(message, "unrecorded", list)),
    )


def decode_error(error: object) -> RecordedError | None:
    """An exception's text within bounds and without control characters; None if there is none."""
    if not isinstance(error, dict):
        return None
    return {
        "type": _text(error.get("type"), METRIC_NAME_LENGTH),
        "message": _text(error.get("message"), MESSAGE_LENGTH),
        "traceback": _text(error.get("traceback"), TRACEBACK_LENGTH),
    }


def _text(value: object, length: int) -> str:
    return plain(value)[:length] if isinstance(value, str) else ""


def _member(message: dict[str, Any], name: str, kind: type) -> Any:
    value = message.get(name, kind())
    if not isinstance(value, kind):
        raise InvalidClaim(f"the {name} of the worker's report are not readable")
    return value


def _checked_names(names: Any) -> list[str]:
    if len(names) > METRIC_COUNT:
        raise InvalidClaim(f"there are {len(names)} metrics; at most {METRIC_COUNT} are recorded")
    if not all(is_metric_name(name) for name in names):
        raise InvalidClaim("a metric's name cannot be recorded")
    return list(names)


def _decode_metrics(encoded: dict[str, Any]) -> dict[str, Scalar]:
    metrics = {name: _decode_number(encoded[name]) for name in _checked_names(encoded)}
    for name, value in metrics.items():
        if not math.isfinite(value):
            raise InvalidClaim(f"metric {name!r} is {value}")
    return metrics


def _decode_curves(encoded: dict[str, Any]) -> dict[str, list[float]]:
    names = _checked_names(encoded)
    lengths = [len(encoded[name]) if isinstance(encoded[name], list) else CURVE_POINTS + 1 for name in names]
    if any(length > CURVE_POINTS for length in lengths) or sum(lengths) > ALL_CURVE_POINTS:
        raise InvalidClaim("a curve is no list, or too long")
    return {name: [float(_decode_number(point)) for point in encoded[name]] for name in names}


def _decode_number(value: object) -> Scalar:
    """Integers and booleans travel as themselves, floats as ``float.hex``, which keeps every bit."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
        return value
    if isinstance(value, str):
        try:
            return float.fromhex(value)
        except (ValueError, OverflowError) as error:
            raise InvalidClaim(f"{value[:40]!r} is not a number") from error
    raise InvalidClaim("a metric is not a number")
