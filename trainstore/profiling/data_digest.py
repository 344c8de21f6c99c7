"""Digests of data: equal for equal values, whatever file they came from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from trainstore.records.datasets import Part, PartName, Sequences, Task

if TYPE_CHECKING:
    from hashlib import _Hash

_BYTES_AT_ONCE = 1 << 20


def dataset_digest(
    task: Task, classes: Sequence[str | int | bool] | None, parts: Mapping[PartName, Part]
) -> str:
    """``sha256:…`` over task, classes, and each part in the order of its name.

    Each array enters as one JSON line with its name, dtype and shape, then its bytes, little-endian
    in C order; sequences enter as their values and offsets.
    """
    hasher = hashlib.sha256()
    _add_line(hasher, ["trainstore data 1", task, None if classes is None else list(classes)])
    for name, part in sorted(parts.items()):
        _add_line(hasher, ["part", name])
        _add_part(hasher, part)
    return f"sha256:{hasher.hexdigest()}"


def part_digest(part: Part) -> str:
    """``sha256:…`` over the arrays of one part, as they enter the digest of a data set."""
    hasher = hashlib.sha256()
    _add_part(hasher, part)
    return f"sha256:{hasher.hexdigest()}"


def _add_part(hasher: "_Hash", part: Part) -> None:
    if isinstance(part.X, Sequences):
        _add_array(hasher, "X.values", part.X.values)
        _add_array(hasher, "X.offsets", part.X.offsets)
    else:
        _add_array(hasher, "X", part.X)
    _add_array(hasher, "y", part.y)


def _add_array(hasher: "_Hash", name: str, array: NDArray[Any]) -> None:
    dtype = array.dtype.newbyteorder("<")
    _add_line(hasher, ["array", name, dtype.str, list(array.shape)])
    rows = max(1, _BYTES_AT_ONCE * len(array) // max(1, array.nbytes))
    for start in range(0, len(array), rows):
        hasher.update(np.ascontiguousarray(array[start : start + rows], dtype=dtype).data)


def _add_line(hasher: "_Hash", entry: list[Any]) -> None:
    hasher.update(json.dumps(entry).encode() + b"\n")
