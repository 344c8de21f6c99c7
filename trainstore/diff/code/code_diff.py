"""The difference of two texts of code, line by line: hunks with their context, and a unified diff."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec

from trainstore.diff.code.alignment import Block, changed_blocks

_CONTEXT = 3


class Line(NamedTuple):
    """One line of a hunk.

    Attributes:
        sign: ``-``, ``+``, or a space for one that stays.
        number: of the line in the old code where it goes, else in the new one; from 1.
        partner: index, in the hunk's lines, of the line that this one was or became; None where it has none.
    """

    sign: str
    number: int
    text: str
    partner: int | None = None


class Hunk(msgspec.Struct, frozen=True):
    """Changed lines that stand close together, with those around them.

    Attributes:
        header: as a unified diff has it, such as ``@@ -21,7 +21,7 @@``.
    """

    header: str
    lines: Sequence[Line]


class CodeDiff(msgspec.Struct, frozen=True, dict=True):
    """What differs in lines.

    Attributes:
        names: of the old and the new code.
        lines: of each.
        blocks: which of them changed.
        line_ends: whether nothing differs but how lines end.
    """

    names: tuple[str, str]
    lines: tuple[Sequence[str], Sequence[str]] = ((), ())
    blocks: Sequence[Block] = ()
    line_ends: bool = False

    def __bool__(self) -> bool:
        return bool(self.blocks) or self.line_ends

    @property
    def added(self) -> int:
        """How many lines came."""
        return sum(block.new_end - block.new_start for block in self.blocks)

    @property
    def removed(self) -> int:
        """How many lines went."""
        return sum(block.old_end - block.old_start for block in self.blocks)

    @cached_property
    def hunks(self) -> Sequence[Hunk]:
        """What changed with three lines of context; nothing where all lines are equal."""
        return [_hunk(group, *self.lines) for group in _groups(self.blocks)]

    @cached_property
    def unified(self) -> str:
        """The unified diff as a text; empty where the codes are equal."""
        if not self.hunks:
            return ""
        lines = [f"--- {self.names[0]}", f"+++ {self.names[1]}"]
        for hunk in self.hunks:
            lines += (hunk.header, *(f"{line.sign}{line.text}" for line in hunk.lines))
        return "\n".join(lines)


def compare_code(old: str, new: str, old_name: str, new_name: str) -> CodeDiff:
    """Return what differs between two codes."""
    if old == new:
        return CodeDiff((old_name, new_name))
    lines = old.splitlines(), new.splitlines()
    blocks = changed_blocks(*lines)
    return CodeDiff((old_name, new_name), lines, blocks, line_ends=not blocks)


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Yield blocks together whose contexts touch."""
    group: list[Block] = []
    for block in blocks:
        if group and block.old_start - group[-1].old_end > 2 * _CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _hunk(group: Sequence[Block], before: Sequence[str], after: Sequence[str]) -> Hunk:
    first, last = group[0], group[-1]
    ahead = min(_CONTEXT, first.old_start)
    behind = min(_CONTEXT, len(before) - last.old_end)
    lines: list[Line] = []
    place, new_place = first.old_start - ahead, first.new_start - ahead
    for block in group:
        lines += _kept(after, new_place, block.new_start)
        lines += _changed(block, before, after, len(lines))
        place, new_place = block.old_end, block.new_end
    lines += _kept(after, new_place, new_place + behind)
    ranges = (
        _range(first.old_start - ahead, place + behind),
        _range(first.new_start - ahead, new_place + behind),
    )
    return Hunk(f"@@ -{ranges[0]} +{ranges[1]} @@", lines)


def _kept(lines: Sequence[str], start: int, end: int) -> list[Line]:
    return [Line(" ", place + 1, lines[place]) for place in range(start, end)]


def _changed(block: Block, before: Sequence[str], after: Sequence[str], offset: int) -> list[Line]:
    """Return a block's lines. They are partners in turn where as many come as go: so most edits are made."""
    gone, came = block.old_end - block.old_start, block.new_end - block.new_start
    return [
        Line(
            "-",
            block.old_start + place + 1,
            before[block.old_start + place],
            offset + gone + place if gone == came else None,
        )
        for place in range(gone)
    ] + [
        Line(
            "+",
            block.new_start + place + 1,
            after[block.new_start + place],
            offset + place if gone == came else None,
        )
        for place in range(came)
    ]


def _range(start: int, end: int) -> str:
    """Return lines as a unified diff names them: the first, and how many where it is not one."""
    count = end - start
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"
