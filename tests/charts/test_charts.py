"""What holds for every chart, whatever it is given."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from charts.reading import SVG, box, extent, path_points, read, seen
from hypothesis import given
from hypothesis import strategies as st

from trainstore.charts.convergence import convergence
from trainstore.charts.curves import curves
from trainstore.charts.importance import importance
from trainstore.charts.palette import LINES, PAINTS, PAPER
from trainstore.charts.parallel_coordinates import parallel_coordinates
from trainstore.charts.sparkline import sparkline
from trainstore.records.search_space import Categorical, Dimension, Integer, Real

HOSTILE = "</title><script>alert(1)</script>\x00\ud800\u202e]]>&lt;\"' onload='x' " + "長い名前" * 30
ALLOWED = {"svg", "title", "desc", "style", "g", "rect", "circle", "path", "text"}

names = st.text(max_size=40) | st.just(HOSTILE)
values = st.lists(st.none() | st.floats() | st.integers() | st.floats(0, 1), max_size=40)
directions: Any = st.sampled_from(["minimize", "maximize"])

Draw = Callable[..., str]


def check(svg: str) -> None:
    """A chart parses, holds nothing that acts or loads, and stays on its paper."""
    root = read(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ALLOWED
    assert root[0].tag == f"{SVG}title" and root[1].tag == f"{SVG}desc"
    for element in root.iter():
        assert not any(name.startswith("on") or "href" in name for name in element.attrib)
        assert not any("url(" in value or "http" in value for value in element.attrib.values())
    assert not re.search(r"@import|url\(|http", root.find(f"{SVG}style").text)  # type: ignore[union-attr, arg-type]
    width, height = box(root)
    for x, y in extent(root):
        assert -0.1 <= x <= width + 0.1 and -0.1 <= y <= height + 0.1, (x, y)
    for character in "".join(root.itertext()):
        assert character == "\n" or unicodedata.category(character) not in ("Cc", "Cs"), character


@given(values, directions, names, names, st.integers(-1, 50))
def test_convergence_of_any_study(
    values: Sequence[float | None], direction: Any, metric: str, title: str, initial: int
) -> None:
    check(convergence(values, direction, metric=metric, title=title, initial=initial))


@given(st.dictionaries(names, values, max_size=20), names)
def test_curves_of_any_training(series: Mapping[str, Sequence[float | None]], title: str) -> None:
    check(curves(series, along=title, title=title))


@given(values, names)
def test_sparkline_of_any_values(values: Sequence[float | None], title: str) -> None:
    check(sparkline(values, title=title))


@given(st.dictionaries(names, st.floats() | st.floats(0, 1), max_size=60))
def test_importance_of_any_shares(shares: Mapping[str, float]) -> None:
    check(importance(shares))


@st.composite
def studies(draw: st.DrawFn) -> tuple[dict[str, Dimension], list[dict[str, Any]]]:
    """Return a space of any dimensions, and points of which a few lie outside."""
    space: dict[str, Dimension] = {}
    inside: dict[str, st.SearchStrategy[Any]] = {}
    for name in draw(st.lists(names, max_size=5, unique=True)):
        kind = draw(st.sampled_from(["Real", "Integer", "Categorical"]))
        log = draw(st.booleans())
        prior, least = ("log-uniform", 5e-324) if log else ("uniform", None)
        if kind == "Real":
            floats = st.floats(least, allow_nan=False, allow_infinity=False)
            low, high = sorted([draw(floats), draw(floats)])
            space[name], inside[name] = Real(low, low, high, prior), st.floats(low, high)
        elif kind == "Integer":
            ints = st.integers(int(log), 10**300) | st.integers(int(log), 20)
            first, last = sorted([draw(ints), draw(ints)])
            space[name], inside[name] = Integer(first, first, last, prior), st.integers(first, last)
        else:
            scalars = (
                st.booleans() | st.none() | st.integers(-1, 1) | names | st.lists(st.integers(), max_size=2)
            )
            each = draw(st.lists(scalars, min_size=1, max_size=30))
            space[name], inside[name] = Categorical(each[0], each), st.sampled_from(each)
    outside = st.dictionaries(names, st.integers() | names, max_size=2)
    points: Any = st.lists(st.fixed_dictionaries(inside) | outside, max_size=20)
    return space, draw(points)


@given(studies(), st.data(), directions, names)
def test_parallel_coordinates_of_any_study(
    study: tuple[dict[str, Dimension], list[dict[str, Any]]], data: st.DataObject, direction: Any, metric: str
) -> None:
    space, points = study
    some = data.draw(st.lists(st.none() | st.floats(), min_size=len(points), max_size=len(points)))
    check(parallel_coordinates(space, points, some, direction, metric=metric))


@given(values.filter(bool), directions)
def test_the_line_of_the_best_never_gets_worse(values: Sequence[float | None], direction: Any) -> None:
    root = read(convergence(values, direction))
    for line in root.findall(f"{SVG}path[@class='chart-best']")[:-1]:  # the last is the key's
        heights = [y for _, y in path_points(line.attrib["d"])]
        assert heights == sorted(heights, reverse=direction == "maximize")


def test_a_study_has_a_mark_for_each_trial() -> None:
    root = read(convergence([0.5, None, 0.7, float("nan"), 0.6], "maximize", metric="accuracy"))
    tooltips = [element.text for element in root.iter(f"{SVG}title")][1:]
    assert tooltips == ["trial 1: 0.5", "trial 3: 0.7", "trial 5: 0.6", "trial 2: failed", "trial 4: failed"]
    assert root[1].text == "5 trials, of which 2 failed. The best accuracy is 0.7, of trial 3."


def test_a_chart_is_small_and_the_same_each_time() -> None:
    def draw() -> str:
        return convergence([0.1 * (place % 7) for place in range(200)], "minimize", initial=10)

    assert draw() == draw()
    assert len(draw()) < 40_000
    assert len(curves({"loss": [0.1 * (place % 7) for place in range(100_000)]})) < 40_000


def test_a_long_line_keeps_its_extremes() -> None:
    losses: list[float | None] = [0.5] * 50_000
    losses[31_234], losses[7] = 9.0, 0.1
    line = read(curves({"loss": losses})).find(f"{SVG}g[@class='chart-{LINES[0]}']/{SVG}path")
    assert line is not None
    heights = {y for _, y in path_points(line.attrib["d"])}
    assert len(heights) == 3


def test_a_long_name_is_cut_and_told_in_whole() -> None:
    name = "a_name_that_is_far_too_long_for_its_place_" * 3
    texts = list(read(importance({name: 1.0})).iter(f"{SVG}text"))
    cut = next(text for text in texts if seen(text).endswith("…"))
    assert name.startswith(seen(cut).removesuffix("…"))
    assert cut[0].text == name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out_from_the_paper(theme: str) -> None:
    """WCAG 2.1: a contrast of 4.5 for text and 3 for what carries meaning."""
    paper = getattr(PAINTS[PAPER], theme)
    for role in ("ink", "muted", "dot", "bar", "best", "failed", *LINES):
        least = 4.5 if role in ("ink", "muted") else 3
        assert contrast(getattr(PAINTS[role], theme), paper) >= least, role


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours. Source: WCAG 2.1, relative luminance."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)
