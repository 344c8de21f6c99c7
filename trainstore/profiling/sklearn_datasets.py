"""The small data sets that come with scikit-learn; the only place that imports its loaders."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
)

from trainstore.errors import InvalidData
from trainstore.profiling.raw_data import RawData, RawPart
from trainstore.profiling.sklearn_names import SKLEARN_NAMES

_TABLES: dict[str, Callable[[], Any]] = {
    "breast_cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}


def read_sklearn(name: str) -> RawData:
    """One of ``SKLEARN_NAMES``: a table, or for digits-images X of shape (1797, 1, 8, 8).

    Raises:
        InvalidData: another name; the hint has the nearest and all there are.
    """
    if name not in SKLEARN_NAMES:
        near = get_close_matches(name.lower(), SKLEARN_NAMES, n=1)
        hint = f"did you mean sklearn:{near[0]}? " if near else ""
        raise InvalidData(
            "no data set of this name comes with scikit-learn", f"{hint}there are: {', '.join(SKLEARN_NAMES)}"
        )
    if name == "digits-images":
        bunch = load_digits()
        return RawData({"all": RawPart(bunch.images[:, None], bunch.target)})
    bunch = _TABLES[name]()
    return RawData({"all": RawPart(bunch.data, bunch.target)}, tuple(map(str, bunch.feature_names)))
