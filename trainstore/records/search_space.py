"""The search space of a version: what each hyperparameter may be."""

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from trainstore.errors import InvalidRecord

Scalar: TypeAlias = Any  # what JSON has: numbers, text, booleans, lists of them


class Real(msgspec.Struct, frozen=True, tag_field="type", tag="Real"):
    """A float between ``low`` and ``high``, both included.

    Attributes:
        default: what is taken where nothing is chosen.
        low: the least value.
        high: the greatest value.
        prior: how the search spreads values: ``uniform`` or ``log-uniform``.
    """

    default: float
    low: float
    high: float
    prior: str = "uniform"


class Integer(msgspec.Struct, frozen=True, tag_field="type", tag="Integer"):
    """A whole number between ``low`` and ``high``, both included.

    Attributes:
        default: what is taken where nothing is chosen.
        low: the least value.
        high: the greatest value.
        prior: how the search spreads values: ``uniform`` or ``log-uniform``.
    """

    default: int
    low: int
    high: int
    prior: str = "uniform"


class Categorical(msgspec.Struct, frozen=True, tag_field="type", tag="Categorical"):
    """One of ``categories``.

    Attributes:
        default: what is taken where nothing is chosen.
        categories: the values that there are.
    """

    default: Scalar
    categories: list[Scalar]


Dimension: TypeAlias = Real | Integer | Categorical

_PRIORS = ("uniform", "log-uniform")


def decode_space(bo_config: Mapping[str, Any]) -> dict[str, Dimension]:
    """Check a ``bo_config`` and return its dimensions by name.

    Raises:
        InvalidRecord: an entry has an unknown type, lacks a field, or its default is outside its range.
    """
    return {name: _decode_dimension(name, entry) for name, entry in bo_config.items()}


def contains(dimension: Dimension, value: Scalar) -> bool:
    """Tell whether a value lies in a dimension's range."""
    if isinstance(dimension, Categorical):
        return any(type(value) is type(category) and value == category for category in dimension.categories)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(dimension, Integer) and isinstance(value, float) and not value.is_integer():
        return False
    return dimension.low <= value <= dimension.high


def count_values(dimension: Dimension) -> int | None:
    """Return how many different values a dimension has; None for a range of floats."""
    if isinstance(dimension, Categorical):
        return len(distinct(dimension))
    if isinstance(dimension, Integer):
        return int(dimension.high) - int(dimension.low) + 1
    return 1 if dimension.low == dimension.high else None


def distinct(dimension: Categorical) -> list[Scalar]:
    """Return the categories, each once; ``1``, ``1.0`` and ``True`` are three."""
    return list({json.dumps(category): category for category in dimension.categories}.values())


def _decode_dimension(name: str, entry: Any) -> Dimension:
    where = f"bo_config entry {_told(name)}"
    if isinstance(entry, Mapping) and isinstance(entry.get("type"), str):
        kind = entry["type"]
        if kind not in ("Real", "Integer", "Categorical"):
            raise InvalidRecord(
                f"{where} has the unknown type {kind[:80]!r}.", "The types are Real, Integer and Categorical."
            )
    try:
        dimension: Dimension = msgspec.convert(entry, Dimension)
    except msgspec.ValidationError as error:
        raise InvalidRecord(f"{where} is not complete: {error}.", _EXAMPLE) from error
    _check_range(where, dimension)
    return dimension


_EXAMPLE = 'An entry looks like {"default": 0.001, "type": "Real", "low": 1e-6, "high": 0.1}.'


def _check_range(where: str, dimension: Dimension) -> None:
    if isinstance(dimension, Categorical):
        if not dimension.categories:
            raise InvalidRecord(f"{where} has no categories.", "List at least one value in categories.")
        limits = f"the categories {_told(dimension.categories)}"
    else:
        if not (_is_finite(dimension.low) and _is_finite(dimension.high)):
            raise InvalidRecord(
                f"{where} reaches from {_told(dimension.low)} to {_told(dimension.high)}.",
                "Both ends are numbers that a computer counts with.",
            )
        if dimension.low > dimension.high:
            raise InvalidRecord(f"{where} has low {dimension.low} above high {dimension.high}.", "Swap them.")
        if dimension.prior not in _PRIORS:
            raise InvalidRecord(
                f"{where} has the unknown prior {dimension.prior[:80]!r}.", "Use uniform or log-uniform."
            )
        if dimension.prior == "log-uniform" and dimension.low <= 0:
            raise InvalidRecord(
                f"{where} is log-uniform from {dimension.low}.", "A log-uniform range starts above 0."
            )
        limits = f"[{dimension.low}, {dimension.high}]"
    if not contains(dimension, dimension.default):
        raise InvalidRecord(
            f"{where} has the default {_told(dimension.default)} outside {limits}.",
            "Change the default or the range.",
        )


def _is_finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # a whole number that no float holds
        return False


def _told(value: Scalar) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
