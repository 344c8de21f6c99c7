"""Choosing the next point to try, from what the points before it gave."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from trainstore.search.point_space import Coordinates, Point, PointSpace, identity


class Sampler(Protocol):
    """Proposes points of a space. The same seed and the same history give the same next point."""

    def ask(self) -> Point | None:
        """Return a point that was neither asked nor told before; None when the space is exhausted."""
        ...

    def tell(self, point: Point, value: float | None) -> None:
        """Say what a point gave: the smaller, the better; None or not finite for a trial that failed."""
        ...


class Surrogate(Protocol):
    """Foretells the value of points that were not tried, from those that were."""

    def propose(self, tried: Sequence[Coordinates], values: Sequence[float], seed: int) -> Coordinates:
        """Return the coordinates of the point that promises most; it may have been tried."""
        ...


@dataclass
class _Tried:
    point: Point
    value: float | None = None


class SeededSampler:
    """Tries the default first, then points by chance, then what a surrogate proposes.

    It keeps no state beside the history and draws each point from a generator of its own, so a history that is
    told again leads to the very same next point.

    Args:
        space: of the points.
        seed: of chance.
        initial: how many points are tried before the surrogate is asked; failed ones count.
        surrogate: None for chance alone.
    """

    def __init__(self, space: PointSpace, seed: int, initial: int, surrogate: Surrogate | None) -> None:
        self._space = space
        self._seed = seed
        self._initial = initial
        self._surrogate = surrogate
        self._tried: dict[str, _Tried] = {}

    def ask(self) -> Point | None:
        """See `Sampler.ask`."""
        random = Random(f"{self._seed}/{len(self._tried)}")
        point: Point | None = self._space.default if not self._tried else self._propose(random)
        if point is None or identity(point) in self._tried:
            tried = {key: tried.point for key, tried in self._tried.items()}
            point = self._space.draw_other(random, tried)
        if point is not None:
            self._tried[identity(point)] = _Tried(point)
        return point

    def tell(self, point: Point, value: float | None) -> None:
        """See `Sampler.tell`."""
        known = value if value is not None and math.isfinite(value) else None
        self._tried[identity(point)] = _Tried(point, known)

    def _propose(self, random: Random) -> Point | None:
        known = [tried.value for tried in self._tried.values() if tried.value is not None]
        size = self._space.size
        exhausted = size is not None and size <= len(self._tried)
        if self._surrogate is None or exhausted or len(self._tried) < self._initial or not known:
            return None
        worst = max(known)  # stands for failed trials and for those still at work: look elsewhere
        values = [worst if tried.value is None else tried.value for tried in self._tried.values()]
        points = [self._space.coordinates(tried.point) for tried in self._tried.values()]
        return self._space.at(self._surrogate.propose(points, values, random.getrandbits(32)))
