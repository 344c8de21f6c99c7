"""Where the values of a hyperparameter lie on an upright axis of their own."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass

from trainstore.charts.scales import Scale, scale_between, tick_label
from trainstore.charts.values import finite
from trainstore.records.search_space import Categorical, Dimension, Integer, Real, Scalar, contains

_MOST_CELLS = 12  # of whole numbers; more of them lie on a scale
_TICKS = 6


@dataclass(frozen=True)
class RangeAxis:
    """Numbers on a scale, of logarithms where the prior is log-uniform."""

    dimension: Real | Integer
    scale: Scale

    def share(self, value: Scalar, spread: float) -> float | None:
        """Return the height of a value, from 0 to 1; None where the dimension has no such value."""
        return self.scale.share(value) if contains(self.dimension, value) else None

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return heights and labels."""
        ticks = self.scale.ticks(min(most, _TICKS), whole=isinstance(self.dimension, Integer))
        return [(self.scale.share(float(tick)), tick_label(tick)) for tick in ticks]


@dataclass(frozen=True)
class CellAxis:
    """Values that each have a cell, the first one lowest, in which the lines through it lie side by side.

    Args:
        cells: places of the values by their JSON, which tells ``1`` from ``1.0`` and ``True``.
        labels: of the values, in the same order.
    """

    cells: Mapping[str, int]
    labels: list[str]

    def share(self, value: Scalar, spread: float) -> float | None:
        """Return the height of a value, moved within its cell by ``spread`` from -0.5 to 0.5."""
        cell = self.cells.get(_json(value))
        return None if cell is None else (cell + 0.5 + 0.7 * spread) / len(self.labels)

    def ticks(self, most: int) -> list[tuple[float, str]]:
        """Return heights and labels, of some values only where there is no room for all."""
        size = len(self.labels)
        each = math.ceil(size / most)
        return [((cell + 0.5) / size, self.labels[cell]) for cell in range(size - 1, -1, -each)]


def dimension_axes(dimensions: Mapping[str, Dimension]) -> dict[str, RangeAxis | CellAxis]:
    """Return an axis for each dimension by its name, but for those of one value alone, which nobody searched."""
    return {name: axis for name, each in dimensions.items() if (axis := _axis(each))}


def _axis(dimension: Dimension) -> RangeAxis | CellAxis | None:
    if isinstance(dimension, Categorical):
        distinct = {_json(value): value for value in reversed(dimension.categories)}
        return _cell_axis(distinct) if len(distinct) > 1 else None
    low, high = finite([dimension.low, dimension.high])
    if low is None or high is None or low >= high:
        return None
    log = dimension.prior == "log-uniform" and low > 0
    if isinstance(dimension, Integer) and not log and high - low < _MOST_CELLS:
        return _cell_axis(
            {_json(value): value for value in range(int(dimension.low), int(dimension.high) + 1)}
        )
    return RangeAxis(dimension, scale_between(low, high, log=log))


def _cell_axis(distinct: Mapping[str, Scalar]) -> CellAxis:
    labels = [value if isinstance(value, str) else text for text, value in distinct.items()]
    if len(set(labels)) < len(labels):  # "1" beside 1
        labels = list(distinct)
    return CellAxis({text: place for place, text in enumerate(distinct)}, labels)


def _json(value: Scalar) -> str:
    return json.dumps(value, ensure_ascii=False)
