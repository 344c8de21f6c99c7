"""The part of a chart that values are drawn in, and its two axes."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from trainstore.charts.drawing import LARGE, SMALL, Drawing
from trainstore.charts.labels import plain, width_of
from trainstore.charts.palette import AXIS, GRID, INK, MUTED
from trainstore.charts.scales import Scale, tick_label

_WIDEST_LABEL = 90
_WIDEST_NAME = 320  # in a key
_REGULAR = 0.87  # of the width of the same text in bold


@dataclass(frozen=True)
class Frame:
    """A rectangle in pixels; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def x(self, scale: Scale, value: float) -> float:
        """Return where a value lies across."""
        return self.left + scale.share(value) * (self.right - self.left)

    def y(self, scale: Scale, value: float) -> float:
        """Return where a value lies in height; high values lie high."""
        return self.bottom - scale.share(value) * (self.bottom - self.top)


def draw_title(drawing: Drawing, title: str, width: float) -> None:
    """Write the title at the top left of a chart, within a width."""
    group = drawing.group(INK, font_size=LARGE, font_weight="600")
    drawing.text(group, (16, 26), title, width * _REGULAR)


def label_room(scale: Scale, most: int) -> float:
    """Return how much room the labels of an upright axis need at its left."""
    labels = [tick_label(tick) for tick in scale.ticks(most)]
    return 12 + min(max((width_of(label, SMALL) for label in labels), default=0), _WIDEST_LABEL)


def draw_y_axis(drawing: Drawing, frame: Frame, scale: Scale, most: int) -> None:
    """Draw a line across for each tick, with its label at the left."""
    lines = drawing.group(GRID)
    labels = drawing.group(MUTED, font_size=SMALL, text_anchor="end")
    for tick in scale.ticks(most):
        y = frame.y(scale, float(tick))
        drawing.add(lines, "path", d=f"M{frame.left:.1f} {y:.1f}H{frame.right:.1f}")
        drawing.text(labels, (frame.left - 6, y + 3.5), tick_label(tick), _WIDEST_LABEL)


def draw_x_axis(drawing: Drawing, frame: Frame, scale: Scale, label: str) -> None:
    """Draw the line at the bottom, with whole numbers below it and at the right what they count."""
    drawing.add(drawing.group(AXIS), "path", d=f"M{frame.left:.1f} {frame.bottom:.1f}H{frame.right:.1f}")
    labels = drawing.group(MUTED, font_size=SMALL, text_anchor="middle")
    for tick in scale.ticks(10, whole=True):
        drawing.text(labels, (frame.x(scale, float(tick)), frame.bottom + 16), tick_label(tick), 60)
    at = ((frame.left + frame.right) / 2, frame.bottom + 33)
    drawing.text(labels, at, label, frame.right - frame.left)


def draw_words(drawing: Drawing, frame: Frame, words: str) -> None:
    """Write in the middle why there is nothing to see."""
    at = ((frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2)
    drawing.text(drawing.group(MUTED, text_anchor="middle"), at, words, frame.right - frame.left)


def draw_key_name(drawing: Drawing, group: Element, at: tuple[float, float], name: str) -> float:
    """Write a name of a chart's key and return where the next entry starts."""
    drawing.text(group, at, name, _WIDEST_NAME)
    return at[0] + min(width_of(plain(name), SMALL), _WIDEST_NAME) + 12


def spans(present: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Return the unbroken stretches of a series, each with the places of its values."""
    stretches: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(present):
        if value is not None:
            stretches[-1].append((place, value))
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]
