"""Making a sampler by the name that a person gives it."""

from collections.abc import Mapping
from typing import Literal

from trainstore.records.search_space import Dimension
from trainstore.search.point_space import PointSpace
from trainstore.search.sampler import Sampler, SeededSampler

SurrogateName = Literal["rf", "gp", "et", "random"]


def make_sampler(
    name: SurrogateName, dimensions: Mapping[str, Dimension], *, seed: int, initial: int = 10
) -> Sampler:
    """Return a sampler of a space.

    Args:
        name: ``rf`` random forest, ``gp`` Gaussian process, ``et`` extra trees, ``random`` chance alone.
        dimensions: of the space, by name; it may be empty, which is one point.
        seed: of chance.
        initial: how many points are tried before the surrogate is asked: the default, then by chance.
    """
    space = PointSpace(dimensions)
    if name == "random" or not space.free:
        return SeededSampler(space, seed, initial, None)
    from trainstore.search.skopt_surrogate import SkoptSurrogate  # seconds to import

    estimator: dict[str, Literal["RF", "GP", "ET"]] = {"rf": "RF", "gp": "GP", "et": "ET"}
    return SeededSampler(space, seed, initial, SkoptSurrogate(space.free.values(), estimator[name]))
