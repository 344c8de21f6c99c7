"""The data_profile: every field, in its order, as plain JSON."""

import json
from typing import Any

import numpy as np
import pytest

from trainstore.profiling.data_profile import profile_dataset
from trainstore.profiling.from_arrays import from_arrays
from trainstore.profiling.load_dataset import load_dataset

FIELDS = [
    "data_type", "shape", "dtype", "feature_count", "sample_count", "is_sequence", "is_image", "is_tabular",
    "has_labels", "label_count", "sequence_lengths", "channels", "height", "width", "metadata",
]  # fmt: skip


def profile(X: Any, y: Any) -> dict[str, Any]:
    described = profile_dataset(from_arrays(X, y, X, y))
    assert list(described) == FIELDS
    assert json.loads(json.dumps(described, allow_nan=False)) == described
    return described


@pytest.mark.parametrize(
    ("shape", "flag", "expected"),
    [
        ((5, 7), "is_tabular", {"feature_count": 7, "sequence_lengths": None, "channels": None}),
        ((5, 9, 3), "is_sequence", {"feature_count": 3, "sequence_lengths": [9], "channels": None}),
        ((5, 3, 8, 6), "is_image", {"feature_count": 144, "channels": 3, "height": 8, "width": 6}),
    ],
)
def test_the_shape_decides_the_kind(shape: tuple[int, ...], flag: str, expected: dict[str, Any]) -> None:
    described = profile(np.zeros(shape), [0, 1, 0, 1, 0])
    assert [name for name in ("is_sequence", "is_image", "is_tabular") if described[name]] == [flag]
    assert expected.items() <= described.items()
    assert described["data_type"] == "numpy_array"
    assert described["shape"] == [10, *shape[1:]]
    assert (described["dtype"], described["sample_count"]) == ("float32", 10)


def test_sequences_of_unequal_length() -> None:
    described = profile([np.ones((length, 2)) for length in (4, 1, 4, 9)], [0, 1, 0, 1])
    assert described["data_type"] == "sequence_list"
    assert described["shape"] == [8, None, 2]
    assert described["is_sequence"] and not described["is_tabular"]
    assert described["sequence_lengths"] == [1, 4, 9]
    lengths = {key: described["metadata"][f"length_{key}"] for key in ("min", "median", "max")}
    assert lengths == {"min": 1, "median": 4, "max": 9}


def test_classes_and_their_counts_over_all_parts() -> None:
    described = profile(np.zeros((3, 1)), ["b", "a", "b"])
    assert (described["has_labels"], described["label_count"]) == (True, 2)
    metadata = described["metadata"]
    assert metadata["classes"] == ["a", "b"]
    assert metadata["class_counts"] == [2, 4]
    assert metadata["target_range"] is None
    assert metadata["parts"] == {"train": 3, "val": 3}
    assert metadata["digest"].startswith("sha256:")


def test_regression_has_a_range_and_no_classes() -> None:
    described = profile(np.zeros((3, 1)), [0.5, -1.0, 2.0])
    assert (described["has_labels"], described["label_count"]) == (True, None)
    assert described["metadata"]["target_range"] == [-1.0, 2.0]
    assert described["metadata"]["classes"] is None
    assert described["metadata"]["class_counts"] is None


def test_a_profile_stays_small_and_the_counts_stay_true() -> None:
    labels = [f"{place:04}" + "x" * 5000 for place in range(300)]
    described = profile([np.ones((length + 1, 1)) for length in range(300)], labels)
    assert described["label_count"] == 300
    assert len(described["metadata"]["classes"]) == len(described["metadata"]["class_counts"]) == 100
    assert described["sequence_lengths"] == list(range(1, 101))
    assert described["metadata"]["length_max"] == 300
    assert len(json.dumps(described)) < 15_000


def test_a_whole_data_set_names_its_source_and_features() -> None:
    described = profile_dataset(load_dataset("sklearn:iris"))
    metadata = described["metadata"]
    assert (metadata["source"], metadata["task"], metadata["parts"]) == (
        "sklearn:iris",
        "classification",
        {"all": 150},
    )
    assert metadata["features"][0] == "sepal length (cm)"
    assert metadata["class_counts"] == [50, 50, 50]
