"""A line the size of a word."""

from collections.abc import Sequence

from trainstore.charts.axes import Frame, spans
from trainstore.charts.drawing import Drawing, path
from trainstore.charts.labels import told
from trainstore.charts.palette import DOT, LINES
from trainstore.charts.scales import Scale, scale_around
from trainstore.charts.values import finite

_WIDTH, _HEIGHT = 120, 24


def sparkline(values: Sequence[float | None], *, title: str) -> str:
    """Return a line without axes, with a dot at the last value.

    Args:
        values: in their order; the line is broken where one is None or not finite.
        title: what the values are.
    """
    known = finite(values)
    present = [(place, value) for place, value in enumerate(known) if value is not None]
    ends = f"From {told(present[0][1])} to {told(present[-1][1])}." if present else "There are no values."
    drawing = Drawing(_WIDTH, _HEIGHT, title, ends)
    if present:
        frame = Frame(4, 4, _WIDTH - 4, _HEIGHT - 4)
        places = Scale(0.0, max(len(known) - 1.0, 1.0))
        scale = scale_around([value for _, value in present])
        for stretch in spans(known):
            points = [(frame.x(places, place), frame.y(scale, value)) for place, value in stretch]
            drawing.add(drawing.root, "path", LINES[0], stroke_width="1.5", d=path(points))
        last, value = present[-1]
        drawing.add(drawing.root, "circle", DOT, cx=frame.x(places, last), cy=frame.y(scale, value), r=2.5)
    return drawing.svg()
