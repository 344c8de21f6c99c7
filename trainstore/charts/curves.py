"""Metrics over the epochs of a training."""

from collections.abc import Mapping, Sequence

from trainstore.charts.axes import Frame, draw_title, draw_words, draw_x_axis, draw_y_axis, label_room, spans
from trainstore.charts.drawing import SMALL, Drawing, path, shown
from trainstore.charts.labels import plain, told, width_of
from trainstore.charts.palette import LINES, MUTED
from trainstore.charts.scales import Scale, scale_around
from trainstore.charts.values import finite

_WIDTH, _HEIGHT = 720, 340
_TICKS = 6
_MOST_LINES = 14
_MOST_POINTS = 600  # of a line; more than there are pixels for
_WIDEST_NAME = 170


def curves(
    series: Mapping[str, Sequence[float | None]], *, along: str = "epoch", title: str = "Metrics by epoch"
) -> str:
    """Return a chart with a line for each metric.

    Args:
        series: values by the metric's name, the first of epoch 1; a line is broken where one is None or not finite.
        along: what is counted from the left to the right.
        title: of the chart.
    """
    lines = {name: finite(values) for name, values in series.items()}
    longest = max(map(len, lines.values()), default=0)
    drawing = Drawing(_WIDTH, _HEIGHT, title, _description(lines, longest, along))
    draw_title(drawing, title, _WIDTH - 32)
    present = [value for values in lines.values() for value in values if value is not None]
    scale = scale_around(present or [0.0])
    shown_lines = dict(list(lines.items())[:_MOST_LINES])
    names = max((min(width_of(plain(name), SMALL), _WIDEST_NAME) for name in shown_lines), default=0)
    frame = Frame(16 + label_room(scale, _TICKS), 46, _WIDTH - 46 - names, _HEIGHT - 48)
    epochs = Scale(1.0, float(longest)) if longest > 1 else Scale(0.5, 1.5)
    if present:
        draw_y_axis(drawing, frame, scale, _TICKS)
    else:
        draw_words(drawing, frame, "There are no values.")
    draw_x_axis(drawing, frame, epochs, along)
    for place, (name, values) in enumerate(shown_lines.items()):
        _draw_line(drawing, frame, epochs, scale, place, values)
        _draw_name(drawing, frame, place, name)
    if len(lines) > len(shown_lines):
        more = f"and {len(lines) - len(shown_lines)} more"
        at = (frame.right + 14, frame.top + 6 + 16 * len(shown_lines))
        drawing.text(drawing.group(MUTED, font_size=SMALL), at, more, names + 20)
    return drawing.svg()


def _description(lines: Mapping[str, Sequence[float | None]], longest: int, along: str) -> str:
    last = {
        name: [value for value in values if value is not None][-1:]
        for name, values in list(lines.items())[:_MOST_LINES]
    }
    ends = "; ".join(f"{name} ends at {told(values[0])}" for name, values in last.items() if values)
    return f"{len(lines)} metrics, up to {along} {longest}. {ends}{'.' if ends else ''}"


def _style(place: int) -> dict[str, float | str]:
    dashes = {"stroke_dasharray": "5 3"} if place >= len(LINES) else {}
    return {"stroke_width": "1.8", **dashes}


def _draw_line(
    drawing: Drawing, frame: Frame, epochs: Scale, scale: Scale, place: int, values: Sequence[float | None]
) -> None:
    role = LINES[place % len(LINES)]
    group = drawing.group(role, stroke_linejoin="round", stroke_linecap="round", **_style(place))
    for stretch in spans(values):
        points = [(frame.x(epochs, epoch + 1), frame.y(scale, value)) for epoch, value in _outline(stretch)]
        if len(points) > 1:
            drawing.add(group, "path", d=path(points))
        else:  # a line of no length, which its round ends make a dot
            drawing.add(group, "path", stroke_width=5, d=path(points * 2))


def _outline(stretch: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return a stretch with the highest and lowest point of each part alone, where it has very many points."""
    if len(stretch) <= _MOST_POINTS:
        return list(stretch)
    size = -(-len(stretch) * 2 // _MOST_POINTS)
    parts = [stretch[start : start + size] for start in range(0, len(stretch), size)]
    ends = {point for part in parts for point in (min(part, key=_value), max(part, key=_value))}
    return sorted(ends | {stretch[0], stretch[-1]})


def _value(point: tuple[int, float]) -> float:
    return point[1]


def _draw_name(drawing: Drawing, frame: Frame, place: int, name: str) -> None:
    x, y = frame.right + 12, frame.top + 6 + 16 * place
    role = LINES[place % len(LINES)]
    drawing.add(drawing.root, "path", role, d=f"M{shown(x)} {shown(y - 3.5)}h14", **_style(place))
    drawing.text(drawing.group(MUTED, font_size=SMALL), (x + 20, y), name, _WIDEST_NAME)
