import math

import pytest

from trainstore.errors import UsageError
from trainstore.records.search_space import Categorical, Dimension, Integer, Real
from trainstore.search.narrow import narrow, read_range
from trainstore.search.point_space import PointSpace

SPACE: dict[str, Dimension] = {
    "lr": Real(0.01, 1e-6, 0.1, "log-uniform"),
    "hidden": Integer(128, 32, 512),
    "act": Categorical("relu", ["relu", "gelu"]),
}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("lr=1e-4..1e-2", ("lr", 1e-4, 1e-2)),
        ("hidden=1..8", ("hidden", 1, 8)),
        ("x=-2.5..-1.", ("x", -2.5, -1.0)),
        ("x=1...5", ("x", 1, 0.5)),
    ],
)
def test_a_range_is_read(text: str, read: tuple[str, float, float]) -> None:
    assert read_range(text) == read


@pytest.mark.parametrize("text", ["lr", "lr=1", "lr=..", "lr=1..", "=1..2", "lr=a..b", "lr=1..2..3", ""])
def test_what_is_no_range_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="is not NAME=LOW"):
        read_range(text)


def test_a_range_replaces_the_declared_one_and_keeps_its_prior() -> None:
    narrowed = narrow(SPACE, {}, {"lr": (1e-4, 1e-3), "hidden": (8, 16)})
    assert narrowed["lr"] == Real(1e-3, 1e-4, 1e-3, "log-uniform")
    assert narrowed["hidden"] == Integer(16, 8, 16)
    assert narrowed["act"] == SPACE["act"]


def test_what_is_fixed_is_a_constant() -> None:
    space = PointSpace(narrow(SPACE, {"lr": 0.5, "act": "tanh", "epochs": 5}, {"hidden": (7, 7)}))
    assert space.size == 1
    assert space.default == {"lr": 0.5, "hidden": 7, "act": "tanh", "epochs": 5}


@pytest.mark.parametrize(
    ("name", "low", "high", "message"),
    [
        ("act", 0, 1, "has no range"),
        ("epochs", 0, 1, "declares no 'epochs'"),
        ("lr", 0.1, 0.01, "empty"),
        ("lr", 0.0, 0.1, "log-uniform"),
        ("hidden", 0.5, 3, "whole numbers"),
        ("hidden", 0, math.inf, "endless"),
        ("hidden", 0, 10**400, "endless"),
        ("lr", math.nan, 1, "endless"),
    ],
)
def test_a_range_that_does_not_suit_is_told(name: str, low: float, high: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        narrow(SPACE, {}, {name: (low, high)})


def test_a_value_and_a_range_for_one_name_are_told() -> None:
    with pytest.raises(UsageError, match="a value and a range"):
        narrow(SPACE, {"lr": 0.1}, {"lr": (0.1, 0.2)})


def test_a_category_that_json_has_no_form_for_is_told_unless_the_name_is_fixed() -> None:
    space: dict[str, Dimension] = {"x": Categorical(1.0, [1.0, math.nan])}
    with pytest.raises(UsageError, match="cannot be recorded"):
        narrow(space, {}, {})
    assert narrow(space, {"x": 1.0}, {})
