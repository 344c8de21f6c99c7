"""Targets: whether they mean classes or values, and their encoding over all parts together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.float_values import to_float32
from trainstore.profiling.raw_data import named
from trainstore.profiling.target_columns import Column, Kind, kind_of, plain_column
from trainstore.records.datasets import PartName, Task

Classes: TypeAlias = tuple[str | int | bool, ...]
Encoded: TypeAlias = Mapping[PartName, NDArray[Any]]


@dataclass(frozen=True)
class Targets:
    """Encoded targets.

    Attributes:
        task: what they mean.
        classes: original labels in the order of their indices; None for regression.
        parts: int64 class indices or float32 values, shape (N,).
    """

    task: Task
    classes: Classes | None
    parts: Encoded


def encode_targets(raw: Mapping[PartName, object], task: Task | None = None) -> Targets:
    """Encode the targets of all parts alike.

    Floats are values to predict, even if integral. Integers, booleans and text are classes, encoded
    0..k-1 in the order of their values over all parts: numbers by value, False before True, text by
    code point. ``task`` overrides this.

    Raises:
        InvalidData: mixed kinds, wrong dimensions, not finite, or not what ``task`` needs.
    """
    columns = {part: plain_column(y, named("y", part)) for part, y in raw.items()}
    kind = _common_kind({part: kind_of(column) for part, column in columns.items()})
    if task == "regression" and kind == "text":
        raise InvalidData(
            "y holds text, and regression needs numbers", "leave out --task, or give y as numbers"
        )
    if task == "regression" or (task is None and kind == "floats"):
        values = {part: to_float32(np.asarray(y), named("y", part)) for part, y in columns.items()}
        return Targets("regression", None, values)
    if kind == "floats":
        columns = {part: _whole_numbers(np.asarray(y), named("y", part)) for part, y in columns.items()}
    classes, encoded = _encode_text(columns) if kind == "text" else _encode_numbers(columns)
    return Targets("classification", classes, encoded)


def _common_kind(kinds: Mapping[PartName, Kind]) -> Kind:
    found = set(kinds.values())
    if found == {"integers", "floats"}:
        return "floats"
    if len(found) > 1:
        told = ", ".join(f"{named('y', part)} holds {kind}" for part, kind in kinds.items())
        raise InvalidData(f"the parts differ in their targets: {told}", "give the targets of all parts alike")
    return found.pop()


def _whole_numbers(y: NDArray[Any], name: str) -> NDArray[Any]:
    """Floats as the integers that they are."""
    whole = (np.rint(y) == y) & (np.abs(y) < 2.0**63)
    if not whole.all():
        place = int(np.argmin(whole))
        raise InvalidData(
            f"{name}[{place}] is {y[place]}, and classes must be whole numbers",
            "leave out --task for regression, or give classes as integers or text",
        )
    return y.astype(np.int64)


def _encode_numbers(columns: Mapping[PartName, Column]) -> tuple[Classes, Encoded]:
    arrays = {part: np.asarray(column) for part, column in columns.items()}
    classes = np.unique(np.concatenate([np.unique(array) for array in arrays.values()]))
    encoded = {part: np.searchsorted(classes, array).astype(np.int64) for part, array in arrays.items()}
    return tuple(classes.tolist()), encoded


def _encode_text(columns: Mapping[PartName, Column]) -> tuple[Classes, Encoded]:
    """Through Python's own strings: numpy's drop NUL characters at the end, and so would merge classes."""
    classes = sorted({str(label) for column in columns.values() for label in column})
    index = {label: place for place, label in enumerate(classes)}
    encoded = {
        part: np.fromiter((index[str(label)] for label in column), dtype=np.int64, count=len(column))
        for part, column in columns.items()
    }
    return tuple(classes), encoded
