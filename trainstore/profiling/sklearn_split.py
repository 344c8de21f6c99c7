"""Indices of train, val and test; the only place that imports scikit-learn's splitter."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from trainstore.records.datasets import PartName


def split_indices(
    count: int, held_out: int, seed: int, strata: NDArray[Any] | None
) -> dict[PartName, NDArray[np.int64]]:
    """Divide ``range(count)`` into train, and val and test of ``held_out`` samples each.

    Args:
        count: how many samples there are.
        held_out: size of val, and of test.
        seed: 0 to 2**32 - 1; numpy keeps the stream of RandomState the same in all versions.
        strata: one class index a sample, to keep their proportions in each part; None for none.
    """
    rest, test = train_test_split(np.arange(count), test_size=held_out, random_state=seed, stratify=strata)
    rest_strata = None if strata is None else strata[rest]
    train, val = train_test_split(rest, test_size=held_out, random_state=seed, stratify=rest_strata)
    return {"train": train, "val": val, "test": test}
