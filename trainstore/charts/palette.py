"""The paints of a chart, by what they stand for, on light and on dark paper.

The light paint is an attribute of each element, so a chart can be read where style sheets are forbidden; a style
sheet inside the chart replaces it where people prefer dark.
"""

from typing import Literal, NamedTuple


class Paint(NamedTuple):
    """How elements of one role are painted."""

    attribute: Literal["fill", "stroke"]
    light: str
    dark: str


PAPER, SHADE, GRID, AXIS = "paper", "shade", "grid", "axis"
INK, MUTED = "ink", "muted"
DOT, BEST, FAILED, BAR = "dot", "best", "failed", "bar"
HALO = "halo"

STEPS = tuple(f"step{place}" for place in range(7))  # from the worst to the best
LINES = tuple(f"line{place}" for place in range(8))  # as different as eight can be

PAINTS: dict[str, Paint] = {
    PAPER: Paint("fill", "#ffffff", "#16181d"),
    HALO: Paint("stroke", "#ffffff", "#16181d"),
    SHADE: Paint("fill", "#f0f1f4", "#22262d"),
    GRID: Paint("stroke", "#dfe2e7", "#353b44"),
    AXIS: Paint("stroke", "#8a929b", "#767f8a"),
    INK: Paint("fill", "#24292f", "#e6e8eb"),
    MUTED: Paint("fill", "#57606a", "#a2acb8"),
    DOT: Paint("fill", "#2b6cb0", "#6db0f2"),
    BAR: Paint("fill", "#2b6cb0", "#5a9fe0"),
    BEST: Paint("stroke", "#c2410c", "#fb923c"),
    FAILED: Paint("stroke", "#8a929b", "#767f8a"),
    **{
        role: Paint("stroke", light, dark)
        for role, light, dark in zip(
            STEPS,
            ("#d9d4e3", "#bdbcd9", "#9ba4cf", "#7489c4", "#4c6db6", "#2751a3", "#0b3587"),
            ("#34384a", "#3f4a6b", "#4a5e8c", "#5675ad", "#648dcc", "#78a7e8", "#9cc6ff"),
            strict=True,
        )
    },
    **{
        role: Paint("stroke", light, dark)
        for role, light, dark in zip(
            LINES,
            ("#2b6cb0", "#c2410c", "#15803d", "#9333ea", "#b45309", "#0e7490", "#be185d", "#4b5563"),
            ("#6db0f2", "#fb923c", "#4ade80", "#c084fc", "#fcd34d", "#22d3ee", "#f472b6", "#a2acb8"),
            strict=True,
        )
    },
}


def style_sheet(roles: set[str]) -> str:
    """Return the rules that repaint the roles on a dark screen; a printer's paper is light."""
    rules = (
        f".chart-{role}{{{paint.attribute}:{paint.dark}}}" for role, paint in PAINTS.items() if role in roles
    )
    return f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}"
