"""Division into train, validation and test: seeded, recorded, and left alone where it was given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData, UsageError
from trainstore.profiling.data_digest import part_digest
from trainstore.profiling.quoting import quoted
from trainstore.records.datasets import (
    Dataset,
    Features,
    Part,
    PartName,
    Sequences,
    Split,
)
from trainstore.records.run_parts import RecordedSplit, SplitKind

FRACTIONS = {"train": 0.6, "val": 0.2, "test": 0.2}
SMALLEST = 5  # samples, or members of a class, for one in val, one in test and the rest in train
_SEEDS = 2**32


def split_dataset(dataset: Dataset, seed: int) -> Split:
    """Divide 60/20/20 into train, val and test; a data set that is divided already stays as it is.

    Classification is stratified where each class has at least five members.

    Args:
        dataset: as loaded.
        seed: 0 to 2**32 - 1, of the division alone.

    Raises:
        InvalidData: fewer than five samples to divide.
        UsageError: a seed out of range.
    """
    if "all" not in dataset.parts:
        return Split(dataset.parts, _record("given", dataset.parts))
    if not 0 <= seed < _SEEDS:
        raise UsageError(f"the split seed {seed} is not between 0 and {_SEEDS - 1}", "give --split-seed 0")
    whole = dataset.parts["all"]
    if len(whole) < SMALLEST:
        raise InvalidData(
            f"{dataset.source}: {len(whole)} samples cannot be divided; {SMALLEST} are the least",
            "give more samples, or X_train, y_train, X_val, y_val divided by you",
        )
    from trainstore.profiling.sklearn_split import split_indices

    reason = _why_not_stratified(dataset, whole.y)
    strata = whole.y if reason is None else None
    indices = split_indices(len(whole), round(len(whole) * FRACTIONS["test"]), seed, strata)
    parts = {name: select_part(whole, chosen) for name, chosen in indices.items()}
    kind: SplitKind = "random" if reason else "stratified"
    return Split(parts, _record(kind, parts, seed, FRACTIONS, reason))


def _record(
    kind: SplitKind,
    parts: Mapping[PartName, Part],
    seed: int | None = None,
    fractions: Mapping[str, float] | None = None,
    reason: str | None = None,
) -> RecordedSplit:
    return {
        "kind": kind,
        "seed": seed,
        "fractions": dict(fractions) if fractions else None,
        "counts": {name: len(part) for name, part in parts.items()},
        "digests": {name: part_digest(part) for name, part in parts.items()},
        "reason": reason,
    }


def _why_not_stratified(dataset: Dataset, y: NDArray[Any]) -> str | None:
    if dataset.classes is None:
        return "regression has no classes"
    members = np.bincount(y, minlength=len(dataset.classes))
    rarest = int(members.argmin())
    if members[rarest] >= SMALLEST:
        return None
    return (
        f"class {quoted(str(dataset.classes[rarest]))} has {members[rarest]} members, fewer than {SMALLEST}"
    )


def select_part(part: Part, indices: NDArray[np.int64]) -> Part:
    """The samples at ``indices``, in that order, as a copy."""
    return Part(_select(part.X, indices), part.y[indices])


def _select(X: Features, indices: NDArray[np.int64]) -> Features:
    if not isinstance(X, Sequences):
        return X[indices]
    lengths = np.diff(X.offsets)[indices]
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return Sequences(np.concatenate([X.values[X.offsets[i] : X.offsets[i + 1]] for i in indices]), offsets)
