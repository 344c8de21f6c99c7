"""Sorts what a training function returned as metrics into what can be recorded."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from trainstore.execution.claims import is_metric_name
from trainstore.execution.limits import ALL_CURVE_POINTS, CURVE_POINTS, METRIC_COUNT

_LARGEST_INTEGER = 1 << 63


class InvalidResult(Exception):
    """What the function returned cannot be recorded; the text says why, in one sentence."""


@dataclass
class SortedMetrics:
    """Numbers as they travel: integers and booleans as themselves, floats as ``float.hex``.

    Attributes:
        metrics: single numbers.
        curves: lists of numbers, such as a loss for every epoch.
        unrecorded: names whose values are text or None.
    """

    metrics: dict[str, int | str] = field(default_factory=dict)
    curves: dict[str, list[int | str]] = field(default_factory=dict)
    unrecorded: list[str] = field(default_factory=list)


def sort_metrics(returned: dict[Any, Any]) -> SortedMetrics:
    """Sort the entries of a returned dict.

    Raises:
        InvalidResult: an entry has a name or a value that cannot be recorded, or is not finite.
    """
    if len(returned) > METRIC_COUNT:
        raise InvalidResult(f"there are {len(returned)} metrics; at most {METRIC_COUNT} are recorded")
    found = SortedMetrics()
    for name, value in returned.items():
        if not is_metric_name(name):
            raise InvalidResult(f"a metric has the name {ascii(name)[:200]}, which cannot be recorded")
        _sort_one(found, str(name), value)
    if sum(map(len, found.curves.values())) > ALL_CURVE_POINTS:
        raise InvalidResult(f"the curves have more than {ALL_CURVE_POINTS} points together")
    return found


def _sort_one(found: SortedMetrics, name: str, value: object) -> None:
    if value is None or isinstance(value, str):
        found.unrecorded.append(name)
        return
    number = _number(value)
    if number is not None:
        if isinstance(number, float) and not np.isfinite(number):
            raise InvalidResult(f"metric {name!r} is {number}")
        found.metrics[name] = _encoded(number)
        return
    points = _points(value)
    if points is None:  # a table, an object: no reason to lose the training
        found.unrecorded.append(name)
        return
    if len(points) > CURVE_POINTS:
        raise InvalidResult(f"metric {name!r} has {len(points)} points; at most {CURVE_POINTS} are recorded")
    found.curves[name] = [_encoded(point) for point in points]


def _number(value: object) -> int | float | None:
    """The value as a number of Python's, booleans included; None if it is none."""
    match value:
        case torch.Tensor() if value.numel() == 1:
            return _number(value.item())
        case np.ndarray() if value.size == 1:
            return _number(value.flat[0])
        case bool() | np.bool_():
            return bool(value)
        case int() | np.integer() if -_LARGEST_INTEGER <= int(value) < _LARGEST_INTEGER:
            return int(value)
        case float() | np.floating():
            return float(value)
    return None


def _points(value: object) -> list[int | float] | None:
    """The value as numbers in a row; None if it is something else."""
    match value:
        case torch.Tensor() | np.ndarray() if value.ndim == 1:
            row = value.tolist()
        case list() | tuple():
            row = list(value)
        case _:
            return None
    numbers = [_number(point) for point in row]
    return [number for number in numbers if number is not None] if None not in numbers else None


def _encoded(number: int | float) -> int | str:
    return number.hex() if isinstance(number, float) else number
