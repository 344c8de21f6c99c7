"""Digests: a fixed recipe, equal for equal data in any file, different for any difference."""

import csv
import hashlib
import json
import tempfile
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from trainstore.profiling.data_digest import dataset_digest, part_digest
from trainstore.profiling.load_dataset import load_dataset
from trainstore.records.datasets import Part, PartName, Sequences

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
LABELS = st.one_of(
    st.just(st.integers(-(2**63), 2**63 - 1)), st.just(FLOATS), st.just(st.sampled_from(["yes", "no", "été"]))
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, list[Any]]:
    """X of shape (N, F), and y as integers, floats or text."""
    count, features = draw(st.integers(1, 6)), draw(st.integers(1, 3))
    X = draw(numpy_strategies.arrays(np.float32, (count, features), elements=FLOATS))
    return X, draw(st.lists(draw(LABELS), min_size=count, max_size=count))


@settings(max_examples=40, deadline=None)
@given(table=tables())
def test_the_same_data_has_the_same_digest_in_any_file(table: tuple[np.ndarray, list[Any]]) -> None:
    X, labels = table
    y = np.asarray(labels)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "plain.npz", X=X, y=y)
        np.savez_compressed(folder / "packed.npz", X=np.asfortranarray(X.astype(np.float64)), y=y)
        np.save(folder / "X.npy", X.astype(">f4"))
        np.save(folder / "y.npy", y)
        with (folder / "table.csv").open("w", newline="", encoding="utf-8") as stream:
            rows = ([*map(repr, row.tolist()), label] for row, label in zip(X, y.tolist(), strict=True))
            csv.writer(stream).writerows([[*(f"c{i}" for i in range(X.shape[1])), "y"], *rows])
        references = {"plain.npz": None, "packed.npz": None, "X.npy": None, "table.csv": "y"}
        loaded = [load_dataset(str(folder / path), target=target) for path, target in references.items()]
    assert len({dataset.digest for dataset in loaded}) == 1
    assert len({dataset.task for dataset in loaded}) == 1


def test_the_recipe_is_the_documented_one() -> None:
    X, y = np.array([[1.5, -2.0]], np.float32), np.array([0])
    expected = hashlib.sha256()
    for entry in (["trainstore data 1", "classification", ["a"]], ["part", "all"]):
        expected.update(json.dumps(entry).encode() + b"\n")
    expected.update(
        b'["array", "X", "<f4", [1, 2]]\n' + X.tobytes() + b'["array", "y", "<i8", [1]]\n' + bytes(8)
    )
    assert dataset_digest("classification", ("a",), {"all": Part(X, y)}) == f"sha256:{expected.hexdigest()}"


def test_the_digest_of_a_known_data_set_never_changes() -> None:
    assert load_dataset("sklearn:iris").digest == (
        "sha256:e720126a2ca45321fb086fef6d51db148f2c0c22fa078307c48372ae96bd0226"
    )


X = np.arange(12, dtype=np.float32)
Y = np.array([0, 1])
DIFFERENT: list[tuple[Any, Any, Mapping[PartName, Part]]] = [
    ("classification", (0, 1), {"all": Part(X.reshape(2, 6), Y)}),
    ("classification", (0, 1), {"all": Part(X.reshape(2, 2, 3), Y)}),
    ("classification", (0, 1), {"all": Part(X[::-1].reshape(2, 6), Y)}),
    ("classification", (0, 1), {"all": Part(X.reshape(2, 6), Y[::-1])}),
    ("classification", (0, 1), {"all": Part(Sequences(X.reshape(6, 2), np.array([0, 3, 6])), Y)}),
    ("classification", (0, 1), {"all": Part(Sequences(X.reshape(6, 2), np.array([0, 2, 6])), Y)}),
    ("classification", ("0", "1"), {"all": Part(X.reshape(2, 6), Y)}),
    ("classification", (False, True), {"all": Part(X.reshape(2, 6), Y)}),
    ("regression", None, {"all": Part(X.reshape(2, 6), Y.astype(np.float32))}),
    ("classification", (0, 1), {"train": Part(X.reshape(2, 6), Y), "val": Part(X.reshape(2, 6), Y)}),
    ("classification", (0, 1), {"train": Part(X.reshape(2, 6), Y), "test": Part(X.reshape(2, 6), Y)}),
]


def test_any_difference_shows() -> None:
    assert len({dataset_digest(*case) for case in DIFFERENT}) == len(DIFFERENT)


def test_the_order_in_which_parts_are_listed_does_not_matter() -> None:
    task, classes, parts = DIFFERENT[-1]
    assert dataset_digest(task, classes, dict(reversed(parts.items()))) == dataset_digest(
        task, classes, parts
    )


@pytest.mark.parametrize("order", ["C", "F"])
def test_nothing_as_large_as_the_data_is_made(order: Any) -> None:
    part = Part(np.ones((4000, 1000), np.float32, order=order), np.zeros(4000, np.int64))
    tracemalloc.start()
    digest = part_digest(part)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 2**20
    assert digest == part_digest(Part(np.ones((4000, 1000), np.float32), np.zeros(4000, np.int64)))
