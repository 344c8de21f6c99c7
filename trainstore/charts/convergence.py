"""How the best value of a study grew with its trials."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from trainstore.charts.axes import (
    Frame,
    draw_key_name,
    draw_title,
    draw_words,
    draw_x_axis,
    draw_y_axis,
    label_room,
)
from trainstore.charts.drawing import SMALL, Drawing, path, shown
from trainstore.charts.labels import told
from trainstore.charts.palette import BEST, DOT, FAILED, MUTED, SHADE
from trainstore.charts.scales import Scale, scale_around
from trainstore.charts.values import best_so_far, finite, place_of_best
from trainstore.records.study import Direction

_WIDTH, _HEIGHT = 720, 380
_TICKS = 6


def convergence(
    values: Sequence[float | None],
    direction: Direction,
    *,
    metric: str = "value",
    initial: int = 0,
    title: str = "Best value so far",
) -> str:
    """Return a chart with a dot for each trial and a step line for the best up to it.

    Args:
        values: of the trials in their order; None or not finite for one that failed.
        direction: which values are better.
        metric: what the values are.
        initial: how many trials came before the search followed what it had learnt; their part is shaded.
        title: of the chart.
    """
    known = finite(values)
    drawing = Drawing(_WIDTH, _HEIGHT, title, _description(known, direction, metric))
    draw_title(drawing, title, _WIDTH - 32)
    present = [value for value in known if value is not None]
    scale = scale_around(present or [0.0])
    frame = Frame(16 + label_room(scale, _TICKS), 74, _WIDTH - 20, _HEIGHT - 48)
    trials = Scale(0.5, max(len(known), 1) + 0.5)
    initial = min(max(initial, 0), len(known))
    if initial:
        right = frame.x(trials, initial + 0.5)
        size = {"width": right - frame.left, "height": frame.bottom - frame.top}
        drawing.add(drawing.root, "rect", SHADE, x=frame.left, y=frame.top, **size)
    if present:
        draw_y_axis(drawing, frame, scale, _TICKS)
    else:
        draw_words(drawing, frame, "No trial gave a value." if known else "There are no trials yet.")
    draw_x_axis(drawing, frame, trials, "trial")
    _draw_best(drawing, frame, trials, scale, best_so_far(known, direction))
    _draw_trials(drawing, frame, trials, scale, known)
    _draw_failed(drawing, frame, trials, [place for place, value in enumerate(known) if value is None])
    _draw_key(drawing, metric, initial, len(known) - len(present))
    return drawing.svg()


def _description(values: Sequence[float | None], direction: Direction, metric: str) -> str:
    failed = sum(value is None for value in values)
    parts = [f"{len(values)} trials, of which {failed} failed."]
    place = place_of_best(values, direction)
    if place is not None:
        parts.append(f"The best {metric} is {told(values[place] or 0.0)}, of trial {place + 1}.")
    return " ".join(parts)


def _draw_best(
    drawing: Drawing, frame: Frame, trials: Scale, scale: Scale, best: Sequence[float | None]
) -> None:
    steps: list[tuple[float, float]] = []
    for place, value in enumerate(best):
        if value is None:
            continue
        at = (frame.x(trials, place + 1), frame.y(scale, value))
        if steps and at[1] != steps[-1][1]:
            steps.append((at[0], steps[-1][1]))
        if not steps or at[1] != steps[-1][1]:
            steps.append(at)
    if steps:
        steps.append((frame.right, steps[-1][1]))
        drawing.add(drawing.root, "path", BEST, stroke_width=2, stroke_linejoin="round", d=path(steps))


def _draw_trials(
    drawing: Drawing, frame: Frame, trials: Scale, scale: Scale, values: Sequence[float | None]
) -> None:
    dots = drawing.group(DOT, fill_opacity="0.75")
    radius = 3.5 if len(values) <= 100 else 2.5
    for place, value in enumerate(values):
        if value is not None:
            at = {"cx": frame.x(trials, place + 1), "cy": frame.y(scale, value)}
            dot = drawing.add(dots, "circle", None, r=radius, **at)
            drawing.tooltip(dot, f"trial {place + 1}: {told(value)}")


def _draw_failed(drawing: Drawing, frame: Frame, trials: Scale, places: Sequence[int]) -> None:
    crosses = drawing.group(FAILED, stroke_width="1.5")
    for place in places:
        cross = _draw_cross(drawing, crosses, frame.x(trials, place + 1), frame.bottom)
        drawing.tooltip(cross, f"trial {place + 1}: failed")


def _draw_cross(drawing: Drawing, parent: Element, x: float, y: float) -> Element:
    return drawing.add(parent, "path", d=f"M{shown(x - 3)} {shown(y - 3)}l6 6m-6 0l6 -6")


def _draw_key(drawing: Drawing, metric: str, initial: int, failed: int) -> None:
    """Write below the title which mark is what, from the left to the right."""
    x, y = 16.0, 52.0
    middle = y - 3.5
    group = drawing.group(MUTED, font_size=SMALL)
    drawing.add(drawing.root, "circle", DOT, cx=x + 4, cy=middle, r=3.5)
    x = draw_key_name(drawing, group, (x + 13, y), f"{metric} of a trial")
    drawing.add(drawing.root, "path", BEST, stroke_width=2, d=f"M{shown(x)} {shown(middle)}h18")
    x = draw_key_name(drawing, group, (x + 24, y), "best so far")
    if initial:
        drawing.add(drawing.root, "rect", SHADE, x=x, y=y - 9, width=14, height=11)
        x = draw_key_name(drawing, group, (x + 20, y), "initial trials")
    if failed:
        _draw_cross(drawing, drawing.group(FAILED, stroke_width="1.5"), x + 3, middle)
        draw_key_name(drawing, group, (x + 12, y), f"{failed} failed")
