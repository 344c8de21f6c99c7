"""Targets: what makes classes and what makes values, and that encoding loses nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.errors import InvalidData
from trainstore.profiling.targets import encode_targets

COLUMNS = st.one_of(
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1),
    st.lists(st.booleans(), min_size=1),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), min_size=1),
)


@given(train=COLUMNS, share=st.floats(0, 1))
def test_classes_are_sorted_and_encoding_round_trips_over_all_parts(
    train: list[int] | list[bool] | list[str], share: float
) -> None:
    val = train[int(share * (len(train) - 1)) :]
    targets = encode_targets({"train": train, "val": val})
    assert targets.classes is not None
    assert list(targets.classes) == sorted(set(train))  # type: ignore[type-var]
    for part, labels in (("train", train), ("val", val)):
        decoded = [targets.classes[index] for index in targets.parts[part]]  # type: ignore[index]
        assert decoded == labels
        assert list(map(type, decoded)) == list(map(type, labels))


@pytest.mark.parametrize(
    ("y", "classes", "indices"),
    [
        (np.array([10, 9, 100], np.uint8), (9, 10, 100), [1, 0, 2]),
        (np.array([2**40, 5], np.uint64), (5, 2**40), [1, 0]),
        (np.array([True, False]), (False, True), [1, 0]),
        (np.array(["b", "a", "B"]), ("B", "a", "b"), [2, 1, 0]),
        (np.array(["b", "a"], dtype=object), ("a", "b"), [1, 0]),
        ([np.int16(4), 2], (2, 4), [1, 0]),
        (("10", "9"), ("10", "9"), [0, 1]),
        (["a\0", "a"], ("a", "a\0"), [1, 0]),
        ([7, 7], (7,), [0, 0]),
    ],
)
def test_integers_booleans_and_text_are_classes(
    y: object, classes: tuple[object, ...], indices: list[int]
) -> None:
    targets = encode_targets({"all": y})
    assert targets.task == "classification"
    assert targets.classes == classes
    assert [type(label) for label in targets.classes] == [type(label) for label in classes]
    assert targets.parts["all"].tolist() == indices
    assert targets.parts["all"].dtype == np.int64


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (np.array([1.0, 2.0]), None),
        (np.array([1, 2], np.float16), None),
        ([1, 2.0], None),
        ([1, 2], "regression"),
    ],
)
def test_floats_are_values_even_if_integral(y: object, task: None) -> None:
    targets = encode_targets({"all": y}, task)
    assert (targets.task, targets.classes) == ("regression", None)
    assert targets.parts["all"].tolist() == [1, 2]
    assert targets.parts["all"].dtype == np.float32


def test_whole_floats_are_classes_when_the_task_says_so() -> None:
    targets = encode_targets({"train": [2.0, -1.0], "val": [3]}, "classification")
    assert targets.classes == (-1, 2, 3)


def test_one_float_in_any_part_makes_all_parts_values() -> None:
    targets = encode_targets({"train": [1, 2], "val": [1.5]})
    assert targets.task == "regression"
    assert targets.parts["train"].dtype == np.float32


@pytest.mark.parametrize("far", [1e300, 2.0**63, np.inf])
def test_floats_beyond_64_bits_are_no_classes(far: float) -> None:
    with pytest.raises(InvalidData, match="whole numbers"):
        encode_targets({"all": [1.0, far]}, "classification")


def test_a_class_that_train_lacks_is_encoded_all_the_same() -> None:
    targets = encode_targets({"train": ["a", "c"], "val": ["b"]})
    assert targets.classes == ("a", "b", "c")
    assert targets.parts["train"].tolist() == [0, 2]
