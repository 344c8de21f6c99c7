"""Arrays on their way between the parent and a worker: as ``.npy`` files of a job folder, or as bytes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.records.datasets import Part, PartName, Sequences

_DTYPES = frozenset({"<f2", "<f4", "<f8", "|i1", "<i2", "<i4", "<i8", "|u1", "|b1"})
_DIMENSIONS = 32
_LONGEST = 1 << 40


def save_part(folder: Path, name: PartName, part: Part) -> None:
    """Write one part's features and targets below ``folder``."""
    if isinstance(part.X, Sequences):
        _save(folder / f"{name}_X.npy", part.X.values)
        _save(folder / f"{name}_X_offsets.npy", part.X.offsets)
    else:
        _save(folder / f"{name}_X.npy", part.X)
    _save(folder / f"{name}_y.npy", part.y)


def open_part(folder: Path, name: PartName) -> Part:
    """Map one part; the arrays can be written to, and the files stay as they are."""
    values = _open(folder / f"{name}_X.npy")
    offsets = folder / f"{name}_X_offsets.npy"
    features = Sequences(values, np.load(offsets, allow_pickle=False)) if offsets.exists() else values
    return Part(X=features, y=_open(folder / f"{name}_y.npy"))


def _save(path: Path, array: NDArray[Any]) -> None:
    np.save(path, np.ascontiguousarray(array), allow_pickle=False)


def _open(path: Path) -> NDArray[Any]:
    # Mode "c" and not "r": torch writing into a read-only mapping ends the process.
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def pack(arrays: Sequence[NDArray[Any]]) -> tuple[list[dict[str, Any]], bytes]:
    """Arrays as descriptions for a JSON header, and their bytes one after the other.

    Raises:
        ValueError: an array holds something other than numbers of the usual types.
    """
    ordered = [array.astype(array.dtype.newbyteorder("<"), copy=False) for array in arrays]
    for array in ordered:
        if array.dtype.str not in _DTYPES:
            raise ValueError(f"an array of type {array.dtype} cannot be handed over")
    descriptions = [{"dtype": array.dtype.str, "shape": list(array.shape)} for array in ordered]
    return descriptions, b"".join(array.tobytes() for array in ordered)


def unpack(descriptions: object, body: bytearray) -> list[NDArray[Any]]:
    """The arrays that ``pack`` described, after checking an untrusted description against the bytes.

    Raises:
        ValueError: the description is malformed or does not fit the bytes.
    """
    if not isinstance(descriptions, list):
        raise ValueError("the arrays are not described")
    arrays, place = [], 0
    for description in descriptions:
        dtype, shape = _described(description)
        count = math.prod(shape)
        if count * dtype.itemsize > len(body) - place:
            raise ValueError(f"an array of shape {shape} is longer than what was sent")
        arrays.append(np.frombuffer(body, dtype, count, place).reshape(shape))
        place += count * dtype.itemsize
    if place != len(body):
        raise ValueError(f"{len(body) - place} bytes belong to no array")
    return arrays


def _described(description: object) -> tuple[np.dtype[Any], tuple[int, ...]]:
    match description:
        case {"dtype": str(dtype), "shape": [*shape]} if dtype in _DTYPES and len(shape) <= _DIMENSIONS:
            if all(type(length) is int and 0 <= length < _LONGEST for length in shape):
                return np.dtype(dtype), tuple(shape)
    raise ValueError("an array is described in a way that makes no sense")
