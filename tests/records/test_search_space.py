from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.errors import InvalidRecord
from trainstore.records.search_space import Categorical, Integer, Real, contains, decode_space

REAL = {"type": "Real", "default": 0.01, "low": 1e-6, "high": 0.1}
INTEGER = {"type": "Integer", "default": 128, "low": 32, "high": 512}
CATEGORICAL = {"type": "Categorical", "default": 32, "categories": [8, 16, 32]}
HUGE = 10**400  # no float holds it


def without(entry: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != key}


def test_the_three_kinds_are_read() -> None:
    space = decode_space(
        {"lr": {**REAL, "prior": "log-uniform"}, "hidden_size": INTEGER, "quantization_bits": CATEGORICAL}
    )
    assert space == {
        "lr": Real(0.01, 1e-6, 0.1, "log-uniform"),
        "hidden_size": Integer(128, 32, 512, "uniform"),
        "quantization_bits": Categorical(32, [8, 16, 32]),
    }


@pytest.mark.parametrize(
    "entry",
    [
        {**REAL, "default": 0, "low": 0, "high": 1},
        {**REAL, "unknown": "key"},
        {**REAL, "default": 1e-6, "high": 1e-6},
        {**CATEGORICAL, "default": "a", "categories": ["a", None, True, 1.5, [1, 2]]},
        {**CATEGORICAL, "default": [1, 2], "categories": [[1, 2], [3]]},
    ],
)
def test_what_the_wild_writes_is_taken(entry: dict[str, Any]) -> None:
    assert "name" in decode_space({"name": entry})


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({**REAL, "type": "Float"}, "unknown type 'Float'"),
        ({**REAL, "type": 5}, "type"),
        (without(REAL, "type"), "type"),
        (without(REAL, "default"), "default"),
        (without(REAL, "low"), "low"),
        (without(INTEGER, "high"), "high"),
        (without(CATEGORICAL, "categories"), "categories"),
        ({**CATEGORICAL, "categories": []}, "no categories"),
        ({**CATEGORICAL, "categories": "abc"}, "categories"),
        ({**CATEGORICAL, "default": 64}, "default 64 outside"),
        ({**CATEGORICAL, "default": 32.0}, "default 32.0 outside"),
        ({**CATEGORICAL, "default": "32"}, "default '32' outside"),
        ({**CATEGORICAL, "default": True, "categories": [1, 0]}, "default True outside"),
        ({**REAL, "default": 0.2}, "default 0.2 outside"),
        ({**REAL, "default": 1e-7}, "default 1e-07 outside"),
        ({**REAL, "default": "0.01"}, "default"),
        ({**REAL, "default": True}, "default"),
        ({**REAL, "low": None}, "low"),
        ({**REAL, "low": 1.0}, "low 1.0 above high 0.1"),
        ({**REAL, "high": float("inf")}, "inf"),
        ({**REAL, "low": float("nan")}, "nan"),
        ({**REAL, "prior": "normal"}, "unknown prior 'normal'"),
        ({**REAL, "prior": None}, "prior"),
        ({**REAL, "low": 0, "prior": "log-uniform"}, "log-uniform from 0"),
        ({**REAL, "low": -1, "prior": "log-uniform"}, "log-uniform from -1"),
        ({**INTEGER, "default": 32.5}, "default"),
        ({**INTEGER, "default": 32.0}, "default"),
        ({**INTEGER, "default": True, "low": 0}, "default"),
        ({**INTEGER, "low": 600}, "low 600 above high 512"),
        ({**INTEGER, "low": 0, "default": 1, "prior": "log-uniform"}, "log-uniform from 0"),
        ({**INTEGER, "high": HUGE}, "'name'"),
        ({**REAL, "high": HUGE}, "'name'"),
        ({**REAL, "default": HUGE}, "'name'"),
        ([], "'name'"),
        (None, "'name'"),
        (0.01, "'name'"),
        ("Real", "'name'"),
        ({**CATEGORICAL, "default": "x", "categories": ["y" * 100_000]}, "default 'x' outside"),
        ({**REAL, "type": "x" * 100_000}, "unknown type"),
        ({**REAL, "prior": "x" * 100_000}, "unknown prior"),
    ],
    ids=range(40),
)
def test_a_broken_entry_is_refused_by_its_name(entry: Any, reason: str) -> None:
    with pytest.raises(InvalidRecord) as raised:
        decode_space({"name": entry})
    assert "'name'" in raised.value.message
    assert reason in raised.value.message
    assert len(raised.value.message) < 1000
    assert raised.value.hint


@pytest.mark.parametrize(
    ("value", "inside"),
    [(32, True), (512, True), (31, False), (64.0, True), (64.5, False), (True, False), ("64", False),
     (None, False), (float("inf"), False), (float("nan"), False), (HUGE, False)],
)  # fmt: skip
def test_what_lies_in_a_whole_number_range(value: Any, inside: bool) -> None:
    assert contains(Integer(128, 32, 512), value) is inside


@pytest.mark.parametrize(
    ("value", "inside"),
    [(0, True), (1, True), (0.5, True), (1.1, False), (True, False), ("0.5", False), (None, False),
     (float("inf"), False), (float("nan"), False), (HUGE, False)],
)  # fmt: skip
def test_what_lies_in_a_real_range(value: Any, inside: bool) -> None:
    assert contains(Real(0.5, 0.0, 1.0), value) is inside


@pytest.mark.parametrize(
    ("value", "inside"),
    [(1, True), (1.0, False), (True, False), ("1", False), ("a", True), ([1, 2], True), ([1, 3], False), (None, False)],
)  # fmt: skip
def test_what_is_one_of_the_categories(value: Any, inside: bool) -> None:
    assert contains(Categorical(1, [1, "a", [1, 2]]), value) is inside


NUMBERS = st.integers() | st.floats() | st.just(HUGE)
ANYTHING = st.recursive(NUMBERS | st.none() | st.booleans() | st.text(), st.lists, max_leaves=4)


@given(
    st.dictionaries(
        st.sampled_from(["type", "default", "low", "high", "prior", "categories"]),
        st.sampled_from(["Real", "Integer", "Categorical", "uniform", "log-uniform"]) | ANYTHING,
    )
)
def test_any_entry_is_read_or_refused_and_a_default_lies_in_its_range(entry: dict[str, Any]) -> None:
    try:
        dimension = decode_space({"name": entry})["name"]
    except InvalidRecord:
        return
    assert contains(dimension, dimension.default)
