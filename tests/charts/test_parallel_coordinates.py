from itertools import pairwise
from typing import Any

from charts.reading import SVG, box, path_points, read, seen

from trainstore.charts.palette import STEPS
from trainstore.charts.parallel_coordinates import parallel_coordinates
from trainstore.records.search_space import Categorical, Dimension, Integer, Real

SPACE: dict[str, Dimension] = {
    "lr": Real(1e-3, 1e-4, 1.0, "log-uniform"),
    "act": Categorical("relu", ["relu", "gelu"]),
    "only": Categorical(3, [3]),
    "layers": Integer(2, 2, 2),
}


def point(lr: float, act: str) -> dict[str, Any]:
    return {"lr": lr, "act": act, "only": 3, "layers": 2}


def lines(svg: str) -> dict[str, tuple[str, list[tuple[float, float]]]]:
    """Return the role and the points of each trial's line, by its tooltip, in the order in which they are drawn."""
    found = {}
    for group in read(svg).findall(f"{SVG}g"):
        for path in group.findall(f"{SVG}path"):
            for tooltip in path:
                role = group.attrib["class"].removeprefix("chart-")
                found[tooltip.text or ""] = role, path_points(path.attrib["d"])
    return found


def test_only_what_was_searched_has_an_axis() -> None:
    root = read(parallel_coordinates(SPACE, [point(0.1, "relu")], [0.5], "maximize", metric="accuracy"))
    headings = root.findall(f"{SVG}g[@text-anchor='middle']/{SVG}text")
    assert [seen(text) for text in headings] == ["lr", "act", "accuracy"]


def test_a_log_uniform_axis_gives_each_decade_the_same_height() -> None:
    points = [point(lr, "relu") for lr in (1e-4, 1e-2, 1.0)]
    drawn = lines(parallel_coordinates(SPACE, points, [1.0, 2.0, 3.0], "maximize"))
    low, middle, high = (line[0][1] for _, line in drawn.values())
    assert low > middle > high and abs((low + high) / 2 - middle) < 0.11


def test_the_best_lies_on_top_and_failed_trials_lie_below_and_end_early() -> None:
    points = [point(0.1, "relu"), point(0.2, "gelu"), point(0.3, "relu"), point(0.4, "gelu")]
    drawn = lines(parallel_coordinates(SPACE, points, [0.3, 0.1, None, 0.2], "minimize"))
    assert list(drawn) == ["trial 3: failed", "trial 1: 0.3", "trial 4: 0.2", "trial 2: 0.1"]
    roles = [role for role, _ in drawn.values()]
    assert roles[0] == "failed" and roles[-1] == "best"
    assert STEPS.index(roles[1]) < STEPS.index(roles[2])
    assert [len(line) for _, line in drawn.values()] == [2, 3, 3, 3]


def test_categories_are_told_apart_by_their_type() -> None:
    space: dict[str, Dimension] = {"x": Categorical(1, [1, 1.0, True, "1", [1]])}
    points = [{"x": value} for value in (1, 1.0, True, "1", [1])]
    svg = parallel_coordinates(space, points, [0.1, 0.2, 0.3, 0.4, 0.5], "maximize")
    assert len({round(line[0][1] / 20) for _, line in lines(svg).values()}) == 5
    assert {'"1"', "1", "1.0", "true", "[1]"} <= {seen(text) for text in read(svg).iter(f"{SVG}text")}


def test_trials_outside_of_the_space_are_counted_not_drawn() -> None:
    points = [point(0.1, "relu"), point(7.0, "relu"), point(0.1, "tanh"), {}]
    svg = parallel_coordinates(SPACE, points, [0.1, 0.2, 0.3, None], "maximize")
    assert list(lines(svg)) == ["trial 1: 0.1"]
    assert "3 outside of the space" in svg


def test_many_dimensions_make_the_chart_wider_and_keep_it_small() -> None:
    space: dict[str, Dimension] = {f"dimension_{place}": Real(0.0, 0.0, 1.0) for place in range(30)}
    points = [{name: (trial * 7 % 200) / 200 for name in space} for trial in range(200)]
    svg = parallel_coordinates(space, points, [float(trial) for trial in range(200)], "minimize")
    assert box(read(svg))[0] > 30 * 110
    assert len(svg) < 200_000


def test_a_hundred_categories_have_labels_that_do_not_touch() -> None:
    space: dict[str, Dimension] = {"x": Categorical(0, list(range(100)))}
    root = read(parallel_coordinates(space, [{"x": 5}], [1.0], "maximize"))
    labels = root.findall(f"{SVG}g[@class='chart-ink chart-halo']")[0]
    heights = [float(label.attrib["y"]) for label in labels]
    assert len(heights) >= 10
    assert min(abs(one - other) for one, other in pairwise(heights)) > 12
