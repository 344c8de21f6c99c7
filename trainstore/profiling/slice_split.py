"""A slice of a divided data set that still has every class: enough to see that a function works."""

import numpy as np
from numpy.typing import NDArray

from trainstore.profiling.split_dataset import select_part
from trainstore.records.datasets import Part, Split

_MOST = {"train": 256, "val": 64}


def slice_split(split: Split, classes: int | None) -> Split:
    """Return a few hundred samples of ``train`` and ``val``, of each class about as many, and no test part.

    Args:
        split: the whole.
        classes: how many there are; None for regression.
    """
    parts = {name: _sliced(split.parts[name], most, classes) for name, most in _MOST.items()}  # type: ignore[index]
    return Split(parts)  # type: ignore[arg-type]


def _sliced(part: Part, most: int, classes: int | None) -> Part:
    if classes is None:
        return select_part(part, np.arange(min(most, len(part))))
    # The first of each class come first, then the second of each.
    order = np.argsort(_ranks(part.y, classes), kind="stable")
    return select_part(part, np.sort(order[: max(most, 2 * classes)]))


def _ranks(y: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Return the how-manieth of its class each sample is."""
    by_class = np.argsort(y, kind="stable")
    members = np.bincount(y, minlength=classes)
    firsts = np.repeat(np.cumsum(members) - members, members)
    ranks = np.empty(len(y), dtype=np.int64)
    ranks[by_class] = np.arange(len(y)) - firsts
    return ranks
