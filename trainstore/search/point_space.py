"""The points of a search space: drawn by chance, counted, and told apart."""

import json
import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from random import Random
from typing import Any, TypeAlias

from trainstore.records.search_space import Categorical, Dimension, Scalar, count_values
from trainstore.search.unit_interval import (
    coordinate_of,
    position,
    value_at,
    value_in,
)

Point: TypeAlias = dict[str, Scalar]
Coordinates: TypeAlias = list[float]

_DRAWS = 100  # until a space is looked through for what is left of it


class PointSpace:
    """All points that the dimensions span.

    A point has a value for each dimension, in plain Python (`bool`, `int`, `float`, `str`, lists of them). Its
    coordinates are those of the dimensions that have a choice: in [0, 1] for a range, the place of a category.

    Args:
        dimensions: by name; of the size 1, too.
    """

    def __init__(self, dimensions: Mapping[str, Dimension]) -> None:
        self.dimensions = dict(dimensions)
        self._sizes = {name: count_values(dimension) for name, dimension in self.dimensions.items()}
        self.free = {name: dimension for name, dimension in self.dimensions.items() if self._sizes[name] != 1}

    @cached_property
    def size(self) -> int | None:
        """How many points there are; None where a dimension is a range of floats."""
        sizes = list(self._sizes.values())
        return None if None in sizes else math.prod(size for size in sizes if size)

    @cached_property
    def default(self) -> Point:
        """The point that the version itself declares."""
        return {name: dimension.default for name, dimension in self.dimensions.items()}

    def at(self, coordinates: Iterable[float]) -> Point:
        """Return the point at coordinates."""
        point = {name: value_in(dimension, 0) for name, dimension in self.dimensions.items()}
        for (name, dimension), coordinate in zip(self.free.items(), coordinates, strict=True):
            if isinstance(dimension, Categorical):
                point[name] = value_in(dimension, int(coordinate))
            else:
                point[name] = value_at(dimension, float(coordinate))
        return point

    def coordinates(self, point: Mapping[str, Any]) -> Coordinates:
        """Return the coordinates of a point.

        Raises:
            ValueError: the point has a category that the space has not.
        """
        return [
            position(dimension, point[name])
            if isinstance(dimension, Categorical)
            else coordinate_of(dimension, point[name])
            for name, dimension in self.free.items()
        ]

    def draw(self, random: Random) -> Point:
        """Return a point by chance, as the priors spread them."""
        return self.at(
            random.randrange(self._sizes[name] or 1)
            if isinstance(dimension, Categorical)
            else random.random()
            for name, dimension in self.free.items()
        )

    def draw_other(self, random: Random, tried: Mapping[str, Point]) -> Point | None:
        """Return a point by chance that was not tried; None when none is left.

        Args:
            random: decides.
            tried: points by their `identity`.
        """
        for _ in range(_DRAWS):
            point = self.draw(random)
            if identity(point) not in tried:
                return point
        if self.size is None or self.size <= len(tried):
            return None
        place = random.randrange(self.size - len(tried))
        for taken in sorted(self._place(point) for point in tried.values()):
            place += taken <= place
        return self._point_in(place)

    def _place(self, point: Point) -> int:
        place = 0
        for name, dimension in self.free.items():
            place = place * (self._sizes[name] or 1) + position(dimension, point[name])
        return place

    def _point_in(self, place: int) -> Point:
        point = dict(self.default)
        for name, dimension in reversed(self.free.items()):
            place, digit = divmod(place, self._sizes[name] or 1)
            point[name] = value_in(dimension, digit)
        return point


def identity(point: Mapping[str, Any]) -> str:
    """Return what is equal for equal points only; ``1``, ``1.0`` and ``True`` differ."""
    return json.dumps(point, sort_keys=True)
