import json
import math
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trainstore.records.search_space import (
    Categorical,
    Dimension,
    Integer,
    Real,
    contains,
    count_values,
    decode_space,
)
from trainstore.search.point_space import PointSpace, identity
from trainstore.search.unit_interval import coordinate_of, position, value_at, value_in

finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | finite | st.text(max_size=5)
units = st.floats(0, 1)


@st.composite
def ranges(draw: st.DrawFn) -> Real | Integer:
    kind: Any = draw(st.sampled_from([Real, Integer]))
    log = draw(st.booleans())
    numbers = finite if kind is Real else st.integers(-(10**300), 10**300) | st.integers(-5, 5)
    if log:
        numbers = numbers.filter(lambda number: number > 0)
    low, default, high = sorted([draw(numbers), draw(numbers), draw(numbers)])
    dimension: Real | Integer = kind(default, low, high, "log-uniform" if log else "uniform")
    return dimension


categories = st.lists(scalars | st.lists(scalars, max_size=3), min_size=1, max_size=6).map(
    lambda values: Categorical(values[0], values)
)
dimensions: st.SearchStrategy[Dimension] = ranges() | categories
spaces = st.dictionaries(st.text(max_size=4), dimensions, max_size=4).map(PointSpace)
small = st.dictionaries(
    st.text(max_size=4), st.integers(0, 3).map(lambda n: Integer(0, 0, n)) | categories, max_size=3
).map(PointSpace)


@given(spaces, st.integers(0, 1000))
def test_what_is_drawn_lies_in_the_space_and_is_plain(space: PointSpace, seed: int) -> None:
    point = space.draw(Random(seed))
    assert json.loads(json.dumps(point)) == point
    assert list(point) == list(space.dimensions)
    for name, dimension in space.dimensions.items():
        assert contains(dimension, point[name])
        assert type(point[name]) in (bool, int, float, str, list, type(None))
        if not isinstance(dimension, Categorical):
            assert type(point[name]) is (float if isinstance(dimension, Real) else int)


@given(ranges(), units)
def test_a_value_has_a_coordinate_that_gives_it_back(dimension: Real | Integer, unit: float) -> None:
    if count_values(dimension) == 1:
        return
    value = value_at(dimension, unit)
    again = value_at(dimension, coordinate_of(dimension, value))
    span = dimension.high if dimension.prior == "uniform" else value
    assert math.isclose(again, value, rel_tol=1e-9, abs_tol=1e-9 * max(abs(span), abs(dimension.low)))


@given(ranges())
def test_both_ends_are_reached(dimension: Real | Integer) -> None:
    if count_values(dimension) == 1:
        return
    for unit, end in ((0.0, dimension.low), (1.0, dimension.high)):
        assert math.isclose(value_at(dimension, unit), end, rel_tol=1e-9)


@given(categories | st.integers(-9, 9).map(lambda n: Integer(n, n, n + 4)))
def test_places_and_values_are_one_to_one(dimension: Categorical | Integer) -> None:
    places = range(count_values(dimension) or 0)
    values = [value_in(dimension, place) for place in places]
    assert len({json.dumps(value) for value in values}) == len(places)
    assert [position(dimension, value) for value in values] == list(places)


def test_one_and_true_are_different_categories_and_equal_ones_are_the_same() -> None:
    dimension = Categorical(1, [1, 1.0, True, 1, [1], [1]])
    values = [value_in(dimension, place) for place in range(count_values(dimension) or 0)]
    assert [(type(value), value) for value in values] == [(int, 1), (float, 1.0), (bool, True), (list, [1])]


@given(small, st.integers(0, 1000))
def test_a_finite_space_is_drawn_to_its_last_point(space: PointSpace, seed: int) -> None:
    random, tried = Random(seed), {}
    while point := space.draw_other(random, tried):
        assert identity(point) not in tried
        tried[identity(point)] = point
    assert len(tried) == space.size or space.size == 1  # {} is the one point of no dimensions


def test_a_log_uniform_range_gives_each_decade_its_share() -> None:
    space = PointSpace(decode_space({
        "lr": {"type": "Real", "default": 0.1, "low": 1e-4, "high": 1.0, "prior": "log-uniform"},
        "n": {"type": "Integer", "default": 1, "low": 1, "high": 999, "prior": "log-uniform"},
    }))  # fmt: skip
    random = Random(0)
    points = [space.draw(random) for _ in range(2000)]
    assert 0.2 < sum(point["lr"] < 1e-3 for point in points) / 2000 < 0.3
    assert 0.3 < sum(point["n"] < 10 for point in points) / 2000 < 0.5


def test_each_whole_number_is_as_likely_as_the_others() -> None:
    space = PointSpace({"n": Integer(1, 1, 4)})
    random = Random(0)
    values = [space.draw(random)["n"] for _ in range(4000)]
    assert all(900 < values.count(n) < 1100 for n in (1, 2, 3, 4))
