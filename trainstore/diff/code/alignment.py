"""Which items of one sequence stand in another, in order: lines that stay, words that stay. Time is bounded.

Common ends are cut off; items that stand once in each sequence and keep their order are anchors (Bram Cohen's patience
diff); what lies between two anchors is aligned by a longest common subsequence, computed for a whole row at once with
the bits of one integer (Hyyrö 2004, "Bit-parallel LCS-length computation revisited"). Where that would cost too much,
the lines between the anchors count as replaced: the result is true of any input, but no longer the shortest one.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple

_MOST_CELLS = 200_000_000  # of all tables together, a bit each: 25 MB, half a second


class Block(NamedTuple):
    """Items ``old_start:old_end`` of the old sequence became ``new_start:new_end`` of the new one."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def changed_blocks(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Block]:
    """Return what changed, in order; what lies between two blocks is equal and equally long."""
    blocks: list[Block] = []
    place, new_place = 0, 0
    for old_index, new_index in (*_kept(old, new), (len(old), len(new))):
        if old_index > place or new_index > new_place:
            blocks.append(Block(place, old_index, new_place, new_index))
        place, new_place = old_index + 1, new_index + 1
    return blocks


def _kept(old: Sequence[Hashable], new: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Yield the (old index, new index) of each item that stays, in order."""
    budget = _Budget(_MOST_CELLS)
    start, tail = _common_ends(old, new)
    yield from zip(range(start), range(start), strict=True)
    ends = (len(old) - tail, len(new) - tail)
    place, new_place = start, start
    for anchor in (*_anchors(old[start : ends[0]], new[start : ends[1]]), (ends[0] - start, ends[1] - start)):
        upto, new_upto = anchor[0] + start, anchor[1] + start
        gap, new_gap = old[place:upto], new[new_place:new_upto]
        for old_index, new_index in _common_subsequence(gap, new_gap, budget.allows):
            yield place + old_index, new_place + new_index
        if upto < ends[0] and new_upto < ends[1]:
            yield upto, new_upto
        place, new_place = upto + 1, new_upto + 1
    yield from zip(range(ends[0], len(old)), range(ends[1], len(new)), strict=True)


class _Budget:
    """How many cells may still be computed."""

    def __init__(self, cells: int) -> None:
        self._left = cells

    def allows(self, cells: int) -> bool:
        if cells > self._left:
            return False
        self._left -= cells
        return True


def _common_ends(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[int, int]:
    """Return how many items are the same at the beginning, and at the end of the rest."""
    shorter = min(len(old), len(new))
    start = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    tail = 0
    while tail < shorter - start and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return start, tail


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the longest chain of items that stand once in each: the longest increasing run of their places."""
    in_old, in_new = _single(old), _single(new)
    pairs = [(place, in_new[item]) for item, place in in_old.items() if item in in_new]
    ends: list[int] = []  # the least new place that ends a chain of each length
    ending: list[int] = []  # which pair that is
    before: list[int] = []  # of each pair, the one before it in its chain
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(ending[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        ending[length : length + 1] = [index]
    chain: list[tuple[int, int]] = []
    step = ending[-1] if ending else -1
    while step >= 0:
        chain.append(pairs[step])
        step = before[step]
    return chain[::-1]


def _single(items: Sequence[Hashable]) -> dict[Hashable, int]:
    """Return the place of each item that stands there once, in order."""
    places: dict[Hashable, int] = {}
    for place, item in enumerate(items):
        places[item] = -1 if item in places else place
    return {item: place for item, place in places.items() if place >= 0}


def _common_subsequence(
    old: Sequence[Hashable], new: Sequence[Hashable], allows: Callable[[int], bool]
) -> list[tuple[int, int]]:
    """Return a longest common subsequence as pairs of places; none where it is not allowed to compute it."""
    if not old or not new or not allows(len(old) * len(new)):
        return []
    places: dict[Hashable, int] = {}
    for place, item in enumerate(old):
        places[item] = places.get(item, 0) | 1 << place
    full = (1 << len(old)) - 1
    row, rows = full, []  # a 0 bit: with this item of the old sequence the subsequence grows
    for item in new:
        matches = row & places.get(item, 0)
        row = ((row + matches) | (row - matches)) & full
        rows.append(row)
    pairs: list[tuple[int, int]] = []
    column, line = len(old), len(new)
    while column and line:
        if rows[line - 1] >> (column - 1) & 1:
            column -= 1
        elif line > 1 and not rows[line - 2] >> (column - 1) & 1:
            line -= 1
        else:
            column, line = column - 1, line - 1
            pairs.append((column, line))
    return pairs[::-1]
