"""Rows in columns: on a terminal they fit its width, elsewhere nothing is cut."""

from collections.abc import Sequence
from math import ceil

import click

from trainstore.cli.output import columns
from trainstore.plain_text import plain

_GAP = 2
_COMFORT = 24  # letters that a column keeps until others were spared: an id or a version whole, to be copied
_COMFORT_OF_LAST = 30  # it tells most, in words
_LEAST = 6  # of any column but the first, as long as that can give way
_LEAST_OF_FIRST = 24
_USUAL = (
    0.9  # of the cells of a column fit in its usual width; a few much longer ones do not widen it for all
)


def print_table(headers: Sequence[str], rows: Sequence[Sequence[object]], spare: Sequence[str] = ()) -> None:
    """Print rows in columns.

    On a terminal, columns that are empty are left out, and what is too long is cut. Names are cut in the middle.

    Args:
        headers: one for each column.
        rows: None is an empty cell.
        spare: headers of what is left out, one after the other, where the terminal is too narrow to read it all.
    """
    cells = [[" ".join(plain("" if cell is None else str(cell)).split()) for cell in row] for row in rows]
    if width := columns():
        _print_fitted(headers, cells, spare, width)
        return
    places = range(len(headers))
    widths = [max(len(headers[place]), _usual([len(row[place]) for row in cells])) for place in places]
    for line in (headers, *cells):
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo((" " * _GAP).join(padded).rstrip())


def _print_fitted(
    headers: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str], width: int
) -> None:
    from rich.cells import cell_len  # some letters take two columns, some none

    lengths = [[cell_len(row[place]) for row in (headers, *rows)] for place in range(len(headers))]
    shown = [place for place, cells in enumerate(lengths) if not place or max(cells[1:], default=1)]
    for header in spare:
        if _comfortable([lengths[place] for place in shown]) <= width:
            break
        shown = [place for place in shown if headers[place] != header]
    widths = _fitted([lengths[place] for place in shown], width)
    for row in (headers, *rows):
        cells = [_cut(row[place], max(size, 1)) for place, size in zip(shown, widths, strict=True)]
        line = (" " * _GAP).join(cells).rstrip()
        click.echo(click.style(line, bold=True) if row is headers else line)


def _usual(lengths: Sequence[int]) -> int:
    """Return how wide a column is: as its longest cell, or as most of them where that is more than twice as long."""
    ordered = sorted(lengths) or [0]
    usual = ordered[ceil(_USUAL * len(ordered)) - 1]
    return usual if ordered[-1] > 2 * usual else ordered[-1]


def _comforts(lengths: Sequence[Sequence[int]]) -> list[int]:
    """Return the width that each column is to keep, if that is possible."""
    comforts = [min(max(cells), _COMFORT) for cells in lengths]
    comforts[-1] = min(max(lengths[-1]), _COMFORT_OF_LAST)
    comforts[0] = _usual(lengths[0])
    return comforts


def _comfortable(lengths: Sequence[Sequence[int]]) -> int:
    return sum(_comforts(lengths)) + _GAP * (len(lengths) - 1)


def _fitted(lengths: Sequence[Sequence[int]], width: int) -> list[int]:
    """Return the widths of columns within that of a terminal; the widest give way first, but names last."""
    widths = [max(cells) for cells in lengths]
    usual, *comforts = _comforts(lengths)
    nothing = [0] * len(comforts)
    for floors in (
        [usual, *widths[1:]],
        [usual, *comforts],
        [min(usual, _LEAST_OF_FIRST), *comforts],
        [min(usual, _LEAST_OF_FIRST), *(min(size, _LEAST) for size in comforts)],
        [0, *nothing],
    ):
        while sum(widths) + _GAP * (len(widths) - 1) > width:
            giving = [place for place, size in enumerate(widths) if size > floors[place]]
            if not giving:
                break
            widths[max(giving, key=widths.__getitem__)] -= 1
    return widths


def _cut(text: str, width: int) -> str:
    """Return text of a width: filled up, or cut at its end; a name in the middle, as its end tells which version."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return set_cell_size(text, width)
    end = "" if " " in text else text[-((width - 1) // 2) :]
    while cell_len(end) > (width - 1) // 2:
        end = end[1:]
    return f"{set_cell_size(text, width - 1 - cell_len(end))}…{end}"
