"""Slices of real data, and data that stands in for it."""

import time
from typing import Any

import numpy as np
import pytest

from trainstore.errors import InvalidData
from trainstore.profiling.slice_split import _ranks, slice_split
from trainstore.profiling.stand_in_data import stand_in_split
from trainstore.records.datasets import Part, Sequences, Split


def part(count: int, classes: int, first_of_last: int) -> Part:
    """Make a part in which the last class is rare and comes late."""
    y = np.arange(count, dtype=np.int64) % (classes - 1)
    y[first_of_last:] = classes - 1
    return Part(np.arange(count, dtype=np.float32)[:, None], y)


def test_a_slice_is_small_and_has_every_class_about_as_often() -> None:
    split = Split({"train": part(5000, 4, 4990), "val": part(900, 4, 890), "test": part(9, 4, 8)})
    sliced = slice_split(split, 4)
    assert set(sliced.parts) == {"train", "val"}
    assert (len(sliced.parts["train"]), len(sliced.parts["val"])) == (256, 64)
    counts = np.bincount(sliced.parts["train"].y)
    assert counts[3] == 10 and counts[:3].min() >= 82
    X = sliced.parts["train"].X
    assert isinstance(X, np.ndarray) and np.all(np.diff(X[:, 0]) > 0)


def test_many_classes_make_a_larger_slice() -> None:
    y = np.arange(3000, dtype=np.int64) % 1000
    whole = Part(np.zeros((3000, 1), dtype=np.float32), y)
    sliced = slice_split(Split({"train": whole, "val": whole}), 1000)
    assert set(np.bincount(sliced.parts["val"].y)) == {2}


def test_values_and_small_parts_are_taken_as_they_come() -> None:
    values = Part(np.zeros((300, 2), dtype=np.float32), np.arange(300, dtype=np.float32))
    few = Part(np.zeros((3, 2), dtype=np.float32), np.arange(3, dtype=np.float32))
    sliced = slice_split(Split({"train": values, "val": few}), None)
    assert (len(sliced.parts["train"]), len(sliced.parts["val"])) == (256, 3)


def test_sequences_are_sliced_with_their_steps() -> None:
    lengths = np.arange(1, 401)
    offsets = np.concatenate(([0], np.cumsum(lengths)))
    values = np.repeat(np.arange(400, dtype=np.float32), lengths)[:, None]
    whole = Part(Sequences(values, offsets), np.arange(400, dtype=np.int64) % 2)
    X = slice_split(Split({"train": whole, "val": whole}), 2).parts["val"].X
    assert isinstance(X, Sequences) and len(X) == 64
    assert X.values[X.offsets[9], 0] == 9 and X.offsets[10] - X.offsets[9] == 10


@pytest.mark.parametrize(
    ("profile", "shape"),
    [
        ({"shape": [None, 7], "label_count": 3}, (7,)),
        ({"shape": [100, 1, 8, 8], "label_count": 10}, (1, 8, 8)),
        ({"shape": [100, 20, 3], "label_count": None}, (20, 3)),
    ],
)
def test_data_is_made_up_in_a_profiles_form(profile: dict[str, Any], shape: tuple[int, ...]) -> None:
    split = stand_in_split(profile)
    for name in ("train", "val"):
        X, y = split.parts[name].X, split.parts[name].y  # type: ignore[index]
        assert isinstance(X, np.ndarray) and X.shape[1:] == shape and X.dtype == np.float32
        if profile["label_count"]:
            assert y.dtype == np.int64 and set(y) == set(range(profile["label_count"]))
        else:
            assert y.dtype == np.float32 and len(set(y)) == len(y)


def test_sequences_of_unequal_length_are_made_up_too() -> None:
    X = (
        stand_in_split({"data_type": "sequence_list", "shape": [9, None, 3], "label_count": 2})
        .parts["train"]
        .X
    )
    assert isinstance(X, Sequences) and X.values.shape == (X.offsets[-1], 3)
    assert len(set(np.diff(X.offsets))) > 1


@pytest.mark.parametrize("shape", [None, [], [9], "9x4", [9, 0], [9, "4"], [9, 10**9], [9, 10**5, 10**5]])
def test_what_cannot_be_made_up_is_refused(shape: Any) -> None:
    with pytest.raises(InvalidData):
        stand_in_split({"shape": shape, "label_count": 2})


def test_as_many_classes_as_samples_take_no_longer_than_sorting_them() -> None:
    count = 200_000
    y = np.random.default_rng(0).permutation(count)
    started = time.process_time()
    ranks = _ranks(y, count)
    assert time.process_time() - started < 5  # one pass for each class takes minutes
    assert not ranks.any()


def test_ranks_count_the_members_of_each_class() -> None:
    assert _ranks(np.array([2, 0, 2, 2, 0, 5]), 6).tolist() == [0, 0, 1, 2, 1, 0]
