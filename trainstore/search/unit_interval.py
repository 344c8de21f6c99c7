"""How the values of a dimension lie between 0 and 1, so that every sampler sees the same simple space."""

import json
import math
from fractions import Fraction

from trainstore.records.search_space import Categorical, Dimension, Integer, Real, Scalar, distinct


def position(dimension: Dimension, value: Scalar) -> int:
    """Return the place of a value among those that `count_values` counts.

    Raises:
        ValueError: there is no such category.
    """
    if isinstance(dimension, Categorical):
        return [json.dumps(category) for category in distinct(dimension)].index(json.dumps(value))
    return int(value) - int(dimension.low) if isinstance(dimension, Integer) else 0


def value_in(dimension: Dimension, place: int) -> Scalar:
    """Return the value at a place; the inverse of `position`."""
    if isinstance(dimension, Categorical):
        return distinct(dimension)[place]
    return int(dimension.low) + place if isinstance(dimension, Integer) else float(dimension.low)


def value_at(dimension: Real | Integer, coordinate: float) -> float | int:
    """Return the value at a coordinate in [0, 1], as the dimension's prior spreads its values."""
    low, high = _ends(dimension)
    if dimension.prior == "log-uniform":
        start, end = math.log(low), math.log(high)
        value = Fraction(math.exp(min(start + coordinate * (end - start), end)))
    else:
        value = Fraction(low) + Fraction(coordinate) * (Fraction(high) - Fraction(low))
    if isinstance(dimension, Integer):
        return min(max(math.floor(value + Fraction(1, 2)), int(dimension.low)), int(dimension.high))
    return min(max(float(value), float(dimension.low)), float(dimension.high))


def coordinate_of(dimension: Real | Integer, value: float) -> float:
    """Return the coordinate in [0, 1] of a value; the inverse of `value_at` but for rounding."""
    low, high = _ends(dimension)
    if dimension.prior == "log-uniform":
        coordinate = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    else:
        coordinate = float((Fraction(value) - Fraction(low)) / (Fraction(high) - Fraction(low)))
    return min(max(coordinate, 0.0), 1.0)


def _ends(dimension: Real | Integer) -> tuple[float | Fraction, float | Fraction]:
    """Each whole number gets a cell around it, so the outermost are as likely as the others."""
    if isinstance(dimension, Real):
        return dimension.low, dimension.high
    half = Fraction(1, 2)
    return int(dimension.low) - half, int(dimension.high) + half
