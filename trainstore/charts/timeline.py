"""What happened to a function, in its order: versions that were saved, what their runs scored, and what else was done."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from trainstore.charts.axes import Frame, draw_key_name, draw_title, draw_y_axis, label_room
from trainstore.charts.drawing import SMALL, Drawing, path, shown
from trainstore.charts.labels import told, width_of
from trainstore.charts.palette import AXIS, BEST, DOT, FAILED, INK, LINES, MUTED
from trainstore.charts.scales import Scale, scale_around
from trainstore.charts.values import finite

_WIDTH, _HEIGHT = 960, 300
_TICKS = 5
_MOST_DATES = 7
_WIDEST = 120  # label of what was done
_A_DAY = 86400
_LAST_SECOND = 253_402_300_799  # the end of the year 9999


class Moment(NamedTuple):
    """One thing that happened.

    Attributes:
        kind: ``version``, one that was saved; ``run``; or ``change``, such as a rollback.
        at: Unix seconds.
        name: in a word or two.
        told: in a sentence.
        score: of a run; None where it has none.
        aside: whether the score is on other data than the newest, and not to be compared.
        address: where a click leads to; nowhere, if empty.
    """

    kind: Literal["version", "run", "change"]
    at: float
    name: str
    told: str
    score: float | None = None
    aside: bool = False
    address: str = ""


def timeline(moments: Sequence[Moment], *, title: str = "Timeline") -> str:
    """Return a chart with one step to the right for each moment, which are in the order of their time.

    Steps are equal: work is done in bursts, which a true scale of time would press into a line.
    """
    scores = finite([one.score if one.kind == "run" else None for one in moments])
    present = [score for score in scores if score is not None]
    drawing = Drawing(_WIDTH, _HEIGHT, title, _description(moments, present))
    draw_title(drawing, title, _WIDTH - 32)
    scale = scale_around(present or [0.0, 1.0])
    frame = Frame(16 + (label_room(scale, _TICKS) if present else 0), 74, _WIDTH - 24, _HEIGHT - 66)
    steps = Scale(-0.5, max(len(moments), 1) - 0.5)
    if present:
        draw_y_axis(drawing, frame, scale, _TICKS)
    drawing.add(drawing.group(AXIS), "path", d=f"M{frame.left:.1f} {frame.bottom:.1f}H{frame.right:.1f}")
    places = [frame.x(steps, place) for place in range(len(moments))]
    _draw_changes(drawing, frame, places, moments)
    _draw_runs(drawing, frame, scale, places, moments, scores)
    _draw_versions(drawing, frame, places, moments)
    _draw_dates(drawing, frame, places, moments)
    _draw_key(drawing, moments, scores)
    return drawing.svg()


def _description(moments: Sequence[Moment], scores: Sequence[float]) -> str:
    versions, runs, changes = (
        sum(one.kind == kind for one in moments) for kind in ("version", "run", "change")
    )
    best = f" The best score is {told(max(scores))}." if scores else ""
    return f"{versions} versions saved, {runs} runs, {changes} other changes, oldest first.{best}"


def _draw_runs(
    drawing: Drawing,
    frame: Frame,
    scale: Scale,
    places: Sequence[float],
    moments: Sequence[Moment],
    scores: Sequence[float | None],
) -> None:
    comparable = [
        (x, frame.y(scale, score))
        for x, one, score in zip(places, moments, scores, strict=True)
        if score is not None and not one.aside
    ]
    if len(comparable) > 1:
        drawing.add(drawing.root, "path", LINES[0], stroke_width="1.2", d=path(comparable))
    dots, aside, crosses = (
        drawing.group(DOT),
        drawing.group(LINES[0]),
        drawing.group(FAILED, stroke_width="1.5"),
    )
    for x, one, score in zip(places, moments, scores, strict=True):
        if one.kind != "run":
            continue
        if score is None:
            d = f"M{shown(x - 3)} {shown(frame.bottom - 9)}l6 6m-6 0l6 -6"
            drawing.tooltip(drawing.add(_linked(drawing, crosses, one), "path", d=d), one.told)
        else:
            parent = _linked(drawing, aside if one.aside else dots, one)
            dot = drawing.add(parent, "circle", None, cx=x, cy=frame.y(scale, score), r=4.0)
            drawing.tooltip(dot, one.told)


def _draw_versions(
    drawing: Drawing, frame: Frame, places: Sequence[float], moments: Sequence[Moment]
) -> None:
    """Mark each version below the axis, and name as many as there is room for, the newest always."""
    marks = drawing.group(INK)
    labels = drawing.group(MUTED, font_size=SMALL, text_anchor="middle")
    free = frame.right + _WIDEST
    for x, one in reversed([pair for pair in zip(places, moments, strict=True) if pair[1].kind == "version"]):
        parent = _linked(drawing, marks, one)
        mark = drawing.add(parent, "rect", x=x - 2, y=frame.bottom + 3, width=4.0, height=9.0, rx=1.0)
        drawing.tooltip(mark, one.told)
        half = width_of(one.name, SMALL) / 2
        if x + half < free:
            drawing.text(labels, (x, frame.bottom + 24), one.name, _WIDEST)
            free = x - half - 4


def _draw_changes(drawing: Drawing, frame: Frame, places: Sequence[float], moments: Sequence[Moment]) -> None:
    lines = drawing.group(BEST, stroke_width="1.2", stroke_dasharray="3 3")
    labels = drawing.group(MUTED, font_size=SMALL, text_anchor="end")
    drawing.add_halo(labels)
    taken = 0.0
    for x, one in zip(places, moments, strict=True):
        if one.kind == "change":
            line = drawing.add(lines, "path", d=f"M{shown(x)} {shown(frame.top - 6)}V{shown(frame.bottom)}")
            drawing.tooltip(line, one.told)
            if x - min(width_of(one.name, SMALL), _WIDEST) - 8 > taken:
                drawing.text(labels, (x - 4, frame.top - 2), one.name, _WIDEST)
                taken = x


def _draw_dates(drawing: Drawing, frame: Frame, places: Sequence[float], moments: Sequence[Moment]) -> None:
    if not moments:
        return
    brief = moments[-1].at - moments[0].at < _A_DAY
    labels = drawing.group(MUTED, font_size=SMALL, text_anchor="middle")
    step = -(-len(moments) // _MOST_DATES)
    before = ""
    for place in range((len(moments) - 1) % step, len(moments), step):
        moment = datetime.fromtimestamp(min(max(moments[place].at, 0), _LAST_SECOND), UTC)
        label = f"{moment:%H:%M}" if brief else f"{moment:%Y-%m-%d}"
        if label != before:
            x = min(max(places[place], frame.left + 28), frame.right - 28)
            drawing.text(labels, (x, frame.bottom + 44), label, _WIDEST)
        before = label


def _draw_key(drawing: Drawing, moments: Sequence[Moment], scores: Sequence[float | None]) -> None:
    """Write below the title which mark is what, of those that there are."""
    x, y = 16.0, 52.0
    group = drawing.group(MUTED, font_size=SMALL)
    runs = [(one, score) for one, score in zip(moments, scores, strict=True) if one.kind == "run"]
    if any(score is not None and not one.aside for one, score in runs):
        drawing.add(drawing.root, "circle", DOT, cx=x + 4, cy=y - 3.5, r=4.0)
        x = draw_key_name(drawing, group, (x + 13, y), "score of a run")
    if any(score is not None and one.aside for one, score in runs):
        drawing.add(drawing.root, "circle", LINES[0], cx=x + 4, cy=y - 3.5, r=4.0)
        x = draw_key_name(drawing, group, (x + 13, y), "on other data than the newest")
    if any(score is None for _, score in runs):
        drawing.add(
            drawing.root, "path", FAILED, stroke_width="1.5", d=f"M{shown(x)} {shown(y - 7)}l6 6m-6 0l6 -6"
        )
        x = draw_key_name(drawing, group, (x + 12, y), "run without a score")
    drawing.add(drawing.root, "rect", INK, x=x, y=y - 9, width=4.0, height=9.0, rx=1.0)
    x = draw_key_name(drawing, group, (x + 10, y), "version saved")
    if any(one.kind == "change" for one in moments):
        drawing.add(drawing.root, "path", BEST, stroke_dasharray="3 3", d=f"M{shown(x)} {shown(y - 3.5)}h18")
        draw_key_name(drawing, group, (x + 24, y), "other change")


def _linked(drawing: Drawing, parent: Element, moment: Moment) -> Element:
    """Return where to draw what leads to a moment's address. The keyboard reaches it by the tables below."""
    return drawing.add(parent, "a", href=moment.address, tabindex="-1") if moment.address else parent
