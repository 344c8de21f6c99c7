"""All trials of a study at once: a line for each, through an axis for each hyperparameter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.etree.ElementTree import Element

from trainstore.charts.axes import Frame, draw_key_name, draw_title, draw_words
from trainstore.charts.dimension_axes import CellAxis, RangeAxis, dimension_axes
from trainstore.charts.drawing import SMALL, Drawing, path, shown
from trainstore.charts.labels import told
from trainstore.charts.palette import AXIS, BEST, FAILED, INK, MUTED, STEPS
from trainstore.charts.scales import Scale, scale_around, tick_label
from trainstore.charts.values import finite, place_of_best
from trainstore.records.search_space import Dimension, Scalar
from trainstore.records.study import Direction

_WIDTH, _HEIGHT = 720, 440
_LEFT, _RIGHT = 74, 84
_LEAST_DISTANCE = 132  # between two axes
_LABEL_HEIGHT = 14


@dataclass(frozen=True)
class _Line:
    number: int
    value: float | None
    rank: float  # from 0, the worst, to 1; -1 where there is no value
    points: list[tuple[float, float]]


def parallel_coordinates(
    dimensions: Mapping[str, Dimension],
    points: Sequence[Mapping[str, Scalar]],
    values: Sequence[float | None],
    direction: Direction,
    *,
    metric: str = "value",
    title: str = "Trials",
) -> str:
    """Return a chart with a line for each trial, the better the darker (on dark paper: the lighter), the best on top.

    Args:
        dimensions: of the space by name; those with one value have no axis.
        points: of the trials, with a value for each dimension; a trial with another value than the space has is
            left out.
        values: of the trials; None or not finite for one that failed, whose line is grey and ends early.
        direction: which values are better.
        metric: what the values are.
        title: of the chart.
    """
    known, axes = finite(values), dimension_axes(dimensions)
    width = max(_WIDTH, _LEFT + _RIGHT + _LEAST_DISTANCE * len(axes))
    place = place_of_best(known, direction)
    drawing = Drawing(width, _HEIGHT, title, _description(axes, known, place, metric))
    draw_title(drawing, title, width - 32)
    frame = Frame(_LEFT, 104, width - _RIGHT, _HEIGHT - 24)
    distance = (frame.right - frame.left) / max(len(axes), 1)
    scale = scale_around([value for value in known if value is not None] or [0.0])
    if not axes:
        draw_words(drawing, frame, "No hyperparameter was searched.")
        return drawing.svg()
    lines = _lines(list(axes.items()), points, known, direction, frame, scale)
    _draw_lines(drawing, lines, None if place is None else place + 1)
    for column, (name, axis) in enumerate(axes.items()):
        ticks = axis.ticks(int((frame.bottom - frame.top) / _LABEL_HEIGHT))
        _draw_axis(drawing, frame, frame.left + distance * column, distance, name, ticks)
    ticks = [(scale.share(float(tick)), tick_label(tick)) for tick in scale.ticks(6)]
    _draw_axis(drawing, frame, frame.right, distance, metric, ticks if place is not None else [])
    _draw_key(drawing, lines, len(points))
    return drawing.svg()


def _description(
    axes: Mapping[str, object], values: Sequence[float | None], place: int | None, metric: str
) -> str:
    parts = [f"{len(values)} trials over {len(axes)} hyperparameters: {', '.join(axes) or 'none'}."]
    if place is not None:
        parts.append(f"The best {metric} is {told(values[place] or 0.0)}, of trial {place + 1}.")
    return " ".join(parts)


def _lines(
    axes: Sequence[tuple[str, RangeAxis | CellAxis]],
    points: Sequence[Mapping[str, Scalar]],
    values: Sequence[float | None],
    direction: Direction,
    frame: Frame,
    scale: Scale,
) -> list[_Line]:
    """Return the lines of all trials that lie in the space, the failed ones first and the best one last."""
    better = sorted({value for value in values if value is not None}, reverse=direction == "minimize")
    ranks = {value: (place + 1) / len(better) for place, value in enumerate(better)}
    lines = []
    for place, (point, value) in enumerate(zip(points, values, strict=True)):
        spread = (place + 0.5) / len(points) - 0.5
        shares = [axis.share(point.get(name), spread) for name, axis in axes]
        inside = [share for share in shares if share is not None]
        if len(inside) < len(shares):
            continue
        heights = inside if value is None else [*inside, scale.share(value)]
        distance = (frame.right - frame.left) / len(axes)
        ends = [
            (frame.left + distance * column, frame.bottom - share * (frame.bottom - frame.top))
            for column, share in enumerate(heights)
        ]
        lines.append(_Line(place + 1, value, -1.0 if value is None else ranks[value], ends))
    return sorted(lines, key=lambda line: (line.rank, -line.number))


def _draw_lines(drawing: Drawing, lines: Sequence[_Line], best: int | None) -> None:
    width = "1.4" if len(lines) <= 80 else "0.9"
    for step, some in groupby(lines, key=_step):
        dashes: dict[str, float | str] = {"stroke_dasharray": "3 3"} if step < 0 else {}
        role = FAILED if step < 0 else STEPS[step]
        group = drawing.group(role, stroke_width=width, stroke_linejoin="round", **dashes)
        for line in some:
            if line.number != best:
                _draw_line(drawing, group, line)
    for line in lines:
        if line.number == best:
            _draw_line(drawing, drawing.group(BEST, stroke_width="2.8", stroke_linejoin="round"), line)


def _step(line: _Line) -> int:
    """Few lines get the strongest paints, so that a hundred do not cover each other."""
    return -1 if line.value is None else min(int(line.rank**2 * len(STEPS)), len(STEPS) - 1)


def _draw_line(drawing: Drawing, group: Element, line: _Line) -> None:
    drawn = drawing.add(group, "path", d=path(line.points if len(line.points) > 1 else line.points * 2))
    drawing.tooltip(drawn, f"trial {line.number}: {'failed' if line.value is None else told(line.value)}")


def _draw_axis(
    drawing: Drawing, frame: Frame, x: float, distance: float, name: str, ticks: list[tuple[float, str]]
) -> None:
    drawing.add(drawing.group(AXIS), "path", d=f"M{shown(x)} {shown(frame.top)}V{shown(frame.bottom)}")
    heading = drawing.group(INK, text_anchor="middle")
    drawing.text(heading, (x, frame.top - 14), name, min(distance - 8, 2 * _LEFT - 12))
    marks = drawing.group(AXIS)
    labels = drawing.group(INK, font_size=SMALL)
    drawing.add_halo(labels)
    for share, label in ticks:
        y = frame.bottom - share * (frame.bottom - frame.top)
        drawing.add(marks, "path", d=f"M{shown(x)} {shown(y)}h4")
        drawing.text(labels, (x + 7, y + 3.5), label, _RIGHT - 16 if x >= frame.right else distance - 20)


def _draw_key(drawing: Drawing, lines: Sequence[_Line], trials: int) -> None:
    """Write below the title which line is what, from the left to the right."""
    x, y = 16.0, 52.0
    middle = shown(y - 3.5)
    group = drawing.group(MUTED, font_size=SMALL)
    x = draw_key_name(drawing, group, (x, y), "worse") - 6
    for place, role in enumerate(STEPS):
        drawing.add(drawing.root, "path", role, stroke_width=4, d=f"M{shown(x + 9 * place)} {middle}h9")
    x = draw_key_name(drawing, group, (x + 9 * len(STEPS) + 6, y), "better")
    drawing.add(drawing.root, "path", BEST, stroke_width="2.8", d=f"M{shown(x)} {middle}h18")
    x = draw_key_name(drawing, group, (x + 24, y), "best")
    failed = sum(line.value is None for line in lines)
    if failed:
        drawing.add(drawing.root, "path", FAILED, stroke_dasharray="3 3", d=f"M{shown(x)} {middle}h18")
        x = draw_key_name(drawing, group, (x + 24, y), f"{failed} failed")
    if len(lines) < trials:
        draw_key_name(drawing, group, (x, y), f"{trials - len(lines)} outside of the space")
