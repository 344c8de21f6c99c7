"""Two trees of layers beside each other, line by line."""

from bisect import bisect_left
from collections.abc import Sequence, Set
from typing import Literal

import msgspec

from trainstore.diff.architecture.layer import Layer
from trainstore.diff.architecture.matching import Matching
from trainstore.diff.architecture.similarity import changed_settings, differs_in_kind

Change = Literal["same", "added", "removed", "changed", "moved"]


class Row(msgspec.Struct, frozen=True):
    """A line of the two trees beside each other; the depths are those of the layers in their trees."""

    old: Layer | None
    new: Layer | None
    change: Change
    old_depth: int = 0
    new_depth: int = 0


def aligned_rows(
    sides: tuple[Sequence[Layer], Sequence[Layer]], matching: Matching, left: Sequence[Set[int]]
) -> tuple[Row, ...]:
    """Both trees in the order of their walks, with counterparts in one row as far as their order is the same."""
    depths = [_depths(side) for side in sides]
    moved = ({pair[0] for pair in matching.moved}, {pair[1] for pair in matching.moved})
    rows: list[Row] = []
    first = second = 0

    def alone(place: int, side: int) -> Change:
        change: Change = "removed" if side == 0 else "added"
        return change if place in left[side] else "moved" if place in moved[side] else "same"

    for pair in [*_in_order(matching), (len(sides[0]), len(sides[1]))]:
        for place in range(first, pair[0]):
            rows.append(Row(sides[0][place], None, alone(place, 0), old_depth=depths[0][place]))
        for place in range(second, pair[1]):
            rows.append(Row(None, sides[1][place], alone(place, 1), new_depth=depths[1][place]))
        if pair[0] < len(sides[0]):
            before, after = sides[0][pair[0]], sides[1][pair[1]]
            differs = changed_settings(before, after) or differs_in_kind(before, after)
            change: Change = "changed" if differs else "same"
            rows.append(Row(before, after, change, depths[0][pair[0]], depths[1][pair[1]]))
        first, second = pair[0] + 1, pair[1] + 1
    return tuple(rows)


def _in_order(matching: Matching) -> list[tuple[int, int]]:
    """Pairs of leaves, and those of containers that stand between the same leaves."""
    firsts, seconds = ([pair[side] for pair in matching.leaves] for side in (0, 1))
    fitting = [
        pair for pair in matching.containers if bisect_left(firsts, pair[0]) == bisect_left(seconds, pair[1])
    ]
    kept: list[tuple[int, int]] = []
    for pair in sorted([*matching.leaves, *fitting]):
        if not kept or pair[1] > kept[-1][1]:
            kept.append(pair)
    return kept


def _depths(layers: Sequence[Layer]) -> list[int]:
    depths: list[int] = []

    def visit(layer: Layer, depth: int) -> None:
        depths.append(depth)
        for child in layer.children:
            visit(child, depth + 1)

    visit(layers[0], 0)
    return depths
