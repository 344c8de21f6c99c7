"""The data_profile of a record: what a data set is, as plain JSON values."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.profiling.sequences import sample_shape
from trainstore.records.datasets import Dataset, Features, Sequences

# A profile is stored with each function and shown to models, so it stays small.
LONGEST_LIST = 100
LONGEST_NAME = 100


def profile_dataset(dataset: Dataset) -> dict[str, Any]:
    """Every field of ``data_profile``, in its order; what does not apply is None.

    All given parts are described together. Lists are cut at 100 entries and names at 100
    characters; ``feature_count`` and ``label_count`` stay the true counts.
    """
    inputs = [part.X for part in dataset.parts.values()]
    sample = sample_shape(inputs[0])
    image, sequence = len(sample) == 3, len(sample) == 2
    count = sum(map(len, inputs))
    return {
        "data_type": "sequence_list" if isinstance(inputs[0], Sequences) else dataset.given_as,
        "shape": [count, *sample],
        "dtype": "float32",
        "feature_count": sample[1] if sequence else math.prod(size or 1 for size in sample),
        "sample_count": count,
        "is_sequence": sequence,
        "is_image": image,
        "is_tabular": not image and not sequence,
        "has_labels": True,
        "label_count": None if dataset.classes is None else len(dataset.classes),
        "sequence_lengths": np.unique(_lengths(inputs)).tolist()[:LONGEST_LIST] if sequence else None,
        "channels": sample[0] if image else None,
        "height": sample[1] if image else None,
        "width": sample[2] if image else None,
        "metadata": _metadata(dataset) | _length_statistics(inputs),
    }


def _lengths(inputs: Sequence[Features]) -> NDArray[Any]:
    """The length of each sequence, over all parts."""
    return np.concatenate(
        [np.diff(X.offsets) if isinstance(X, Sequences) else np.full(len(X), X.shape[1]) for X in inputs]
    )


def _metadata(dataset: Dataset) -> dict[str, Any]:
    y = np.concatenate([part.y for part in dataset.parts.values()])
    classes = dataset.classes
    counts = None if classes is None else np.bincount(y, minlength=len(classes)).tolist()
    return {
        "source": dataset.source,
        "task": dataset.task,
        "digest": dataset.digest,
        "parts": {name: len(part) for name, part in dataset.parts.items()},
        "classes": None if classes is None else [_short(label) for label in classes[:LONGEST_LIST]],
        "class_counts": counts[:LONGEST_LIST] if counts is not None else None,
        "target_range": [float(y.min()), float(y.max())] if classes is None else None,
        "features": [_short(name) for name in dataset.features[:LONGEST_LIST]] or None,
    }


def _length_statistics(inputs: Sequence[Features]) -> dict[str, int | float | None]:
    """How long sequences of unequal length are; all None for anything else."""
    if not isinstance(inputs[0], Sequences):
        return {"length_min": None, "length_median": None, "length_max": None}
    lengths = _lengths(inputs)
    return {
        "length_min": int(lengths.min()),
        "length_median": float(np.median(lengths)),
        "length_max": int(lengths.max()),
    }


def _short(label: str | int | bool) -> str | int | bool:
    if isinstance(label, str) and len(label) > LONGEST_NAME:
        return label[: LONGEST_NAME - 1] + "…"
    return label
