"""Random data of a profile's form, for trying a function where the data itself is not at hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.records.datasets import Features, Part, Sequences, Split

_COUNTS = {"train": 96, "val": 32}
_UNKNOWN_LENGTH = 12
_MOST_VALUES = 4_000_000  # of one sample


def stand_in_split(profile: Mapping[str, Any]) -> Split:
    """Return a ``train`` and a ``val`` part of standard normal values, every class in both.

    Raises:
        InvalidData: the profile's shape is missing or no such data could be made.
    """
    shape, classes = profile.get("shape"), profile.get("label_count")
    sample = list(shape[1:]) if isinstance(shape, Sequence) and not isinstance(shape, str) else []
    if not sample or not all(size is None or (type(size) is int and size > 0) for size in sample):
        raise InvalidData(f"Data of shape {shape} cannot be made up.", "Give the shape of one sample.")
    if np.prod([float(size or _UNKNOWN_LENGTH) for size in sample]) > _MOST_VALUES:
        raise InvalidData(
            f"Samples of shape {sample} are too large to be made up.", "Use: trainstore generate --data"
        )
    random = np.random.default_rng(0)
    ragged = profile.get("data_type") == "sequence_list"
    parts = {}
    for name, least in _COUNTS.items():
        count = max(least, 2 * (classes or 0))
        y = (
            np.arange(count, dtype=np.int64) % classes
            if classes
            else random.standard_normal(count).astype(np.float32)
        )
        parts[name] = Part(_features(random, count, sample, ragged), y)
    return Split(parts)  # type: ignore[arg-type]


def _features(random: np.random.Generator, count: int, sample: list[Any], ragged: bool) -> Features:
    if not ragged:
        return _values(random, count, *(size or _UNKNOWN_LENGTH for size in sample))
    lengths = random.integers(_UNKNOWN_LENGTH // 2, _UNKNOWN_LENGTH + 1, count)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return Sequences(_values(random, int(offsets[-1]), sample[-1] or 1), offsets)


def _values(random: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return random.standard_normal(shape).astype(np.float32)
