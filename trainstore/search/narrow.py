"""Overrides of a declared space: values that are fixed, and ranges in place of the declared ones."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from trainstore.errors import UsageError
from trainstore.records.search_space import Categorical, Dimension, Integer, Real

Ranges: TypeAlias = Mapping[str, tuple[float, float]]

_RANGE = re.compile(r"(?P<name>[^=]+)=(?P<low>.+?)\.\.(?P<high>.+)", re.DOTALL)


def read_range(text: str) -> tuple[str, float, float]:
    """Read ``NAME=LOW..HIGH``, as in ``lr=1e-4..1e-2``.

    Raises:
        UsageError: it is not that.
    """
    match = _RANGE.fullmatch(text)
    try:
        if match:
            return match["name"], _number(match["low"]), _number(match["high"])
    except ValueError:
        pass
    raise UsageError(f"{text[:100]!r} is not NAME=LOW..HIGH.", "Give two numbers: lr=1e-4..1e-2.")


def narrow(space: Mapping[str, Dimension], fixed: Mapping[str, Any], ranges: Ranges) -> dict[str, Dimension]:
    """Return the space with overrides.

    Args:
        space: as the version declares it.
        fixed: values by name, which become constants; of what the space does not declare, too.
        ranges: the lowest and highest value by name; a default outside moves to the nearer end.

    Raises:
        UsageError: a range is for no declared range, is empty, or does not suit its dimension; a name is fixed
            and has a range; or a category has no form in JSON, so that no run could record it.
    """
    narrowed = dict(space)
    for name, (low, high) in ranges.items():
        if name in fixed:
            raise UsageError(f"{name!r} has a value and a range.", "Give one of --set and --range.")
        if name not in space:
            raise UsageError(f"The space declares no {name!r}.", f"It has: {', '.join(space) or 'nothing'}.")
        narrowed[name] = _with_range(name, space[name], low, high)
    narrowed |= {name: Categorical(value, [value]) for name, value in fixed.items()}
    for name, dimension in narrowed.items():
        _check_categories(name, dimension)
    return narrowed


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _with_range(name: str, dimension: Dimension, low: float, high: float) -> Dimension:
    told = f"The range {low}..{high} of {name!r}"
    if isinstance(dimension, Categorical):
        raise UsageError(
            f"{name!r} is one of {len(dimension.categories)} categories and has no range.",
            f"Fix it: --set {name}=VALUE.",
        )
    if not (_is_finite(low) and _is_finite(high)) or low > high:
        raise UsageError(f"{told} is empty or endless.", "Give the lower of two finite numbers first.")
    if dimension.prior == "log-uniform" and low <= 0:
        raise UsageError(f"{told} does not suit a log-uniform dimension.", "Start above 0.")
    default = min(max(dimension.default, low), high)
    if isinstance(dimension, Real):
        return Real(float(default), float(low), float(high), dimension.prior)
    if int(low) != low or int(high) != high:
        raise UsageError(f"{told} does not end at whole numbers.", "Give whole numbers.")
    return Integer(int(default), int(low), int(high), dimension.prior)


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float holds
        return False


def _check_categories(name: str, dimension: Dimension) -> None:
    try:
        if isinstance(dimension, Categorical):
            json.dumps(dimension.categories, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"{name!r} has a category that cannot be recorded.", f"Fix it: --set {name}=VALUE."
        ) from error
