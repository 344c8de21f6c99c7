"""Charts within a page, whose policy allows no style sheet but the site's own."""

import re

from markupsafe import Markup

from trainstore.charts.curves import curves
from trainstore.charts.palette import PAINTS, style_sheet
from trainstore.charts.sparkline import sparkline
from trainstore.charts.timeline import timeline

_STYLE = re.compile(r"<style>[^<]*</style>")


def chart_styles() -> str:
    """Return the rules for charts on a dark screen, which the site's style sheet holds for all of them."""
    return style_sheet(set(PAINTS))


def inline(svg: str) -> Markup:
    """Return a chart without its own style sheet, as HTML."""
    return Markup(_STYLE.sub("", svg, count=1))


__all__ = ["chart_styles", "curves", "inline", "sparkline", "timeline"]
