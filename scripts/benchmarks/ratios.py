"""A timing beside its floor, as a line of a table."""

from collections.abc import Mapping
from dataclasses import dataclass

from rounds import Timing, milliseconds

HEADERS = ("what", "ms", "least ms", "CPU ms", "ratio", "CPU ratio", "goal")


@dataclass(frozen=True)
class Row:
    """One line, as texts; ratios are to the floor of its question."""

    what: str
    wall: str
    least: str = ""
    processor: str = ""
    ratio: str = ""
    processor_ratio: str = ""
    goal: str = ""


def row_of(what: str, timing: Timing, floor: Timing, goal: float | None = None) -> Row:
    """Return the line of one timing; a goal is the most that its ratio may be."""
    ratio = timing.wall / floor.wall
    return Row(
        what,
        *map(milliseconds, (timing.wall, timing.least, timing.processor)),
        f"{ratio:.2f}",
        f"{timing.processor / floor.processor:.2f}",
        judged(ratio, goal),
    )


def rows_of(timings: Mapping[str, Timing], floor: str, goals: Mapping[str, float]) -> list[Row]:
    """Return a line for each timing, all beside one of them."""
    return [row_of(name, timing, timings[floor], goals.get(name)) for name, timing in timings.items()]


def judged(value: float, goal: float | None) -> str:
    """Return whether a value is at most its goal, in words; nothing where it has none."""
    return "" if goal is None else f"≤ {goal:g}: {'holds' if value <= goal else 'missed'}"
