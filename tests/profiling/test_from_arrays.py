"""Data sets from Python's own objects."""

from typing import Any

import numpy as np
import pytest
import torch

from trainstore.errors import InvalidData
from trainstore.profiling.data_profile import profile_dataset
from trainstore.profiling.from_arrays import from_arrays
from trainstore.records.datasets import Sequences

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 0, 1, 0, 1])
RAGGED = [[[1, 2]], [[3, 4], [5, 6]]]


def test_arrays_of_the_right_type_are_used_as_they_are() -> None:
    dataset = from_arrays(X, Y, X[:2], Y[:2])
    assert np.shares_memory(dataset.parts["train"].X, X)  # type: ignore[arg-type]
    assert (dataset.source, list(dataset.parts)) == ("arrays", ["train", "val"])


def test_nothing_is_altered_beyond_the_dtype() -> None:
    rng = np.random.default_rng(0)
    given = rng.normal(1000, 400, size=(6, 2))
    before = given.copy()
    dataset = from_arrays(given, Y * 5, given[::-1], Y, given[:3], Y[:3], source="mine")
    assert np.array_equal(given, before)
    assert np.array_equal(dataset.parts["train"].X, given.astype(np.float32))  # type: ignore[arg-type]
    assert np.array_equal(dataset.parts["val"].X, given[::-1].astype(np.float32))  # type: ignore[arg-type]
    assert dataset.classes == (0, 1, 5)
    assert (len(dataset.parts["test"]), dataset.source) == (3, "mine")


def test_inputs_come_out_in_c_order() -> None:
    parts = from_arrays(np.asfortranarray(X), Y, X[:, ::-1], Y).parts
    assert all(part.X.flags.c_contiguous for part in parts.values())  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "given",
    [
        X.tolist(),
        tuple(map(tuple, X.tolist())),
        [torch.tensor(row) for row in X],
        torch.tensor(X, requires_grad=True),
        torch.tensor(X).t().contiguous().t(),
        X.astype(np.int64),
    ],
)
def test_lists_and_tensors_are_the_same_data_as_arrays(given: Any) -> None:
    expected = from_arrays(X, Y, X, Y)
    for labels in (Y.tolist(), torch.tensor(Y), [torch.tensor(label) for label in Y]):
        assert from_arrays(given, labels, X, Y).digest == expected.digest


@pytest.mark.parametrize(
    ("given", "data_type"),
    [
        (X, "numpy_array"),
        (X.tolist(), "numpy_array"),
        (torch.tensor(X), "torch_tensor"),
        ([torch.ones(3, 2), torch.ones(1, 2)], "sequence_list"),
    ],
    ids=["array", "list", "tensor", "sequences"],
)
def test_the_profile_says_what_the_data_was_given_as(given: Any, data_type: str) -> None:
    y = list(range(len(given)))
    assert profile_dataset(from_arrays(given, y, given, y))["data_type"] == data_type


@pytest.mark.parametrize(
    "given",
    [
        RAGGED,
        [np.array(item) for item in RAGGED],
        [torch.tensor(item) for item in RAGGED],
        tuple(np.array(item, np.float64) for item in RAGGED),
    ],
)
def test_lists_of_unequal_length_are_sequences(given: Any) -> None:
    part = from_arrays(given, [0, 1], given, [0, 1]).parts["val"]
    assert isinstance(part.X, Sequences)
    assert part.X.values.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert part.X.offsets.tolist() == [0, 1, 3]


def test_a_list_of_arrays_is_sequences_and_a_nested_list_is_an_array() -> None:
    arrays = [np.ones((3, 2)), np.ones((3, 2))]
    assert isinstance(from_arrays(arrays, [0, 1], arrays, [0, 1]).parts["train"].X, Sequences)
    nested = np.ones((2, 3, 2)).tolist()
    assert isinstance(from_arrays(nested, [0, 1], nested, [0, 1]).parts["train"].X, np.ndarray)


def test_where_one_part_is_ragged_all_are() -> None:
    regular = np.arange(12.0).reshape(2, 3, 2)
    parts = from_arrays(RAGGED, [0, 1], regular, [0, 1]).parts
    assert isinstance(parts["val"].X, Sequences)
    assert parts["val"].X.offsets.tolist() == [0, 3, 6]
    assert parts["val"].X.values.tolist() == regular.reshape(6, 2).tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, Y, X, Y, X), "X_test was given without y_test"),
        ((X, Y, X, Y, None, Y), "y_test was given without X_test"),
        ((X, Y, X, Y[:2]), "X_val has 6 samples and y_val has 2"),
        ((X, Y, X.reshape(6, 2, 1), Y), "the parts differ in the shape of a sample: X_train (2,), X_val (2, 1)"),
        ((RAGGED, [0, 1], X, Y), "the parts differ in the shape of a sample: X_train (None, 2), X_val (2,)"),
        ((None, Y, X, Y), "X_train is of type NoneType, not an array, a tensor or a list"),
        (([], [], X, Y), "X_train is empty: its shape is (0,)"),
        ((["a", "b"], [0, 1], X, Y), "X_train has shape (2,), which is none that a function can take"),
        (([["a"], ["b"]], [0, 1], X, Y), "X_train holds text, not numbers"),
        (([[1, 2], [3]], [0, 1], X, Y), "X_train[0] has shape (2,) instead of (time steps, channels)"),
        (([[[1]], [[1, 2]]], [0, 1], X, Y), "X_train[1] has 2 channels and X_train[0] has 1"),
        (([[[1]], [[1, 2], [3]]], [0, 1], X, Y), "X_train[1] has rows of unequal length"),
        (([[[1]], []], [0, 1], X, Y), "X_train[1] is empty"),
        (([[[1]], [[2], [np.nan]]], [0, 1], X, Y), "X_train[1] has 1 value NaN or infinite, the first at [1, 0]"),
        ((np.ma.masked_less(X, 2), Y, X, Y), "X_train has masked values"),
        ((X, None, X, Y), "y_train is of type NoneType, not an array, a tensor or a list"),
        ((X, [0, None, 0, 0, 0, 0], X, Y), "y_train[1] is null, neither a number nor text"),
        ((X, [[0]] * 6, X, Y), "y_train[0] is of type list, neither a number nor text"),
        ((X, [1, True] * 3, X, Y), "y_train mixes integers and true/false: y_train[0] is 1, y_train[1] is True"),
        ((X, ["a", 1.5] * 3, X, Y), "y_train mixes floats and text: y_train[0] is 'a', y_train[1] is 1.5"),
        ((X, list(Y), X, []), "y_val is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InvalidData) as refusal:
        from_arrays(*arguments)
    assert refusal.value.message == message
    assert refusal.value.hint


@pytest.mark.parametrize("tensor", [torch.ones(6, 2, dtype=torch.bfloat16), torch.eye(6, 2).to_sparse()])
def test_tensors_that_numpy_cannot_hold_are_refused(tensor: torch.Tensor) -> None:
    with pytest.raises(InvalidData, match="X_train is a tensor that numpy cannot hold") as refusal:
        from_arrays(tensor, Y, X, Y)
    assert ".float()" in refusal.value.hint


def test_the_task_overrides_what_the_type_says() -> None:
    assert from_arrays(X, Y, X, Y, task="regression").classes is None
    assert from_arrays(X, Y.astype(float), X, Y, task="classification").classes == (0, 1)
