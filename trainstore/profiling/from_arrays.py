"""A data set from Python's own objects: arrays, tensors, nested lists, lists of sequences."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.build_dataset import build_dataset, check_features
from trainstore.profiling.quoting import reason_of
from trainstore.profiling.raw_data import RawData, RawPart
from trainstore.profiling.sequences import check_sequence, join_sequences
from trainstore.records.datasets import Dataset, Features, PartName, Sequences, Task


def from_arrays(  # noqa: PLR0913 - the arrays in the order in which training functions take them
    X_train: object,
    y_train: object,
    X_val: object,
    y_val: object,
    X_test: object = None,
    y_test: object = None,
    *,
    source: str = "arrays",
    task: Task | None = None,
) -> Dataset:
    """A data set that is already divided; nothing of it is altered beyond its dtype.

    Args:
        X_train: numpy array or tensor of shape (N, F), (N, T, C) or (N, C, H, W), the same as nested
            lists, or sequences of unequal length as a list of N arrays, tensors or lists of shape
            (T_i, C). A list of two-dimensional arrays or tensors means sequences even if all are
            equally long. float32 in C order is used as it is, without a copy.
        y_train: shape (N,): floats to predict; integers, booleans or text as classes.
        X_val: like ``X_train``.
        y_val: like ``y_train``; classes are encoded over all parts together.
        X_test: like ``X_train``, or None.
        y_test: like ``y_train``; with ``X_test`` or not at all.
        source: where the data came from, for the record.
        task: takes ``y`` as classes or as values, whatever its type says.

    Raises:
        InvalidData: the data cannot be used, in one sentence.
    """
    parts: dict[PartName, RawPart] = {
        "train": RawPart(_inputs(X_train, "X_train"), _targets(y_train, "y_train")),
        "val": RawPart(_inputs(X_val, "X_val"), _targets(y_val, "y_val")),
    }
    if (X_test is None) != (y_test is None):
        given, lacking = ("y_test", "X_test") if X_test is None else ("X_test", "y_test")
        raise InvalidData(f"{given} was given without {lacking}", "give both, or neither")
    if X_test is not None:
        parts["test"] = RawPart(_inputs(X_test, "X_test"), _targets(y_test, "y_test"))
    dataset = build_dataset(RawData(parts), source=source, task=task)
    return replace(dataset, given_as="torch_tensor" if _is_tensor(X_train) else "numpy_array")


def features_from(X: object) -> Features:
    """Return inputs alone, as float32, from whatever `from_arrays` takes as ``X_train``. Raises InvalidData."""
    return check_features(_inputs(X, "X"), "X")


def _inputs(X: object, name: str) -> Features:
    X = _without_tensor(X, name)
    if not isinstance(X, (list, tuple)):
        return _not_scalar(X, name)
    items = [_without_tensor(item, f"{name}[{place}]") for place, item in enumerate(X)]
    if items and all(isinstance(item, np.ndarray) and item.ndim == 2 for item in items):
        return _sequences(items, name)
    try:
        return np.asarray(items)
    except ValueError:  # numpy's word for lists of unequal length
        return _sequences(items, name)


def _sequences(items: list[Any], name: str) -> Sequences:
    checked = [check_sequence(_array(item, f"{name}[{i}]"), f"{name}[{i}]") for i, item in enumerate(items)]
    return join_sequences(checked, lambda place: f"{name}[{place}]")


def _array(item: object, name: str) -> NDArray[Any]:
    try:
        return np.asarray(item)
    except ValueError as error:
        raise InvalidData(
            f"{name} has rows of unequal length", "give each time step the same channels"
        ) from error


def _targets(y: object, name: str) -> object:
    y = _without_tensor(y, name)
    if not isinstance(y, (list, tuple)):
        return _not_scalar(y, name)
    items = [_without_tensor(item, f"{name}[{place}]") for place, item in enumerate(y)]
    return [item.item() if isinstance(item, np.ndarray) and item.ndim == 0 else item for item in items]


def _not_scalar(value: object, name: str) -> NDArray[Any]:
    array = np.asarray(value)
    if array.ndim == 0:  # numpy wraps whatever it does not know
        raise InvalidData(
            f"{name} is of type {type(value).__name__}, not an array, a tensor or a list",
            "convert it to a numpy array first",
        )
    return array


def _without_tensor(value: Any, name: str) -> Any:
    """A tensor as an array; others as they are."""
    if np.ma.is_masked(value):
        raise InvalidData(f"{name} has masked values", "remove those samples, or fill the values in")
    if not _is_tensor(value):
        return value
    try:
        return value.detach().cpu().numpy()
    except (TypeError, RuntimeError) as error:  # bfloat16, sparse, quantised
        raise InvalidData(
            f"{name} is a tensor that numpy cannot hold: {reason_of(error)}", "give it as .float()"
        ) from error


def _is_tensor(value: object) -> bool:
    """Whether it is one of torch's, known by its ``detach`` so that torch is not imported."""
    return hasattr(value, "detach")
