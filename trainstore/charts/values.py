"""The values of trials and epochs as charts take them: finite numbers, or None."""

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate

from trainstore.records.study import Direction


def finite(values: Iterable[float | None]) -> list[float | None]:
    """Return the values as floats, and None for each that is none or not finite."""
    return [_finite(value) for value in values]


def best_so_far(values: Sequence[float | None], direction: Direction) -> list[float | None]:
    """Return the best value up to each place; None until there is one."""
    better = max if direction == "maximize" else min

    def best(before: float | None, value: float | None) -> float | None:
        return better((each for each in (before, value) if each is not None), default=None)

    return list(accumulate(values, best))


def place_of_best(values: Sequence[float | None], direction: Direction) -> int | None:
    """Return where the best value first stands; None where there is no value."""
    best = best_so_far(values, direction)
    return None if not best or best[-1] is None else values.index(best[-1])


def _finite(value: float | None) -> float | None:
    try:
        number = None if value is None else float(value)
    except OverflowError:  # a whole number that no float holds
        return None
    return number if number is not None and math.isfinite(number) else None
