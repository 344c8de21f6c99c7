"""One contract for all samplers."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.records.search_space import Categorical, Dimension, Integer, Real
from trainstore.search.make_sampler import SurrogateName, make_sampler
from trainstore.search.point_space import Point, identity
from trainstore.search.sampler import Sampler

Make = Callable[..., Sampler]

SPACE: dict[str, Dimension] = {
    "lr": Real(1e-3, 1e-5, 1e-1, "log-uniform"),
    "hidden": Integer(64, 16, 256),
    "layers": Integer(2, 2, 2),
    "norm": Categorical(True, [True, False]),
    "act": Categorical("relu", ["relu", "gelu", "tanh"]),
    "kernels": Categorical([3, 3], [[3, 3], [5, 3]]),
    "only": Categorical(None, [None]),
}
SMALL: dict[str, Dimension] = {"a": Categorical(2, [1, 2, 3]), "b": Categorical("x", ["x", "y", "x"])}


@pytest.fixture(params=["random", "rf", "gp", "et"])
def make(request: pytest.FixtureRequest) -> Make:
    name: SurrogateName = request.param

    def make_one(space: dict[str, Dimension] = SPACE, seed: int = 0, initial: int = 4) -> Sampler:
        return make_sampler(name, space, seed=seed, initial=initial)

    return make_one


def value(point: Point) -> float:
    return (math.log10(point["lr"]) + 2) ** 2 + abs(point["hidden"] - 200) / 100 + (point["act"] != "gelu")


def search(sampler: Sampler, trials: int, objective: Callable[[Point], float | None] = value) -> list[Point]:
    points = []
    for _ in range(trials):
        point = sampler.ask()
        if point is None:
            break
        points.append(point)
        sampler.tell(point, objective(point))
    return points


def test_the_default_comes_first(make: Make) -> None:
    assert make().ask() == {name: dimension.default for name, dimension in SPACE.items()}


def test_values_are_plain_python_in_the_declared_space(make: Make) -> None:
    points = search(make(), 7)
    assert json.loads(json.dumps(points)) == points
    types = {"lr": float, "hidden": int, "layers": int, "norm": bool, "act": str, "kernels": list}
    for point in points:
        assert {name: type(point[name]) for name in types} == types
        assert point["norm"] is True or point["norm"] is False
        assert point["layers"] == 2 and point["only"] is None
        assert 1e-5 <= point["lr"] <= 1e-1 and 16 <= point["hidden"] <= 256
        assert point["kernels"] in ([3, 3], [5, 3])
    assert {point["norm"] for point in points} == {True, False}


def test_no_point_comes_twice_and_an_exhausted_space_ends(make: Make) -> None:
    sampler = make(SMALL, initial=2)
    points = search(sampler, 20, lambda point: float(point["a"]))
    assert len({identity(point) for point in points}) == len(points) == 6
    assert sampler.ask() is None
    assert sampler.ask() is None


def test_points_that_are_still_at_work_are_not_asked_again(make: Make) -> None:
    sampler = make(SMALL, initial=1)
    points = search(sampler, 2, lambda point: float(point["a"]))
    points += [point for point in iter(sampler.ask, None) if point is not None]
    assert len({identity(point) for point in points}) == len(points) == 6


@pytest.mark.parametrize("space", [{}, {"a": Integer(3, 3, 3)}, {"b": Categorical(False, [False])}])
def test_a_space_without_choice_is_one_point(make: Make, space: dict[str, Any]) -> None:
    assert len(search(make(space), 3, lambda _: 0.0)) == 1


def test_the_same_seed_gives_the_same_points_and_another_gives_others(make: Make) -> None:
    points = search(make(seed=7), 6)
    assert search(make(seed=7), 6) == points
    assert search(make(seed=8), 2)[1] != points[1]


@pytest.mark.parametrize("killed_after", [2, 5])
def test_a_history_that_is_told_again_leads_on_to_the_same_points(make: Make, killed_after: int) -> None:
    points = search(make(), 6)
    resumed = make()
    for point in json.loads(json.dumps(points[:killed_after])):
        resumed.tell(point, value(point))
    assert search(resumed, 6 - killed_after) == points[killed_after:]


@pytest.mark.parametrize("bad", [None, math.nan, math.inf, -math.inf])
def test_failed_trials_count_and_do_not_end_the_search(make: Make, bad: float | None) -> None:
    points = search(make(), 6, lambda point: bad if point["hidden"] % 2 else value(point))
    assert len({identity(point) for point in points}) == 6


def test_trials_that_all_fail_do_not_end_the_search(make: Make) -> None:
    assert len(search(make(), 6, lambda _: None)) == 6


def test_values_of_any_size_do_not_end_the_search(make: Make) -> None:
    assert len(search(make(), 6, lambda point: 1e308 if point["hidden"] % 2 else -1e308)) == 6


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_the_values_does_not_change_the_search(make: Make, unit: float) -> None:
    assert search(make(), 6, lambda point: unit * value(point)) == search(make(), 6)


def test_equal_values_do_not_end_the_search(make: Make) -> None:
    assert len(search(make(), 6, lambda _: 0.5)) == 6


def test_only_categories_and_many_of_them(make: Make) -> None:
    space: dict[str, Dimension] = {"n": Categorical(5, list(range(200))), "b": Categorical(1, [1, 1.0, True])}
    assert len(search(make(space), 6, lambda point: abs(point["n"] - 50.0))) == 6


@pytest.mark.parametrize("name", ["rf", "gp", "et"])
def test_a_surrogate_learns_and_failed_trials_do_not_mislead_it(name: SurrogateName) -> None:
    """Its proposals come twice as near to the best point as points by chance, and few where each trial fails."""
    space: dict[str, Dimension] = {"x": Real(0.9, 0.0, 1.0)}

    def objective(point: Point) -> float | None:
        return None if point["x"] < 0.5 else (point["x"] - 0.7) ** 2

    proposed = [
        point["x"]
        for seed in (1, 2)
        for point in search(make_sampler(name, space, seed=seed, initial=8), 14, objective)[8:]
    ]
    by_chance = 0.29  # the mean distance from 0.7 in [0, 1]
    assert sum(abs(x - 0.7) for x in proposed) / len(proposed) < by_chance / 2
    assert sum(x < 0.5 for x in proposed) <= len(proposed) / 4


def test_skopt_is_loaded_for_its_surrogates_only() -> None:
    code = """
import sys
from trainstore.search.make_sampler import make_sampler
make_sampler("random", {}, seed=0).ask()
make_sampler("rf", {}, seed=0).ask()
print(sorted({"numpy", "skopt", "sklearn"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
