import math
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from trainstore.records.search_space import Categorical, Dimension, Integer, Real
from trainstore.search.importance import importances
from trainstore.search.make_sampler import make_sampler
from trainstore.search.point_space import Point, PointSpace

SPACE: dict[str, Dimension] = {
    "noise": Real(0.1, 0.0, 0.5),
    "hidden": Integer(64, 16, 256),
    "lr": Real(1e-3, 1e-6, 0.1, "log-uniform"),
    "layers": Integer(2, 2, 2),
    "act": Categorical("relu", ["relu", "gelu", "tanh"]),
}


def objective(point: Point) -> float:
    """The learning rate matters most, then the activation, then the size; ``noise`` does not."""
    size = abs(point["hidden"] - 136) / 240
    return ((math.log10(point["lr"]) + 3) / 3) ** 2 * 4 + 1.0 * (point["act"] == "tanh") + size


def drawn(count: int, seed: int = 0, space: dict[str, Dimension] = SPACE) -> list[Point]:
    random = Random(seed)
    return [PointSpace(space).draw(random) for _ in range(count)]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_importance_is_recovered(seed: int) -> None:
    points = drawn(150, seed)
    found = importances(SPACE, points, [objective(point) for point in points])
    assert found is not None and list(found) == ["noise", "hidden", "lr", "act"]
    assert sorted(found, key=lambda name: -found[name]) == ["lr", "act", "hidden", "noise"]
    assert sum(found.values()) == pytest.approx(1)
    assert found["lr"] > 0.5 and found["noise"] < 0.05


def test_hyperparameters_that_matter_only_together_matter() -> None:
    space: dict[str, Dimension] = {name: Categorical(False, [False, True]) for name in "abc"}
    points = drawn(60, 0, space)
    found = importances(space, points, [float(point["a"] is point["b"]) for point in points])
    assert found is not None
    assert found["a"] == pytest.approx(found["b"], abs=0.1) and found["c"] < 0.1


def test_the_search_of_a_sampler_shows_it_too() -> None:
    sampler = make_sampler("rf", SPACE, seed=3)
    points, values = [], []
    for _ in range(20):
        point = sampler.ask()
        assert point is not None
        points.append(point)
        values.append(objective(point))
        sampler.tell(point, values[-1])
    found = importances(SPACE, points, values)
    assert found is not None and max(found, key=lambda name: found[name]) == "lr"


def test_it_is_the_same_each_time_and_plain() -> None:
    points = drawn(30)
    values = [objective(point) for point in points]
    found = importances(SPACE, points, values)
    assert found == importances(SPACE, points, values)
    assert found is not None and all(type(share) is float for share in found.values())


def test_failed_trials_and_points_of_another_space_are_left_out() -> None:
    points = drawn(40)
    values = [objective(point) for point in points]
    strange: list[dict[str, Any]] = [
        {},
        {**points[0], "act": "sine"},
        {**points[0], "lr": "x"},
        points[0],
        points[1],
    ]
    more: list[float | None] = [1.0, 2.0, 3.0, None, math.nan]
    assert importances(SPACE, [*strange, *points], [*more, *values]) == importances(SPACE, points, values)


def test_one_value_of_any_size_does_not_stand_for_all() -> None:
    points = drawn(60)
    values = [objective(point) for point in points]
    worst = values.index(max(values))
    found = importances(SPACE, points, values)
    assert importances(SPACE, points, [*values[:worst], 1e300, *values[worst + 1 :]]) == found


@pytest.mark.parametrize(
    ("count", "value"),
    [
        (14, objective),
        (0, objective),
        (40, lambda _: 0.5),
        (40, lambda point: Random(str(point["noise"])).random()),
    ],
    ids=["few", "none", "equal", "by chance"],
)
def test_where_nothing_can_be_said_nothing_is(count: int, value: Callable[[Point], float]) -> None:
    points = drawn(count)
    assert importances(SPACE, points, [value(point) for point in points]) is None


def test_a_space_without_choice_has_no_importances() -> None:
    assert (
        importances({"layers": Integer(2, 2, 2)}, [{"layers": 2}] * 20, list(map(float, range(20)))) is None
    )
