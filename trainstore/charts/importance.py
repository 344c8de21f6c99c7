"""How much each hyperparameter mattered."""

from collections.abc import Mapping

from trainstore.charts.axes import draw_title
from trainstore.charts.drawing import Drawing
from trainstore.charts.labels import plain, told, width_of
from trainstore.charts.palette import BAR, INK, MUTED
from trainstore.charts.values import finite

_WIDTH = 720
_ROW = 24
_MOST_BARS = 40
_WIDEST_NAME = 220


def importance(shares: Mapping[str, float], *, title: str = "Importance of hyperparameters") -> str:
    """Return horizontal bars, the longest first.

    Args:
        shares: of the hyperparameters by name, 0 or more; what is less counts as 0.
        title: of the chart.
    """
    known = [max(share or 0.0, 0.0) for share in finite(shares.values())]
    rows = sorted(zip(shares, known, strict=True), key=lambda row: -row[1])
    bars = rows[:_MOST_BARS]
    told_rows = [f"{name} {told(share)}" for name, share in bars]
    description = f"From the most to the least important: {', '.join(told_rows) or 'nothing was searched'}."
    height = 60 + _ROW * (max(len(bars), 1) + (len(rows) > len(bars)))
    drawing = Drawing(_WIDTH, height, title, description)
    draw_title(drawing, title, _WIDTH - 32)
    names, muted = drawing.group(INK, text_anchor="end"), drawing.group(MUTED)
    room = max((min(width_of(plain(name), 12), _WIDEST_NAME) for name, _ in bars), default=0)
    left, longest = 24 + room, max((share for _, share in bars), default=0.0) or 1.0
    for place, (name, share) in enumerate(bars):
        y = 46 + _ROW * place
        length = share / longest * (_WIDTH - left - 80)
        drawing.text(names, (left - 8, y + 14), name, _WIDEST_NAME)
        drawing.add(drawing.root, "rect", BAR, x=left, y=y + 2, width=max(length, 1), height=_ROW - 8, rx=2)
        drawing.text(muted, (left + length + 8, y + 14), _told_share(share), 70)
    if len(rows) > len(bars):
        rest = f"and {len(rows) - len(bars)} more, none above {_told_share(bars[-1][1])}"
        drawing.text(muted, (left, 46 + _ROW * len(bars) + 14), rest, _WIDTH - left - 16)
    if not bars:
        drawing.text(muted, (16, 60), "No hyperparameter was searched.", _WIDTH - 32)
    return drawing.svg()


def _told_share(share: float) -> str:
    return f"{share:.2f}" if 0.005 <= share < 100 or share == 0 else told(share)
