"""Surrogates of scikit-optimize: forests and a Gaussian process that foretell what a point will give."""

import warnings
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Literal

import numpy as np
import skopt
from threadpoolctl import threadpool_limits

from trainstore.records.search_space import Categorical, Dimension, distinct
from trainstore.search.point_space import Coordinates

Estimator = Literal["RF", "GP", "ET"]

_GAINS = ("EI", "LCB", "PI")  # expected improvement, confidence bound, probability of improvement
_MOST_COLUMNS = 32  # of one categorical dimension; with more, its places are taken for a scale


class SkoptSurrogate:
    """Proposes what promises the largest gain over the best value, measured in one of three ways by chance.

    It learns the ranks of the values, spread as a normal distribution is: neither the unit of a metric nor one loss
    of 1e30 changes what is proposed, and scikit-optimize's least improvement of 0.01 means the same for all metrics.

    The model is fitted anew to the whole history, once for each proposal. That costs what
    `skopt.Optimizer.tell` costs, and needs no state that a resumed study would have to restore.

    Args:
        dimensions: those with a choice, in the order of the coordinates; at least one.
        estimator: random forest, Gaussian process or extra trees.

    Source: scikit-optimize's `Optimizer`. Its default, ``gp_hedge`` (Hoffman, Brochu and de Freitas, 2011), learns
    from all proposals before which of the three to follow; here each is as likely, which needs no memory.
    Normal scores of ranks: Salinas, Shen and Perrone (2020).
    """

    def __init__(self, dimensions: Iterable[Dimension], estimator: Estimator) -> None:
        self._dimensions = [_dimension(dimension) for dimension in dimensions]
        self._estimator = estimator

    def propose(self, tried: Sequence[Coordinates], values: Sequence[float], seed: int) -> Coordinates:
        """See `Surrogate.propose`."""
        with threadpool_limits(1):  # more make it slower, and another number gives other bits
            optimizer = skopt.Optimizer(
                self._dimensions,
                base_estimator=self._estimator,
                n_initial_points=1,
                acq_func=_GAINS[seed % len(_GAINS)],
                random_state=seed,
                avoid_duplicates=False,
            )
            optimizer.tell([list(point) for point in tried], _normal_scores(values))
            with warnings.catch_warnings():  # whoever asks looks for another point then
                warnings.filterwarnings("ignore", "The objective has been evaluated at point", UserWarning)
                return [float(coordinate) for coordinate in optimizer.ask()]


def _normal_scores(values: Sequence[float]) -> list[float]:
    """Return where the rank of each value lies in a normal distribution; equal values have equal ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - counts / 2
    return [NormalDist().inv_cdf(rank / len(values)) for rank in ranks[places]]


def _dimension(dimension: Dimension) -> skopt.space.Dimension:
    if not isinstance(dimension, Categorical):
        return skopt.space.Real(0.0, 1.0)
    places = range(len(distinct(dimension)))
    transform = "onehot" if len(places) <= _MOST_COLUMNS else "normalize"
    return skopt.space.Categorical(places, transform=transform)
