from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.diff.search_space import compare_spaces

MIRRORED = {
    "widened": "narrowed",
    "narrowed": "widened",
    "categories added": "categories removed",
    "categories removed": "categories added",
}


def real(default: float = 0.1, low: float = 0.01, high: float = 1.0, **fields: Any) -> dict[str, Any]:
    return {"default": default, "type": "Real", "low": low, "high": high, **fields}


def one_of(*categories: Any, default: Any = None) -> dict[str, Any]:
    return {
        "default": categories[0] if default is None else default,
        "type": "Categorical",
        "categories": list(categories),
    }


@pytest.mark.parametrize(
    ("old", "new", "how"),
    [
        (real(), real(high=10.0), ("widened",)),
        (real(), real(low=0.001, high=10.0), ("widened",)),
        (real(), real(low=0.05), ("narrowed",)),
        (real(), real(low=0.05, high=2.0), ("shifted",)),
        (real(), real(default=0.2), ("default moved",)),
        (real(), real(prior="log-uniform"), ("prior changed",)),
        (real(), real(prior="log-uniform", default=0.2, low=0.001), ("widened", "prior changed", "default moved")),
        (real(1, 1, 9), {**real(1, 1, 9), "type": "Integer"}, ("retyped",)),
        (one_of(8, 16), one_of(8, 16, 32), ("categories added",)),
        (one_of(8, 16, 32), one_of(8, 16), ("categories removed",)),
        (one_of("a", "b"), one_of("c", "b", default="b"), ("categories added", "categories removed", "default moved")),
        (one_of(8, 16), one_of(16, 8, default=8), ("categories reordered",)),
        (one_of(1, 2), one_of(True, 2, default=1), ("categories added", "categories removed")),
        (one_of(1, 2), one_of(1.0, 2, default=1), ("categories added", "categories removed")),
        (real(), {**real(), "note": "x"}, ("changed",)),
        (real(), 3, ("changed",)),
        ({**real(), "low": "0"}, {**real(), "low": "1"}, ("changed",)),
    ],
)  # fmt: skip
def test_what_became_of_a_dimension_is_named(old: Any, new: Any, how: tuple[str, ...]) -> None:
    (change,) = compare_spaces({"x": old}, {"x": new}).changed.values()
    assert change.how == how
    assert (change.old, change.new) == (old, new)


@pytest.mark.parametrize(
    "new",
    [real(), real(prior="uniform"), {**real(), "low": 0.010, "high": 1}],
    ids=["equal", "the usual prior", "a whole number"],
)
def test_what_means_the_same_is_the_same(new: Any) -> None:
    assert not compare_spaces({"x": real()}, {"x": new})


def test_dimensions_that_came_and_went_keep_their_entries() -> None:
    found = compare_spaces({"a": real(), "b": real()}, {"b": real(), "c": one_of(1)})
    assert (found.added, found.removed, found.changed) == ({"c": one_of(1)}, {"a": real()}, {})


def test_categories_that_came_and_went_are_listed() -> None:
    change = compare_spaces({"x": one_of(8, 16)}, {"x": one_of(16, 32, default=16)}).changed["x"]
    assert (change.added, change.removed) == ((32,), (8,))


numbers = st.integers(-5, 5) | st.floats(width=16)
values = numbers | st.booleans() | st.text(max_size=2) | st.none()
entries = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["Real", "Integer", "Categorical", 3]),
        "default": values,
        "low": values,
        "high": values,
        "prior": st.sampled_from(["uniform", "log-uniform", None]),
        "categories": st.lists(values, max_size=4) | st.none(),
        "other": values,
    },
)
spaces = st.dictionaries(st.sampled_from("abc"), entries | values, max_size=3)


@given(spaces)
def test_a_space_equals_itself(space: dict[str, Any]) -> None:
    assert not compare_spaces(space, space)


@given(spaces, spaces)
def test_the_other_way_round_everything_is_turned(old: dict[str, Any], new: dict[str, Any]) -> None:
    there, back = compare_spaces(old, new), compare_spaces(new, old)
    assert set(there.added) == set(back.removed) and set(there.removed) == set(back.added)
    assert set(there.changed) == set(back.changed)
    for name, change in there.changed.items():
        assert {MIRRORED.get(how, how) for how in change.how} == set(back.changed[name].how)
        assert change.how
