"""How much each hyperparameter of a study mattered, as a forest fitted to its trials sees it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestRegressor

from trainstore.records.search_space import Categorical, Dimension, contains, distinct
from trainstore.search.point_space import Coordinates, PointSpace

Floats: TypeAlias = NDArray[np.float64]

_FEWEST_TRIALS = 15
_TREES = 100
_DRAWS = 1000


def importances(
    dimensions: Mapping[str, Dimension],
    points: Sequence[Mapping[str, Any]],
    values: Sequence[float | None],
) -> dict[str, float] | None:
    """Return the share of each searched hyperparameter in what made values differ; they add up to 1.

    A share is the total effect of a hyperparameter, alone and together with others: how much what the forest
    foretells varies when it alone is drawn anew, over the whole declared space and not only where the search went.
    The forest learns the values' ranks, so that one loss of 1e30 does not stand for all there is to say.

    Args:
        dimensions: of the space by name; those with one value have no share.
        points: of the trials.
        values: of the trials; those without a finite one, and points outside of the space, are left out.

    Returns:
        None where there is too little to learn from: fewer than 15 values, fewer than two for each hyperparameter,
        equal values, or values that the forest foretells no better than their mean does, of trials left out of it.

    Source: functional ANOVA of a random forest (Hutter, Hoos and Leyton-Brown, 2014); its total effects are
    estimated by drawing (Jansen, 1999).
    """
    space = PointSpace(dimensions)
    known = [
        (space.coordinates(point), float(value))
        for point, value in zip(points, values, strict=True)
        if value is not None and np.isfinite(value) and _is_inside(space, point)
    ]
    forest = _learn(space, known)
    effects = _total_effects(space, forest) if forest else np.zeros(1)
    if not effects.any():
        return None
    return {name: float(effect / effects.sum()) for name, effect in zip(space.free, effects, strict=True)}


def _learn(space: PointSpace, known: Sequence[tuple[Coordinates, float]]) -> RandomForestRegressor | None:
    different = len({value for _, value in known}) > 1
    if not space.free or not different or len(known) < max(_FEWEST_TRIALS, 2 * len(space.free)):
        return None
    forest = RandomForestRegressor(_TREES, oob_score=True, random_state=0)
    forest.fit(
        _columns(space, np.array([tried for tried, _ in known])), _ranks([value for _, value in known])
    )
    return forest if forest.oob_score_ > 0 else None


def _is_inside(space: PointSpace, point: Mapping[str, Any]) -> bool:
    return all(name in point and contains(each, point[name]) for name, each in space.free.items())


def _ranks(values: Sequence[float]) -> Floats:
    """Return places in the order of size, the same for equal values."""
    return np.unique(values, return_inverse=True)[1].astype(float)


def _columns(space: PointSpace, coordinates: Floats) -> Floats:
    """Return what a forest learns from: a column for each range, and one for each category."""
    columns = [
        np.eye(len(distinct(dimension)))[coordinates[:, place].astype(int)]
        if isinstance(dimension, Categorical)
        else coordinates[:, place : place + 1]
        for place, dimension in enumerate(space.free.values())
    ]
    return np.hstack(columns)


def _total_effects(space: PointSpace, forest: RandomForestRegressor) -> Floats:
    one, other = (_draw(space, seed) for seed in (0, 1))
    foretold = forest.predict(_columns(space, one))
    effects = []
    for place in range(len(space.free)):
        mixed = one.copy()
        mixed[:, place] = other[:, place]
        effects.append(np.square(foretold - forest.predict(_columns(space, mixed))).mean() / 2)
    return np.array(effects)


def _draw(space: PointSpace, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    drawn = [
        random.integers(len(distinct(dimension)), size=_DRAWS)
        if isinstance(dimension, Categorical)
        else random.random(_DRAWS)
        for dimension in space.free.values()
    ]
    return np.column_stack(drawn).astype(float)
