"""Two codes beside each other: the lines that differ, with a few equal ones around."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from trainstore.diff.code.alignment import Block, changed_blocks
from trainstore.web.code import code_lines, split_code

_CONTEXT = 4


class Line(NamedTuple):
    """A line of code with its number."""

    number: int
    html: Markup


class Pair(NamedTuple):
    """What stands side by side: equal lines, or what one was changed to; ``skipped`` equal lines before it."""

    old: Line | None
    new: Line | None
    equal: bool
    skipped: int = 0


def side_by_side(old: str, new: str) -> Iterator[Pair]:
    """Yield the lines that differ, each beside its counterpart, and those around them."""
    before, after = ([Line(*line) for line in enumerate(code_lines(code), start=1)] for code in (old, new))
    blocks = changed_blocks(split_code(old), split_code(new))
    end = Block(len(before), len(before), len(after), len(after))
    place, new_place = 0, 0
    for block in (*blocks, end):
        equal = list(zip(before[place : block.old_start], after[new_place : block.new_start], strict=True))
        behind = equal[:_CONTEXT] if place else []
        ahead = equal[max(len(behind), len(equal) - _CONTEXT) :] if block is not end else []
        yield from (Pair(*pair, equal=True) for pair in behind)
        yield from _after(ahead, block, before, after, len(equal) - len(behind) - len(ahead))
        place, new_place = block.old_end, block.new_end


def _after(
    ahead: Sequence[tuple[Line, Line]],
    block: Block,
    before: Sequence[Line],
    after: Sequence[Line],
    skipped: int,
) -> Iterator[Pair]:
    """Yield the lines before a change and those of it; the first knows how many were left out before."""
    gone, came = before[block.old_start : block.old_end], after[block.new_start : block.new_end]
    pairs = [Pair(*pair, equal=True) for pair in ahead]
    for place in range(max(len(gone), len(came))):
        old = gone[place] if place < len(gone) else None
        new = came[place] if place < len(came) else None
        pairs.append(Pair(old, new, equal=False))
    for place, pair in enumerate(pairs):
        yield pair if place else pair._replace(skipped=skipped)
