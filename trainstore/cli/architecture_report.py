"""How the difference of two models is shown: both trees beside each other, or one below the other if it is narrow."""

from collections.abc import Iterator, Sequence

import click

from trainstore.cli.output import columns
from trainstore.diff.architecture.compare import ArchitectureDiff
from trainstore.plain_text import one_line
from trainstore.wording.architecture import TreeLine, headline_told, parts_told, tree_lines

_NARROW = 76  # columns; below, one tree
_WIDEST = 10_000  # where nothing is cut
_LONGEST_CELL = 72
_MARKS = {"same": " ", "left out": " ", "added": "+", "removed": "−", "changed": "~", "moved": "↕"}
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow", "moved": "cyan"}


def print_architecture(diff: ArchitectureDiff, width: int | None = None) -> None:
    """Print what differs between two models and between what trains them.

    Args:
        width: columns there are; None for those of the terminal, or as many as are needed where there is none.
    """
    for line, colour in architecture_lines(diff, width or columns() or _WIDEST):
        click.secho(line, fg=colour)


def architecture_lines(diff: ArchitectureDiff, width: int) -> Iterator[tuple[str, str | None]]:
    """Yield the lines, each with its colour, if it has one."""
    yield f"Architecture ({diff.new.source}): {headline_told(diff)}", None
    for note in diff.notes:
        yield f"  {one_line(note, 300)}", "yellow"
    lines = tree_lines(diff)
    yield from _below(lines) if width < _NARROW or diff.nothing_in_common else _beside(lines, width)
    for change, told in parts_told(diff):
        yield f"{_MARKS[change]} {told}", _COLOURS[change]


def _beside(lines: Sequence[TreeLine], width: int) -> Iterator[tuple[str, str | None]]:
    pairs = [(line.old, line.new) for line in lines]
    most = min(_LONGEST_CELL, max((_length(cell) for pair in pairs for cell in pair), default=0))
    half = min(most, (width - 6) // 2)
    for line in lines:
        told = f"{_MARKS[line.change]} {_fitted(line.old, half)} │ {_fitted(line.new, half)}"
        yield told.rstrip(" │") if line.change == "left out" else told.rstrip(), _COLOURS.get(line.change)


def _below(lines: Sequence[TreeLine]) -> Iterator[tuple[str, str | None]]:
    for line in lines:
        yield f"{_MARKS[line.change]} {line.both}", _COLOURS.get(line.change)


def _length(text: str) -> int:
    if text.isascii() or not any(ord(letter) > 0x2FF and letter not in "·×→…" for letter in text):
        return len(text)
    from rich.cells import cell_len  # some letters take two columns, some none

    return cell_len(text)


def _fitted(text: str, width: int) -> str:
    length = _length(text)
    if length <= width:
        return text + " " * (width - length)
    if length == len(text):
        return f"{text[: width - 1]}…"
    from rich.cells import set_cell_size

    return f"{set_cell_size(text, width - 1)}…"
